package dev.sluice.sidecar.serve;

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

    /// Names of those that can be backed up now. tempdb and snapshots never can; one that is restored into,
    /// standby included, is somebody else's copy.
    List<String> online() {
        try (SqlSession session = server.connect()) {
            List<String> names = new ArrayList<>();
            for (Map<String, @Nullable Object> row :
                    session.query("SELECT name, state_desc, source_database_id, is_in_standby FROM sys.databases")) {
                String name = String.valueOf(row.get("name"));
                boolean ours = "ONLINE".equals(row.get("state_desc"))
                        && row.get("source_database_id") == null
                        && !Boolean.TRUE.equals(row.get("is_in_standby"))
                        && !name.equals("tempdb");
                if (ours) {
                    names.add(name);
                }
            }
            return names;
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
