package dev.sluice.sidecar.serve;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.PauseDocument.Work;
import dev.sluice.engine.Engine;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.run.RunProgress;
import dev.sluice.engine.sql.ServerDatabases;
import dev.sluice.engine.verify.VerifyOutcome;
import dev.sluice.s3.S3Failure;
import dev.sluice.sidecar.config.VerifySection;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Has backups read again as policies ask for it: one at a time, in turns those that were just taken first, and
/// the one that was verified longest ago.
///
/// None begins while a full or differential backup runs or waits; log backups, for which the memory budget
/// keeps room, run beside. No backup waits for a verification. One job reads several backups of a database, one
/// after the other, because most log backups are smaller than what is said about a job. It ends when a data
/// backup wants to run, when it has lasted for an hour, and at the first backup that is damaged.
///
/// Nothing is kept in this process alone that must not be lost: what is due follows from the bucket.
///
/// **Threading:** any thread.
final class ScheduledVerifications implements JobListener {

    private static final Logger log = LoggerFactory.getLogger(ScheduledVerifications.class);

    /// After one that could not be done because the bucket was away.
    private static final Duration TRY_AGAIN = Duration.ofMinutes(15);

    /// After one that was cancelled, or failed for a reason of the backup's own, such as sums that cannot be
    /// read.
    private static final Duration TRY_LATER = Duration.ofHours(6);

    private static final Duration LASTS = Duration.ofHours(1);

    /// What is due is computed anew when something has changed, and so often.
    private static final Duration COMPUTED_AGAIN = Duration.ofMinutes(1);

    private final Engine engine;
    private final Supplier<ServiceSettings> settings;
    private final BucketBackups backups;
    private final BooleanSupplier dataBackupsAreQuiet;
    private final ServicePauses pauses;
    private final InstantSource clock;
    private final VerifiedBackups verified;
    private final JobQueue<TrackedVerification> queue;
    private final Map<String, VerificationView.Since> since = new ConcurrentHashMap<>();
    private final Map<String, Computed> computed = new ConcurrentHashMap<>();
    private final Map<String, Instant> waiting = new ConcurrentHashMap<>();
    private final AtomicInteger looks = new AtomicInteger();
    private volatile Instant notBefore = Instant.MIN;
    private volatile boolean agedFirst; // changes as a job ends, and so while none runs
    private volatile boolean closing;
    private volatile Set<String> onServer = Set.of();

    /// @param dataBackupsAreQuiet whether no full or differential backup runs or waits
    ScheduledVerifications(
            Engine engine,
            Supplier<ServiceSettings> settings,
            InventoryCache inventory,
            BooleanSupplier dataBackupsAreQuiet,
            ServicePauses pauses,
            JobListeners listeners,
            InstantSource clock) {
        this.engine = engine;
        this.settings = settings;
        this.backups = new BucketBackups(
                engine.environment(), inventory, database -> rule(database).isPresent());
        this.dataBackupsAreQuiet = dataBackupsAreQuiet;
        this.pauses = pauses;
        this.clock = clock;
        this.verified = new VerifiedBackups(engine.environment().catalog().verifications());
        this.queue = new JobQueue<>("policy-verification", this::verify, listeners, clock);
    }

    private record Computed(
            PackedEntries backups, int version, VerifySection.Rule rule, Instant at, VerificationView view) {

        boolean holds(PackedEntries now, int versionNow, VerifySection.Rule ruleNow, Instant instant) {
            return isSame(backups, now)
                    && version == versionNow
                    && rule.equals(ruleNow)
                    && !instant.isBefore(at)
                    && instant.isBefore(at.plus(COMPUTED_AGAIN));
        }

        /// They are others whenever something has changed.
        @SuppressWarnings("ReferenceEquality")
        private static boolean isSame(PackedEntries one, PackedEntries other) {
            return one == other;
        }
    }

    /// The verifications of policies in this process: those that run, or ended not long ago.
    JobQueue<TrackedVerification> queue() {
        return queue;
    }

    /// By database, of those whose policy asks for verifications, as soon as it is known what the bucket has.
    Map<String, VerificationView> views() {
        Map<String, VerificationView> views = new LinkedHashMap<>();
        for (String database : backups.databases()) {
            if (verified.looked(database)) {
                rule(database).ifPresent(rule -> views.put(database, view(database, rule)));
            }
        }
        return views;
    }

    private VerificationView view(String database, VerifySection.Rule rule) {
        Instant now = clock.instant();
        PackedEntries stored = backups.stored(database);
        int version = verified.version(database);
        Computed last = computed.get(database);
        if (last != null && last.holds(stored, version, rule, now)) {
            return last.view();
        }
        VerificationView.Since from = since.compute(
                database,
                (_, old) -> old == null
                        ? VerificationView.Since.start(rule, now)
                        : old.rule().equals(rule) ? old : VerificationView.Since.change(rule, now));
        List<PackedEntries.Entry> entries = stored.stream().toList();
        VerificationView view = verified.ask(
                database,
                known -> VerificationView.of(
                        entries,
                        known,
                        from,
                        id -> waiting.getOrDefault(id, Instant.MIN).isAfter(now),
                        now));
        computed.put(database, new Computed(stored, version, rule, now, view));
        return view;
    }

    /// Looks what the bucket has, by this process or another, on a thread of its own: a bucket may have many
    /// verifications, and no backup waits for their list. While it looks, it is noted that it shall look once more.
    ///
    /// @param databases all that the server has
    void lookSoon(List<ServerDatabases.Listed> databases) {
        onServer = databases.stream().map(ServerDatabases.Listed::name).collect(Collectors.toUnmodifiableSet());
        if (looks.getAndIncrement() == 0) {
            Thread.ofVirtual().name("sluice-look-at-verifications").start(() -> {
                int wanted;
                do {
                    wanted = looks.get();
                    try {
                        look();
                    } catch (Error e) {
                        looks.set(0); // the next look around tries again
                        throw e;
                    }
                } while (!closing && !looks.compareAndSet(wanted, 0));
            });
        }
    }

    private void look() {
        Instant now = clock.instant();
        if (settings.get().policies().policies().stream().anyMatch(policy -> policy.verify() != null)) {
            attempt("the backups of dropped databases cannot be listed", () -> backups.look(onServer, now));
        }
        attempt("the verifications in the bucket cannot be listed", () -> {
            Set<String> wanted = backups.databases().stream()
                    .filter(database -> rule(database).isPresent())
                    .collect(Collectors.toUnmodifiableSet());
            if (!wanted.isEmpty()) {
                verified.look(now, wanted);
            }
        });
        Map<String, Set<String>> there = new HashMap<>();
        verified.retain((database, id) -> there.computeIfAbsent(
                        database,
                        _ -> backups.stored(database).stream()
                                .map(PackedEntries.Entry::backupId)
                                .collect(Collectors.toSet()))
                .contains(id));
        waiting.values().removeIf(until -> !until.isAfter(now));
        computed.keySet().retainAll(backups.databases());
        since.keySet().retainAll(backups.databases());
    }

    /// @param failed what is logged when the bucket does not let it; then the last look stands
    private void attempt(String failed, Runnable look) {
        try {
            look.run();
        } catch (CatalogException | S3Failure e) {
            if (!closing) {
                log.atWarn().addKeyValue("cause", e.getMessage()).log(failed);
            }
        } catch (RuntimeException e) {
            if (!closing) {
                log.atError().setCause(e).log("the look at the verifications in the bucket stumbled");
            }
        }
    }

    private boolean isRunning() {
        return queue.all().stream().anyMatch(job -> !job.isOver());
    }

    /// Begins the next one, if any is due and nothing is in its way.
    void begin() {
        Instant now = clock.instant();
        if (now.isBefore(notBefore) || isRunning() || !dataBackupsAreQuiet.getAsBoolean()) {
            return;
        }
        // Backups that were just taken come first, in all databases, and those that are old with every second job:
        // where new ones come all the time, old ones would never be read.
        views().entrySet().stream()
                .filter(entry -> entry.getValue().next(now, agedFirst) != null && !isPaused(entry.getKey()))
                .min(Comparator.comparing((Map.Entry<String, VerificationView> entry) ->
                                isFresh(entry.getValue(), now) == agedFirst)
                        .thenComparing(entry -> due(entry.getValue(), now)))
                .ifPresent(first -> queue.add(id -> new TrackedVerification(
                        id,
                        first.getKey(),
                        candidate(first.getValue(), now).key().backupId())));
    }

    private boolean isPaused(String database) {
        return pauses.of(database, Work.VERIFICATION).isPresent();
    }

    private boolean isFresh(VerificationView view, Instant now) {
        return candidate(view, now).equals(view.fresh());
    }

    private Instant due(VerificationView view, Instant now) {
        return candidate(view, now).due();
    }

    private VerificationView.Candidate candidate(VerificationView view, Instant now) {
        VerificationView.Candidate next = view.next(now, agedFirst);
        if (next == null) {
            throw new IllegalStateException("nothing is due");
        }
        return next;
    }

    private void verify(TrackedVerification job) {
        try {
            verifyAll(job);
        } finally {
            agedFirst = !agedFirst;
        }
    }

    private void verifyAll(TrackedVerification job) {
        Instant until = clock.instant().plus(LASTS);
        VerificationView.Candidate next = next(job.database());
        while (next != null) {
            verify(job, next);
            next = !job.isCancelled()
                            && !isPaused(job.database())
                            && dataBackupsAreQuiet.getAsBoolean()
                            && clock.instant().isBefore(until)
                    ? next(job.database())
                    : null;
        }
        if (job.sound() > 1) {
            job.note(String.format(Locale.ROOT, "%d backups were read again", job.sound()));
        }
        if (!view(job.database()).damaged().isEmpty()) {
            job.damageIsKnown();
        }
    }

    private VerificationView view(String database) {
        return rule(database).map(rule -> view(database, rule)).orElse(VerificationView.NONE);
    }

    private Optional<VerifySection.Rule> rule(String database) {
        return settings.get().policies().verification(database);
    }

    private VerificationView.@Nullable Candidate next(String database) {
        return view(database).next(clock.instant(), agedFirst);
    }

    private void verify(TrackedVerification job, VerificationView.Candidate next) {
        String id = next.key().backupId();
        job.reads(id);
        // Unless something comes of it. A backup that cannot be read must not be the next one for ever.
        waits(job.database(), id, clock.instant().plus(TRY_LATER));
        VerifyOutcome outcome;
        try {
            outcome = read(job, next);
        } catch (RuntimeException e) {
            Throwable cause = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
            FailureId why = cause instanceof CancellationException
                    ? FailureId.CANCELLED
                    : Failures.of(cause).id();
            if (why == FailureId.NO_SUCH_BACKUP) {
                return; // removed while it was read
            }
            if (why.isStoreOutage()) {
                notBefore = clock.instant().plus(TRY_AGAIN);
                waits(job.database(), id, Instant.MIN);
            }
            throw e;
        }
        if (outcome == null) {
            return; // removed before
        }
        verified.heard(
                job.database(), id, outcome.finishedAt(), outcome.report().sound());
        waits(job.database(), id, Instant.MIN);
        job.found(outcome);
        if (outcome.unkept() != null) {
            job.note(outcome.unkept());
            log.atWarn()
                    .addKeyValue("backupId", id)
                    .addKeyValue("cause", outcome.unkept())
                    .log("what a verification found is known to this process alone");
        }
        outcome.report().requireSound(job.database());
    }

    private @Nullable VerifyOutcome read(TrackedVerification job, VerificationView.Candidate next) {
        BackupDocument backup = Blocking.uncancellably(
                        engine.environment().catalog().outline(next.key()))
                .orElse(null);
        return backup == null
                ? null
                : RequestedJobs.cancellably(job, engine.verifyAndKeep(backup, observer(job), clock));
    }

    private void waits(String database, String backupId, Instant until) {
        waiting.put(backupId, until);
        computed.remove(database);
    }

    private static RunObserver observer(TrackedVerification job) {
        return new RunObserver() {
            @Override
            public void streaming(String id, RunProgress progress) {
                job.streaming(progress);
            }
        };
    }

    /// What a client has asked for is known as well.
    @Override
    public void on(JobEvent event) {
        if (event instanceof JobEvent.Ended ended
                && ended.job() instanceof TrackedVerification job
                && !job.isOfPolicy()) {
            VerifyOutcome outcome = job.outcome();
            if (outcome != null) {
                verified.heard(
                        job.database(),
                        job.backupId(),
                        outcome.finishedAt(),
                        outcome.report().sound());
            }
        }
    }

    void tellProgress() {
        queue.tellProgress();
    }

    void close() {
        closing = true;
        queue.close();
    }

    void awaitEnd() {
        queue.awaitEnd();
    }
}
