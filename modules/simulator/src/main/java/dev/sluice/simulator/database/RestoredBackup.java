package dev.sluice.simulator.database;

import dev.sluice.mtf.BackupHeader;
import dev.sluice.simulator.regional.Collation;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/// What a RESTORE has read and found sound.
///
/// @param set GUID of the backup set
/// @param versions of the pages that are not in their first version
/// @param extents that the backup contains
/// @param allocated extents of the database
public record RestoredBackup(
        BackupHeader header,
        UUID set,
        long seed,
        long allocated,
        Map<Long, Long> versions,
        BitSet extents,
        List<LogRecord> log) {

    public long first() {
        return LogPosition.record(header.firstLsn());
    }

    public long last() {
        return LogPosition.record(header.lastLsn());
    }

    /// Where the database changed its recovery fork last, or -1.
    public long forkPoint() {
        return LogPosition.record(header.forkPointLsn());
    }

    /// The database's, if it is one that the stand-in knows.
    public Optional<Collation> collation() {
        return Collation.described(header.localeId(), header.comparisonStyle(), header.sortOrder());
    }

    public Optional<UUID> fork() {
        return Optional.ofNullable(header.recoveryFork());
    }
}
