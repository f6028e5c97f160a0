package dev.sluice.sidecar.serve;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.engine.Engine;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.restore.Listing;
import dev.sluice.engine.restore.OrderedRestore;
import dev.sluice.engine.restore.PlannedRestore;
import dev.sluice.engine.restore.RestoreCheck;
import dev.sluice.engine.restore.RestoreObserver;
import dev.sluice.engine.restore.RestoreOrder;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.run.RunProgress;
import dev.sluice.engine.run.StartedRun;
import dev.sluice.engine.verify.VerifyOutcome;
import dev.sluice.engine.verify.VerifyReport;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/// Restores and verifications, which only people ask for.
public final class RequestedJobs {

    private static final Logger log = LoggerFactory.getLogger(RequestedJobs.class);

    private final Engine engine;
    private final Function<String, BackupRequest> tail;
    private final InstantSource clock;
    private final JobQueue<TrackedRestore> restores;
    private final JobQueue<TrackedVerification> verifications;

    /// @param tail how the tail of a database's log is backed up
    RequestedJobs(Engine engine, Function<String, BackupRequest> tail, JobListeners listeners, InstantSource clock) {
        this.engine = engine;
        this.tail = tail;
        this.clock = clock;
        this.restores = new JobQueue<>("restore", this::restore, listeners, clock);
        this.verifications = new JobQueue<>("verification", this::verify, listeners, clock);
    }

    public JobQueue<TrackedRestore> restores() {
        return restores;
    }

    public JobQueue<TrackedVerification> verifications() {
        return verifications;
    }

    /// Asks for a restore. It is planned and checked at its turn: the backups, and what it needs, may be others
    /// by then.
    ///
    /// **Errors:** [dev.sluice.engine.run.OperationFailed] `busy` when too many wait already.
    public TrackedRestore restore(RestoreOrder order) {
        return restores.add(id -> new TrackedRestore(id, order));
    }

    /// Asks for a verification.
    ///
    /// @param withServer whether SQL Server reads the backup too
    /// **Errors:** [dev.sluice.engine.run.OperationFailed] `busy` when too many wait already.
    public TrackedVerification verify(BackupDocument backup, boolean withServer) {
        return verifications.add(id -> new TrackedVerification(id, backup, withServer));
    }

    private void restore(TrackedRestore job) {
        StartedRun<OrderedRestore> started = engine.start(job.order(), tail, new RestoreObserver() {
            @Override
            public void planned(PlannedRestore planned) {
                job.planned(planned);
            }

            @Override
            public void checked(RestoreCheck check) {
                job.checked(check);
            }

            @Override
            public void tailSaved(BackupResult saved) {
                String id = saved.document().backupId();
                job.tailSaved(id);
                job.note(
                        "the tail of the log is saved as backup %s, and the database waits for the restore from there on"
                                .formatted(id));
            }

            @Override
            public void streaming(String id, RunProgress progress) {
                job.streaming(progress);
            }
        });
        job.cancellableBy(started::cancel);
        OrderedRestore done = started.result().join();
        job.done(done.result());
        if (job.order().replaces() && done.result().state().equals("ONLINE")) {
            job.note(
                    "take a differential or full backup of %s now: log backups alone may not continue those in the bucket"
                            .formatted(done.planned().restoredName()));
        }
        log.atInfo()
                .addKeyValue("job", job.id())
                .addKeyValue("database", done.planned().restoredName())
                .addKeyValue("backups", done.result().backups())
                .log("the restore that was asked for is done");
    }

    private void verify(TrackedVerification job) {
        RunObserver observer = new RunObserver() {
            @Override
            public void streaming(String id, RunProgress progress) {
                job.streaming(progress);
            }
        };
        VerifyOutcome outcome = cancellably(job, engine.verifyAndKeep(job.named(), observer, clock));
        VerifyReport report = outcome.report();
        job.found(outcome);
        if (outcome.unkept() != null) {
            job.note(outcome.unkept());
        }
        report.requireSound(job.database());
        report.remarks().forEach(job::note);
        if (job.withServer()) {
            cancellably(job, engine.list(job.named(), Listing.Kind.VERIFYONLY, observer));
            job.note("SQL Server has read it too: RESTORE VERIFYONLY found nothing wrong");
        }
        if (job.named().verdict().outcome() != BackupDocument.Outcome.GOOD) {
            job.note("SQL Server's verdict on this backup is not known (%s)"
                    .formatted(job.named().verdict().proof()));
        }
    }

    /// For what only reads: a cancel ends it at once.
    static <T> T cancellably(TrackedJob job, Mono<T> reading) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Disposable running = reading.subscribe(result::complete, result::completeExceptionally);
        job.cancellableBy(() -> {
            running.dispose();
            result.cancel(true);
        });
        return result.join();
    }

    void tellProgress() {
        restores.tellProgress();
        verifications.tellProgress();
    }

    void close() {
        restores.close();
        verifications.close();
    }

    void awaitEnd() {
        restores.awaitEnd();
        verifications.awaitEnd();
    }
}
