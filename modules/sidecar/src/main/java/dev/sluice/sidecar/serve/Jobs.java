package dev.sluice.sidecar.serve;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.Engine;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.run.RunProgress;
import dev.sluice.engine.run.StartedRun;
import dev.sluice.engine.sql.ServerDatabases;
import dev.sluice.sidecar.schedule.BackupJob;
import dev.sluice.sidecar.schedule.BackupSchedule;
import dev.sluice.sidecar.schedule.JobOutcome;
import dev.sluice.sidecar.schedule.StartDecision;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The jobs of this process: those that wait, run, or ended not long ago. Each runs on a virtual thread, which
/// waits for the engine.
///
/// A cancel disposes the run's subscription, as every cancel does: it aborts as long as SQL Server was not told
/// that the backup is durable, and changes nothing afterwards. What came of it is heard in either case.
public final class Jobs {

    private static final Logger log = LoggerFactory.getLogger(Jobs.class);
    private static final int REMEMBERED = 500;

    /// Longer than a query may take before it is cancelled, and its session cut.
    private static final Duration ENDS = Duration.ofMinutes(2);

    private final Engine engine;
    private final BackupSchedule schedule;
    private final InventoryCache inventory;
    private final JobListeners listeners;
    private final Pruner pruner;
    private final ChainRepairs chains;
    private final BackupChoice choice;
    private final ServicePauses pauses;
    private final BackupHooks hooks;
    private final InstantSource clock;
    private final Supplier<ServiceSettings> settings;
    private final Runnable placeIsFree;
    private final Map<String, TrackedBackup> works = new LinkedHashMap<>(); // guarded by itself
    private volatile boolean closing;

    /// @param placeIsFree called after each job, when its place in the schedule can be taken again
    Jobs(
            Engine engine,
            BackupSchedule schedule,
            InventoryCache inventory,
            ServerDatabases databases,
            JobListeners listeners,
            Pruner pruner,
            ChainRepairs chains,
            ServicePauses pauses,
            InstantSource clock,
            Supplier<ServiceSettings> settings,
            Runnable placeIsFree) {
        this.engine = engine;
        this.schedule = schedule;
        this.inventory = inventory;
        this.listeners = listeners;
        this.pruner = pruner;
        this.chains = chains;
        this.choice = new BackupChoice(engine, schedule, inventory, databases, chains, pauses, settings);
        this.pauses = pauses;
        this.hooks = new BackupHooks(engine.environment().identity(), settings, clock);
        this.clock = clock;
        this.settings = settings;
        this.placeIsFree = placeIsFree;
    }

    // ---- for people ----

    /// The newest first.
    public List<TrackedBackup> all() {
        synchronized (works) {
            return new ArrayList<>(works.values()).reversed();
        }
    }

    public Optional<TrackedBackup> find(String id) {
        synchronized (works) {
            return Optional.ofNullable(works.get(id));
        }
    }

    /// Asks for a backup, which waits for its place as scheduled ones do.
    public TrackedBackup ask(String database, BackupType type, boolean copyOnly) {
        // Under the lock, or the loop could begin it before it is known here.
        synchronized (works) {
            return remember(schedule.ask(database, type, copyOnly));
        }
    }

    /// Asks a job to end; false when it is over.
    public boolean cancel(TrackedBackup work) {
        if (work.isOver()) {
            return false;
        }
        work.cancel();
        if (schedule.withdraw(work.id())) {
            withdrawn(work);
        }
        return true;
    }

    /// Backups of other databases than these are not taken any more. What runs goes on; what waits is over.
    void retain(Collection<String> databases) {
        // Under the lock, or a job could be dropped before it is known here.
        synchronized (works) {
            for (BackupJob job : schedule.retain(databases)) {
                TrackedBackup work = remember(job);
                work.note("the database is not there, or no policy takes it any more");
                withdrawn(work);
            }
        }
    }

    private void withdrawn(TrackedBackup work) {
        Instant now = clock.instant();
        work.end(JobOutcome.CANCELLED, now);
        listeners.tell(new JobEvent.Withdrawn(work, now));
    }

    private TrackedBackup remember(BackupJob job) {
        synchronized (works) {
            TrackedBackup known = works.get(job.id());
            if (known != null) {
                return known;
            }
            TrackedBackup work = new TrackedBackup(job);
            works.put(job.id(), work);
            listeners.tell(new JobEvent.Queued(work, clock.instant()));
            if (works.size() > REMEMBERED) {
                works.values().stream()
                        .filter(TrackedBackup::isOver)
                        .findFirst()
                        .ifPresent(oldest -> works.remove(oldest.id()));
            }
            return work;
        }
    }

    // ---- running ----

    /// Begins what may begin.
    void begin() {
        synchronized (works) {
            for (BackupJob job : closing ? List.<BackupJob>of() : schedule.begin()) {
                TrackedBackup work = remember(job);
                Thread.ofVirtual().name("sluice-job-" + job.id()).start(() -> run(work));
            }
            schedule.takePaused().forEach(this::leaveOut);
        }
    }

    /// A job that is due and does not start: history, metrics and the page tell it once.
    private void leaveOut(BackupJob job) {
        TrackedBackup work = remember(job);
        Instant now = clock.instant();
        work.note(pauses.text(job.database(), job.type()));
        work.end(JobOutcome.LEFT_OUT, now);
        listeners.tell(new JobEvent.Ended(work, JobOutcome.LEFT_OUT, Duration.ZERO, null, null, now));
    }

    /// How a job ends.
    ///
    /// @param result  the backup; null unless it is good
    /// @param failure why there is none; null when it is good, or was cancelled or left out
    private record End(
            JobOutcome outcome,
            @Nullable BackupResult result,
            @Nullable OperationFailed failure) {

        static End without(JobOutcome outcome) {
            return new End(outcome, null, null);
        }
    }

    private void run(TrackedBackup work) {
        BackupJob job = work.job();
        Instant began = clock.instant();
        work.begin(began);
        End end = End.without(JobOutcome.FAILED);
        try {
            end = steps(work);
        } catch (RuntimeException e) {
            end = failed(work, e);
        } catch (Error e) {
            log.atError().setCause(e).addKeyValue("database", job.database()).log("a job met a defect");
            end = failed(work, e);
        } finally {
            Instant now = clock.instant();
            BackupType taken = work.takenOrPlanned();
            listeners.progressed(work);
            // Before the program after it, which may take an hour: monitoring waits for the backup alone.
            listeners.tell(new JobEvent.Ended(
                    work, end.outcome(), Duration.between(began, now), end.result(), end.failure(), now));
            try {
                hooks.after(work, end.outcome(), end.result(), end.failure());
            } finally {
                schedule.ended(job, taken, began, end.outcome());
                placeIsFree.run();
                work.end(end.outcome(), now);
                if (end.outcome() == JobOutcome.GOOD && taken == BackupType.FULL) {
                    pruner.want(List.of(job.database()));
                }
            }
        }
    }

    private End steps(TrackedBackup work) {
        StartDecision.Take chosen = choice.of(work).orElse(null);
        if (chosen == null) {
            return End.without(JobOutcome.LEFT_OUT);
        }
        take(work, chosen, work.job().reason());
        listeners.tell(new JobEvent.Began(work, clock.instant()));
        if (closing || work.isCancelled()) {
            return End.without(JobOutcome.CANCELLED);
        }
        if (hooks.before(work)) {
            // The program may have run for an hour: the database may be another replica's by now, or its base gone.
            StartDecision.Take again = choice.of(work).orElse(null);
            if (again == null) {
                return End.without(JobOutcome.LEFT_OUT);
            }
            if (again.type() != chosen.type()) {
                take(work, again, "");
            }
        }
        return closing || work.isCancelled() ? End.without(JobOutcome.CANCELLED) : backUp(work, work.takenOrPlanned());
    }

    private static void take(TrackedBackup work, StartDecision.Take chosen, String reason) {
        work.take(chosen.type(), reason);
        work.note(chosen.why());
        if (!chosen.why().isEmpty()) {
            log.atInfo()
                    .addKeyValue("database", work.database())
                    .addKeyValue("why", chosen.why())
                    .log(
                            chosen.type() == work.job().type()
                                    ? "no full backup is taken instead"
                                    : "a full backup is taken instead");
        }
    }

    private End backUp(TrackedBackup work, BackupType type) {
        BackupJob job = work.job();
        StartedRun<BackupResult> started =
                engine.start(settings.get().requests().of(job.database(), type, job.copyOnly()), new RunObserver() {
                    @Override
                    public void streaming(String backupId, RunProgress progress) {
                        work.streaming(backupId, progress);
                    }
                });
        work.cancellableBy(started::cancel);
        BackupResult result = started.result().join();
        add(job.database(), result);
        result.left().forEach(work::note);
        if (!job.copyOnly()) {
            work.note(chains.heard(job.database(), result.chain()));
        }
        return new End(JobOutcome.GOOD, result, null);
    }

    private static End failed(TrackedBackup work, Throwable thrown) {
        JobFailure why = JobFailure.of(work, thrown);
        OperationFailed failure = why.failure();
        if (failure == null || why.outcome() == JobOutcome.CANCELLED) {
            return End.without(JobOutcome.CANCELLED);
        }
        // This is an error for every reason, because a backup that was due is missing.
        log.atError()
                .addKeyValue("database", work.job().database())
                .addKeyValue("type", work.takenOrPlanned())
                .addKeyValue("id", failure.id())
                .addKeyValue("cause", failure.what())
                .log("backup failed");
        return new End(why.outcome(), null, failure);
    }

    /// The next look will do it, if it cannot be done now.
    private void add(String database, BackupResult taken) {
        try {
            inventory.add(database, taken);
        } catch (RuntimeException e) {
            log.atWarn()
                    .addKeyValue("database", database)
                    .addKeyValue("cause", e.getMessage())
                    .log("the catalog could not be read");
        }
    }

    /// Tells how far everything that runs has come.
    void tellProgress() {
        for (TrackedBackup work : all()) {
            if (!work.isOver()) {
                listeners.progressed(work);
            }
        }
    }

    // ---- ending ----

    /// Begins nothing more, and cancels everything.
    void close() {
        synchronized (works) {
            closing = true;
        }
        hooks.close();
        all().forEach(this::cancel);
    }

    /// Waits until every job has told its end; the engine has ended all runs before. What is left then is a
    /// question to SQL Server or the bucket, which changes nothing.
    void awaitEnd() {
        Instant limit = Instant.now().plus(ENDS);
        while (all().stream().anyMatch(work -> !work.isOver())) {
            if (Instant.now().isAfter(limit)) {
                log.atWarn().log("a job has not come to its end, and is left alone");
                return;
            }
            try {
                Thread.sleep(10);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
