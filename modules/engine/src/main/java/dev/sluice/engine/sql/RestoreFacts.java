package dev.sluice.engine.sql;

import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a restore has to know of the server before it touches anything.
///
/// @param majorVersion    such as 16
/// @param defaultDataPath where the instance puts data files; may be empty
/// @param defaultLogPath  where it puts log files; may be empty
/// @param existing        the database of the wanted name, if there is one
/// @param files           of all databases
public record RestoreFacts(
        int majorVersion,
        String defaultDataPath,
        String defaultLogPath,
        Optional<Existing> existing,
        List<File> files) {

    /// A database that is there already.
    ///
    /// @param state         as in `sys.databases.state_desc`
    /// @param recoveryModel as in `sys.databases.recovery_model_desc`
    /// @param replicated    whether it is in an availability group
    /// @param logChain      whether the server says that log backups may be taken of it
    public record Existing(
            int id,
            String name,
            String state,
            boolean standby,
            String recoveryModel,
            boolean replicated,
            boolean logChain,
            List<String> sessions) {

        /// Whether more can be restored to it.
        public boolean isRestoring() {
            return standby || state.equals("RESTORING");
        }

        /// Whether its log may hold what no backup has.
        ///
        /// No document says what the views tell of a database that cannot be opened, so its chain is
        /// taken to be alive.
        public boolean hasTail() {
            return !isRestoring() && !recoveryModel.equals("SIMPLE") && (logChain || !isOnline());
        }

        public boolean isOnline() {
            return state.equals("ONLINE");
        }
    }

    /// @param database  its name
    /// @param volume    mount point of the volume that it is on; empty when that is not known
    /// @param available bytes free there
    public record File(String database, String logical, String path, long bytes, String volume, long available) {}

    public static RestoreFacts read(SqlSession session, String database) {
        Row server = session.query("SELECT CAST(SERVERPROPERTY('ProductMajorVersion') AS int) AS major,"
                        + " CAST(SERVERPROPERTY('InstanceDefaultDataPath') AS nvarchar(512)) AS data_path,"
                        + " CAST(SERVERPROPERTY('InstanceDefaultLogPath') AS nvarchar(512)) AS log_path")
                .getFirst();
        return new RestoreFacts(
                Math.toIntExact(server.optionalNumber("major").orElse(0)),
                text(server, "data_path"),
                text(server, "log_path"),
                existing(session, database),
                files(session));
    }

    private static Optional<Existing> existing(SqlSession session, String database) {
        return session
                .query(
                        "SELECT d.database_id, d.name, d.state_desc, d.is_in_standby, d.recovery_model_desc,"
                                + " d.replica_id, r.last_log_backup_lsn FROM sys.databases d"
                                + " LEFT JOIN sys.database_recovery_status r ON r.database_id = d.database_id"
                                + " WHERE d.name = ?",
                        database)
                .stream()
                .map(row -> new Existing(
                        Math.toIntExact(row.number("database_id")),
                        row.text("name"),
                        text(row, "state_desc"),
                        row.optionalFlag("is_in_standby").orElse(false),
                        text(row, "recovery_model_desc"),
                        !row.isNull("replica_id"),
                        !row.isNull("last_log_backup_lsn"),
                        sessions(session, row.number("database_id"))))
                .findFirst();
    }

    private static List<String> sessions(SqlSession session, long database) {
        return session
                .query(
                        "SELECT session_id, login_name, program_name FROM sys.dm_exec_sessions"
                                + " WHERE database_id = ? AND is_user_process = 1 ORDER BY session_id",
                        database)
                .stream()
                .map(row -> "%s (%s, %s)"
                        .formatted(row.text("session_id"), text(row, "login_name"), text(row, "program_name")))
                .toList();
    }

    private static List<File> files(SqlSession session) {
        List<File> files = new ArrayList<>();
        for (Row row : session.query("SELECT d.name AS database_name, f.name AS logical_name, f.physical_name, f.size,"
                + " v.volume_mount_point, v.available_bytes FROM sys.master_files f"
                + " INNER JOIN sys.databases d ON d.database_id = f.database_id"
                + " OUTER APPLY sys.dm_os_volume_stats(f.database_id, f.file_id) v")) {
            files.add(new File(
                    text(row, "database_name"),
                    text(row, "logical_name"),
                    text(row, "physical_name"),
                    row.optionalNumber("size").orElse(0) * 8192,
                    text(row, "volume_mount_point"),
                    row.optionalNumber("available_bytes").orElse(0)));
        }
        return files;
    }

    /// Where the files of a database were when this machine backed it up, by msdb.
    ///
    /// Empty when msdb does not answer: then less is known, and nothing else follows.
    public static List<String> backedUpHere(SqlSession session, String database) {
        try {
            return session
                    .query(
                            "SELECT DISTINCT f.physical_name FROM msdb.dbo.backupfile f"
                                    + " INNER JOIN msdb.dbo.backupset s ON s.backup_set_id = f.backup_set_id"
                                    + " WHERE s.database_name = ?"
                                    + " AND s.machine_name = CAST(SERVERPROPERTY('MachineName') AS nvarchar(128))",
                            database)
                    .stream()
                    .map(row -> text(row, "physical_name"))
                    .toList();
        } catch (SqlServerUnavailable e) {
            return List.of();
        }
    }

    /// Whether the server has a certificate or an asymmetric key with this thumbprint (hexadecimal): without it, an
    /// encrypted backup cannot be read.
    public static boolean hasKey(SqlSession session, String thumbprint) {
        byte[] bytes = HexFormat.of().parseHex(thumbprint);
        return !session.query("SELECT name FROM master.sys.certificates WHERE thumbprint = ?", bytes)
                        .isEmpty()
                || !session.query("SELECT name FROM master.sys.asymmetric_keys WHERE thumbprint = ?", bytes)
                        .isEmpty();
    }

    /// What a database got last, by msdb's `restorehistory`.
    ///
    /// @param set    GUID of the backup set
    /// @param stopAt where its restore was told to stop, by SQL Server's clock; null if it was not
    /// @param marked whether it was told to stop at a mark
    public record LastRestored(String set, @Nullable LocalDateTime stopAt, boolean marked) {}

    /// Empty when it is not known.
    public static Optional<LastRestored> lastRestored(SqlSession session, String database) {
        return session
                .query(
                        "SELECT TOP 1 s.backup_set_uuid, h.stop_at, h.stop_at_mark_name"
                                + " FROM msdb.dbo.restorehistory h"
                                + " LEFT JOIN msdb.dbo.backupset s ON s.backup_set_id = h.backup_set_id"
                                + " WHERE h.destination_database_name = ? AND h.restore_type IN ('D', 'I', 'L')"
                                + " ORDER BY h.restore_history_id DESC",
                        database)
                .stream()
                .map(row -> new LastRestored(
                        text(row, "backup_set_uuid"),
                        row.optionalTime("stop_at").orElse(null),
                        !row.isNull("stop_at_mark_name")))
                .filter(last -> !last.set().isEmpty())
                .findFirst();
    }

    /// Whose a database is.
    ///
    /// @param family GUID of its family
    /// @param fork   GUID of its recovery fork; may be empty
    public record Lineage(String family, String fork) {}

    /// Empty when the server does not tell.
    public static Optional<Lineage> lineage(SqlSession session, String database) {
        return session
                .query(
                        "SELECT r.family_guid, r.recovery_fork_guid FROM sys.database_recovery_status r"
                                + " INNER JOIN sys.databases d ON d.database_id = r.database_id WHERE d.name = ?",
                        database)
                .stream()
                .map(row -> new Lineage(text(row, "family_guid"), text(row, "recovery_fork_guid")))
                .filter(lineage -> !lineage.family().isEmpty())
                .findFirst();
    }

    /// Logical name to path, of the existing database.
    public Map<String, String> existingFiles() {
        Map<String, String> paths = new LinkedHashMap<>();
        files.stream().filter(this::isExistings).forEach(file -> paths.put(file.logical(), file.path()));
        return paths;
    }

    public List<String> filesOfOthers() {
        return files.stream().filter(file -> !isExistings(file)).map(File::path).toList();
    }

    /// By the server's own spelling: on some servers another database may differ from it in case alone.
    private boolean isExistings(File file) {
        return existing.map(Existing::name).filter(file.database()::equals).isPresent();
    }

    /// Empty for NULL.
    private static String text(Row row, String column) {
        return row.optionalText(column).orElse("");
    }
}
