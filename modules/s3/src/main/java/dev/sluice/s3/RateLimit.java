package dev.sluice.s3;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/// How fast all uploads of a store together may send.
///
/// A clock of the bytes: whoever wants to send books the time that its bytes take at the allowed rate, behind
/// everybody who booked before, and sends when that time has come. Idle time is not saved up, except for a tenth of
/// a second that evens out the grain of timers. Shares are as fair as the order of asking, which every part does
/// slice by slice.
final class RateLimit {
    private static final long SAVED_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final long bytesPerSecond;
    private final AtomicLong bookedUntil = new AtomicLong(System.nanoTime() - SAVED_NANOS);

    /// @param bytesPerSecond 0 for no limit
    RateLimit(long bytesPerSecond) {
        this.bytesPerSecond = bytesPerSecond;
    }

    boolean unlimited() {
        return bytesPerSecond == 0;
    }

    /// Books `bytes`, and says how long to wait before they may go.
    Duration book(int bytes) {
        long now = System.nanoTime();
        long takes = (long) (bytes * 1e9 / bytesPerSecond);
        long before = bookedUntil.getAndUpdate(
                until -> (until - (now - SAVED_NANOS) < 0 ? now - SAVED_NANOS : until) + takes);
        return Duration.ofNanos(Math.max(0, before - now));
    }
}
