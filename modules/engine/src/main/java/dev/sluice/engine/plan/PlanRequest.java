package dev.sluice.engine.plan;

import dev.sluice.engine.plan.RestorePlan.Recovery;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What is wanted of a plan.
///
/// @param ending      the state in which the database is left
/// @param unconfirmed whether backups may be used whose verdict nobody heard; one that the target names always may
/// @param restored    set GUID of the backup that the database got last, to go on from there; null to begin with a
///                    full backup
public record PlanRequest(
        Target target,
        Recovery ending,
        boolean unconfirmed,
        @Nullable UUID restored) {

    public static PlanRequest to(Target target) {
        return new PlanRequest(target, new Recovery.Recover(), false, null);
    }

    public PlanRequest ending(Recovery other) {
        return new PlanRequest(target, other, unconfirmed, restored);
    }

    public PlanRequest withUnconfirmed() {
        return new PlanRequest(target, ending, true, restored);
    }

    public PlanRequest continuing(UUID last) {
        return new PlanRequest(target, ending, unconfirmed, last);
    }
}
