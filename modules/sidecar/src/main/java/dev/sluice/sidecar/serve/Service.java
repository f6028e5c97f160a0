package dev.sluice.sidecar.serve;

import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.PauseDocument.Work;
import dev.sluice.engine.Engine;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.chain.ChainFinding;
import dev.sluice.engine.recovery.RecoveryReport;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.sql.ServerDatabases;
import dev.sluice.sidecar.pause.Pause;
import dev.sluice.sidecar.schedule.BackupJob;
import dev.sluice.sidecar.schedule.BackupSchedule;
import dev.sluice.sidecar.schedule.DatabasePattern;
import dev.sluice.sidecar.schedule.JobOutcome;
import dev.sluice.sidecar.schedule.Timetable;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Takes backups at their times, removes those that may go, and answers at its endpoint.
///
/// A loop asks twice a second what may begin. A timer set to the next due time would be cheaper, and wrong
/// whenever the clock is set or the machine was asleep.
///
/// Nothing begins before `recover` has come to its end once: it must decide about what a crash left behind
/// while no new backup adds to it. Until then, and whenever SQL Server or the bucket does not answer, the
/// service stays alive and tries again: it may well have been started before them.
///
/// **Ownership:** owns its threads and its endpoint, not the engine. [#close()] begins nothing any more,
/// cancels what runs, and waits for its end.
public final class Service implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Service.class);
    /// How late a backup can begin that is due, or asked for, while there is a place.
    private static final Duration TICK = Duration.ofMillis(500);
    private static final Duration LOOK_AROUND = Duration.ofMinutes(1);
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(5);
    private static final Duration LOOK_ENDS = Duration.ofSeconds(10);

    /// A request for each database, or more where there are more than a thousand backups.
    private static final Duration READ_AGAIN = Duration.ofMinutes(5);

    private static final Duration RECOVER_AGAIN = Duration.ofHours(1);
    private static final Duration PRUNE_AGAIN = Duration.ofHours(6);

    private final Engine engine;
    private final InstantSource clock;
    private final BackupSchedule schedule;
    private final InventoryCache inventory;
    private final ServerDatabases databases;
    private final Jobs jobs;
    private final RequestedJobs requested;
    private final ProofJobs proofs;
    private final Pruner pruner;
    private final ChainRepairs chains;
    private final ServicePauses pauses;
    private final ServiceMetrics metrics;
    private final LogWatch logs;
    private final Endpoint endpoint;
    private final Thread loop;

    /// A backup has ended, and another can have its place at once: with hundreds of databases, a tick for each of
    /// them would be most of the time.
    private final Semaphore placeIsFree = new Semaphore(0);

    private final AtomicBoolean looking = new AtomicBoolean();
    private final CompletableFuture<Throwable> defect = new CompletableFuture<>();
    private final AtomicInteger settingsChanged = new AtomicInteger();
    private final LastFailures failures = new LastFailures();
    private final LastLeftOut leftOut = new LastLeftOut();
    private final JobChanges changes = new JobChanges();
    private final AtomicBoolean verdictLost = new AtomicBoolean();
    private volatile ServiceSettings settings;
    private volatile boolean closing;
    private volatile boolean recovered;
    private volatile boolean sqlUp;
    private volatile boolean storageUp;
    private volatile Map<String, Integer> unconfirmed = Map.of();

    /// What the last `recover` could not read, or not remove.
    private volatile int left;

    /// What policies take, as of the last look: databases that can be backed up, and others that were.
    private volatile Map<String, ServerDatabases.Listed> there = Map.of();
    private volatile Instant nextLook = Instant.MIN;
    private volatile Instant nextRecovery = Instant.MIN;
    private volatile Instant nextPrune = Instant.MIN;
    private volatile Instant nextReading = Instant.MIN;

    private Service(
            Engine engine,
            ServiceSettings settings,
            Endpoint.Opening endpoint,
            InstantSource clock,
            List<JobListener> listeners)
            throws IOException {
        this.engine = engine;
        this.settings = settings;
        this.clock = clock;
        this.schedule = new BackupSchedule(clock, settings.policies().schedule().running());
        this.inventory = new InventoryCache(
                engine.environment().catalog(),
                database -> this.settings.policies().copyOnly(database),
                database -> this.settings.policies().verification(database).isPresent());
        this.databases = new ServerDatabases(engine.environment().server());
        this.logs = new LogWatch(engine.environment().server(), clock);
        this.metrics = new ServiceMetrics(engine.environment(), this::state);
        metrics.pendingUnreadable(inventory::unreadablePendings);
        this.pruner = new Pruner(engine, schedule, inventory, metrics, clock, () -> this.settings);
        this.chains = new ChainRepairs(schedule, clock, () -> this.settings);
        this.pauses = new ServicePauses(engine.environment(), () -> this.settings, clock);
        schedule.pausedBy(pauses);
        JobListeners all = new JobListeners(Stream.concat(
                        listeners.stream(), Stream.<JobListener>of(metrics, this::heard, failures, leftOut, changes))
                .toList());
        this.jobs = new Jobs(
                engine,
                schedule,
                inventory,
                databases,
                all,
                pruner,
                chains,
                pauses,
                clock,
                () -> this.settings,
                placeIsFree::release);
        this.requested = new RequestedJobs(engine, this::tail, all, clock);
        this.proofs = new ProofJobs(engine, () -> this.settings, schedule, inventory, pauses, all, clock);
        metrics.drills(proofs.drills()::views);
        metrics.verifications(proofs.verifications()::views);
        metrics.leftOut(leftOut);
        metrics.pauses(this::pauseOf);
        this.endpoint = endpoint.open(this);
        this.loop = Thread.ofPlatform().name("sluice-schedule").unstarted(this::run);
    }

    /// Begins. Returns as soon as it listens.
    ///
    /// **Errors:** [IOException] when it cannot listen.
    public static Service start(Engine engine, ServiceSettings settings, Endpoint.Opening endpoint, InstantSource clock)
            throws IOException {
        return start(engine, settings, endpoint, clock, List.of());
    }

    /// @param listeners hear of jobs, beside the metrics; their owner closes them after the service
    public static Service start(
            Engine engine,
            ServiceSettings settings,
            Endpoint.Opening endpoint,
            InstantSource clock,
            List<JobListener> listeners)
            throws IOException {
        Service service = new Service(engine, settings, endpoint, clock, listeners);
        service.endpoint.start();
        service.loop.start();
        return service;
    }

    /// The port that it listens on.
    public int port() {
        return endpoint.port();
    }

    /// Waits for what no schedule can go on after: an [Error] in the loop or in a look around. Until then only
    /// [#close()] ends the service.
    public Throwable awaitDefect() {
        return defect.join();
    }

    /// Other settings, from now on. What runs goes on as it began.
    public void apply(ServiceSettings changed) {
        settings = changed;
        schedule.places(changed.policies().schedule().running());
        nextReading = Instant.MIN;
        nextLook = Instant.MIN;
        settingsChanged.incrementAndGet();
    }

    /// Those that hold now.
    public ServiceSettings settings() {
        return settings;
    }

    /// The engine that does the work.
    public Engine engine() {
        return engine;
    }

    public Jobs jobs() {
        return jobs;
    }

    /// Restores and verifications.
    public RequestedJobs requested() {
        return requested;
    }

    /// What persons have paused.
    public ServicePauses pauses() {
        return pauses;
    }

    /// As policies and defaults have the log backups of the database.
    private BackupRequest tail(String database) {
        return settings.requests().of(database, BackupType.LOG, false).asTail();
    }

    /// `recover` may find the verdict by proof.
    private void heard(JobEvent event) {
        proofs.verifications().on(event);
        if (event instanceof JobEvent.Ended ended && ended.outcome() == JobOutcome.UNCONFIRMED) {
            verdictLost.set(true);
        }
    }

    InventoryCache inventory() {
        return inventory;
    }

    public ServiceMetrics metrics() {
        return metrics;
    }

    /// Tells how full logs are.
    public LogWatch logs() {
        return logs;
    }

    /// Whether the database is known, and a backup of it can be asked for.
    public boolean knows(String database) {
        return schedule.follows(database);
    }

    // ---- the loop ----

    private void run() {
        while (isAlive() && !closing) {
            try {
                Instant now = clock.instant();
                if (!now.isBefore(nextLook) && looking.compareAndSet(false, true)) {
                    Thread.ofVirtual().name("sluice-look-around").start(this::lookAround);
                }
                if (recovered) {
                    jobs.begin();
                    proofs.begin(pruner.isBusy());
                    // What a drill restores must not go meanwhile.
                    if (!proofs.drills().isRunning()) {
                        pruner.begin();
                    }
                }
            } catch (RuntimeException e) {
                // A defect; the schedule must outlive it.
                log.atError().setCause(e).log("the schedule stumbled");
            } catch (Error e) {
                end(e);
            }
            awaitPlace();
        }
    }

    /// For a tick at most.
    private void awaitPlace() {
        try {
            if (placeIsFree.tryAcquire(TICK.toMillis(), TimeUnit.MILLISECONDS)) {
                placeIsFree.drainPermits();
            }
        } catch (InterruptedException e) {
            // Only close() interrupts.
        }
    }

    /// Threads that died silently would leave a service that says that it is well and takes no backups.
    private void end(Error e) {
        log.atError().setCause(e).log("the schedule cannot go on, and the service ends");
        defect.complete(e);
    }

    /// Whether backups are begun at their times, as far as it is for this process.
    public boolean isAlive() {
        return !defect.isDone();
    }

    private static void pause(Duration duration) {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            // Only close() interrupts.
        }
    }

    /// Which databases there are, what the bucket has of them, and whether both answer.
    private void lookAround() {
        Duration pause = LOOK_AGAIN;
        int before = settingsChanged.get();
        try {
            // Before the bucket, without which logs fill.
            logs.look(database -> settings.policies().timetable(database).isPresent());
            Blocking.uncancellably(engine.environment().store().check());
            storageUp = true;
            List<ServerDatabases.Listed> all = databases.all();
            sqlUp = true;
            if (verdictLost.getAndSet(false)) {
                nextRecovery = Instant.MIN; // stays so until recover has come through
            }
            if (!recovered || !clock.instant().isBefore(nextRecovery)) {
                left = Blocking.uncancellably(engine.recover())
                        .map(RecoveryReport::left)
                        .orElse(0);
                nextRecovery = clock.instant().plus(RECOVER_AGAIN);
                inventory.readAgain();
            }
            pauses.look();
            boolean again = follow(all);
            unconfirmed =
                    Blocking.uncancellably(inventory.unconfirmed(unconfirmed)).orElse(Map.of());
            recovered = true;
            pause = LOOK_AROUND;
            if (again) {
                // No backup waits for it, and none depends on it.
                proofs.verifications().lookSoon(all);
            }
        } catch (RuntimeException e) {
            notice(e);
        } catch (Error e) {
            end(e);
        } finally {
            nextLook = clock.instant().plus(pause);
            if (settingsChanged.get() != before) {
                // Other settings came while this looked by the old ones.
                nextLook = Instant.MIN;
            }
            looking.set(false);
        }
    }

    private void notice(RuntimeException e) {
        OperationFailed failure = Failures.of(e);
        FailureId id = failure.id();
        if (id.isStoreOutage()) {
            storageUp = false;
        } else if (id.isSqlServerOutage()) {
            sqlUp = false;
        }
        if (!closing) {
            log.atLevel(id.level())
                    .addKeyValue("id", id)
                    .addKeyValue("cause", failure.what())
                    .addKeyValue("hint", failure.hint())
                    .log(noticed(id));
        }
    }

    private String noticed(FailureId id) {
        if (id.isStoreOutage()) {
            return id == FailureId.STORE_FAILED ? "the bucket does not answer" : "the bucket refuses us";
        }
        if (id == FailureId.KERBEROS_FAILED) {
            return "the login to SQL Server by Kerberos fails";
        }
        if (id.isSqlServerOutage()) {
            return "SQL Server does not answer";
        }
        return recovered ? "databases could not be looked at" : "no backup can begin";
    }

    /// @return whether it looked what others have stored since
    private boolean follow(List<ServerDatabases.Listed> all) {
        boolean again = !clock.instant().isBefore(nextReading);
        if (again) {
            nextReading = clock.instant().plus(READ_AGAIN);
        }
        Set<String> taken = new TreeSet<>();
        Map<String, ServerDatabases.Listed> seen = new HashMap<>();
        for (ServerDatabases.Listed database : all) {
            settings.policies().timetable(database.name()).ifPresent(table -> {
                if (database.online()) {
                    taken.add(database.name());
                    follow(table, again);
                }
                if (database.online() || hasBackups(database.name())) {
                    seen.put(database.name(), database);
                }
            });
        }
        jobs.retain(taken);
        inventory.retain(seen.keySet());
        there = Map.copyOf(seen);
        if (again) {
            proofs.look(taken);
        }
        if (!clock.instant().isBefore(nextPrune)) {
            pruner.want(taken);
            nextPrune = clock.instant().plus(PRUNE_AGAIN);
        }
        return again;
    }

    /// Of one that cannot be backed up now: if it has some, it should be.
    private boolean hasBackups(String database) {
        OneDatabase.look(database, () -> {
            if (inventory.view(database).isEmpty()) {
                inventory.refresh(database);
            }
        });
        return inventory.view(database).filter(view -> !view.began().isEmpty()).isPresent();
    }

    /// @param again whether to look what others have taken since
    private void follow(Timetable table, boolean again) {
        String database = table.database();
        OneDatabase.look(database, () -> {
            if (!schedule.follows(database)) {
                schedule.follow(table, inventory.refresh(database).began());
            } else {
                boolean anew = schedule.endsCopyOnly(table);
                schedule.follow(table, anew ? inventory.refresh(database).began() : Map.of());
                if (again) {
                    schedule.heard(database, inventory.refresh(database).began());
                }
            }
        });
    }

    // ---- how it is ----

    /// Each check, and whether all of them are well.
    public Map<String, Boolean> checks() {
        Map<String, Boolean> checks = new LinkedHashMap<>();
        checks.put("sql", sqlUp);
        checks.put("storage", storageUp);
        checks.put("recovered", recovered);
        checks.put("accepting", !closing);
        return checks;
    }

    /// How it is with every database, the worst first.
    public ServiceStatus status() {
        Instant now = clock.instant();
        return new ServiceStatus(
                engine.environment().identity(),
                engine.environment().version(),
                now,
                checks(),
                DatabaseStatuses.of(state(), schedule.running(), failures, leftOut, proofs, this::pauseOf, now),
                pauses.all());
    }

    private Optional<Pause> pauseOf(ServiceMetrics.Slot slot) {
        return pauses.of(slot.database(), Work.of(slot.type()));
    }

    /// The restore drills of policies: those that run, or ended not long ago.
    public JobQueue<TrackedDrill> drills() {
        return proofs.drills().queue();
    }

    /// The verifications of policies: those that run, or ended not long ago.
    public JobQueue<TrackedVerification> verifications() {
        return proofs.verifications().queue();
    }

    /// Wakes those that show jobs.
    public JobChanges changes() {
        return changes;
    }

    private ServiceMetrics.State state() {
        Map<String, InventoryCache.View> views = new LinkedHashMap<>();
        Map<String, Set<ChainFinding.Kind>> broken = new HashMap<>();
        Map<String, Boolean> online = new HashMap<>();
        Map<ServiceMetrics.Slot, Instant> due = new HashMap<>();
        List<ServiceMetrics.Slot> slots = new ArrayList<>();
        for (String database : configured()) {
            var table = settings.policies().timetable(database);
            if (table.isEmpty()) {
                continue;
            }
            inventory.view(database).ifPresent(view -> views.put(database, view));
            broken.put(database, chains.broken(database));
            online.put(database, schedule.follows(database));
            for (BackupType type : table.get().tables().keySet()) {
                if (isExpected(database, type)) {
                    ServiceMetrics.Slot slot = new ServiceMetrics.Slot(database, type);
                    slots.add(slot);
                    schedule.due(database, type)
                            .map(instant -> pauses.notBefore(database, Work.of(type), instant))
                            .ifPresent(instant -> due.put(slot, instant));
                }
            }
        }
        Map<BackupType, Integer> running = new EnumMap<>(BackupType.class);
        for (BackupJob job : schedule.running()) {
            running.merge(job.type(), 1, Integer::sum);
        }
        jobs.tellProgress();
        requested.tellProgress();
        proofs.tellProgress();
        return new ServiceMetrics.State(
                slots, views, broken, online, due, running, unconfirmed, left, sqlUp, storageUp, recovered);
    }

    /// Whether the user should expect backups of this type. If the recovery model was switched after log
    /// backups were taken, the user should expect log backups until the next full backup.
    private boolean isExpected(String database, BackupType type) {
        ServerDatabases.Listed listed = there.get(database);
        if (listed == null || listed.allows(type)) {
            return true;
        }
        Map<BackupType, Instant> began =
                inventory.view(database).map(InventoryCache.View::began).orElse(Map.of());
        Instant log = began.get(BackupType.LOG);
        Instant full = began.get(BackupType.FULL);
        return type == BackupType.LOG && log != null && full != null && log.isAfter(full);
    }

    /// Those that are there, and those that a policy names outright.
    private Set<String> configured() {
        Set<String> names = new TreeSet<>(schedule.followed());
        names.addAll(there.keySet());
        settings.policies().policies().stream()
                .flatMap(policy -> policy.databases().stream())
                .filter(DatabasePattern::literal)
                .map(DatabasePattern::text)
                .filter(name -> names.stream().noneMatch(name::equalsIgnoreCase))
                .toList()
                .forEach(names::add);
        return names;
    }

    /// Begins nothing any more, cancels what runs as far as it may still be cancelled, and waits for its end.
    @Override
    public void close() {
        closing = true;
        loop.interrupt();
        jobs.close();
        requested.close();
        proofs.close();
        Blocking.uncancellably(engine.shutdown());
        jobs.awaitEnd();
        requested.awaitEnd();
        proofs.awaitEnd();
        awaitLook();
        endpoint.close();
    }

    /// Waits for a look that still runs: the caller of [#close()] takes the store away next. A look that hangs
    /// ends with the store.
    private void awaitLook() {
        Instant limit = Instant.now().plus(LOOK_ENDS);
        while ((looking.get() || pruner.isBusy()) && Instant.now().isBefore(limit)) {
            pause(Duration.ofMillis(10));
        }
    }
}
