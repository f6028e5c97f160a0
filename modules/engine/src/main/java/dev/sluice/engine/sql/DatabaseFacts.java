package dev.sluice.engine.sql;

import java.util.List;
import java.util.Optional;

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

    /// What SQL Server does not say of a database that it is just opening or removing.
    private static final String UNKNOWN = "UNKNOWN";

    public static Optional<DatabaseFacts> find(SqlSession session, String database) {
        List<Row> rows = session.query(
                "SELECT name, state_desc, recovery_model_desc, source_database_id, replica_id, is_encrypted,"
                        + " log_reuse_wait_desc FROM sys.databases WHERE name = ?",
                database);
        return rows.stream()
                .map(row -> new DatabaseFacts(
                        row.text("name"),
                        row.optionalText("state_desc").orElse(UNKNOWN),
                        row.optionalText("recovery_model_desc").orElse(UNKNOWN),
                        !row.isNull("source_database_id"),
                        !row.isNull("replica_id"),
                        row.optionalFlag("is_encrypted").orElse(false),
                        row.optionalText("log_reuse_wait_desc").orElse(UNKNOWN)))
                .findFirst();
    }

    public boolean isOnline() {
        return state.equals("ONLINE");
    }
}
