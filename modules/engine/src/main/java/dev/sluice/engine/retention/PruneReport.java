package dev.sluice.engine.retention;

import dev.sluice.catalog.BackupType;
import java.time.Instant;
import java.util.List;

/// What prune decided, and did.
///
/// @param dryRun   whether it only decided
/// @param backups  one entry a backup, the earliest first
/// @param finished removals that an earlier prune had begun and this one has finished
/// @param left     what could not be read or not be removed, and does no harm: a sentence for each, with
///                 its key
public record PruneReport(String database, boolean dryRun, List<Entry> backups, int finished, List<String> left) {

    public PruneReport {
        backups = List.copyOf(backups);
        left = List.copyOf(left);
    }

    /// @param kept   whether it stays
    /// @param reason why
    public record Entry(String backupId, BackupType type, Instant startedAt, long bytes, boolean kept, String reason) {

        /// The same, after a person has held it meanwhile.
        Entry staying(String why) {
            return new Entry(backupId, type, startedAt, bytes, true, why);
        }
    }

    /// Bytes of everything that went, or would go.
    public long bytesRemoved() {
        return backups.stream()
                .filter(backup -> !backup.kept())
                .mapToLong(Entry::bytes)
                .sum();
    }

    public long removed() {
        return backups.stream().filter(backup -> !backup.kept()).count();
    }
}
