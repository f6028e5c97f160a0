package dev.sluice.engine.restore;

import dev.sluice.engine.backup.BackupResult;
import org.jspecify.annotations.Nullable;

/// A restore that came to its end, from the order on.
///
/// @param planned what was restored, with the tail if one was saved
/// @param tail    of the database that was replaced; null when none was saved
public record OrderedRestore(
        PlannedRestore planned, @Nullable BackupResult tail, RestoreResult result) {}
