package dev.sluice.engine.restore;

import dev.sluice.engine.inventory.Inventory;
import dev.sluice.engine.plan.PlanFinding;
import dev.sluice.engine.plan.Planning;
import dev.sluice.engine.plan.Window;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// No backups lead to the point that is ordered.
///
/// @param inventory all that bucket and msdb know of the database's backups
/// @param planning  why, and the points that can be reached instead
public record UnreachablePoint(RestoreOrder order, Inventory inventory, Planning.Unreachable planning)
        implements PlanOutcome {

    /// As the failure of a restore that is ordered so.
    public OperationFailed failure() {
        // One of those that the bucket refuses may be the log that leads further.
        String more = Stream.of(
                        planning.findings().stream()
                                .map(PlanFinding::text)
                                .filter(text -> !planning.why().contains(text)),
                        inventory.refused().stream().map(why -> "not planned with: " + why),
                        inventory.notes().stream())
                .flatMap(lines -> lines)
                .collect(Collectors.joining("\n"));
        List<String> windows = planning.windows().stream().map(Window::text).toList();
        return new OperationFailed(
                FailureId.UNREACHABLE,
                more.isEmpty() ? planning.why() : planning.why() + "\n" + more,
                "database %s, to %s".formatted(inventory.database(), order.point()),
                windows.isEmpty()
                        ? "Nothing of this database can be reached; see `sluice list %s`."
                                .formatted(inventory.database())
                        : "What can be reached: " + String.join("; ", windows),
                null);
    }
}
