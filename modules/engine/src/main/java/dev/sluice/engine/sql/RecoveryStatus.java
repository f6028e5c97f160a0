package dev.sluice.engine.sql;

import java.util.Optional;
import java.util.UUID;

/// One row of `sys.database_recovery_status`: which database it is, under any name.
///
/// @param database changes when it is restored, and not when it is renamed
/// @param family   survives both
/// @param fork     recovery fork
public record RecoveryStatus(UUID database, UUID family, UUID fork) {

    /// Empty when there is no such database, or when it cannot be opened and does not say.
    public static Optional<RecoveryStatus> of(SqlSession session, String database) {
        return session.query("""
                        SELECT r.database_guid, r.family_guid, r.recovery_fork_guid
                        FROM sys.database_recovery_status r
                        INNER JOIN sys.databases d ON d.database_id = r.database_id
                        WHERE d.name = ?
                        """, database).stream()
                .flatMap(row -> of(row).stream())
                .findFirst();
    }

    private static Optional<RecoveryStatus> of(Row row) {
        return row.isNull("database_guid") || row.isNull("family_guid") || row.isNull("recovery_fork_guid")
                ? Optional.empty()
                : Optional.of(new RecoveryStatus(
                        row.guid("database_guid"), row.guid("family_guid"), row.guid("recovery_fork_guid")));
    }
}
