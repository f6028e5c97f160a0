package dev.sluice.sidecar.serve;

import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.sidecar.schedule.JobOutcome;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Jobs of one kind that clients ask for: one of them runs at a time, on a virtual thread, and the others wait
/// in the order in which they came.
///
/// They take no place of the schedule, so no backup waits for them there. In the memory budget they leave room for a
/// log backup ([dev.sluice.engine.run.LogBackupReserve]).
///
/// **Threading:** any thread.
public final class JobQueue<J extends TrackedJob> {

    private static final Logger log = LoggerFactory.getLogger(JobQueue.class);
    private static final int REMEMBERED = 100;

    /// Jobs that wait. A client that asks for more has lost count.
    static final int WAITING = 16;

    private static final Duration ENDS = Duration.ofMinutes(2);

    private final String kind;
    private final Consumer<J> work;
    private final JobListeners listeners;
    private final InstantSource clock;

    // All of these are guarded by `known`.
    private final Map<String, J> known = new LinkedHashMap<>();
    private final Deque<J> waiting = new ArrayDeque<>();
    private @Nullable J running;
    private boolean closing;
    private int last;

    /// @param kind in one word, for ids and the log
    /// @param work returns when the job has come to a good end, and throws when it has come to another one
    JobQueue(String kind, Consumer<J> work, JobListeners listeners, InstantSource clock) {
        this.kind = kind;
        this.work = work;
        this.listeners = listeners;
        this.clock = clock;
    }

    /// The newest first.
    public List<J> all() {
        synchronized (known) {
            return new ArrayList<>(known.values()).reversed();
        }
    }

    public Optional<J> find(String id) {
        synchronized (known) {
            return Optional.ofNullable(known.get(id));
        }
    }

    /// Adds a job, which begins as soon as those before it are over.
    ///
    /// @param job makes it, from its id
    /// **Errors:** [OperationFailed] `busy` when too many wait already, or the service ends.
    J add(Function<String, J> job) {
        synchronized (known) {
            if (closing) {
                throw new OperationFailed(
                        FailureId.BUSY, "This service ends", "the queue", "Ask again when it has started anew.", null);
            }
            if (waiting.size() >= WAITING) {
                throw new OperationFailed(
                        FailureId.BUSY,
                        String.format(Locale.ROOT, "%d jobs of this kind wait already", WAITING),
                        "the queue",
                        "Wait for them, or cancel some.",
                        null);
            }
            last++;
            J added = job.apply(String.format(Locale.ROOT, "%s-%d", kind, last));
            known.put(added.id(), added);
            waiting.add(added);
            listeners.tell(new JobEvent.Queued(added, clock.instant()));
            forgetOldest();
            next();
            return added;
        }
    }

    private void forgetOldest() {
        if (known.size() > REMEMBERED) {
            known.values().stream()
                    .filter(TrackedJob::isOver)
                    .findFirst()
                    .ifPresent(oldest -> known.remove(oldest.id()));
        }
    }

    private void next() {
        synchronized (known) {
            if (running == null && !closing) {
                J first = waiting.poll();
                if (first != null) {
                    running = first;
                    Thread.ofVirtual().name("sluice-" + first.id()).start(() -> run(first));
                }
            }
        }
    }

    /// Asks a job to end; false when it is over.
    public boolean cancel(J job) {
        boolean withdrawn;
        synchronized (known) {
            if (job.isOver()) {
                return false;
            }
            withdrawn = waiting.remove(job);
            if (withdrawn) {
                Instant now = clock.instant();
                job.end(JobOutcome.CANCELLED, now);
                listeners.tell(new JobEvent.Withdrawn(job, now));
            }
        }
        if (!withdrawn) {
            job.cancel();
        }
        return true;
    }

    private void run(J job) {
        Instant began = clock.instant();
        JobFailure why = null;
        try {
            job.begin(began);
            listeners.tell(new JobEvent.Began(job, began));
            work.accept(job);
        } catch (RuntimeException e) {
            why = failed(job, e);
        } catch (Error e) {
            log.atError().setCause(e).addKeyValue("job", job.id()).log("a job met a defect");
            why = failed(job, e);
        } finally {
            Instant now = clock.instant();
            JobOutcome outcome = why == null ? JobOutcome.GOOD : why.outcome();
            listeners.progressed(job);
            listeners.tell(new JobEvent.Ended(
                    job,
                    outcome,
                    Duration.between(began, now),
                    null,
                    outcome == JobOutcome.CANCELLED || why == null ? null : why.failure(),
                    now));
            job.end(outcome, now);
            synchronized (known) {
                running = null;
            }
            next();
        }
    }

    private static JobFailure failed(TrackedJob job, Throwable thrown) {
        JobFailure why = JobFailure.of(job, thrown);
        OperationFailed failure = why.failure();
        if (failure != null && why.outcome() != JobOutcome.CANCELLED) {
            log.atLevel(failure.id().level())
                    .addKeyValue("job", job.id())
                    .addKeyValue("database", job.database())
                    .addKeyValue("id", failure.id())
                    .addKeyValue("cause", failure.what())
                    .log("a job that was asked for failed");
        }
        return why;
    }

    /// Tells how far what runs has come.
    void tellProgress() {
        J job;
        synchronized (known) {
            job = running;
        }
        if (job != null) {
            listeners.progressed(job);
        }
    }

    /// Begins nothing more, and cancels everything.
    void close() {
        synchronized (known) {
            closing = true;
        }
        all().forEach(this::cancel);
    }

    /// Waits until every job has told its end; the engine has ended all runs before.
    void awaitEnd() {
        Instant limit = Instant.now().plus(ENDS);
        while (all().stream().anyMatch(job -> !job.isOver())) {
            if (Instant.now().isAfter(limit)) {
                log.atWarn().addKeyValue("kind", kind).log("a job has not come to its end, and is left alone");
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
