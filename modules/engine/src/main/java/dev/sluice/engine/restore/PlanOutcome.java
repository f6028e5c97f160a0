package dev.sluice.engine.restore;

/// Whether backups lead to what is ordered.
public sealed interface PlanOutcome permits PlannedRestore, UnreachablePoint {

    /// **Errors:** [OperationFailed] `unreachable`.
    default PlannedRestore required() {
        return switch (this) {
            case PlannedRestore planned -> planned;
            case UnreachablePoint no -> throw no.failure();
        };
    }
}
