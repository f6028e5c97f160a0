package dev.sluice.sidecar.serve.http;

import dev.sluice.engine.run.FailureId;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Lets requests in, each on a virtual thread of its own, and never more than there are places.
///
/// When all places are taken, the newcomer gets that of the request which has waited for its client longest:
/// for the rest of its headers or body, or for the client to read its answer. What waits for Sluice, or for the
/// processor, is not displaced; until one of those is through, the newcomer waits, and with it the thread that
/// accepts. So clients that hold places keep out nothing but each other: a request that comes whole, as a
/// probe's does, is answered in its turn.
///
/// Displaced is by an interrupt. The JDK's server reads and writes on interruptible channels, so that the
/// connection is closed, and it forgets it.
///
/// **Threading:** any thread.
final class RequestLimiter implements Executor, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(RequestLimiter.class);
    private static final ScopedValue<Visit> VISIT = ScopedValue.newInstance();

    /// A request that came whole has been read in less, once its thread runs.
    private static final Duration GRACE = Duration.ofMillis(100);

    /// How long a newcomer waits for a place. Something of Sluice's own is stuck when there is none for so long.
    private static final Duration ENTERS = Duration.ofSeconds(5);

    /// How long a request waits for what other requests keep busy.
    private static final Duration QUEUES = Duration.ofSeconds(2);

    /// How long the end waits for requests that wait for the bucket; afterwards they are interrupted.
    private static final Duration ENDS = Duration.ofSeconds(5);

    private final int places;
    private final Consumer<String> refused;
    private final Set<Visit> visits = new LinkedHashSet<>(); // guarded by this; the oldest first
    private int threads; // guarded by this; also of those that were displaced and have not noticed yet
    private boolean closed; // guarded by this

    /// @param refused hears why a request was turned away
    RequestLimiter(int places, Consumer<String> refused) {
        this.places = places;
        this.refused = refused;
    }

    /// The visit of the request that the calling thread looks after.
    static Visit visit() {
        return VISIT.get();
    }

    /// One request, from its first byte to the end of its answer.
    final class Visit {

        private final Thread thread;
        private @Nullable Semaphore desk; // guarded by the limiter
        private boolean waitsForClient; // guarded by the limiter; since `since`
        private long since; // guarded by the limiter
        private boolean displaced; // guarded by the limiter

        private Visit(Runnable exchange) {
            thread = Thread.ofVirtual()
                    .name("sluice-http")
                    .unstarted(() -> ScopedValue.where(VISIT, this).run(() -> attend(exchange)));
        }

        private void attend(Runnable exchange) {
            waitForClient();
            try {
                exchange.run();
            } catch (RuntimeException | Error e) {
                log.atError().setCause(e).log("a request ended its thread");
            } finally {
                leave(this);
            }
        }

        /// From here on the client waits for Sluice, of which this needs some part that only a few may use at a
        /// time.
        ///
        /// **Errors:** [HttpProblem] with 503 when they do not get through; [IOException] when it was
        /// displaced.
        void work(Semaphore part) throws IOException {
            long end = System.nanoTime() + QUEUES.toNanos();
            try {
                while (!part.tryAcquire(GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
                    if (System.nanoTime() - end > 0) {
                        throw new HttpProblem(
                                503,
                                FailureId.BUSY,
                                "as many requests as may are being answered",
                                "ask again in a moment");
                    }
                    displace(other -> part.equals(other.desk));
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new ClosedByInterruptException();
            }
            synchronized (RequestLimiter.this) {
                desk = part;
                waitsForClient = false;
                if (displaced) {
                    throw new ClosedByInterruptException();
                }
            }
        }

        /// From here on Sluice waits for the client: for the rest of its request, or for it to read its answer.
        void waitForClient() {
            synchronized (RequestLimiter.this) {
                waitsForClient = true;
                since = System.nanoTime();
            }
        }
    }

    @Override
    public void execute(Runnable exchange) {
        Visit visit = new Visit(exchange);
        String why = enter(visit);
        if (why != null) {
            refused.accept(why);
            throw new RejectedExecutionException(why); // the JDK's server closes the connection
        }
        visit.thread.start();
    }

    private synchronized @Nullable String enter(Visit visit) {
        long end = System.nanoTime() + ENTERS.toNanos();
        // Those that were displaced are about to end. Where they are many, they go first.
        while (!closed && (visits.size() >= places || threads >= 2 * places)) {
            if (threads < 2 * places && displace(_ -> true)) {
                continue;
            }
            if (System.nanoTime() - end > 0) {
                return "full";
            }
            try {
                wait(GRACE.toMillis() / 4);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return "closing";
            }
        }
        if (closed) {
            return "closing";
        }
        visits.add(visit);
        threads++;
        return null;
    }

    private synchronized void leave(Visit visit) {
        visits.remove(visit);
        threads--;
        if (visit.desk != null) {
            visit.desk.release();
        }
        notifyAll();
    }

    private synchronized boolean displace(Predicate<Visit> whom) {
        Iterator<Visit> oldest = visits.iterator();
        while (oldest.hasNext()) {
            Visit visit = oldest.next();
            if (visit.waitsForClient && System.nanoTime() - visit.since >= GRACE.toNanos() && whom.test(visit)) {
                oldest.remove();
                visit.displaced = true;
                visit.thread.interrupt();
                refused.accept("displaced");
                return true;
            }
        }
        return false;
    }

    /// Lets no request in any more, and waits for those that are, for a while.
    @Override
    public synchronized void close() {
        closed = true;
        await(ENDS);
        visits.forEach(visit -> visit.thread.interrupt());
        await(ENDS);
        if (threads > 0) {
            log.atWarn()
                    .addKeyValue("requests", threads)
                    .log("requests have not come to their end, and are left alone");
        }
    }

    private void await(Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        boolean interrupted = false;
        while (threads > 0 && end - System.nanoTime() > 0) {
            try {
                wait(Math.max(1, Duration.ofNanos(end - System.nanoTime()).toMillis()));
            } catch (InterruptedException e) {
                interrupted = true;
                break;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
