package dev.sluice.engine;

import dev.sluice.s3.catalog.BackupType;
import dev.sluice.vdi.VDConfig;

/// What to back up, and how.
///
/// @param database    its name, as SQL Server has it
/// @param type        full, differential or log
/// @param copyOnly    outside the chain of differentials and logs
/// @param stripes     devices, 1 to 64
/// @param compression whether SQL Server compresses; always said, so that no server default can surprise
/// @param checksum    whether SQL Server checks pages and writes checksums; likewise
public record BackupRequest(
        String database, BackupType type, boolean copyOnly, int stripes, boolean compression, boolean checksum) {

    public BackupRequest {
        if (database.isEmpty()) {
            throw new IllegalArgumentException("a backup is one of a database");
        }
        if (stripes < 1 || stripes > VDConfig.MAX_DEVICES) {
            throw new IllegalArgumentException(
                    "stripes must be 1 to %d, got %d".formatted(VDConfig.MAX_DEVICES, stripes));
        }
    }

    /// A full backup with checksums.
    public static BackupRequest full(String database, int stripes) {
        return new BackupRequest(database, BackupType.FULL, false, stripes, false, true);
    }
}
