package dev.sluice.engine.plan;

import dev.sluice.engine.plan.RestorePlan.Recovery;
import org.jspecify.annotations.Nullable;

/// What is wanted of a plan.
///
/// @param ending      the state in which the database is left
/// @param unconfirmed whether backups may be used whose verdict was lost; one that the target names always may
/// @param standing    where the database stands, to go on from there; null to begin with a full backup
public record PlanRequest(
        RestoreTarget target,
        Recovery ending,
        boolean unconfirmed,
        @Nullable RestoringDatabase standing) {

    public static PlanRequest to(RestoreTarget target) {
        return new PlanRequest(target, new Recovery.Recover(), false, null);
    }

    public PlanRequest ending(Recovery other) {
        return new PlanRequest(target, other, unconfirmed, standing);
    }

    public PlanRequest withUnconfirmed() {
        return new PlanRequest(target, ending, true, standing);
    }

    public PlanRequest continuing(RestoringDatabase where) {
        return new PlanRequest(target, ending, unconfirmed, where);
    }
}
