package dev.sluice.simulator.database;

import java.time.LocalDateTime;
import java.util.List;

/// How far a RESTORE is to roll forward.
public sealed interface StopPoint {

    /// To the end of what there is.
    record None() implements StopPoint {}

    /// STOPAT: everything that happened at this time or before.
    record At(LocalDateTime when) implements StopPoint {}

    /// STOPATMARK or STOPBEFOREMARK with `lsn:`.
    ///
    /// @param record the first record that is no longer wanted
    record Before(long record) implements StopPoint {}

    /// The number of the first record that is not wanted, or `last` if all of these are.
    default long end(List<LogRecord> log, long last) {
        return switch (this) {
            case None() -> last;
            case At(LocalDateTime when) ->
                log.stream()
                        .filter(record -> record.when().isAfter(when))
                        .mapToLong(LogRecord::number)
                        .findFirst()
                        .orElse(last);
            case Before(long record) -> Math.min(record, last);
        };
    }

    /// Whether the point lies within the log that ends before `last`, so that the roll forward is over with it.
    default boolean reachedBy(List<LogRecord> log, long last) {
        return switch (this) {
            case None() -> false;
            case At _ -> end(log, last) < last;
            case Before(long record) -> record <= last;
        };
    }

    /// Whether the point lies behind a data backup, which cannot be restored halfway.
    default boolean isBehind(RestoredBackup backup) {
        return switch (this) {
            case None() -> true;
            case At(LocalDateTime when) ->
                backup.log().isEmpty() || !backup.log().getLast().when().isAfter(when);
            case Before(long record) -> record >= backup.last();
        };
    }
}
