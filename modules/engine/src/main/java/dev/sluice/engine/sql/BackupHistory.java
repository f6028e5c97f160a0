package dev.sluice.engine.sql;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// SQL Server's own record of backups, in msdb.
public final class BackupHistory {

    private BackupHistory() {}

    /// The row of the backup that went to this virtual device, which carries a name used once in the world:
    /// matching on anything else would be a guess.
    public static Optional<Map<String, Object>> find(SqlSession session, String deviceName) {
        return session.query("""
                        SELECT s.backup_set_uuid, s.database_name, s.type, s.first_lsn, s.last_lsn, s.checkpoint_lsn,
                               s.database_backup_lsn, s.backup_start_date, s.backup_finish_date, s.backup_size,
                               s.is_copy_only, s.has_backup_checksums, s.first_recovery_fork_guid,
                               s.last_recovery_fork_guid, s.family_guid, s.differential_base_lsn,
                               s.differential_base_guid
                        FROM msdb.dbo.backupset s
                        INNER JOIN msdb.dbo.backupmediafamily f ON f.media_set_id = s.media_set_id
                        WHERE f.physical_device_name = ? AND f.family_sequence_number = 1
                        """, deviceName).stream().map(BackupHistory::plain).findFirst();
    }

    /// What a document can hold: text, numbers, booleans.
    private static Map<String, Object> plain(Map<String, @Nullable Object> row) {
        Map<String, Object> plain = new LinkedHashMap<>();
        row.forEach((name, value) -> {
            switch (value) {
                case null -> {
                    // Not known is not said.
                }
                case BigDecimal number -> plain.put(name, number.toPlainString());
                case Number number -> plain.put(name, number.longValue());
                case Boolean flag -> plain.put(name, flag);
                default -> plain.put(name, value.toString());
            }
        });
        return plain;
    }

    /// A log sequence number of a row that [#find] returned; 0 when there is none.
    public static BigInteger lsn(Map<String, Object> row, String column) {
        Object value = row.get(column);
        return value == null ? BigInteger.ZERO : new BigInteger(value.toString());
    }
}
