package dev.sluice.sidecar.history;

import java.time.Instant;
import java.util.Set;
import java.util.function.Predicate;

/// Which jobs are asked for.
///
/// @param databases names of databases; of a restore under another name, either name may match
/// @param since     jobs that ended then or later
/// @param until     jobs that ended before
/// @param types     at least one
/// @param failed    whether only failed ones count, see [HistoryEntry#isFailed()]
/// @param limit     how many entries, the newest of them
public record HistoryQuery(
        Predicate<String> databases, Instant since, Instant until, Set<JobType> types, boolean failed, int limit) {

    public HistoryQuery {
        types = Set.copyOf(types);
        if (limit < 1 || types.isEmpty()) {
            throw new IllegalArgumentException("A query asks for one type and one entry at least");
        }
    }

    boolean takes(HistoryEntry entry) {
        String source = entry.source();
        return !entry.ended().isBefore(since)
                && entry.ended().isBefore(until)
                && types.contains(entry.type())
                && (!failed || entry.isFailed())
                && (databases.test(entry.database()) || (source != null && databases.test(source)));
    }
}
