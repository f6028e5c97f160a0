package dev.sluice.vdi.jna;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Counts the threads inside the library, so that nothing is unmapped under one of them.
///
/// **Threading:** any thread; one at a time closes.
final class CallGate {

    private static final int CLOSED = 1 << 30;

    /// The number of threads inside, plus [#CLOSED].
    private final AtomicInteger state = new AtomicInteger();

    private volatile @Nullable Thread closer;

    /// Whether the caller may go in; then it calls [#leave()] when it is out.
    boolean enter() {
        while (true) {
            int seen = state.get();
            if ((seen & CLOSED) != 0) {
                return false;
            }
            if (state.compareAndSet(seen, seen + 1)) {
                return true;
            }
        }
    }

    void leave() {
        if (state.decrementAndGet() == CLOSED) {
            LockSupport.unpark(closer);
        }
    }

    /// Lets nobody in any more.
    void close() {
        state.getAndUpdate(seen -> seen | CLOSED);
    }

    int inside() {
        return state.get() & ~CLOSED;
    }

    /// Waits until everybody is out.
    ///
    /// @return false when somebody is still inside after this time
    boolean awaitEmpty(Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        boolean interrupted = false;
        closer = Thread.currentThread();
        try {
            while (inside() > 0) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                LockSupport.parkNanos(this, left);
                interrupted |= Thread.interrupted();
            }
            return true;
        } finally {
            closer = null;
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
