package dev.sluice.sidecar.history;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The answer to a [HistoryQuery].
///
/// @param entries    the newest first
/// @param more       whether the limit left older ones out
/// @param unreadable what could not be read, and why, a sentence for each object
/// @param stored     when the newest of the objects that were looked at was stored, by the bucket's clock; null when
///                   there is none
public record HistoryPage(
        List<HistoryEntry> entries,
        boolean more,
        List<String> unreadable,
        @Nullable Instant stored) {

    public HistoryPage {
        entries = List.copyOf(entries);
        unreadable = List.copyOf(unreadable);
    }
}
