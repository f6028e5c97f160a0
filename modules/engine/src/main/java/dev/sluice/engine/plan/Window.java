package dev.sluice.engine.plan;

import dev.sluice.mtf.Lsn;
import java.time.Instant;
import java.util.UUID;

/// A stretch of a database's history, every instant of which can be reached.
///
/// @param earliest end of the data backup that it begins with
/// @param latest   what the last log backup reaches; equal to `earliest` when no log backup follows, and then only
///                 that one backup's end can be had
/// @param database the name it had last
public record Window(
        UUID family, UUID fork, String database, Instant earliest, Instant latest, Lsn firstLsn, Lsn lastLsn) {

    /// Whether it is the end of one data backup and nothing else.
    public boolean isOneMoment() {
        return earliest.equals(latest);
    }

    /// In words.
    public String text() {
        return isOneMoment()
                ? "the end of a data backup, %s (LSN %s)".formatted(earliest, lastLsn)
                : "any instant from %s to %s (LSN %s to %s)".formatted(earliest, latest, firstLsn, lastLsn);
    }
}
