package dev.sluice.engine.sql;

import dev.sluice.catalog.SetFacts;
import java.math.BigDecimal;
import java.sql.Timestamp;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// SQL Server's own record of backups, in msdb.
public final class BackupHistory {

    private BackupHistory() {}

    /// What a restore plan needs of a backup set, and people want to see of it.
    private static final String COLUMNS = """
            s.backup_set_uuid, s.database_name, s.server_name, s.user_name, s.type, s.first_lsn, s.last_lsn,
            s.checkpoint_lsn, s.database_backup_lsn, s.backup_start_date, s.backup_finish_date, s.backup_size,
            s.compressed_backup_size, s.recovery_model, s.has_bulk_logged_data, s.is_snapshot, s.is_copy_only,
            s.is_force_offline, s.is_damaged, s.has_backup_checksums, s.begins_log_chain,
            s.first_recovery_fork_guid, s.last_recovery_fork_guid, s.fork_point_lsn, s.database_guid, s.family_guid,
            s.differential_base_lsn, s.differential_base_guid, s.encryptor_thumbprint""";

    /// The first major version whose history tells when the last record of a log backup was written: 2022.
    private static final int KNOWS_LAST_VALID_RESTORE_TIME = 16;

    /// The row of the backup that went to this virtual device, which carries a name used once in the world:
    /// matching on anything else would be a guess.
    public static Optional<SetFacts> find(SqlSession session, String deviceName) {
        return find(session, deviceName, "");
    }

    /// The same, of a backup that began after another one was recorded. So SQL Server looks at the newest rows
    /// first: a server with hundreds of databases records a million backups in a few days, and no document
    /// promises an index on the names of devices.
    ///
    /// @param after `backup_set_uuid` of an earlier row; empty or null when none is known. It may have been purged
    ///              since
    public static Optional<SetFacts> find(SqlSession session, String deviceName, @Nullable String after) {
        String columns = columns(session);
        if (after != null && !after.isEmpty()) {
            Optional<SetFacts> newer = find(
                    session,
                    columns,
                    " AND s.backup_set_id > (SELECT backup_set_id FROM msdb.dbo.backupset WHERE backup_set_uuid = ?)",
                    deviceName,
                    after);
            if (newer.isPresent()) {
                return newer;
            }
        }
        return find(session, columns, "", deviceName);
    }

    private static Optional<SetFacts> find(SqlSession session, String columns, String where, Object... parameters) {
        return session.query("SELECT " + columns + """

                        FROM msdb.dbo.backupset s
                        INNER JOIN msdb.dbo.backupmediafamily f ON f.media_set_id = s.media_set_id
                        WHERE f.physical_device_name = ? AND f.family_sequence_number = 1""" + where, parameters).stream()
                .map(BackupHistory::facts)
                .findFirst();
    }

    /// Everything that msdb still knows of a database's backups, other programs' too, the earliest first. Beside
    /// the set's own columns the facts have `description`, `physical_device_name` and `device_type` of its first
    /// device, and `family_count`, the number of its stripes.
    public static List<SetFacts> ofDatabase(SqlSession session, String database) {
        return session.query("SELECT " + columns(session) + """
                        , s.description, f.physical_device_name, f.device_type, m.media_family_count AS family_count
                        FROM msdb.dbo.backupset s
                        INNER JOIN msdb.dbo.backupmediafamily f ON f.media_set_id = s.media_set_id
                        INNER JOIN msdb.dbo.backupmediaset m ON m.media_set_id = s.media_set_id
                        WHERE s.database_name = ? AND f.family_sequence_number = 1
                        ORDER BY s.backup_set_id
                        """, database).stream()
                .map(BackupHistory::facts)
                .toList();
    }

    private static String columns(SqlSession session) {
        long major = session.query("SELECT CAST(SERVERPROPERTY('ProductMajorVersion') AS int) AS major")
                .getFirst()
                .optionalNumber("major")
                .orElse(0);
        return major >= KNOWS_LAST_VALID_RESTORE_TIME ? COLUMNS + ", s.last_valid_restore_time" : COLUMNS;
    }

    /// A column that holds what its type does not allow is passed over: one odd value of a history hides no other.
    private static SetFacts facts(Row row) {
        Map<String, Object> plain = new LinkedHashMap<>();
        row.forEach((column, value) -> {
            String name = column.toLowerCase(Locale.ROOT);
            switch (value) {
                case null -> {
                    // Not known is not said.
                }
                case BigDecimal number -> plain.put(name, number.toPlainString());
                case Number number -> plain.put(name, number.longValue());
                case Boolean flag -> plain.put(name, flag);
                case byte[] bytes -> plain.put(name, HexFormat.of().formatHex(bytes));
                case Timestamp timestamp ->
                    plain.put(name, timestamp.toLocalDateTime().toString());
                default -> plain.put(name, value.toString());
            }
        });
        return SetFacts.understood(plain);
    }
}
