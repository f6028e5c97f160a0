package dev.sluice.engine.prove;

import dev.sluice.catalog.DrillDocument;
import dev.sluice.catalog.DrillDocument.Outcome;
import dev.sluice.catalog.DrillKey;
import dev.sluice.catalog.ScratchNote;
import dev.sluice.engine.bucket.RefusedRemovals;
import dev.sluice.engine.recovery.Leftover;
import dev.sluice.engine.restore.PlanOutcome;
import dev.sluice.engine.restore.PlannedRestore;
import dev.sluice.engine.restore.Precondition;
import dev.sluice.engine.restore.PreflightRun;
import dev.sluice.engine.restore.RestoreCheck;
import dev.sluice.engine.restore.RestoreResult;
import dev.sluice.engine.restore.RestoreRun;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Counted;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.Run;
import dev.sluice.engine.run.StartedRun;
import dev.sluice.engine.run.StepRuns;
import dev.sluice.engine.sql.RunningStatement;
import dev.sluice.engine.sql.ServerFacts;
import dev.sluice.engine.sql.ServerMessage;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.engine.sql.Tsql;
import dev.sluice.engine.sql.Verdict;
import dev.sluice.s3.S3Failure;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One restore drill: restores backups under a scratch name, has SQL Server check what came of it, compares,
/// and drops it, whatever came of it.
///
/// What it finds out about the backups is written to the bucket. A drill that a cancel, the network or another
/// drill has ended has found out nothing, and fails as every use case does.
///
/// A cancel ends the step at hand as that step ends by itself, and then drops the scratch database.
public final class DrillRun extends Run<DrillResult> {

    private static final Logger log = LoggerFactory.getLogger(DrillRun.class);

    /// How often it is looked whether the scratch database is there, until it is.
    private static final Duration LOOK = Duration.ofMillis(100);

    private static final int ERRORS_TOLD = 20;

    private final Environment env;
    private final StepRuns runs;
    private final ProveOrder order;
    private final DrillObserver observer;
    private final String drillId;
    private final ScratchDatabases scratch;
    private final List<String> checks = new ArrayList<>();
    private final List<String> left = new CopyOnWriteArrayList<>();
    private DrillStep step = DrillStep.PLAN;
    private String database;
    private String point;
    private @Nullable PlannedRestore planned;

    /// @param env with the server on which the backups are restored
    public DrillRun(Environment env, StepRuns.Starter runs, ProveOrder order, String drillId, DrillObserver observer) {
        super("sluice-prove-" + drillId);
        this.env = env;
        this.runs = new StepRuns(runs, blocking());
        this.order = order;
        this.drillId = drillId;
        this.observer = observer;
        this.scratch = new ScratchDatabases(env, blocking());
        this.database = order.database();
        this.point = order.point() instanceof ProveOrder.Point.At(String text) ? text : "random";
    }

    @Override
    protected DrillResult steps() {
        try (SqlSession control = env.server().connect();
                DrillLock _ = DrillLock.take(control, env, blocking())) {
            scratch.dropLeftovers(left::add).forEach(this::found);
            Instant started = ServerFacts.read(control).now();
            OperationFailed failure = drill();
            return told(started, failure);
        } catch (SqlServerUnavailable e) {
            throw Failures.sqlServer(e, env, database);
        } catch (S3Failure e) {
            throw Failures.store(e, List.of());
        }
    }

    /// @return what was found; null when everything is right
    ///
    /// **Errors:** whatever says nothing about the backups.
    private @Nullable OperationFailed drill() {
        try {
            PlannedRestore plan = plan();
            RestoreCheck check = check(plan);
            begin(DrillStep.NOTE);
            ScratchNote note;
            try (SqlSession session = env.server().connect()) {
                note = scratch.note(session, drillId, database);
            }
            try {
                note = restore(plan, note);
                checkDatabase(note);
                compare(plan, check, note);
            } finally {
                DrillStep before = step;
                begin(DrillStep.DROP);
                drop(note);
                step = before;
            }
            return null;
        } catch (OperationFailed e) {
            if (isCancelled() || saysNothing(e.id())) {
                throw e;
            }
            return atStep(e);
        }
    }

    private void begin(DrillStep next) {
        step = next;
        observer.began(next);
    }

    private OperationFailed atStep(OperationFailed e) {
        OperationFailed told = new OperationFailed(
                e.id(), e.what(), "step %s of the restore drill, %s".formatted(step.text(), e.where()), e.hint(), e);
        log.atError()
                .addKeyValue("database", database)
                .addKeyValue("step", step.text())
                .addKeyValue("id", e.id())
                .addKeyValue("cause", e.what())
                .log("a restore drill has found something");
        return told;
    }

    // ---- the steps ----

    private PlannedRestore plan() {
        begin(DrillStep.PLAN);
        DrillPlan plan = new DrillPlan(env, blocking(), order, drillId);
        String end = plan.point(observer);
        point = end;
        PlanOutcome outcome = plan.to(end);
        database = outcome.inventory().database();
        PlannedRestore found = outcome.required();
        planned = found;
        observer.planned(found);
        // One of them may be the log that leads further.
        outcome.inventory().refused().forEach(why -> left.add("not planned with: " + why));
        plan.requireTheEnd(found);
        return found;
    }

    private RestoreCheck check(PlannedRestore plan) {
        begin(DrillStep.REQUIREMENTS);
        RestoreCheck check = runs.run(PreflightRun.check(env, plan.request(), drillId));
        if (check.unmet().stream().allMatch(Precondition::isOfSpace)) {
            begin(DrillStep.SPACE);
        }
        check.requireMet();
        observer.checked(check);
        return check;
    }

    private ScratchNote restore(PlannedRestore plan, ScratchNote noted) {
        begin(DrillStep.RESTORE);
        StartedRun<RestoreResult> started = runs.start(new RestoreRun(env, plan.request(), drillId, observer));
        ScratchNote note = noted;
        try {
            while (note.created() == null && !runs.isOver(started, LOOK)) {
                note = scratch.seen(note);
            }
            RestoreResult result = runs.await(started);
            note = scratch.seen(note);
            checks.add(String.format(
                    Locale.ROOT,
                    "%s restored, %,d bytes, every block as it was stored",
                    Counted.of(result.backups(), "backup"),
                    result.bytes()));
            return note;
        } catch (RuntimeException e) {
            StepRuns.end(started);
            throw e instanceof OperationFailed failure ? withoutRoom(plan, failure) : e;
        }
    }

    /// SQL Server's word for a full disk is in no document that we have; whether there is room can be asked.
    private OperationFailed withoutRoom(PlannedRestore plan, OperationFailed failure) {
        if (failure.id() != FailureId.SQL_SERVER_REFUSED || isCancelled()) {
            return failure;
        }
        try {
            return runs.run(PreflightRun.check(env, plan.request(), drillId)).unmet().stream()
                    .filter(Precondition::isOfSpace)
                    .findFirst()
                    .map(space -> new OperationFailed(
                            FailureId.NO_SPACE,
                            failure.what() + "\n" + space.evidence(),
                            failure.where(),
                            space.remedy(),
                            failure))
                    .orElse(failure);
        } catch (OperationFailed | CancellationException e) {
            failure.addSuppressed(e);
            return failure;
        }
    }

    private void checkDatabase(ScratchNote note) {
        begin(DrillStep.CHECKDB);
        Verdict verdict = await(RunningStatement.list(
                env.server().connect(),
                "sluice-checkdb-" + drillId,
                "DBCC CHECKDB (" + Tsql.literal(note.scratch()) + ") WITH NO_INFOMSGS, ALL_ERRORMSGS",
                observer::said,
                _ -> {}));
        throwIfCancelled();
        List<String> errors = verdict.messages().stream()
                .filter(ServerMessage::isError)
                .map(ServerMessage::toString)
                .toList();
        if (!errors.isEmpty()) {
            String more = errors.size() > ERRORS_TOLD
                    ? String.format(Locale.ROOT, "%nand %d more", errors.size() - ERRORS_TOLD)
                    : "";
            throw new OperationFailed(
                    FailureId.DATABASE_DAMAGED,
                    errors.stream().limit(ERRORS_TOLD).collect(Collectors.joining("\n")) + more,
                    Failures.where(env, note.scratch()),
                    null);
        }
        if (verdict instanceof Verdict.Unknown unknown) {
            throw new OperationFailed(
                    FailureId.SQL_SERVER_UNAVAILABLE, unknown.cause(), Failures.where(env, note.scratch()), null);
        }
        checks.add("DBCC CHECKDB reports no error");
    }

    private void compare(PlannedRestore plan, RestoreCheck check, ScratchNote note) {
        begin(DrillStep.COMPARE);
        try (SqlSession session = env.server().connect()) {
            checks.addAll(new DrillComparison(env, session, database, note.scratch())
                    .compare(plan.plan(), check.destinations()));
        }
    }

    private void drop(ScratchNote note) {
        try {
            scratch.drop(scratch.seen(note)).ifPresent(this::found);
        } catch (SqlServerUnavailable | S3Failure e) {
            // The note stays, and the next drill or `recover` does it.
            found(new Leftover(
                    note.scratch(), false, "it could not be dropped, which is tried again: " + e.getMessage()));
        }
    }

    private void found(Leftover leftover) {
        observer.found(leftover);
        if (!leftover.dropped()) {
            left.add("database %s: %s".formatted(leftover.database(), leftover.text()));
        }
    }

    // ---- the end ----

    private DrillResult told(Instant started, @Nullable OperationFailed failure) {
        Instant now;
        try (SqlSession session = env.server().connect()) {
            now = ServerFacts.read(session).now();
        }
        PlannedRestore plan = planned;
        DrillDocument document = new DrillDocument(
                drillId,
                database,
                plan == null
                        ? List.of()
                        : plan.request().backups().stream()
                                .map(backup -> backup.backupId())
                                .toList(),
                point,
                order.point() instanceof ProveOrder.Point.Random(long seed) ? seed : null,
                env.server().address(),
                started,
                now,
                failure == null ? Outcome.SOUND : outcome(failure.id()),
                failure == null ? null : step.text(),
                failure == null ? null : failure.id().text(),
                failure == null ? null : failure.what(),
                checks);
        List<DrillKey> before = Blocking.uncancellably(env.catalog().drills().list(database, _ -> {}));
        Blocking.uncancellably(env.catalog().drills().write(document));
        // Those without a backup go with none. What the bucket does not let go of does no harm.
        RefusedRemovals refused = new RefusedRemovals();
        before.stream()
                .filter(key -> key.base() == null)
                .forEach(key -> Blocking.uncancellably(
                        refused.unlessRefused(env.catalog().drills().delete(key))));
        log.atInfo()
                .addKeyValue("database", database)
                .addKeyValue("drillId", drillId)
                .addKeyValue("outcome", document.outcome().text())
                .log("restore drill ended");
        return new DrillResult(document, failure, left);
    }

    /// What a failure means for the backups.
    private static Outcome outcome(FailureId id) {
        return switch (id) {
            case NO_SPACE, SERVER_TOO_OLD, DESTINATION_TAKEN, DESTINATION_FOREIGN -> Outcome.UNPROVEN;
            default -> Outcome.UNSOUND;
        };
    }

    /// Whether it is the network, the machine or the order, and none of it is about the backups.
    static boolean saysNothing(FailureId id) {
        return switch (id) {
            case BUSY,
                    CANCELLED,
                    KERBEROS_FAILED,
                    MEMORY_BUDGET,
                    NO_STORE_CREDENTIALS,
                    NO_SUCH_BACKUP,
                    NO_SUCH_DATABASE,
                    NO_VIRTUAL_DEVICES,
                    NOT_ENOUGH_MEMORY,
                    NOT_SYSADMIN,
                    SQL_SERVER_BLOCKED,
                    SQL_SERVER_UNAVAILABLE,
                    STORE_CERTIFICATES,
                    STORE_FAILED,
                    STORE_PROXY,
                    STORE_REFUSED,
                    UNEXPECTED,
                    USAGE,
                    VDI_UNAVAILABLE -> true;
            default -> false;
        };
    }
}
