package dev.sluice.sidecar.history;

import java.util.List;

/// The answer to a [HistoryQuery].
///
/// @param entries    the newest first
/// @param more       whether the limit left older ones out
/// @param unreadable what could not be read, and why, a sentence for each object
public record HistoryPage(List<HistoryEntry> entries, boolean more, List<String> unreadable) {

    public HistoryPage {
        entries = List.copyOf(entries);
        unreadable = List.copyOf(unreadable);
    }
}
