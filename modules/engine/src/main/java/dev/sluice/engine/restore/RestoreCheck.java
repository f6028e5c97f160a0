package dev.sluice.engine.restore;

import dev.sluice.engine.run.OperationFailed;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// Everything that could be known about a restore before it.
///
/// @param preconditions in the order in which they are looked at
/// @param destinations  of every file that the restore creates; empty when the files are not known
public record RestoreCheck(List<Precondition> preconditions, List<Destination> destinations) {

    public RestoreCheck {
        preconditions = List.copyOf(preconditions);
        destinations = List.copyOf(destinations);
    }

    public List<Precondition> unmet() {
        return preconditions.stream().filter(Precondition::isUnmet).toList();
    }

    /// The first thing in the way, as the failure of the restore, with the others named; empty when nothing is.
    public Optional<OperationFailed> refusal() {
        List<Precondition> unmet = unmet();
        if (unmet.isEmpty()) {
            return Optional.empty();
        }
        Precondition first = unmet.getFirst();
        StringBuilder what = new StringBuilder(first.evidence());
        unmet.stream()
                .skip(1)
                .forEach(other -> what.append("\nalso in the way, %s: %s".formatted(other.id(), other.evidence())));
        return Optional.of(new OperationFailed(
                Objects.requireNonNull(first.failure()), what.toString(), first.where(), first.remedy(), null));
    }

    /// **Errors:** [OperationFailed] when something is in the way.
    public void requireMet() {
        refusal().ifPresent(failure -> {
            throw failure;
        });
    }

    /// Logical name to path, of the files that do not go where their backup would put them.
    public Map<String, String> moves() {
        Map<String, String> moves = new LinkedHashMap<>();
        destinations.stream().filter(Destination::isMoved).forEach(file -> moves.put(file.logical(), file.path()));
        return moves;
    }
}
