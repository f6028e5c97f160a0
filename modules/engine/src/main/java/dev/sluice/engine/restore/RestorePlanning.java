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
import dev.sluice.engine.plan.Window;
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
import java.util.List;
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

    /// **Errors:** [OperationFailed] `unreachable` when no backups lead to the point, `usage` when the point cannot be
    /// read, `no-such-backup` when an id names none.
    public static PlannedRestore plan(Environment env, Blocking blocking, RestoreOrder order) {
        RestorePlanning planning = new RestorePlanning(env, blocking, order);
        return new PlannedRestore(order, planning.inventory, planning.plan());
    }

    private RestorePlan plan() {
        RestoreTarget target = target();
        return switch (planning(target)) {
            case RestorePlan plan -> plan;
            case Planning.Unreachable no when order.savesTail() -> throughTheTail(no, target);
            case Planning.Unreachable no -> throw unreachable(no);
        };
    }

    /// An instant behind all log backups lies in the tail, which is yet to be saved: then everything up to there has to
    /// be possible.
    private RestorePlan throughTheTail(Planning.Unreachable no, RestoreTarget target) {
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
        throw unreachable(no);
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

    private OperationFailed unreachable(Planning.Unreachable no) {
        // One of those that the bucket refuses may be the log that leads further.
        String more = Stream.of(
                        no.findings().stream()
                                .map(PlanFinding::text)
                                .filter(text -> !no.why().contains(text)),
                        inventory.refused().stream().map(why -> "not planned with: " + why),
                        inventory.notes().stream())
                .flatMap(lines -> lines)
                .collect(Collectors.joining("\n"));
        List<String> windows = no.windows().stream().map(Window::text).toList();
        return new OperationFailed(
                FailureId.UNREACHABLE,
                more.isEmpty() ? no.why() : no.why() + "\n" + more,
                "database %s, to %s".formatted(inventory.database(), order.point()),
                windows.isEmpty()
                        ? "Nothing of this database can be reached; see `sluice list %s`."
                                .formatted(inventory.database())
                        : "What can be reached: " + String.join("; ", windows),
                null);
    }
}
