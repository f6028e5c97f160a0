package dev.sluice.simulator.database;

import java.time.LocalDateTime;

/// A row of `msdb.dbo.restorehistory`.
///
/// @param backupSetId the restored backup, or 0 if msdb did not know it
/// @param type D, I, L or V
public record RestoreRecord(
        int id,
        LocalDateTime when,
        String database,
        String user,
        int backupSetId,
        char type,
        boolean replace,
        boolean recovery) {}
