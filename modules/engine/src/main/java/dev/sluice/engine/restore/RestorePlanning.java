package dev.sluice.engine.restore;

import dev.sluice.engine.inventory.Inventory;
import dev.sluice.engine.inventory.InventoryReader;
import dev.sluice.engine.plan.PlanFinding;
import dev.sluice.engine.plan.PlanRequest;
import dev.sluice.engine.plan.Planner;
import dev.sluice.engine.plan.Planning;
import dev.sluice.engine.plan.RestorePlan;
import dev.sluice.engine.plan.RestoreTarget;
import dev.sluice.engine.plan.UnclearTime;
import dev.sluice.engine.restore.RestoreRequest.Existing;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.sql.ServerFacts;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import java.time.Instant;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// From an order to a plan: reads what there is, and looks where the database stands if the restore goes on.
///
/// **Threading:** one thread, which blocks.
public final class RestorePlanning {

    private final Environment env;
    private final RestoreOrder order;
    private final Inventory inventory;

    private RestorePlanning(Environment env, Blocking blocking, RestoreOrder order) {
        this.env = env;
        this.order = order;
        this.inventory = new InventoryReader(env, blocking, order.database(), order.zone()).read();
    }

    /// **Errors:** [OperationFailed] `usage` when the point cannot be read, `no-such-backup` when an id names
    /// none.
    public static PlanOutcome plan(Environment env, Blocking blocking, RestoreOrder order) {
        RestorePlanning planning = new RestorePlanning(env, blocking, order);
        return switch (planning.plan()) {
            case RestorePlan plan -> new PlannedRestore(order, planning.inventory, plan);
            case Planning.Unreachable no -> new UnreachablePoint(order, planning.inventory, no);
        };
    }

    private Planning plan() {
        RestoreTarget target = target();
        return switch (planning(target)) {
            case RestorePlan plan -> plan;
            case Planning.Unreachable no -> order.savesTail() ? throughTheTail(no, target) : no;
        };
    }

    /// An instant behind all log backups lies in the tail, which is yet to be saved: then everything up to there has to
    /// be possible.
    private Planning throughTheTail(Planning.Unreachable no, RestoreTarget target) {
        if (no.findings().isEmpty()
                && target instanceof RestoreTarget.At at
                && planning(new RestoreTarget.End()) instanceof RestorePlan end
                && end.backups().stream().noneMatch(backup -> backup.finished().isAfter(at.instant()))
                && !at.instant().isAfter(now())) {
            PlanFinding note = new PlanFinding.Note(
                    "the instant lies behind all log backups: the tail of the log, saved first, brings it");
            return new RestorePlan(
                    end.target(),
                    end.steps(),
                    end.spare(),
                    Stream.concat(end.findings().stream(), Stream.of(note)).toList());
        }
        return no;
    }

    private Planning planning(RestoreTarget target) {
        PlanRequest wanted = PlanRequest.to(target).ending(order.recovery());
        if (order.unconfirmed()) {
            wanted = wanted.withUnconfirmed();
        }
        if (order.existing() == Existing.CONTINUE) {
            String name = order.as() == null ? inventory.database() : order.as();
            wanted = wanted.continuing(RestorePosition.of(env, name).standing(inventory.time()));
        }
        return new Planner(
                        inventory.without(order.without().stream().map(this::id).collect(Collectors.toSet())))
                .plan(wanted);
    }

    private RestoreTarget target() {
        return switch (order.point()) {
            case RestoreOrder.Point.EndOf(String id) -> new RestoreTarget.Through(id(id));
            case RestoreOrder.Point.At(String text) -> {
                try {
                    yield RestoreTarget.parse(text, inventory.time());
                } catch (UnclearTime | IllegalArgumentException e) {
                    throw new OperationFailed(
                            FailureId.USAGE,
                            String.valueOf(e.getMessage()),
                            "the point '%s'".formatted(text),
                            "Write `end`, `lsn:N`, or an instant with its offset, such as 2026-03-01T10:42:00+01:00.",
                            e);
                }
            }
        };
    }

    private String id(String beginning) {
        return inventory
                .document(beginning)
                .orElseThrow(() -> new OperationFailed(
                        FailureId.NO_SUCH_BACKUP,
                        "There is no backup of %s whose id begins with %s, or more than one"
                                .formatted(inventory.database(), beginning),
                        "database " + inventory.database(),
                        "List them with `sluice list %s`.".formatted(inventory.database()),
                        null))
                .backupId();
    }

    private Instant now() {
        try (SqlSession session = env.server().connect()) {
            return ServerFacts.read(session).now();
        } catch (SqlServerUnavailable e) {
            throw Failures.sqlServer(e, env, "master");
        }
    }
}
