package dev.sluice.vdi.jna;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Counts the threads inside the native library, so that Close unmaps no memory while a thread may use it.
///
/// **Threading:** any thread; one at a time closes.
final class CallGate {

    private static final int CLOSED = 1 << 30;

    /// The number of threads inside, plus [#CLOSED].
    private final AtomicInteger state = new AtomicInteger();

    private volatile @Nullable Thread closer;

    /// Returns whether the caller may enter the library. If so, it calls [#leave()] afterwards.
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

    /// Refuses every further thread.
    void close() {
        state.getAndUpdate(seen -> seen | CLOSED);
    }

    int inside() {
        return state.get() & ~CLOSED;
    }

    /// Waits until every thread has left.
    ///
    /// @return false when a thread is still inside after this time
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
