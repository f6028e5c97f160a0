package dev.sluice.vdi.inprocess;

import dev.sluice.vdi.Timeouts;
import java.time.Duration;
import java.util.concurrent.locks.Condition;

/// The time limit of one blocking call. An interrupt does not end the call, because it would not end a native call
/// either; it is kept for the thread's owner.
///
/// **Threading:** by the waiting thread, under the set's lock.
final class TimedWait implements AutoCloseable {

    private final boolean unlimited;
    private final long until;
    private boolean interrupted;

    private TimedWait(boolean unlimited, long until) {
        this.unlimited = unlimited;
        this.until = until;
    }

    static TimedWait upTo(Duration timeout) {
        long nanos = Timeouts.nanos(timeout);
        return nanos == Long.MAX_VALUE ? new TimedWait(true, 0) : new TimedWait(false, System.nanoTime() + nanos);
    }

    /// Waits for a signal; returns false when the time is over. As with every condition, the caller checks its
    /// predicate again after true.
    @SuppressWarnings("WaitNotInLoop") // the loop is the caller's
    boolean on(Condition condition) {
        if (unlimited) {
            condition.awaitUninterruptibly();
            return true;
        }
        long left = until - System.nanoTime();
        if (left <= 0) {
            return false;
        }
        try {
            condition.awaitNanos(left);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        return true;
    }

    @Override
    public void close() {
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
