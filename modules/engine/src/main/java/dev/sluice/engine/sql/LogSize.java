package dev.sluice.engine.sql;

import java.util.OptionalDouble;
import java.util.OptionalLong;

/// How much log there is to back up.
///
/// **Source:** `sys.dm_db_log_stats`, since SQL Server 2016 SP2.
public final class LogSize {

    private static final double MEGABYTE = 1 << 20;

    private LogSize() {}

    /// Bytes of log since the last log backup. Empty when SQL Server does not say: it is older, or the database cannot
    /// be opened. Where changes are minimally logged, a log backup also has changed extents, and is larger.
    ///
    /// **Errors:** [SqlServerUnavailable] when SQL Server is gone.
    public static OptionalLong sinceLastBackup(SqlSession session, String database) {
        try {
            OptionalDouble megabytes = session
                    .query(
                            "SELECT l.log_since_last_log_backup_mb FROM sys.databases d"
                                    + " CROSS APPLY sys.dm_db_log_stats(d.database_id) l WHERE d.name = ?",
                            database)
                    .stream()
                    .flatMapToDouble(row -> row.optionalFraction("log_since_last_log_backup_mb").stream())
                    .findFirst();
            return megabytes.isPresent()
                    ? OptionalLong.of((long) (megabytes.getAsDouble() * MEGABYTE))
                    : OptionalLong.empty();
        } catch (SqlServerUnavailable e) {
            if (e.isUnreachable()) {
                throw e;
            }
            return OptionalLong.empty();
        }
    }
}
