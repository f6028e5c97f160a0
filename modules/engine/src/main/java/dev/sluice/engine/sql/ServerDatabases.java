package dev.sluice.engine.sql;

import dev.sluice.catalog.BackupType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What SQL Server says about its databases. Each question has a session of its own, so that a restart of SQL
/// Server costs one answer and no state.
public final class ServerDatabases {

    private final SqlServer server;

    public ServerDatabases(SqlServer server) {
        this.server = server;
    }

    /// A database of the server.
    ///
    /// @param online whether it can be backed up now. One that is restored into, standby included, may be
    ///               another server's copy
    /// @param simple whether it has no log backups
    public record Listed(String name, boolean online, boolean simple) {

        /// Whether there can be backups of this type at all.
        public boolean allows(BackupType type) {
            return switch (type) {
                case FULL -> true;
                case DIFFERENTIAL -> !name.equals("master");
                case LOG -> !simple && !name.equals("master");
            };
        }
    }

    /// A database, as it is now.
    ///
    /// @param name          its name
    /// @param recoveryModel `recovery_model_desc`
    /// @param logChain      whether `last_log_backup_lsn` is there, and so a log chain
    /// @param bases         `differential_base_guid` of each of its data files, null where a file has none
    /// @param replica       its place in an availability group; null outside of any
    public record Facts(
            String name,
            String recoveryModel,
            boolean logChain,
            Set<@Nullable UUID> bases,
            @Nullable Replica replica) {
        public Facts {
            bases = new HashSet<>(bases);
        }

        public Facts(String name, String recoveryModel, boolean logChain, Set<@Nullable UUID> bases) {
            this(name, recoveryModel, logChain, bases, null);
        }
    }

    /// This server's part in the database's availability group.
    ///
    /// @param primary   whether the primary replica is here
    /// @param preferred what `sys.fn_hadr_backup_is_preferred_replica` says
    public record Replica(boolean primary, boolean preferred) {}

    /// All but tempdb and snapshots, which can never be backed up, and the scratch databases of restore drills,
    /// which never should be.
    public List<Listed> all() {
        try (SqlSession session = server.connect()) {
            List<Listed> all = new ArrayList<>();
            for (Row row : session.query("SELECT name, state_desc, source_database_id,"
                    + " is_in_standby, recovery_model_desc FROM sys.databases")) {
                String name = row.text("name");
                if (row.isNull("source_database_id") && !name.equals("tempdb") && !ScratchName.is(name)) {
                    boolean online = text(row, "state_desc").equals("ONLINE")
                            && !row.optionalFlag("is_in_standby").orElse(false);
                    all.add(new Listed(
                            name, online, text(row, "recovery_model_desc").equals("SIMPLE")));
                }
            }
            return all;
        }
    }

    /// Empty when there is no such database.
    public Optional<Facts> facts(String database) {
        try (SqlSession session = server.connect()) {
            List<Row> rows = session.query(
                    "SELECT d.recovery_model_desc, d.replica_id, r.last_log_backup_lsn FROM sys.databases d"
                            + " INNER JOIN sys.database_recovery_status r ON r.database_id = d.database_id"
                            + " WHERE d.name = ?",
                    database);
            if (rows.isEmpty()) {
                return Optional.empty();
            }
            Set<@Nullable UUID> bases = new HashSet<>();
            for (Row file : session.query(
                    "SELECT f.differential_base_guid FROM sys.master_files f INNER JOIN sys.databases d"
                            + " ON d.database_id = f.database_id WHERE d.name = ? AND f.type_desc = 'ROWS'",
                    database)) {
                bases.add(file.optionalGuid("differential_base_guid").orElse(null));
            }
            Row row = rows.getFirst();
            return Optional.of(new Facts(
                    database,
                    text(row, "recovery_model_desc"),
                    !row.isNull("last_log_backup_lsn"),
                    bases,
                    row.isNull("replica_id") ? null : replica(session, database)));
        }
    }

    /// About how much of its data has changed since its last full backup; empty when SQL Server is too old to say.
    ///
    /// **Errors:** [SqlServerUnavailable] when SQL Server is gone, or refuses the question: `isUnreachable` tells.
    public Optional<DataChanges> changes(String database) {
        try (SqlSession session = server.connect()) {
            return DataChanges.read(session, database);
        }
    }

    private static Replica replica(SqlSession session, String database) {
        boolean primary = isPrimary(session, database);
        boolean preferred = session.query("SELECT sys.fn_hadr_backup_is_preferred_replica(?) AS preferred", database)
                .getFirst()
                .optionalFlag("preferred")
                .orElse(false);
        return new Replica(primary, preferred);
    }

    /// Whether the primary replica of a database that is in an availability group is here. One that does not know its
    /// own state is treated as a secondary one: nothing is taken twice because of it.
    public static boolean isPrimary(SqlSession session, String database) {
        return session.query("""
                        SELECT s.is_primary_replica FROM sys.dm_hadr_database_replica_states s
                        INNER JOIN sys.databases d ON d.database_id = s.database_id
                        WHERE d.name = ? AND s.is_local = 1
                        """, database).stream()
                .anyMatch(row -> row.optionalFlag("is_primary_replica").orElse(false));
    }

    /// Empty for NULL.
    private static String text(Row row, String column) {
        return row.optionalText(column).orElse("");
    }
}
