package dev.sluice.s3;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/// Limits the rate at which all uploads of a store together send.
///
/// Each sender books the time that its bytes take at the allowed rate, behind all earlier bookings, and sends when
/// that time has come. Unused time is lost, except for a tenth of a second that compensates for coarse timers.
/// Every part books slice by slice, so parts share the rate fairly.
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
