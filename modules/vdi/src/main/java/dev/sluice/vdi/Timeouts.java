package dev.sluice.vdi;

import java.time.Duration;

/// Timeouts with a meaning of their own.
public final class Timeouts {

    /// No limit. (The headers' INFINITE; any negative number on Linux.)
    public static final Duration INFINITE = Duration.ofSeconds(Long.MAX_VALUE);

    /// The call returns at once instead of waiting.
    public static final Duration POLL = Duration.ZERO;

    private Timeouts() {}

    /// The timeout in nanoseconds. A duration that does not fit into a `long` means no limit.
    public static long nanos(Duration timeout) {
        if (timeout.isNegative() || timeout.compareTo(Duration.ofNanos(Long.MAX_VALUE)) >= 0) {
            return Long.MAX_VALUE;
        }
        return timeout.toNanos();
    }
}
