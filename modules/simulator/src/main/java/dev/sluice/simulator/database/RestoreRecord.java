package dev.sluice.simulator.database;

import java.time.LocalDateTime;
import org.jspecify.annotations.Nullable;

/// A row of `msdb.dbo.restorehistory`.
///
/// @param backupSetId the restored backup, or 0 if msdb did not know it
/// @param type D, I, L or V
/// @param stopAt what STOPAT said, whether it was met or not
/// @param stopMark what STOPATMARK or STOPBEFOREMARK said
public record RestoreRecord(
        int id,
        LocalDateTime when,
        String database,
        String user,
        int backupSetId,
        char type,
        boolean replace,
        boolean recovery,
        @Nullable LocalDateTime stopAt,
        @Nullable String stopMark) {}
