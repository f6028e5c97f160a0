package dev.sluice.engine.prove;

import dev.sluice.engine.plan.Window;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/// An instant that is drawn by chance of all that can be reached. Each is as likely as every other.
final class DrawnInstant {

    private DrawnInstant() {}

    /// The same instant from the same windows and the same seed. Empty when there are but single moments.
    static Optional<Instant> of(List<Window> windows, long seed) {
        long all = windows.stream().mapToLong(DrawnInstant::millis).sum();
        if (all == 0) {
            return Optional.empty();
        }
        long left = new SplittableRandom(seed).nextLong(all);
        for (Window window : windows) {
            if (left < millis(window)) {
                return Optional.of(window.earliest().plusMillis(left));
            }
            left -= millis(window);
        }
        throw new IllegalStateException("the windows are shorter than their sum");
    }

    private static long millis(Window window) {
        return Duration.between(window.earliest(), window.latest()).toMillis();
    }
}
