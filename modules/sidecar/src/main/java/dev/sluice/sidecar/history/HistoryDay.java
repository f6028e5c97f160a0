package dev.sluice.sidecar.history;

import java.time.LocalDate;
import java.util.List;

/// The jobs of one day that one process has ended, as they are stored.
///
/// @param day     in UTC
/// @param id      of its object
/// @param dropped how many jobs are missing because there was no room for them
/// @param entries in the order in which they are stored
record HistoryDay(LocalDate day, String id, long dropped, List<HistoryEntry> entries) {

    HistoryDay {
        entries = List.copyOf(entries);
    }

    /// How many jobs there are.
    long jobs() {
        return entries.stream().mapToLong(HistoryEntry::count).sum();
    }
}
