package dev.sluice.simulator.database;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// The records of a log that have not been truncated.
///
/// **Threading:** under the database's monitor.
final class TransactionLog {

    private List<LogRecord> records = new ArrayList<>();
    private long first;

    TransactionLog(long first) {
        this.first = first;
    }

    /// The oldest record that is still there.
    long first() {
        return first;
    }

    /// The number that the next record gets.
    long next() {
        return first + records.size();
    }

    long size() {
        return records.size();
    }

    void add(LogRecord record) {
        if (record.number() != next()) {
            throw new IllegalStateException(
                    String.format(Locale.ROOT, "record %d does not follow %d", record.number(), next() - 1));
        }
        records.add(record);
    }

    /// From `from` up to, and without, `to`.
    List<LogRecord> range(long from, long to) {
        if (from < first || to > next()) {
            throw new IllegalStateException(
                    String.format(Locale.ROOT, "the log holds %d to %d, asked for %d to %d", first, next(), from, to));
        }
        return List.copyOf(records.subList(Math.toIntExact(from - first), Math.toIntExact(to - first)));
    }

    /// Forgets everything before `to`.
    void truncate(long to) {
        if (to > first) {
            records = new ArrayList<>(records.subList(Math.toIntExact(Math.min(to, next()) - first), records.size()));
            first = to;
        }
    }

    /// Begins anew, as after a restore.
    void restart(long at, List<LogRecord> with) {
        first = at;
        records = new ArrayList<>(with);
    }
}
