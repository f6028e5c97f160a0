package dev.sluice.engine.sql;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.Baseline;
import java.math.BigInteger;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What a database itself says about its last backups, independent of msdb: a full backup that counts becomes
/// the files' differential base, a log backup that counts moves the end of the backed-up log.
///
/// Taken before a backup and kept in its pending document, and taken again after a crash, the two together tell
/// what became of it.
///
/// @param databaseGuid    changes when the database is restored
/// @param fork            recovery fork; changes with a restore to a point in time
/// @param lastLogBackup   where the next log backup begins; null when there is no log chain
/// @param baseGuid        backup set that differentials rest on; null when there is none
/// @param baseLsn         its checkpoint; 0 when there is none
/// @param replicated      whether other replicas take backups of it too
/// @param newestHistory   backup set of msdb's newest row for any database; empty when there is none, null
///                        when msdb could not be read
public record LastBackups(
        String databaseGuid,
        String fork,
        @Nullable BigInteger lastLogBackup,
        @Nullable String baseGuid,
        BigInteger baseLsn,
        boolean replicated,
        @Nullable String newestHistory) {

    /// What the database says now; empty when there is no such database.
    public static Optional<LastBackups> read(SqlSession session, String database) {
        List<Row> status = session.query("""
                SELECT r.database_guid, r.recovery_fork_guid, r.last_log_backup_lsn, d.replica_id
                FROM sys.database_recovery_status r
                INNER JOIN sys.databases d ON d.database_id = r.database_id
                WHERE d.name = ?
                """, database);
        if (status.isEmpty()) {
            return Optional.empty();
        }
        Row row = status.getFirst();
        Optional<Row> base = session.query("""
                        SELECT f.differential_base_guid, f.differential_base_lsn
                        FROM sys.master_files f
                        INNER JOIN sys.databases d ON d.database_id = f.database_id
                        WHERE d.name = ? AND f.type_desc = 'ROWS' AND f.differential_base_guid IS NOT NULL
                        ORDER BY f.differential_base_lsn DESC
                        """, database).stream().findFirst();
        return Optional.of(new LastBackups(
                guid(row, "database_guid"),
                guid(row, "recovery_fork_guid"),
                row.optionalLsn("last_log_backup_lsn").orElse(null),
                base.map(file -> guid(file, "differential_base_guid")).orElse(null),
                base.flatMap(file -> file.optionalLsn("differential_base_lsn")).orElse(BigInteger.ZERO),
                !row.isNull("replica_id"),
                newestHistory(session)));
    }

    private static @Nullable String newestHistory(SqlSession session) {
        try {
            return session
                    .query("SELECT TOP 1 backup_set_uuid FROM msdb.dbo.backupset ORDER BY backup_set_id DESC")
                    .stream()
                    .map(row -> guid(row, "backup_set_uuid"))
                    .findFirst()
                    .orElse("");
        } catch (SqlServerUnavailable e) {
            return null;
        }
    }

    /// Whether msdb still has what it had then, and has what the database says it must have. A person who purges
    /// it, or switches it off, is found out.
    ///
    /// @param then the same database, before
    public boolean historyIsIntact(SqlSession session, LastBackups then) {
        if (newestHistory == null || then.newestHistory == null) {
            return false;
        }
        boolean kept = then.newestHistory.isEmpty() || hasRow(session, then.newestHistory);
        return kept && (baseGuid == null || hasRow(session, baseGuid));
    }

    private static boolean hasRow(SqlSession session, String set) {
        return !session.query("SELECT backup_set_id FROM msdb.dbo.backupset WHERE backup_set_uuid = ?", set)
                .isEmpty();
    }

    /// Whether it is the same database on the same way: otherwise its LSNs cannot be compared.
    public boolean isComparableTo(LastBackups other) {
        return databaseGuid.equals(other.databaseGuid) && fork.equals(other.fork) && !replicated && !other.replicated;
    }

    /// As a document holds it.
    public Baseline toBaseline() {
        return new Baseline(databaseGuid, fork, lastLogBackup, baseGuid, baseLsn, replicated, newestHistory);
    }

    /// What it said before the backup; empty when the backup's document does not hold it.
    public static Optional<LastBackups> before(BackupDocument document) {
        return document.baseline()
                .map(then -> new LastBackups(
                        then.databaseGuid(),
                        then.fork(),
                        then.lastLogBackup(),
                        then.baseGuid(),
                        then.baseLsn(),
                        then.replicated(),
                        then.newestHistory()));
    }

    /// Empty where SQL Server says none.
    private static String guid(Row row, String column) {
        return row.optionalGuid(column).map(UUID::toString).orElse("");
    }
}
