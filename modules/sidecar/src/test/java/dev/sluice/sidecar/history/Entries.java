package dev.sluice.sidecar.history;

import dev.sluice.sidecar.schedule.JobOutcome;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// Jobs that are over, for tests.
final class Entries {

    static final Instant NOON = Instant.parse("2026-03-10T12:00:00Z");

    private Entries() {}

    static HistoryEntry of(
            String database,
            JobType type,
            JobOrigin origin,
            JobOutcome outcome,
            Instant ended,
            Duration took,
            long bytes,
            @Nullable String failure,
            @Nullable String text) {
        return new HistoryEntry(
                database,
                null,
                type,
                origin,
                outcome,
                1,
                ended.minus(took).minusSeconds(1),
                ended.minus(took),
                ended,
                took,
                took,
                bytes,
                bytes == 0 ? null : new WaitedFor(WaitedFor.Side.S3, took.dividedBy(2)),
                null,
                failure,
                text);
    }

    static HistoryEntry log(String database, Instant ended, long millis, long bytes) {
        return of(
                database,
                JobType.LOG,
                JobOrigin.SCHEDULE,
                JobOutcome.GOOD,
                ended,
                Duration.ofMillis(millis),
                bytes,
                null,
                null);
    }

    static HistoryEntry full(String database, Instant ended) {
        return of(
                database,
                JobType.FULL,
                JobOrigin.SCHEDULE,
                JobOutcome.GOOD,
                ended,
                Duration.ofMinutes(3),
                1L << 30,
                null,
                null);
    }

    static HistoryEntry failed(String database, JobType type, Instant ended, String failure) {
        return of(
                database,
                type,
                JobOrigin.SCHEDULE,
                JobOutcome.FAILED,
                ended,
                Duration.ofSeconds(2),
                0,
                failure,
                "it does not work");
    }

    static HistoryEntry leftOut(String database, Instant ended) {
        return of(
                database,
                JobType.LOG,
                JobOrigin.SCHEDULE,
                JobOutcome.LEFT_OUT,
                ended,
                Duration.ZERO,
                0,
                null,
                "the recovery model is SIMPLE");
    }
}
