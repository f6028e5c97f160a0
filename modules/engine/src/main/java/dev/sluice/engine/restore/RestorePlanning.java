package dev.sluice.engine.restore;

import dev.sluice.engine.inventory.Inventory;
import dev.sluice.engine.inventory.InventoryReader;
import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.plan.Opening;
import dev.sluice.engine.plan.PlanFinding;
import dev.sluice.engine.plan.PlanRequest;
import dev.sluice.engine.plan.Planner;
import dev.sluice.engine.plan.Planning;
import dev.sluice.engine.plan.RestorePlan;
import dev.sluice.engine.plan.RestorePlan.Recovery;
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
import dev.sluice.engine.sql.Tsql;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
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
        Optional<RestoreTarget> found = target();
        if (found.isEmpty()) {
            return unknownMark();
        }
        RestoreTarget target = found.get();
        return switch (planning(target)) {
            case RestorePlan plan -> {
                requireOptionsOfStatements(plan);
                yield plan;
            }
            case Planning.Unreachable no -> order.savesTail() ? throughTheTail(no, target) : no;
        };
    }

    /// Where SQL Server itself finds the point, RESTORE LOG opens the database.
    private void requireOptionsOfStatements(RestorePlan plan) {
        Stream.concat(plan.steps().stream(), plan.spare().stream())
                .flatMap(step -> onlyForDatabases(step).stream())
                .findFirst()
                .ifPresent(broker -> {
                    throw optionOfDatabasesOnly(broker);
                });
    }

    private OperationFailed optionOfDatabasesOnly(Opening.Broker broker) {
        return new OperationFailed(
                FailureId.USAGE,
                "%s cannot go with this point: RESTORE LOG opens the database, and only RESTORE DATABASE takes this option"
                        .formatted(broker),
                "database %s, to %s".formatted(inventory.database(), order.point()),
                "Restore without it, and then run ALTER DATABASE %s SET %s."
                        .formatted(Tsql.identifier(restoredName()), broker),
                null);
    }

    private static Optional<Opening.Broker> onlyForDatabases(RestorePlan.Step step) {
        return step instanceof RestorePlan.Step.Restore restore
                        && restore.backup().kind() == Backup.Kind.LOG
                        && restore.recovery() instanceof Recovery.Recover recover
                ? recover.opening().ofDatabasesOnly()
                : Optional.empty();
    }

    private String restoredName() {
        String as = order.as();
        return as == null ? inventory.database() : as;
    }

    private Planning unknownMark() {
        return new Planning.Unreachable(
                "msdb of %s knows no such mark of %s: it was made on another server, or its history was deleted. Say with --mark-after a time shortly before the mark; then SQL Server looks for it in the logs from there on"
                        .formatted(env.identity(), inventory.database()),
                List.of(),
                new Planner(inventory.backups()).report().windows());
    }

    /// An instant behind all log backups lies in the tail, which is yet to be saved: then everything up to there has to
    /// be possible.
    private Planning throughTheTail(Planning.Unreachable no, RestoreTarget target) {
        if (no.findings().isEmpty()
                && behind(target).isPresent()
                && planning(new RestoreTarget.End()) instanceof RestorePlan end
                && end.backups().stream()
                        .noneMatch(backup ->
                                backup.finished().isAfter(behind(target).get()))
                && !behind(target).get().isAfter(now())) {
            // The tail's own restore opens the database. It must be refused now: afterwards the database is offline.
            if (order.recovery() instanceof Recovery.Recover recover) {
                recover.opening().ofDatabasesOnly().ifPresent(broker -> {
                    throw optionOfDatabasesOnly(broker);
                });
            }
            PlanFinding note = new PlanFinding.Note(
                    "the point lies behind all log backups: the tail of the log, saved first, brings it");
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
            wanted = wanted.continuing(RestorePosition.of(env, restoredName()).standing(inventory.time()));
        }
        return new Planner(
                        inventory.without(order.without().stream().map(this::id).collect(Collectors.toSet())))
                .plan(wanted);
    }

    /// Empty for a mark of which it is not known where to look for it.
    private Optional<RestoreTarget> target() {
        return switch (order.point()) {
            case RestoreOrder.Point.EndOf(String id) -> Optional.of(new RestoreTarget.Through(id(id)));
            case RestoreOrder.Point.At(String text) -> Optional.of(parsed(text));
            case RestoreOrder.Point.Mark mark ->
                new MarkSearch(env, inventory, mark)
                        .target(Optional.ofNullable(mark.after()).map(this::parsed));
        };
    }

    private RestoreTarget parsed(String text) {
        try {
            return RestoreTarget.parse(text, inventory.time());
        } catch (UnclearTime | IllegalArgumentException e) {
            throw new OperationFailed(
                    FailureId.USAGE,
                    String.valueOf(e.getMessage()),
                    "the point '%s'".formatted(text),
                    "Write `end`, `lsn:N`, or an instant with its offset, such as 2026-03-01T10:42:00+01:00.",
                    e);
        }
    }

    /// The instant that has to lie in the tail; empty for a target that a tail does not bring.
    private static Optional<Instant> behind(RestoreTarget target) {
        return switch (target) {
            case RestoreTarget.At at -> Optional.of(at.instant());
            case RestoreTarget.Marked marked -> Optional.of(marked.near());
            case RestoreTarget.Before _, RestoreTarget.End _, RestoreTarget.Through _ -> Optional.empty();
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
