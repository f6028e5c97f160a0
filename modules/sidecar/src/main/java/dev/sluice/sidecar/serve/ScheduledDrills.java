package dev.sluice.sidecar.serve;

import dev.sluice.catalog.DrillDocument;
import dev.sluice.catalog.DrillDocument.Outcome;
import dev.sluice.catalog.DrillKey;
import dev.sluice.catalog.Keys;
import dev.sluice.catalog.PauseDocument.Work;
import dev.sluice.engine.Engine;
import dev.sluice.engine.prove.DrillObserver;
import dev.sluice.engine.prove.DrillResult;
import dev.sluice.engine.prove.ProveOrder;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.RunProgress;
import dev.sluice.engine.run.StartedRun;
import dev.sluice.sidecar.config.ProveSection;
import dev.sluice.sidecar.pause.Pause;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Holds the restore drills of policies, one at a time, and only begins one while no backup runs or waits. No
/// backup waits for a drill.
///
/// A drill is due once its table has named a time since the last one ended that is in the bucket, or since this
/// service first looked: a new service begins with backups and not with drills.
///
/// **Threading:** any thread.
final class ScheduledDrills {

    private static final Logger log = LoggerFactory.getLogger(ScheduledDrills.class);

    /// After one that has found out nothing: the bucket was away, say, or another drill ran on the server.
    private static final Duration TRY_AGAIN = Duration.ofMinutes(15);

    private final Engine engine;
    private final Supplier<ServiceSettings> settings;
    private final BooleanSupplier backupsAreQuiet;
    private final ServicePauses pauses;
    private final InstantSource clock;
    private final JobQueue<TrackedDrill> queue;
    private final Instant began;
    private final SecureRandom seeds = new SecureRandom();
    private final Set<String> databases = ConcurrentHashMap.newKeySet();

    /// When the last drill with each outcome ended, by the database's directory.
    private final Map<String, Map<Outcome, Instant>> last = new ConcurrentHashMap<>();

    private final Map<String, Instant> notBefore = new ConcurrentHashMap<>();

    /// @param backupsAreQuiet whether no backup runs or waits
    ScheduledDrills(
            Engine engine,
            Supplier<ServiceSettings> settings,
            BooleanSupplier backupsAreQuiet,
            ServicePauses pauses,
            JobListeners listeners,
            InstantSource clock) {
        this.engine = engine;
        this.settings = settings;
        this.backupsAreQuiet = backupsAreQuiet;
        this.pauses = pauses;
        this.clock = clock;
        this.began = clock.instant();
        this.queue = new JobQueue<>("drill", this::drill, listeners, clock);
    }

    /// A database's drills.
    ///
    /// @param ended when the last one with each outcome ended
    /// @param due   when the next one is due, or has been since, whether it is paused or not; empty when no
    ///              policy holds any
    /// @param pause what keeps the next one from starting; empty unless it is paused, and without a next one
    record View(Map<Outcome, Instant> ended, Optional<Instant> due, Optional<Pause> pause) {

        /// The last drill; empty when there was none.
        Optional<Map.Entry<Outcome, Instant>> last() {
            return ended.entrySet().stream().max(Map.Entry.comparingByValue());
        }
    }

    /// The drills of this process: those that run, or ended not long ago.
    JobQueue<TrackedDrill> queue() {
        return queue;
    }

    /// By database: those of policies, and others that had drills.
    Map<String, View> views() {
        Map<String, View> views = new LinkedHashMap<>();
        for (String database : databases) {
            Optional<Instant> due = due(database);
            views.put(database, new View(ended(database), due, due.flatMap(_ -> pauses.of(database, Work.DRILL))));
        }
        return views;
    }

    private Map<Outcome, Instant> ended(String database) {
        return last.getOrDefault(Keys.database(database), Map.of());
    }

    private Optional<Instant> due(String database) {
        Instant since =
                ended(database).values().stream().max(Comparator.naturalOrder()).orElse(began);
        return settings.get().policies().nextDrill(database, since);
    }

    /// Looks which drills there were, by this process or another. One listing shows those of all databases.
    ///
    /// @param taken that policies take, and that can be backed up
    void look(Collection<String> taken) {
        Map<String, Map<Outcome, Instant>> seen = new ConcurrentHashMap<>();
        for (DrillKey key : Blocking.uncancellably(engine.environment()
                .catalog()
                .drills()
                .list(e -> log.atWarn()
                        .addKeyValue("cause", e.getMessage())
                        .log("the drills in the bucket cannot be listed")))) {
            seen.computeIfAbsent(key.database(), _ -> new EnumMap<>(Outcome.class))
                    .merge(key.outcome(), key.finishedAt(), (one, other) -> one.isAfter(other) ? one : other);
        }
        last.putAll(seen);
        last.keySet().retainAll(seen.keySet());
        Set<String> shown = new HashSet<>();
        for (String database : taken) {
            if (seen.containsKey(Keys.database(database))
                    || settings.get().policies().nextDrill(database, began).isPresent()) {
                shown.add(database);
            }
        }
        databases.addAll(shown);
        databases.retainAll(shown);
    }

    boolean isRunning() {
        return queue.all().stream().anyMatch(job -> !job.isOver());
    }

    /// Begins the drill that is due for longest, if any is and nothing else is at work.
    void begin() {
        Instant now = clock.instant();
        if (isRunning() || !backupsAreQuiet.getAsBoolean()) {
            return;
        }
        databases.stream()
                .filter(database -> !notBefore.getOrDefault(database, now).isAfter(now))
                .flatMap(database ->
                        due(database)
                                .filter(due -> !pauses.notBefore(database, Work.DRILL, due)
                                        .isAfter(now))
                                .stream()
                                .map(due -> Map.entry(database, due)))
                .min(Map.Entry.comparingByValue())
                .ifPresent(first -> queue.add(id -> new TrackedDrill(id, first.getKey())));
    }

    private void drill(TrackedDrill job) {
        String database = job.database();
        notBefore.put(database, clock.instant().plus(TRY_AGAIN));
        StartedRun<DrillResult> started = engine.start(order(database), new DrillObserver() {
            @Override
            public void streaming(String id, RunProgress progress) {
                job.streaming(progress);
            }
        });
        job.cancellableBy(started::cancel);
        DrillResult result;
        try {
            result = started.result().join();
        } catch (RuntimeException e) {
            if (job.isCancelled()) {
                // Who has cancelled it does not want it again in a quarter of an hour.
                Instant now = clock.instant();
                settings.get().policies().nextDrill(database, now).ifPresent(next -> notBefore.put(database, next));
            }
            throw e;
        }
        DrillDocument document = result.document();
        job.found(document);
        result.left().forEach(job::note);
        Map<Outcome, Instant> ended = new EnumMap<>(Outcome.class);
        ended.putAll(ended(database));
        ended.put(document.outcome(), document.finishedAt());
        last.put(Keys.database(database), ended);
        notBefore.remove(database);
        result.requireSound();
    }

    private ProveOrder order(String database) {
        DrillSettings drills = settings.get().drills();
        ProveOrder order = ProveOrder.of(database).on(drills.server());
        return drills.point() == ProveSection.Point.RANDOM
                ? order.to(new ProveOrder.Point.Random(seeds.nextInt(Integer.MAX_VALUE)))
                : order;
    }

    void tellProgress() {
        queue.tellProgress();
    }

    void close() {
        queue.close();
    }

    void awaitEnd() {
        queue.awaitEnd();
    }
}
