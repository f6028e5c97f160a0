package dev.sluice.engine.sql;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One row of `sys.databases`, as far as backups care.
///
/// @param name          in the server's own spelling: its collation may find a database under another one
/// @param state         such as `ONLINE`
/// @param recoveryModel FULL, BULK_LOGGED or SIMPLE
/// @param snapshot      whether it is a database snapshot, which cannot be backed up
/// @param replicated    whether it belongs to an availability group
/// @param encrypted     whether its files are (TDE)
/// @param logReuseWait  why the log is not truncated, such as `LOG_BACKUP`
public record DatabaseFacts(
        String name,
        String state,
        String recoveryModel,
        boolean snapshot,
        boolean replicated,
        boolean encrypted,
        String logReuseWait) {

    public static Optional<DatabaseFacts> find(SqlSession session, String database) {
        List<Map<String, @Nullable Object>> rows = session.query(
                "SELECT name, state_desc, recovery_model_desc, source_database_id, replica_id, is_encrypted,"
                        + " log_reuse_wait_desc FROM sys.databases WHERE name = ?",
                database);
        return rows.stream()
                .map(row -> new DatabaseFacts(
                        String.valueOf(row.get("name")),
                        String.valueOf(row.get("state_desc")),
                        String.valueOf(row.get("recovery_model_desc")),
                        row.get("source_database_id") != null,
                        row.get("replica_id") != null,
                        Boolean.TRUE.equals(row.get("is_encrypted")),
                        String.valueOf(row.get("log_reuse_wait_desc"))))
                .findFirst();
    }

    public boolean isOnline() {
        return state.equals("ONLINE");
    }
}
