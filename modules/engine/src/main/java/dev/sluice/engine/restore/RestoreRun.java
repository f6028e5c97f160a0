package dev.sluice.engine.restore;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.engine.plan.RestorePlan.Recovery;
import dev.sluice.engine.plan.RestorePlan.Stop;
import dev.sluice.engine.run.DeviceNames;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.Percent;
import dev.sluice.engine.run.Run;
import dev.sluice.engine.run.RunProgress;
import dev.sluice.engine.sql.RunningStatement;
import dev.sluice.engine.sql.ServerFacts;
import dev.sluice.engine.sql.ServerMessage;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.engine.sql.Verdict;
import dev.sluice.s3.CorruptBlockException;
import dev.sluice.s3.S3Failure;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One restore: one RESTORE after the other, checked bytes, verdicts. It stores nothing and deletes nothing.
///
/// A failure or a cancel leaves the database restoring with what it got so far; going on from there is another
/// run.
public final class RestoreRun extends Run<RestoreResult> {

    /// The stop point lies before this log backup, so the database is there already.
    private static final int BEGINS_BEHIND_THE_STOP = 4338;

    /// The stop point lies behind this log backup, and the database is left restoring.
    private static final int ENDS_BEFORE_THE_STOP = 4322;

    /// The mark is not in this log backup, and the database is left restoring.
    private static final int ENDS_BEFORE_THE_MARK = 4329;

    /// The database has everything in this log backup already, and more.
    private static final int ENDS_BEFORE_THE_DATABASE = 4326;

    private static final Logger log = LoggerFactory.getLogger(RestoreRun.class);

    private final Environment env;
    private final RestoreRequest request;
    private final RestoreObserver observer;
    private final String runId;
    private final RunProgress progress;
    private boolean shown;
    private int done;

    /// Of steps; grows with each further log that it takes to meet the stop.
    private int total;

    public RestoreRun(Environment env, RestoreRequest request, String runId, RestoreObserver observer) {
        super("sluice-restore-" + runId);
        this.env = env;
        this.request = request;
        this.observer = observer;
        this.runId = runId;
        this.total = request.steps().size();
        this.progress = new RunProgress(request.allBackups().stream()
                .mapToInt(backup -> backup.stripes().size())
                .max()
                .orElse(1));
    }

    @Override
    protected RestoreResult steps() {
        try {
            Placement placement = placement();
            progress.expects(request.bytes());
            Deque<RestoreStep> left = new ArrayDeque<>(request.steps());
            Deque<RestoreStep> spare = new ArrayDeque<>(request.spare());
            while (!left.isEmpty()) {
                throwIfCancelled();
                boolean met = step(left.removeFirst(), placement, left);
                done++;
                if (left.isEmpty() && waits(met)) {
                    if (!spare.isEmpty()) {
                        left.add(spare.removeFirst());
                        total++;
                    } else if (opens() || seeksMark()) {
                        throw RestoreFailures.notReached(request.database(), env);
                    }
                }
            }
            String state = lastState();
            log.atInfo()
                    .addKeyValue("database", request.database())
                    .addKeyValue("backups", request.backups().size())
                    .addKeyValue("bytes", progress.bytes())
                    .addKeyValue("state", state)
                    .log("restored");
            return new RestoreResult(
                    request.database(),
                    progress.bytes(),
                    progress.seconds(),
                    request.backups().size(),
                    state);
        } catch (SqlServerUnavailable e) {
            throw between(Failures.sqlServer(e, env, request.database()), "speaking to SQL Server");
        } catch (S3Failure e) {
            throw between(RestoreFailures.store(e, List.of()), "speaking to the bucket");
        }
    }

    private Placement placement() {
        try (SqlSession control = env.server().connect()) {
            ServerListing listing = new ServerListing(env, this, runId, RestoreObserver.SILENT);
            RestorePreflight.Result result =
                    new RestorePreflight(env, blocking(), request, control, listing::files).check();
            Placement placement = result.required();
            observer.checked(result.check());
            return placement;
        }
    }

    private OperationFailed between(OperationFailed failure, String what) {
        return done == 0 ? failure : RestoreFailures.inTheMiddle(failure, Math.min(done + 1, total), total, what);
    }

    /// Of the database. Asked on a session of its own: hours may have passed over any other.
    private Optional<String> state() {
        try (SqlSession fresh = env.server().connect()) {
            return ServerFacts.databaseState(fresh, request.database());
        }
    }

    /// A restore is done when SQL Server has said so, whether it answers afterwards or not.
    private String lastState() {
        try {
            return state().orElse("UNKNOWN");
        } catch (SqlServerUnavailable e) {
            log.atWarn()
                    .addKeyValue("database", request.database())
                    .addKeyValue("cause", e.getMessage())
                    .log("SQL Server does not answer about a database that it has restored");
            return "UNKNOWN";
        }
    }

    /// Whether the database waits for more, because SQL Server has not met the stop yet.
    ///
    /// @param met whether the last statement says nothing of that
    private boolean waits(boolean met) {
        boolean stops = request.steps().getLast() instanceof RestoreStep.Read read
                && read.stop().isMetByServer();
        return stops && (!met || (opens() && state().filter("RESTORING"::equals).isPresent()));
    }

    /// Where the database waits for more in any case, a mark that is in none of the logs is told all the same.
    private boolean seeksMark() {
        return request.steps().getLast() instanceof RestoreStep.Read read && read.stop() instanceof Stop.Mark;
    }

    private boolean opens() {
        return !(request.steps().getLast().recovery() instanceof Recovery.NoRecovery);
    }

    /// @param left the steps behind it; may get another one
    /// @return false if SQL Server says that it has not met the stop, or if the database had everything already
    private boolean step(RestoreStep step, Placement placement, Deque<RestoreStep> left) {
        return switch (step) {
            case RestoreStep.Open open -> {
                open(open.recovery());
                yield true;
            }
            case RestoreStep.Read read -> restore(read, placement, left);
        };
    }

    private boolean restore(RestoreStep.Read read, Placement placement, Deque<RestoreStep> left) {
        boolean first = done == 0 && request.existing() != RestoreRequest.Existing.CONTINUE;
        StripeTransfer.Outcome outcome = read(read, placement.moves(read.backup()), first);
        if (outcome.verdict() instanceof Verdict.Good) {
            return !says(outcome.verdict(), ENDS_BEFORE_THE_STOP) && !says(outcome.verdict(), ENDS_BEFORE_THE_MARK);
        }
        if (isThereAlready(read, outcome.verdict())) {
            return false;
        }
        if (!first && isBehindTheStop(read, outcome.verdict())) {
            left.clear();
            if (!(read.recovery() instanceof Recovery.NoRecovery)) {
                left.add(new RestoreStep.Open(read.recovery()));
            }
            return true;
        }
        throw RestoreFailures.inTheMiddle(
                failure(read.backup(), outcome),
                done + 1,
                total,
                "%s backup %s".formatted(read.backup().type(), read.backup().backupId()));
    }

    /// A restore that goes on begins with the log backup within which the database may stand.
    private boolean isThereAlready(RestoreStep.Read read, Verdict verdict) {
        return request.existing() == RestoreRequest.Existing.CONTINUE
                && read.backup().type() == BackupType.LOG
                && says(verdict, ENDS_BEFORE_THE_DATABASE);
    }

    private static boolean says(Verdict verdict, int number) {
        return verdict.messages().stream().anyMatch(message -> message.number() == number);
    }

    /// Nothing behind the stop is in the database: the steps before had the same stop, and no restore is gone
    /// on with that has come further.
    private static boolean isBehindTheStop(RestoreStep.Read read, Verdict verdict) {
        return read.stop() instanceof Stop.At
                && read.backup().type() == BackupType.LOG
                && says(verdict, BEGINS_BEHIND_THE_STOP);
    }

    private StripeTransfer.Outcome read(RestoreStep.Read read, Map<String, String> moves, boolean first) {
        BackupDocument backup = read.backup();
        long before = progress.bytes();
        return new StripeTransfer(env, this, backup, backup.stripes(), progress, observer)
                .run(new StripeTransfer.Statement(
                        // Never the form of a backup's name: what msdb holds under that form is a backup of ours.
                        String.format(Locale.ROOT, "sluice-restore-%s-s%d", runId, done + 1),
                        "sluice-tsql-" + runId,
                        RunningStatement::start,
                        devices -> RestoreStatement.of(
                                read,
                                request.database(),
                                DeviceNames.clause(devices),
                                moves,
                                first && request.existing().replaces(),
                                RestoreStatement.buffers(backup, env.transfer())),
                        message -> heard(message, before, backup.bytes()),
                        this::streaming));
    }

    private void streaming() {
        if (!shown) {
            shown = true;
            observer.streaming(runId, progress);
        }
    }

    private void open(Recovery recovery) {
        Verdict verdict = await(RunningStatement.start(
                env.server().connect(),
                "sluice-tsql-" + runId,
                RestoreStatement.open(request.database(), recovery),
                observer::said));
        if (!(verdict instanceof Verdict.Good)) {
            OperationFailed failure = isCancelled()
                    ? RestoreFailures.cancelled(runId, verdict)
                    : Failures.refused(request.database(), verdict, env);
            throw RestoreFailures.inTheMiddle(failure, done + 1, total, "opening the database");
        }
    }

    private void heard(ServerMessage message, long before, long bytes) {
        if (message.number() == ServerMessage.PERCENT && request.bytes() > 0) {
            // SQL Server counts within its statement; people want to know how far all of it is.
            Percent.of(message.text())
                    .ifPresent(percent ->
                            progress.percent((int) (100.0 * (before + bytes * percent / 100.0) / request.bytes())));
        }
        observer.said(message);
    }

    private OperationFailed failure(BackupDocument backup, StripeTransfer.Outcome outcome) {
        Verdict verdict = outcome.verdict();
        if (isCancelled()) {
            return RestoreFailures.cancelled(runId, verdict);
        }
        return switch (outcome.failure()) {
            case CorruptBlockException corrupt -> RestoreFailures.corrupt(corrupt, backup.backupId(), verdict);
            case S3Failure store -> RestoreFailures.store(store, verdict.messages());
            case null -> Failures.refused(request.database(), verdict, env);
            case Throwable other -> Failures.refused(request.database(), verdict, env, other);
        };
    }
}
