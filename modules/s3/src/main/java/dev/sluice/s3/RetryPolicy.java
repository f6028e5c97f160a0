package dev.sluice.s3;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/// How often and how long a request is retried after a failure that may pass.
///
/// There is no other layer of retries: the SDK's own retries are off.
///
/// @param maxAttempts  attempts in total, the first included
/// @param firstBackoff the longest pause before the second attempt; doubles from attempt to attempt
/// @param maxBackoff   no pause is longer
/// @param maxElapsed   no attempt starts later than this after the first one failed. The duration of the first
///                     attempt and of its wait for a permit do not count
public record RetryPolicy(int maxAttempts, Duration firstBackoff, Duration maxBackoff, Duration maxElapsed) {

    public static final RetryPolicy DEFAULT =
            new RetryPolicy(10, Duration.ofMillis(200), Duration.ofSeconds(20), Duration.ofMinutes(3));

    public RetryPolicy {
        if (maxAttempts < 1) {
            throw new IllegalArgumentException("maxAttempts must be at least 1, got " + maxAttempts);
        }
        if (firstBackoff.isNegative() || maxBackoff.compareTo(firstBackoff) < 0 || maxElapsed.isNegative()) {
            throw new IllegalArgumentException(
                    "firstBackoff and maxElapsed must not be negative, nor maxBackoff less than firstBackoff; got firstBackoff %s, maxBackoff %s, maxElapsed %s"
                            .formatted(firstBackoff, maxBackoff, maxElapsed));
        }
    }

    /// Whether attempt `n`, counted from 1, was the last.
    ///
    /// @param failing when the first one failed, by [System#nanoTime()]
    /// @param pause   before the next one
    boolean isOver(int attempt, long failing, Duration pause) {
        Duration elapsed = Duration.ofNanos(System.nanoTime() - failing).plus(pause);
        return attempt >= maxAttempts || elapsed.compareTo(maxElapsed) > 0;
    }

    /// The pause after attempt `n`, counted from 1: between half of the full back-off and all of it, so that
    /// clients which failed together do not retry together.
    Duration pauseAfter(int attempt) {
        long full = Math.min(
                maxBackoff.toMillis(),
                firstBackoff.toMillis() << Math.min(20, attempt - 1)); // 2^20 × any back-off is beyond any maximum
        return Duration.ofMillis(full / 2 + ThreadLocalRandom.current().nextLong(full / 2 + 1));
    }
}
