package dev.sluice.engine.backup;

import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunProgress;
import dev.sluice.engine.sql.DatabaseFacts;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.engine.sql.Tsql;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Looks at a backup while it runs, and ends it before it hurts: when nothing moves, or when the log fills up
/// because of it.
///
/// A log backup is what makes room, so it may take its time. But when SQL Server has everything and only its
/// verdict is missing, there is nothing left to wait for in a log backup either, and no other one can begin
/// meanwhile.
///
/// It asks on a session of its own, because the run's control session belongs to the run's thread. A server
/// that does not answer the question ends nothing: then only the stall counts.
///
/// **Ownership:** the caller who starts it closes it.
///
/// **Threading:** a thread of its own, on which it tells.
final class BackupWatchdog implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(BackupWatchdog.class);
    private static final Duration LONGEST_PERIOD = Duration.ofSeconds(2);

    private final Environment env;
    private final BackupRequest request;
    private final RunProgress progress;
    private final Subject subject;
    private final BackupLimits limits;
    private final Thread thread;
    private volatile boolean closed;
    private volatile @Nullable SqlSession session;
    private boolean asked;

    /// The backup that is looked at.
    interface Subject {

        /// Whether SQL Server has opened the devices.
        boolean isOpen();

        /// Whether SQL Server has all that a backup gives it, and only its verdict is missing.
        boolean isThrough();

        /// @return false when SQL Server may have called the backup good, and only the verdict can be waited for
        boolean end(OperationFailed why);

        /// Waits for the verdict no longer: it is unknown from here on.
        void giveUp(String why);
    }

    private BackupWatchdog(Environment env, BackupRequest request, RunProgress progress, Subject subject, String name) {
        this.env = env;
        this.request = request;
        this.progress = progress;
        this.subject = subject;
        this.limits = request.options().limits();
        this.thread = Thread.ofPlatform().name(name).unstarted(this::look);
    }

    /// @param subject is ended, or given up, once at most
    static BackupWatchdog start(
            Environment env, BackupRequest request, RunProgress progress, Subject subject, String name) {
        BackupWatchdog watch = new BackupWatchdog(env, request, progress, subject, name);
        watch.thread.start();
        return watch;
    }

    private void look() {
        long period =
                Math.min(LONGEST_PERIOD.toNanos(), Math.max(1, limits.stall().toNanos() / 4));
        long seen = progress.bytes();
        boolean through = false;
        long moved = System.nanoTime();
        try {
            while (!closed) {
                LockSupport.parkNanos(this, period);
                long bytes = progress.bytes();
                boolean wasThrough = through;
                through = subject.isThrough();
                if (bytes != seen || through != wasThrough || (request.isLog() && subject.isOpen() && !through)) {
                    seen = bytes;
                    moved = System.nanoTime();
                }
                boolean still = System.nanoTime() - moved > limits.stall().toNanos();
                if (!closed && (still ? isOver(bytes, through) : logFillsUp())) {
                    return;
                }
            }
        } catch (RuntimeException | Error e) {
            // Unwatched, a backup could keep the log from being truncated for ever.
            log.atError()
                    .setCause(e)
                    .addKeyValue("database", request.database())
                    .log("the watch over a backup broke");
            if (!closed && !subject.end(broken(e))) {
                subject.giveUp("the watch over the backup broke: " + e);
            }
        } finally {
            SqlSession open = session;
            if (open != null) {
                open.close();
            }
        }
    }

    private OperationFailed broken(Throwable e) {
        return new OperationFailed(
                FailureId.UNEXPECTED,
                "What looks at stalls and at the log met a defect, and the backup was ended: " + e,
                Failures.where(env, request.database()),
                "This is a defect of Sluice's; report what the log says.",
                e);
    }

    /// Nothing has moved for too long.
    private boolean isOver(long bytes, boolean through) {
        if (subject.end(through ? unended(bytes) : stalled(bytes))) {
            return true;
        }
        if (through) {
            subject.giveUp(String.format(
                    Locale.ROOT,
                    "SQL Server has not ended BACKUP within %d s of having everything",
                    limits.stall().toSeconds()));
        }
        return through;
    }

    private boolean logFillsUp() {
        OperationFailed reason = request.isLog() ? null : logFillingUp();
        return reason != null && !closed && subject.end(reason);
    }

    private OperationFailed unended(long bytes) {
        return new OperationFailed(
                FailureId.STALLED,
                String.format(
                        Locale.ROOT,
                        "SQL Server closed its devices after %d bytes without having asked for them to be durable, and has not ended BACKUP for %d s; the backup was ended",
                        bytes,
                        limits.stall().toSeconds()),
                Failures.where(env, request.database()),
                "Look at what it waits for (sys.dm_exec_requests), and at its error log; a longer limit is limits.stall.",
                null);
    }

    private OperationFailed stalled(long bytes) {
        return new OperationFailed(
                FailureId.STALLED,
                String.format(
                        Locale.ROOT,
                        "Nothing has moved for %d s after %d bytes, waiting for %s; the backup was ended because it keeps the log from being truncated",
                        limits.stall().toSeconds(),
                        bytes,
                        switch (progress.waiting()) {
                            case SQL_SERVER, NOTHING -> "SQL Server";
                            case MEMORY -> "memory, which uploads to S3 hold";
                            case STORE -> "S3";
                        }),
                Failures.where(env, request.database()),
                "Look at what it waited for (sys.dm_exec_requests, or the endpoint); a longer limit is limits.stall.",
                null);
    }

    /// Null as long as all is well, or it is not known.
    private @Nullable OperationFailed logFillingUp() {
        if (limits.logPercent() == 100) {
            return null;
        }
        try {
            SqlSession asking = session();
            double used = asking
                    .query("SELECT used_log_space_in_percent FROM %s.sys.dm_db_log_space_usage"
                            .formatted(Tsql.identifier(request.database())))
                    .stream()
                    .mapToDouble(row ->
                            row.optionalFraction("used_log_space_in_percent").orElse(0))
                    .max()
                    .orElse(0);
            asked = true;
            if (used < limits.logPercent()) {
                return null;
            }
            String wait = DatabaseFacts.find(asking, request.database())
                    .map(DatabaseFacts::logReuseWait)
                    .orElse("");
            // Ending the backup would help against nothing else.
            return wait.equals("ACTIVE_BACKUP_OR_RESTORE") ? filled(used, wait) : null;
        } catch (SqlServerUnavailable e) {
            if (!closed && !asked) {
                asked = true;
                log.atWarn()
                        .addKeyValue("database", request.database())
                        .addKeyValue("cause", e.getMessage())
                        .log("SQL Server does not say how full the log is; only a stall will end this backup");
            }
            return null;
        }
    }

    private SqlSession session() {
        SqlSession open = session;
        if (open == null || !open.alive()) {
            if (open != null) {
                open.abandon();
                open.close();
            }
            open = env.server().connect();
            session = open;
        }
        return open;
    }

    private OperationFailed filled(double used, String wait) {
        return new OperationFailed(
                FailureId.LOG_FILLING_UP,
                String.format(
                        Locale.ROOT,
                        "The log of %s is %.0f %% full, and what keeps it from being truncated is this backup (%s); it was ended",
                        request.database(),
                        used,
                        wait),
                Failures.where(env, request.database()),
                null);
    }

    /// Returns at once; the thread ends soon after, cut off from a server that does not answer.
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        SqlSession open = session;
        if (open != null) {
            open.abandon();
        }
    }
}
