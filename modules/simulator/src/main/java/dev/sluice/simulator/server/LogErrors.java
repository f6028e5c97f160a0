package dev.sluice.simulator.server;

import dev.sluice.simulator.database.Database;
import dev.sluice.simulator.database.DatabaseException;
import dev.sluice.simulator.database.LogPosition;
import dev.sluice.simulator.tds.SqlMessage;
import dev.sluice.simulator.tsql.SqlFailure;

/// What a database's state forbids, in SQL Server's words.
///
/// **Source:** as [Errors].
final class LogErrors {

    private LogErrors() {}

    static SqlFailure of(DatabaseException e, Database database) {
        return switch (e.reason()) {
            case LOG_FULL ->
                new SqlFailure(SqlMessage.of(
                        9002,
                        17,
                        "The transaction log for database '%s' is full due to '%s'."
                                .formatted(database.name(), database.logUsage().reuseWait())));
            case NO_DIFFERENTIAL_BASE ->
                SqlFailure.error(
                        3035,
                        "Cannot perform a differential backup for database \"%s\", because a current database backup does not exist. Perform a full database backup by reissuing BACKUP DATABASE, omitting the WITH DIFFERENTIAL option."
                                .formatted(database.name()));
            case SIMPLE_HAS_NO_LOG_BACKUPS ->
                SqlFailure.error(
                        4208,
                        "The statement BACKUP LOG is not allowed while the recovery model is SIMPLE. Use BACKUP DATABASE or change the recovery model using ALTER DATABASE.");
            case NO_CURRENT_BACKUP ->
                SqlFailure.error(4214, "BACKUP LOG cannot be performed because there is no current database backup.");
            case LOG_TOO_RECENT ->
                SqlFailure.error(
                        4305,
                        "The log in this backup set begins at LSN %s, which is too recent to apply to the database. An earlier log backup that includes LSN %s can be restored."
                                .formatted(lsn(e.record()), lsn(e.wanted())));
            case LOG_TOO_EARLY ->
                SqlFailure.error(
                        4326,
                        "The log in this backup set terminates at LSN %s, which is too early to apply to the database. A more recent log backup that includes LSN %s can be restored."
                                .formatted(lsn(e.record()), lsn(e.wanted())));
            case OTHER_RECOVERY_PATH ->
                SqlFailure.error(
                        4330,
                        "This backup set cannot be applied because it is on a recovery path that is inconsistent with the database. The recovery path is the sequence of data and log backups that have brought the database to a particular recovery point. Find a compatible backup to restore, or restore the rest of the database to match a recovery point within this backup set.");
            case OTHER_DIFFERENTIAL_BASE -> RestoreErrors.wrongBase();
            case NOT_ROLLING_FORWARD -> RestoreErrors.notReady();
            case STOP_POINT_TOO_EARLY -> stopPointTooEarly();
        };
    }

    static SqlFailure stopPointTooEarly() {
        return SqlFailure.error(
                4338,
                "The STOPAT clause specifies a point too early to allow this backup set to be restored. Choose a different stop point or use RESTORE DATABASE WITH RECOVERY to recover at the current point.");
    }

    private static String lsn(long record) {
        return LogPosition.lsn(record).toDecimal().toString();
    }
}
