package dev.sluice.simulator.tsql;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What stands behind the WITH of a BACKUP or RESTORE, as written.
public record Options(List<Option> all, List<Move> moves) {

    public static final Options NONE = new Options(List.of(), List.of());

    public Options {
        all = List.copyOf(all);
        moves = List.copyOf(moves);
    }

    /// @param name in upper case
    /// @param value null where there is none
    /// @param after the second value of `STOPATMARK = … AFTER …`
    /// @param words what stands in parentheses, as written; empty where there are none
    public record Option(
            String name,
            @Nullable Expression value,
            @Nullable Expression after,
            List<String> words) {
        public Option {
            words = List.copyOf(words);
        }
    }

    /// `MOVE N'logical' TO N'path'`.
    public record Move(Expression logicalName, Expression path) {}

    public boolean has(String name) {
        return find(name).isPresent();
    }

    public Optional<Option> find(String name) {
        return all.stream().filter(option -> option.name().equals(name)).findFirst();
    }

    /// The names of all, in upper case.
    public List<String> names() {
        return all.stream().map(Option::name).toList();
    }

    /// Those of the names that are present.
    public List<String> present(List<String> names) {
        List<String> found = new ArrayList<>(names);
        found.removeIf(name -> !has(name));
        return found;
    }
}
