package dev.sluice.mtf;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A file of the database, as `RESTORE FILELISTONLY` shows it.
///
/// @param size        of the file, in bytes
/// @param maxSize     in bytes
/// @param backedUpPages pages of it in this backup, over all stripes, as the server counted them when it wrote
/// this
/// @param filegroup   0 for a log file
/// @param blockSize   sector size of the volume, 512 or 4096
public record BackupFile(
        int id,
        Kind kind,
        String logicalName,
        String physicalName,
        int filegroup,
        long size,
        long maxSize,
        long backedUpPages,
        int blockSize,
        @Nullable UUID guid,
        Lsn differentialBaseLsn,
        @Nullable UUID differentialBaseGuid) {

    /// What a file holds. Filestream and full-text containers were not sampled and come out as `OTHER`.
    public enum Kind {
        DATA,
        LOG,
        OTHER
    }
}
