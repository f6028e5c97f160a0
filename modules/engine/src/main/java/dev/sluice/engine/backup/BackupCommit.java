package dev.sluice.engine.backup;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.Baseline;
import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.SetFacts;
import dev.sluice.engine.bucket.ProcessState;
import dev.sluice.engine.recovery.Proof;
import dev.sluice.engine.recovery.VerdictDocument;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.RunProgress;
import dev.sluice.engine.sql.BackupHistory;
import dev.sluice.engine.sql.ServerFacts;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.engine.sql.Verdict;
import dev.sluice.s3.ObjectInfo;
import dev.sluice.s3.S3Failure;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a backup's bytes become when SQL Server's verdict is there: an entry in the catalog, or nothing.
final class BackupCommit {

    private static final Logger log = LoggerFactory.getLogger(BackupCommit.class);

    private final Environment env;
    private final ProcessState processState;
    private final SqlSession control;
    private final BackupDocument pending;
    private final StripeUploads stripes;
    private final RunProgress progress;
    private final long began = System.nanoTime();

    BackupCommit(
            Environment env,
            ProcessState processState,
            SqlSession control,
            BackupDocument pending,
            StripeUploads stripes,
            RunProgress progress) {
        this.env = env;
        this.processState = processState;
        this.control = control;
        this.pending = pending;
        this.stripes = stripes;
        this.progress = progress;
    }

    /// Nothing cancels here: SQL Server may have truncated its log on the strength of this backup.
    ///
    /// **Errors:** [OperationFailed] when the bucket does not take it; then the pending document is left,
    /// and `recover` does the rest.
    BackupResult commit(Verdict.Good verdict) {
        CommitPoint commitPoint = stripes.commitPoint();
        try {
            if (!commitPoint.passed()) {
                // A server that never asked for durability has called the backup good without our word. Give
                // it now.
                stripes.flushAll();
            }
            SetFacts history = history();
            BackupDocument document = VerdictDocument.committed(
                    PendingDocument.described(pending, commitPoint.described()),
                    verdict.historyMissing() ? "message 3014, with warning 3009" : "message 3014",
                    asked(session -> ServerFacts.read(session).now())
                            .orElseGet(() -> pending.startedAt().plus(Duration.ofNanos(System.nanoTime() - began))),
                    history);
            CatalogKey key =
                    Blocking.uncancellably(env.catalog().commit(document)).orElseThrow();
            List<String> left = deletePending();
            log.atInfo()
                    .addKeyValue("backupId", document.backupId())
                    .addKeyValue("database", document.database())
                    .addKeyValue("bytes", document.bytes())
                    .log("backup stored");
            return BackupResult.of(document, key, progress.seconds(), verdict, left);
        } catch (S3Failure | CatalogException e) {
            throw commitPoint.passed()
                    ? Failures.uncommitted(pending.backupId(), e, env, pending.database())
                    : Failures.notStored(pending.backupId(), e, env, pending.database());
        }
    }

    /// @return why it could not be deleted; nothing when it was
    private List<String> deletePending() {
        try {
            Blocking.uncancellably(env.catalog().deletePending(pending.backupId()));
            return List.of();
        } catch (S3Failure e) {
            // The entry is there: recover finds both and deletes the pending document.
            log.atWarn()
                    .addKeyValue("backupId", pending.backupId())
                    .addKeyValue("cause", e.getMessage())
                    .log("the pending document was left behind");
            return List.of("The pending document was left behind: " + e.getMessage());
        }
    }

    /// msdb's row; [SetFacts#NONE] when it cannot be read, is late or switched off: the backup is good all the
    /// same, and completed later. A row that names another set than the stream did is not ours.
    private SetFacts history() {
        String before = pending.baseline().map(Baseline::newestHistory).orElse(null);
        SetFacts row = asked(session ->
                        BackupHistory.find(session, pending.deviceSet(), before).orElse(SetFacts.NONE))
                .orElse(SetFacts.NONE);
        Optional<UUID> set = PendingDocument.described(
                        pending, stripes.commitPoint().described())
                .stream()
                .set();
        return Proof.isAbout(row, set) ? row : SetFacts.NONE;
    }

    /// Asks on the control session or, since hours may have passed over it, on a new one.
    private <T> Optional<T> asked(Function<SqlSession, T> question) {
        try {
            return Optional.of(question.apply(control));
        } catch (SqlServerUnavailable first) {
            return first.isBlocked() ? unanswered(first) : askedAnew(question);
        }
    }

    private <T> Optional<T> askedAnew(Function<SqlSession, T> question) {
        try (SqlSession fresh = env.server().connect()) {
            return Optional.of(question.apply(fresh));
        } catch (SqlServerUnavailable e) {
            return unanswered(e);
        }
    }

    private <T> Optional<T> unanswered(SqlServerUnavailable e) {
        log.atWarn()
                .addKeyValue("backupId", pending.backupId())
                .addKeyValue("cause", e.getMessage())
                .log("SQL Server does not answer about a backup that it called good");
        return Optional.empty();
    }

    /// Removes what this run has stored. Only while the session answers that holds the lock: without it, another
    /// sidecar may have taken over, and `recover` is the one to decide. (Parts of an unfinished upload are
    /// no backup, and go in any case.)
    ///
    /// @param cause what led here, and is what its caller will throw
    /// @return whether nothing of it is left; if something is, this process remembers that it came to nothing
    boolean discard(Throwable cause) {
        boolean gone = false;
        try {
            Blocking.uncancellably(stripes.abort());
            Blocking.uncancellably(stripes.commitPoint().quiet());
            String prefix = env.catalog().keys().data(pending.database(), pending.backupId());
            List<ObjectInfo> objects = Blocking.uncancellably(env.store().list(prefix));
            boolean mine = control.alive();
            for (ObjectInfo object : objects) {
                if (mine) {
                    Blocking.uncancellably(env.store().delete(object.key()));
                    mine = control.alive();
                }
            }
            if (mine) {
                Blocking.uncancellably(env.catalog().deletePending(pending.backupId()));
                gone = true;
            } else {
                log.atWarn()
                        .addKeyValue("backupId", pending.backupId())
                        .log("left to recover: the control connection is gone");
            }
        } catch (RuntimeException e) {
            // The failure that counts is the one that led here; what is left has its pending document.
            cause.addSuppressed(e);
            log.atWarn()
                    .addKeyValue("backupId", pending.backupId())
                    .addKeyValue("cause", e.getMessage())
                    .log("left to recover");
        }
        if (!(cause instanceof CancellationException)) {
            log.atInfo().addKeyValue("backupId", pending.backupId()).log("backup failed");
        }
        if (!gone) {
            processState.rejected(pending.backupId());
        }
        return gone;
    }
}
