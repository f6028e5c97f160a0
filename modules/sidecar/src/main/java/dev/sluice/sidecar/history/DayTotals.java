package dev.sluice.sidecar.history;

import dev.sluice.sidecar.schedule.JobOutcome;
import java.time.Duration;
import java.time.LocalDate;

/// The jobs of one database that ended on one day, summed up.
///
/// @param day          in UTC
/// @param good         full and differential backups
/// @param failed       full and differential backups that failed, each attempt of them
/// @param took         all good full and differential backups together
/// @param bytes        of these
/// @param logs         good log backups
/// @param logsFailed   log backups that failed, each attempt of them
/// @param othersFailed restores, verifications and drills that failed
public record DayTotals(
        String database,
        LocalDate day,
        int good,
        int failed,
        Duration took,
        long bytes,
        int logs,
        int logsFailed,
        int othersFailed) {

    static DayTotals of(HistoryEntry entry, LocalDate day) {
        int good = entry.outcome() == JobOutcome.GOOD ? entry.count() : 0;
        int failed = entry.isFailed() ? entry.count() : 0;
        return switch (entry.type()) {
            case FULL, DIFFERENTIAL ->
                new DayTotals(
                        entry.database(),
                        day,
                        good,
                        failed,
                        good > 0 ? entry.took() : Duration.ZERO,
                        good > 0 ? entry.bytes() : 0,
                        0,
                        0,
                        0);
            case LOG -> new DayTotals(entry.database(), day, 0, 0, Duration.ZERO, 0, good, failed, 0);
            case RESTORE, VERIFICATION, DRILL ->
                new DayTotals(entry.database(), day, 0, 0, Duration.ZERO, 0, 0, 0, failed);
        };
    }

    /// Of the same database and day.
    DayTotals plus(DayTotals more) {
        return new DayTotals(
                database,
                day,
                good + more.good,
                failed + more.failed,
                took.plus(more.took),
                bytes + more.bytes,
                logs + more.logs,
                logsFailed + more.logsFailed,
                othersFailed + more.othersFailed);
    }
}
