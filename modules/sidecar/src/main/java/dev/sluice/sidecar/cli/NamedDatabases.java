package dev.sluice.sidecar.cli;

import dev.sluice.engine.backup.DatabaseSelection;
import dev.sluice.sidecar.schedule.DatabasePattern;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// The databases that a command is about, as a person writes them: names, patterns as in a policy, and `--all`.
final class NamedDatabases {

    private final List<DatabasePattern> patterns;

    /// **Errors:** [UsageError] when nothing is written, or what is no pattern.
    NamedDatabases(List<String> written, boolean all) {
        List<String> texts = new ArrayList<>(written);
        if (all) {
            texts.addFirst("*");
        }
        if (texts.isEmpty()) {
            throw new UsageError("no database is named", "Name one, or patterns such as 'Sales*', or say --all.");
        }
        try {
            this.patterns = texts.stream().map(DatabasePattern::parse).toList();
        } catch (IllegalArgumentException e) {
            throw new UsageError(String.valueOf(e.getMessage()), "Write a name, or a pattern such as 'Sales*'.");
        }
    }

    /// Whether they name this database.
    boolean matches(String database) {
        return DatabasePattern.matches(patterns, database);
    }

    /// Empty when one database is named.
    Optional<DatabaseSelection> several() {
        if (patterns.size() == 1 && patterns.getFirst().literal()) {
            return Optional.empty();
        }
        return Optional.of(new DatabaseSelection(
                name -> DatabasePattern.matches(patterns, name),
                patterns.stream()
                        .filter(DatabasePattern::literal)
                        .map(DatabasePattern::text)
                        .collect(Collectors.toSet())));
    }
}
