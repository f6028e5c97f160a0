package dev.sluice.engine.prove;

import dev.sluice.engine.inventory.Inventory;
import dev.sluice.engine.inventory.InventoryReader;
import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.plan.PlanFinding;
import dev.sluice.engine.plan.Planner;
import dev.sluice.engine.plan.RestoreTarget;
import dev.sluice.engine.plan.Window;
import dev.sluice.engine.restore.PlanOutcome;
import dev.sluice.engine.restore.PlannedRestore;
import dev.sluice.engine.restore.RestoreOrder;
import dev.sluice.engine.restore.RestorePlanning;
import dev.sluice.engine.restore.RestoreRequest.Choices;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.sql.ScratchName;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// From a drill's order to the backups that it restores.
///
/// **Threading:** one thread, which blocks.
final class DrillPlan {

    private final Environment env;
    private final Blocking blocking;
    private final ProveOrder order;
    private final String drillId;

    DrillPlan(Environment env, Blocking blocking, ProveOrder order, String drillId) {
        this.env = env;
        this.blocking = blocking;
        this.order = order;
        this.drillId = drillId;
    }

    /// Where the restore ends, as [RestoreOrder.Point.At] takes it. An instant is drawn of all that can be
    /// reached; where there are but single moments, it is the end.
    String point(DrillObserver observer) {
        return switch (order.point()) {
            case ProveOrder.Point.At(String text) -> text;
            case ProveOrder.Point.Random(long seed) ->
                DrawnInstant.of(windows(), seed)
                        .map(instant -> {
                            observer.drawn(instant, seed);
                            return instant.toString();
                        })
                        .orElse("end");
        };
    }

    private List<Window> windows() {
        Inventory inventory = new InventoryReader(env, blocking, order.database(), null).read();
        return new Planner(inventory.backups()).report().windows();
    }

    /// The way there, under the scratch name, with every file in the default directories: there, names of files
    /// begin with that of the database.
    ///
    /// **Errors:** [OperationFailed] `no-such-backup` when nothing is known of the database.
    PlanOutcome to(String point) {
        RestoreOrder restore = RestoreOrder.of(order.database(), new RestoreOrder.Point.At(point))
                .as(ScratchName.of(drillId))
                .choosing(new Choices(true, false));
        PlanOutcome outcome = RestorePlanning.plan(env, blocking, restore);
        if (outcome.inventory().documents().isEmpty()
                && outcome.inventory().backups().isEmpty()) {
            // A name that was mistyped, as a rule; nothing was tried.
            throw new OperationFailed(
                    FailureId.NO_SUCH_BACKUP,
                    "Neither the bucket nor msdb knows a backup of " + order.database(),
                    Failures.where(env, order.database()),
                    null);
        }
        return outcome;
    }

    /// A restore to the end ends where the backups do that can be used. That there are others behind it is told
    /// with the plan, and for a drill it is a finding: without a word, an older state would pass for the end.
    ///
    /// **Errors:** [OperationFailed] `object-missing` where that is why, otherwise `unreachable`.
    void requireTheEnd(PlannedRestore planned) {
        if (!(planned.plan().target() instanceof RestoreTarget.End)) {
            return;
        }
        for (PlanFinding finding : planned.plan().findings()) {
            switch (finding) {
                case PlanFinding.Unusable unusable -> throw endsBefore(finding, unusable.backup());
                case PlanFinding.Gap gap -> throw endsBefore(finding, gap.elsewhere());
                case PlanFinding.NoBase _, PlanFinding.ForeignBase _, PlanFinding.Unconfirmed _, PlanFinding.Note _ -> {
                    // The end is reached all the same.
                }
            }
        }
    }

    /// @param lost the backup that leads further; null when none is known
    private OperationFailed endsBefore(PlanFinding finding, @Nullable Backup lost) {
        return new OperationFailed(
                lost != null && !lost.missing().isEmpty() ? FailureId.OBJECT_MISSING : FailureId.UNREACHABLE,
                "The end of the backups cannot be reached: " + finding.text(),
                Failures.where(env, order.database()),
                null);
    }
}
