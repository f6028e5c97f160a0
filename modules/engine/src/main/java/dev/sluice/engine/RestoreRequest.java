package dev.sluice.engine;

import dev.sluice.s3.catalog.BackupDocument;

/// What to restore, and as what.
///
/// @param backup   the backup's document, from the catalog
/// @param database name of the database to restore into
/// @param replace  whether an existing database of that name may be overwritten
/// @param recover  whether the database is opened afterwards; otherwise it waits for further backups
public record RestoreRequest(BackupDocument backup, String database, boolean replace, boolean recover) {

    public RestoreRequest {
        if (database.isEmpty()) {
            throw new IllegalArgumentException("a restore needs the name of a database");
        }
        if (backup.stripes().isEmpty()) {
            throw new IllegalArgumentException("backup %s has no stripes".formatted(backup.backupId()));
        }
    }
}
