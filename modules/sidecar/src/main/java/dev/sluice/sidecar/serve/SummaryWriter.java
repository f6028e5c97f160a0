package dev.sluice.sidecar.serve;

import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.ServerIdentity;
import dev.sluice.catalog.Summaries.StoredSummary;
import dev.sluice.catalog.SummaryDocument;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.sql.ServerFacts;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps the server's summary in the bucket, on one thread of its own: a while after a job has ended, and otherwise as
/// a
/// sign of life.
///
/// Each write reads the summary first, because sidecars of other replicas write it too, and what they are is kept. Two
/// that write at the same moment lose that for one interval, and nothing else.
///
/// A bucket that does not take it delays nothing and fails nothing. The next attempt comes with the next interval.
///
/// **Ownership:** owns its thread, not the environment. [#close()] writes a last summary, which says that the sidecar
/// has
/// ended, within a few seconds.
///
/// **Threading:** as [JobListener].
public final class SummaryWriter implements JobListener, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(SummaryWriter.class);

    /// A replica that was taken away is named no more after so long.
    private static final Duration FORGET = Duration.ofDays(7);

    private static final Duration INTERRUPT_ENDS = Duration.ofSeconds(1);

    private final Environment env;
    private final Pace pace;
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final long begun = System.nanoTime();
    private volatile @Nullable Supplier<ServiceStatus> status;
    private long writeAt; // guarded by lock, as the next one; nanoseconds since `begun`
    private boolean closing;
    private @Nullable ServerIdentity identity; // on the thread alone, as the next one
    private boolean failing;

    /// How soon things are done.
    ///
    /// @param first    after the start: the service has looked at its databases then, if they answer
    /// @param change   after a change; further changes until then cost nothing
    /// @param interval between two signs of life, as the summary promises
    /// @param request  that one request may take, all its attempts included
    /// @param close    for the last summary
    record Pace(Duration first, Duration change, Duration interval, Duration request, Duration close) {
        static final Pace DEFAULT = new Pace(
                Duration.ofSeconds(10),
                Duration.ofMinutes(1),
                Duration.ofMinutes(5),
                Duration.ofMinutes(1),
                Duration.ofSeconds(3));
    }

    /// Writes nothing before [#follow].
    public SummaryWriter(Environment env) {
        this(env, Pace.DEFAULT);
    }

    SummaryWriter(Environment env, Pace pace) {
        this.env = env;
        this.pace = pace;
        this.writeAt = pace.first().toNanos();
        this.thread = Thread.ofVirtual().name("sluice-summary").unstarted(this::run);
    }

    /// Begins to write what the service says of itself. Called once.
    public void follow(Supplier<ServiceStatus> service) {
        status = service;
        thread.start();
    }

    /// Never waits for the bucket.
    @Override
    public void on(JobEvent event) {
        if (event instanceof JobEvent.Ended) {
            dueIn(pace.change());
        }
    }

    private void dueIn(Duration time) {
        long due = now() + time.toNanos();
        lock.lock();
        try {
            if (due < writeAt) {
                writeAt = due;
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    private long now() {
        return System.nanoTime() - begun;
    }

    // ---- the thread ----

    private void run() {
        try {
            while (isWanted()) {
                write(true);
            }
            write(false);
        } catch (InterruptedException e) {
            // close() has no more patience.
        }
    }

    /// Waits until a summary is due; false when it is to be the last one.
    private boolean isWanted() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!closing && now() < writeAt) {
                long _ = changed.awaitNanos(writeAt - now());
            }
            // From here on: what changes while this one is made is for the next one.
            writeAt = now() + pace.interval().toNanos();
            return !closing;
        } finally {
            lock.unlock();
        }
    }

    /// @param goesOn whether this is not the last one
    private void write(boolean goesOn) {
        try {
            if (goesOn && identity == null) {
                identity = identity();
            }
            Duration patience = goesOn ? pace.request() : pace.close();
            List<SummaryDocument.OtherSidecar> others = stored(patience)
                    .map(stored -> stored.document().othersFor(identity, stored.modified(), FORGET))
                    .orElse(List.of());
            SummaryDocument summary = ServiceSummary.of(now(status), identity, pace.interval(), others);
            Blocking.uncancellably(env.catalog().summaries().write(summary).timeout(patience));
            if (!summary.unmet().isEmpty()) {
                dueIn(pace.change()); // no job ends when SQL Server comes back
            }
            if (failing) {
                failing = false;
                log.atInfo().log("the summary of this server is written again");
            }
        } catch (RuntimeException e) {
            if (!failing) {
                failing = true;
                log.atWarn()
                        .addKeyValue(
                                "cause", e.getCause() != null && e.getMessage() == null ? e.getCause() : e.getMessage())
                        .log("the summary of this server could not be written; `sluice fleet` will call it silent");
            }
        }
    }

    private ServiceStatus now(@Nullable Supplier<ServiceStatus> service) {
        if (service == null) {
            throw new IllegalStateException("the thread was started before there was a service");
        }
        return service.get();
    }

    /// The summary that is there. One that is damaged, or that a newer Sluice has written, is replaced.
    private Optional<StoredSummary> stored(Duration patience) {
        try {
            return Blocking.uncancellably(env.catalog().summaries().read().timeout(patience));
        } catch (CatalogException e) {
            return Optional.empty();
        }
    }

    private @Nullable ServerIdentity identity() {
        try (SqlSession session = env.server().connect()) {
            return ServerFacts.identity(session).withoutGroups();
        } catch (SqlServerUnavailable e) {
            return null; // the summary says so
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closing = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (status == null) {
            return; // the service did not start
        }
        // The last one is a read and a write.
        if (!ends(pace.close().multipliedBy(2))) {
            thread.interrupt();
            if (!ends(INTERRUPT_ENDS)) {
                log.atWarn().log("the thread of the summary has not ended, and is left alone");
            }
        }
    }

    private boolean ends(Duration patience) {
        try {
            return thread.join(patience);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
