package dev.sluice.engine.plan;

import dev.sluice.mtf.BackupHeader;
import dev.sluice.mtf.Lsn;
import dev.sluice.mtf.inspect.Inspection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a file's stream says about itself, in the words of `msdb.dbo.backupset`.
final class StreamFacts {

    private StreamFacts() {}

    /// Empty when the stream was not understood so far.
    public static Map<String, Object> of(Inspection.Inspected stream) {
        BackupHeader header = stream.header().orElse(null);
        Map<String, Object> row = new LinkedHashMap<>();
        if (header == null || stream.set() == null) {
            return row;
        }
        put(row, "backup_set_uuid", stream.set().guid());
        put(row, "database_name", header.database());
        put(row, "server_name", header.server());
        put(row, "type", String.valueOf(header.typeLetter()));
        lsn(row, "first_lsn", header.firstLsn());
        lsn(row, "last_lsn", header.lastLsn());
        lsn(row, "checkpoint_lsn", header.checkpointLsn());
        lsn(row, "database_backup_lsn", header.databaseBackupLsn());
        lsn(row, "differential_base_lsn", header.differentialBaseLsn());
        lsn(row, "fork_point_lsn", header.forkPointLsn());
        put(row, "differential_base_guid", header.differentialBaseGuid());
        put(row, "first_recovery_fork_guid", header.firstRecoveryFork());
        put(row, "last_recovery_fork_guid", header.recoveryFork());
        put(row, "family_guid", header.familyGuid());
        put(row, "database_guid", header.bindingId());
        put(row, "recovery_model", header.recoveryModel().name());
        put(row, "backup_start_date", header.started());
        put(row, "backup_finish_date", header.finished() == null ? header.started() : header.finished());
        row.put("has_backup_checksums", header.hasChecksums());
        row.put("software_major_version", header.version().major());
        row.put("database_version", header.databaseVersion());
        if (stream.media() != null) {
            row.put("family_count", stream.media().families());
        }
        return row;
    }

    private static void lsn(Map<String, Object> row, String column, Lsn lsn) {
        if (!lsn.isZero()) {
            row.put(column, lsn.toDecimal().toString());
        }
    }

    private static void put(Map<String, Object> row, String column, @Nullable Object value) {
        if (value != null) {
            row.put(column, value.toString());
        }
    }
}
