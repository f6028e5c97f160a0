package dev.sluice.simulator.tds;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells one running batch that its result is no longer wanted, and wakes it.
///
/// **Threading:** any thread. What was registered runs on the thread that cancels, under a lock, so that after
/// [Registration#close] it neither runs nor will: it must be quick and wait for nothing. Interrupting the
/// batch's thread, or waking a queue, is what it is for. What is still registered when the batch returns is
/// forgotten.
public final class Cancellation {

    private static final Logger log = LoggerFactory.getLogger(Cancellation.class);

    /// Who does not want the result.
    public enum Reason {
        /// The client cancelled; the session goes on.
        ATTENTION,
        /// Another session killed this one, which ends when the batch returns.
        KILLED,
        /// There is no client any more.
        CONNECTION_LOST,
        /// The server is closing.
        SHUTDOWN
    }

    /// Ends when closed; closing twice does nothing.
    public interface Registration extends AutoCloseable {
        @Override
        void close();
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition cancelled = lock.newCondition();
    private final List<Waker> wakers = new ArrayList<>();
    private volatile @Nullable Reason reason;

    /// Cancels; the first reason is kept, later ones change nothing.
    public void cancel(Reason why) {
        lock.lock();
        try {
            if (reason != null) {
                return;
            }
            reason = why;
            cancelled.signalAll();
            List.copyOf(wakers).forEach(Waker::wake);
            wakers.clear();
        } finally {
            lock.unlock();
        }
    }

    public boolean requested() {
        return reason != null;
    }

    public Optional<Reason> reason() {
        return Optional.ofNullable(reason);
    }

    /// Runs `waker` once when the batch is cancelled; at once, on this thread, when it already was.
    public Registration onCancel(Runnable waker) {
        Waker own = new Waker(waker);
        lock.lock();
        try {
            if (reason != null) {
                own.wake();
            } else {
                wakers.add(own);
            }
        } finally {
            lock.unlock();
        }
        return own;
    }

    /// Waits for a cancel, as `WAITFOR DELAY` does.
    ///
    /// @return whether it was cancelled before the time was over
    public boolean await(Duration time) throws InterruptedException {
        long nanos = TimeUnit.NANOSECONDS.convert(time);
        lock.lockInterruptibly();
        try {
            while (reason == null && nanos > 0) {
                nanos = cancelled.awaitNanos(nanos);
            }
            return reason != null;
        } finally {
            lock.unlock();
        }
    }

    /// The batch is over: nothing is woken any more, though a late cancel may still be noted.
    void batchEnded() {
        lock.lock();
        try {
            wakers.clear();
        } finally {
            lock.unlock();
        }
    }

    /// Has an identity of its own, in case the same thing is registered twice.
    private final class Waker implements Registration {
        private final Runnable action;

        Waker(Runnable action) {
            this.action = action;
        }

        void wake() {
            try {
                action.run();
            } catch (RuntimeException e) {
                log.atWarn().setCause(e).log("a batch could not be woken"); // the other wakers still must run
            }
        }

        @Override
        public void close() {
            lock.lock();
            try {
                wakers.remove(this);
            } finally {
                lock.unlock();
            }
        }
    }
}
