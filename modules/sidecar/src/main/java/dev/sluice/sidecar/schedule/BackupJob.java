package dev.sluice.sidecar.schedule;

import dev.sluice.catalog.BackupType;
import java.time.Instant;

/// A backup that is to be taken, is being taken, or was.
///
/// @param id       unique in this process
/// @param database of which database
/// @param type     as planned; a differential may be taken as a full backup
/// @param copyOnly outside of the chain
/// @param due      since when
/// @param asked    whether a person has asked for it, rather than a table
/// @param reason   in a sentence, why it is due although no table says so; empty when one does, or a person
public record BackupJob(
        String id, String database, BackupType type, boolean copyOnly, Instant due, boolean asked, String reason) {

    BackupJob named(String given) {
        return new BackupJob(given, database, type, copyOnly, due, asked, reason);
    }

    boolean isLog() {
        return type == BackupType.LOG;
    }
}
