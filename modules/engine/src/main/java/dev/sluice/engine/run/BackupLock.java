package dev.sluice.engine.run;

import dev.sluice.catalog.Keys;
import dev.sluice.engine.sql.AppLock;
import dev.sluice.engine.sql.SqlSession;

/// SQL Server's application lock that keeps two backups of one kind from one database: data backups exclude data
/// backups, log backups exclude log backups, and a log backup runs beside a full one.
///
/// What removes or joins backups takes both kinds, so that no backup of the database runs meanwhile.
public final class BackupLock {

    private BackupLock() {}

    /// The lock's resource name.
    public static String name(Environment env, String database, boolean isLog) {
        return "sluice:%s:%s:%s".formatted(env.identity(), Keys.database(database), isLog ? "log" : "data");
    }

    /// Takes the lock, for as long as the session lives.
    ///
    /// **Errors:** [OperationFailed] `busy` when another session has it.
    public static void take(SqlSession control, Environment env, String database, boolean isLog) {
        if (!AppLock.take(control, name(env, database, isLog))) {
            throw Failures.busy(database, isLog ? "log" : "data", env);
        }
    }
}
