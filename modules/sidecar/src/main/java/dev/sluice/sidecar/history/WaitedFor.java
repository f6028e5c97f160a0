package dev.sluice.sidecar.history;

import java.time.Duration;
import java.util.Locale;

/// What the stripes of a job waited for most.
///
/// @param stripes how long, summed over the stripes: four stripes that wait for a second have waited for four
public record WaitedFor(Side side, Duration stripes) {

    /// One of the three sides that a stripe can wait for.
    public enum Side {
        SQL,
        MEMORY,
        S3;

        /// As in metrics and in answers.
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
