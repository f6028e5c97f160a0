package dev.sluice.engine.restore;

import dev.sluice.engine.inventory.Inventory;

/// Whether backups lead to what is ordered.
public sealed interface PlanOutcome permits PlannedRestore, UnreachablePoint {

    /// All that bucket and msdb know of the database's backups.
    Inventory inventory();

    /// **Errors:** [OperationFailed] `unreachable`.
    default PlannedRestore required() {
        return switch (this) {
            case PlannedRestore planned -> planned;
            case UnreachablePoint no -> throw no.failure();
        };
    }
}
