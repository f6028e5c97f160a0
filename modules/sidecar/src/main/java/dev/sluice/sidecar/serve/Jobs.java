package dev.sluice.sidecar.serve;

import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.CatalogException;
import dev.sluice.engine.Engine;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.chain.ChainFinding;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.run.RunProgress;
import dev.sluice.engine.run.StartedRun;
import dev.sluice.engine.run.StoreFailures;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.s3.S3Failure;
import dev.sluice.sidecar.policy.Agenda;
import dev.sluice.sidecar.policy.Ending;
import dev.sluice.sidecar.policy.Job;
import dev.sluice.sidecar.policy.Preparation;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The jobs of this process: those that wait, run, or ended not long ago. Each runs on a virtual thread, which
/// waits for the engine.
///
/// A cancel disposes the run's subscription, as every cancel does: it aborts as long as SQL Server was not told
/// that the backup is durable, and changes nothing afterwards. What came of it is heard in either case.
final class Jobs {

    private static final Logger log = LoggerFactory.getLogger(Jobs.class);
    private static final int REMEMBERED = 500;

    /// Longer than a query may take before it is cancelled, and its session cut.
    private static final Duration ENDS = Duration.ofMinutes(2);

    private final Engine engine;
    private final Agenda agenda;
    private final Holdings holdings;
    private final ServerDatabases databases;
    private final Meters meters;
    private final Pruner pruner;
    private final Chains chains;
    private final InstantSource clock;
    private final Supplier<Settings> settings;
    private final Map<String, Work> works = new LinkedHashMap<>(); // guarded by itself
    private final AtomicBoolean unconfirmed = new AtomicBoolean();
    private volatile boolean closing;

    Jobs(
            Engine engine,
            Agenda agenda,
            Holdings holdings,
            ServerDatabases databases,
            Meters meters,
            Pruner pruner,
            Chains chains,
            InstantSource clock,
            Supplier<Settings> settings) {
        this.engine = engine;
        this.agenda = agenda;
        this.holdings = holdings;
        this.databases = databases;
        this.meters = meters;
        this.pruner = pruner;
        this.chains = chains;
        this.clock = clock;
        this.settings = settings;
    }

    // ---- for people ----

    /// The newest first.
    List<Work> all() {
        synchronized (works) {
            return new ArrayList<>(works.values()).reversed();
        }
    }

    Optional<Work> find(String id) {
        synchronized (works) {
            return Optional.ofNullable(works.get(id));
        }
    }

    Work ask(String database, BackupType type, boolean copyOnly) {
        // Under the lock, or the loop could begin it before it is known here.
        synchronized (works) {
            return remember(agenda.ask(database, type, copyOnly));
        }
    }

    /// Asks a job to end; false when it is over.
    boolean cancel(Work work) {
        if (work.isOver()) {
            return false;
        }
        work.cancel();
        if (agenda.withdraw(work.job.id())) {
            work.end(Ending.CANCELLED, clock.instant());
        }
        return true;
    }

    /// Backups of other databases than these are not taken any more. What runs goes on; what waits is over.
    void retain(Collection<String> databases) {
        // Under the lock, or a job could be dropped before it is known here.
        synchronized (works) {
            for (Job job : agenda.retain(databases)) {
                Work work = remember(job);
                work.note("the database is not there, or no policy takes it any more");
                work.end(Ending.CANCELLED, clock.instant());
            }
        }
    }

    private Work remember(Job job) {
        synchronized (works) {
            Work work = works.computeIfAbsent(job.id(), _ -> new Work(job));
            if (works.size() > REMEMBERED) {
                works.values().stream()
                        .filter(Work::isOver)
                        .findFirst()
                        .ifPresent(oldest -> works.remove(oldest.job.id()));
            }
            return work;
        }
    }

    // ---- running ----

    /// Begins what may begin.
    void begin() {
        synchronized (works) {
            for (Job job : closing ? List.<Job>of() : agenda.begin()) {
                Work work = remember(job);
                Thread.ofVirtual().name("sluice-job-" + job.id()).start(() -> run(work));
            }
        }
    }

    private void run(Work work) {
        Job job = work.job;
        Instant began = clock.instant();
        work.begin(began);
        BackupType[] taken = {job.type()};
        Ending ending = Ending.FAILED;
        try {
            ending = steps(work, taken);
        } catch (RuntimeException e) {
            ending = failed(work, new Meters.Slot(job.database(), taken[0]), e);
        } catch (Error e) {
            log.atError().setCause(e).addKeyValue("database", job.database()).log("a job met a defect");
            ending = failed(work, new Meters.Slot(job.database(), taken[0]), new CompletionException(e));
        } finally {
            Instant now = clock.instant();
            meters.ended(work, new Meters.Slot(job.database(), taken[0]), ending, Duration.between(began, now));
            agenda.ended(job, taken[0], began, ending);
            work.end(ending, now);
            if (ending == Ending.GOOD && taken[0] == BackupType.FULL) {
                pruner.want(List.of(job.database()));
            }
            if (ending == Ending.UNCONFIRMED) {
                unconfirmed.set(true);
            }
        }
    }

    private Ending steps(Work work, BackupType[] taken) {
        Job job = work.job;
        Preparation.Facts facts = databases
                .facts(job.database())
                .orElseThrow(() -> new OperationFailed(
                        "no-such-database",
                        "There is no database " + job.database() + " any more",
                        "SQL Server",
                        "It is left alone from the next look at the databases on.",
                        null));
        boolean replicated = facts.replica() != null;
        // Other replicas write to the same directory.
        Holdings.View view = replicated
                ? holdings.refresh(job.database())
                : holdings.view(job.database()).orElseGet(() -> holdings.refresh(job.database()));
        if (replicated) {
            agenda.heard(job.database(), view.began());
        }
        Optional<Preparation.LeaveOut> elsewhere =
                job.asked() ? Optional.empty() : Preparation.elsewhere(job.type(), job.copyOnly(), facts);
        if (elsewhere.isPresent()) {
            work.note(elsewhere.get().why());
            return Ending.LEFT_OUT;
        }
        // A person may have taken the base a moment ago.
        return switch (Preparation.of(
                job.type(),
                job.copyOnly(),
                facts,
                set -> view.holds(set) || holdings.refresh(job.database()).holds(set))) {
            case Preparation.LeaveOut(String why) -> {
                work.note(why);
                if (view.began().containsKey(BackupType.LOG)) {
                    // There were logs before: somebody has switched the recovery model.
                    compare(work);
                }
                log.atDebug()
                        .addKeyValue("database", job.database())
                        .addKeyValue("type", job.type())
                        .addKeyValue("why", why)
                        .log("backup left out");
                yield Ending.LEFT_OUT;
            }
            case Preparation.Take(BackupType type, String why) -> {
                taken[0] = type;
                work.take(type, job.reason());
                work.note(why);
                if (!why.isEmpty()) {
                    log.atInfo()
                            .addKeyValue("database", job.database())
                            .addKeyValue("why", why)
                            .log("a full backup is taken instead");
                }
                yield backUp(work, type);
            }
        };
    }

    private Ending backUp(Work work, BackupType type) {
        Job job = work.job;
        Meters.Slot slot = new Meters.Slot(job.database(), type);
        meters.began(slot, clock.instant());
        if (closing || work.isCancelled()) {
            return Ending.CANCELLED;
        }
        StartedRun<BackupResult> started =
                engine.start(settings.get().requests().of(job.database(), type, job.copyOnly()), new RunObserver() {
                    @Override
                    public void streaming(String backupId, RunProgress progress) {
                        work.streaming(backupId, progress);
                    }
                });
        work.running(started);
        BackupResult result = started.result().join();
        add(job.database(), result);
        meters.stored(slot, result);
        result.left().forEach(work::note);
        if (!job.copyOnly()) {
            work.note(chains.heard(job.database(), result.chain()));
        }
        return Ending.GOOD;
    }

    /// Without a backup that would do it.
    private void compare(Work work) {
        String database = work.job.database();
        try {
            List<ChainFinding> findings = engine.chain(database).blockOptional().orElse(List.of());
            boolean known = chains.broken(database)
                    .containsAll(findings.stream().map(ChainFinding::kind).toList());
            work.note(chains.heard(database, findings));
            if (!known) {
                findings.forEach(finding -> log.atWarn()
                        .addKeyValue("database", database)
                        .addKeyValue("what", finding.what())
                        .addKeyValue("consequence", finding.consequence())
                        .log("the chain of backups is broken"));
            }
        } catch (OperationFailed e) {
            log.atWarn()
                    .addKeyValue("database", database)
                    .addKeyValue("cause", e.what())
                    .log("the chain of backups could not be compared with the server's");
        }
    }

    private Ending failed(Work work, Meters.Slot slot, RuntimeException thrown) {
        Throwable e = thrown instanceof CompletionException wrapped && wrapped.getCause() != null
                ? wrapped.getCause()
                : thrown;
        if (e instanceof CancellationException) {
            return Ending.CANCELLED;
        }
        String id = switch (e) {
            case OperationFailed failure -> failure.id();
            case CatalogException _ -> "catalog-unreadable";
            case S3Failure store -> StoreFailures.of(store).id();
            case SqlServerUnavailable _ -> "sql-server-unavailable";
            default -> "unexpected";
        };
        String what = e instanceof OperationFailed failure
                ? failure.what()
                : e instanceof Error ? e.toString() : String.valueOf(e.getMessage());
        work.fail(id, what, e instanceof OperationFailed failure ? failure.hint() : "");
        if (id.equals("cancelled") || (work.isCancelled() && !id.equals("unconfirmed"))) {
            return Ending.CANCELLED;
        }
        meters.failed(slot, id);
        log.atError()
                .addKeyValue("database", slot.database())
                .addKeyValue("type", slot.type())
                .addKeyValue("id", id)
                .addKeyValue("cause", what)
                .log("backup failed");
        return id.equals("unconfirmed") ? Ending.UNCONFIRMED : Ending.FAILED;
    }

    /// The next look will do it, if it cannot be done now.
    private void add(String database, BackupResult taken) {
        try {
            holdings.add(database, taken);
        } catch (RuntimeException e) {
            log.atWarn()
                    .addKeyValue("database", database)
                    .addKeyValue("cause", e.getMessage())
                    .log("the catalog could not be read");
        }
    }

    /// Whether a verdict was lost since this was asked last.
    boolean takeUnconfirmed() {
        return unconfirmed.getAndSet(false);
    }

    /// Brings the counters of what runs up to now.
    void account() {
        for (Work work : all()) {
            if (!work.isOver()) {
                meters.account(work, new Meters.Slot(work.job.database(), work.takenOrPlanned()));
            }
        }
    }

    // ---- ending ----

    /// Begins nothing more, and cancels everything.
    void close() {
        synchronized (works) {
            closing = true;
        }
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
