package dev.sluice.simulator.database;

import dev.sluice.mtf.RecoveryModel;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What a data backup contains, as of the moment it began.
///
/// A real backup copies pages while they change and takes the log to make up for it. Here the pages are those of
/// one moment, because the generator must know the length of the log before it begins; the log is in it all the
/// same.
///
/// @param first the record that the log in the backup begins with
/// @param checkpoint the record that later differentials are based on
/// @param last the record behind the last one
/// @param extents to copy
public record DataSnapshot(
        long seed,
        long first,
        long checkpoint,
        long last,
        long allocated,
        Map<Long, Long> versions,
        BitSet extents,
        List<LogRecord> log,
        Facts facts) {

    /// What headers tell about the state of a database.
    ///
    /// @param lastFull the checkpoint of the last full backup, or -1
    public record Facts(
            UUID guid,
            UUID family,
            UUID fork,
            @Nullable UUID previousFork,
            long forkPoint,
            RecoveryModel recoveryModel,
            long lastFull,
            @Nullable UUID lastFullSet) {}
}
