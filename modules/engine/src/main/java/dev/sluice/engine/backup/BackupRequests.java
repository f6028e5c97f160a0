package dev.sluice.engine.backup;

import dev.sluice.catalog.BackupType;

/// How a backup of any database and type is asked for: the same way for all, or as the database's policy says.
@FunctionalInterface
public interface BackupRequests {

    /// @param database its name, as SQL Server has it
    BackupRequest of(String database, BackupType type);
}
