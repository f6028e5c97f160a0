package dev.sluice.sidecar;

import dev.sluice.engine.BackupOptions;
import dev.sluice.engine.BackupRequest;
import dev.sluice.engine.Compression;
import dev.sluice.s3.catalog.BackupType;

/// How backups are taken where nobody says otherwise.
///
/// @param stripes     devices, 1 to 64
/// @param compression whether SQL Server compresses
/// @param checksum    whether SQL Server checks pages and writes checksums
record BackupDefaults(int stripes, boolean compression, boolean checksum) {

    BackupRequest request(String database, BackupType type, boolean copyOnly) {
        return BackupRequest.of(database, type)
                .withCopyOnly(copyOnly)
                .withStripes(stripes)
                .withOptions(BackupOptions.DEFAULT
                        .withCompression(compression ? Compression.XPRESS : Compression.NONE)
                        .withChecksum(checksum));
    }

    static final BackupDefaults PLAIN = new BackupDefaults(1, false, true);
}
