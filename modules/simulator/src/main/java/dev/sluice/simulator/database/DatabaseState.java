package dev.sluice.simulator.database;

import dev.sluice.mtf.RecoveryModel;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What survives the process of a [Database], beside what its constructor takes.
///
/// @param active changes of transactions that have not ended
/// @param changed extents since the last full backup
/// @param collation by name; null in what older versions wrote
/// @param access    null in what older versions wrote
public record DatabaseState(
        UUID guid,
        UUID family,
        UUID fork,
        @Nullable UUID previousFork,
        long forkPoint,
        RecoveryModel recoveryModel,
        boolean standby,
        boolean chainBegun,
        long lastLogBackup,
        long lastFull,
        @Nullable UUID lastFullSet,
        long logCapacity,
        long firstRecord,
        List<LogRecord> log,
        List<LogRecord> active,
        List<Integer> changed,
        @Nullable String collation,
        @Nullable Access access) {}
