package dev.sluice.simulator.database;

import java.time.LocalDateTime;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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

    /// STOPATMARK or STOPBEFOREMARK with a name.
    ///
    /// @param after  marks before this time do not count, or null
    /// @param within whether the marked transaction is wanted
    record Marked(String name, @Nullable LocalDateTime after, boolean within) implements StopPoint {

        /// The mark's record and its commit belong together.
        private static final int RECORDS = 2;

        private Optional<LogRecord> mark(List<LogRecord> log) {
            return log.stream().filter(this::isIt).findFirst();
        }

        private boolean isIt(LogRecord record) {
            LogRecord.Mark mark = record.mark();
            return mark != null
                    && mark.name().equals(name)
                    && !(after != null && record.when().isBefore(after));
        }
    }

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
            case Marked marked ->
                marked.mark(log)
                        .map(mark -> mark.number() + (marked.within() ? Marked.RECORDS : 0))
                        .orElse(last);
        };
    }

    /// Whether the point lies within the log that ends before `last`, so that the roll forward is over with it.
    default boolean reachedBy(List<LogRecord> log, long last) {
        return switch (this) {
            case None() -> false;
            case At _ -> end(log, last) < last;
            case Before(long record) -> record <= last;
            case Marked marked -> marked.mark(log).isPresent();
        };
    }

    /// Whether a log begins behind the point, so that there is nothing in it to look for the point in.
    default boolean isBeforeAllOf(List<LogRecord> log) {
        return this instanceof At(LocalDateTime when)
                && !log.isEmpty()
                && log.getFirst().when().isAfter(when);
    }

    /// Whether the point lies behind a data backup, which cannot be restored halfway.
    default boolean isBehind(RestoredBackup backup) {
        return switch (this) {
            case None() -> true;
            case At(LocalDateTime when) ->
                backup.log().isEmpty() || !backup.log().getLast().when().isAfter(when);
            case Before(long record) -> record >= backup.last();
            case Marked _ -> true; // RESTORE DATABASE takes no names
        };
    }
}
