package dev.sluice.simulator.database;

import dev.sluice.mtf.BackupHeader;
import java.time.LocalDateTime;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What msdb knows of one backup: a row of `backupset` with what hangs on it.
///
/// @param id `backup_set_id`, and `media_set_id` as well, since every backup has media of its own
/// @param set `backup_set_uuid`
/// @param mediaSet `media_uuid`
/// @param header final, as in the stream
/// @param devices names, in the order of the families
/// @param blockSize bytes, of the device
/// @param copyOnly whether it was taken WITH COPY_ONLY
/// @param size bytes of all stripes
/// @param beginsLogChain whether it is the first log backup of a chain
/// @param tail whether it left the database restoring
/// @param lastRecord `last_valid_restore_time`
/// @param compressionAlgorithm of WITH COMPRESSION, or null
/// @param encryptor of WITH ENCRYPTION, or null
public record BackupRecord(
        int id,
        UUID set,
        UUID mediaSet,
        String name,
        String description,
        String user,
        BackupHeader header,
        List<String> devices,
        int blockSize,
        boolean copyOnly,
        long size,
        boolean beginsLogChain,
        boolean tail,
        @Nullable LocalDateTime lastRecord,
        @Nullable String compressionAlgorithm,
        Certificate.@Nullable Encryptor encryptor) {

    public BackupRecord {
        devices = List.copyOf(devices);
    }

    /// Whether it was taken WITH COMPRESSION.
    public boolean compressed() {
        return compressionAlgorithm != null;
    }
}
