package dev.sluice.sidecar.notify;

import java.time.Duration;

/// Waits that double with each failure in a row, up to a limit.
record Doubling(Duration first, Duration longest) {

    /// @param failures in a row, from 1
    Duration after(int failures) {
        Duration wait = first;
        for (int i = 1; i < failures && wait.compareTo(longest) < 0; i++) {
            wait = wait.multipliedBy(2);
        }
        return wait.compareTo(longest) < 0 ? wait : longest;
    }
}
