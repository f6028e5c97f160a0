package dev.sluice.sidecar.serve;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.sql.SqlServer;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.sidecar.policy.Preparation;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What SQL Server says about its databases. Each question has a session of its own, so that a restart of SQL
/// Server costs one answer and no state.
final class ServerDatabases {

    private final SqlServer server;

    ServerDatabases(SqlServer server) {
        this.server = server;
    }

    /// A database of the server.
    ///
    /// @param online whether it can be backed up now. One that is restored into, standby included, may be
    ///               somebody else's copy
    /// @param simple whether it has no log backups
    record Listed(String name, boolean online, boolean simple) {

        /// Whether there can be backups of this type at all.
        boolean allows(BackupType type) {
            return switch (type) {
                case FULL -> true;
                case DIFFERENTIAL -> !name.equals("master");
                case LOG -> !simple && !name.equals("master");
            };
        }
    }

    /// All but tempdb and snapshots, which can never be backed up.
    List<Listed> all() {
        try (SqlSession session = server.connect()) {
            List<Listed> all = new ArrayList<>();
            for (Map<String, @Nullable Object> row : session.query("SELECT name, state_desc, source_database_id,"
                    + " is_in_standby, recovery_model_desc FROM sys.databases")) {
                String name = String.valueOf(row.get("name"));
                if (row.get("source_database_id") == null && !name.equals("tempdb")) {
                    boolean online =
                            "ONLINE".equals(row.get("state_desc")) && !Boolean.TRUE.equals(row.get("is_in_standby"));
                    all.add(new Listed(name, online, "SIMPLE".equals(row.get("recovery_model_desc"))));
                }
            }
            return all;
        }
    }

    /// Empty when there is no such database.
    Optional<Preparation.Facts> facts(String database) {
        try (SqlSession session = server.connect()) {
            List<Map<String, @Nullable Object>> rows = session.query(
                    "SELECT d.recovery_model_desc, d.replica_id, r.last_log_backup_lsn FROM sys.databases d"
                            + " INNER JOIN sys.database_recovery_status r ON r.database_id = d.database_id"
                            + " WHERE d.name = ?",
                    database);
            if (rows.isEmpty()) {
                return Optional.empty();
            }
            Set<@Nullable UUID> bases = new HashSet<>();
            for (Map<String, @Nullable Object> file : session.query(
                    "SELECT f.differential_base_guid FROM sys.master_files f INNER JOIN sys.databases d"
                            + " ON d.database_id = f.database_id WHERE d.name = ? AND f.type_desc = 'ROWS'",
                    database)) {
                Object guid = file.get("differential_base_guid");
                bases.add(guid == null ? null : UUID.fromString(guid.toString()));
            }
            Map<String, @Nullable Object> row = rows.getFirst();
            return Optional.of(new Preparation.Facts(
                    database,
                    String.valueOf(row.get("recovery_model_desc")),
                    row.get("last_log_backup_lsn") != null,
                    bases,
                    row.get("replica_id") == null ? null : replica(session, database)));
        }
    }

    /// A replica that does not know its own state is treated as a secondary one: nothing is taken twice because of it.
    private static Preparation.Replica replica(SqlSession session, String database) {
        boolean primary = session.query("""
                        SELECT s.is_primary_replica FROM sys.dm_hadr_database_replica_states s
                        INNER JOIN sys.databases d ON d.database_id = s.database_id
                        WHERE d.name = ? AND s.is_local = 1
                        """, database).stream()
                .anyMatch(row -> Boolean.TRUE.equals(row.get("is_primary_replica")));
        Object preferred = session.query("SELECT sys.fn_hadr_backup_is_preferred_replica(?) AS preferred", database)
                .getFirst()
                .get("preferred");
        return new Preparation.Replica(
                primary,
                Boolean.TRUE.equals(preferred) || (preferred instanceof Number number && number.intValue() != 0));
    }
}
