package dev.sluice.engine.restore;

import dev.sluice.engine.backup.BackupResult;

/// The tail of a database's log, saved before the database is replaced.
///
/// @param planned the restore, planned anew with it; it loses no tail any more
/// @param backup  the tail
public record SavedTail(PlannedRestore planned, BackupResult backup) {}
