package dev.sluice.engine.sql;

import java.util.Locale;

/// One message of SQL Server's, information or error.
///
/// @param number   SQL Server's number, the only part that programs may read
/// @param severity class; 11 and above are errors, 20 and above end the connection
/// @param state    as sent
/// @param text     for people, in the login's language
public record ServerMessage(int number, int severity, int state, String text) {

    /// The statement succeeded; the last message of a BACKUP or RESTORE.
    public static final int PROCESSED = 3014;
    /// The statement ends abnormally; the last error of a failed BACKUP or RESTORE.
    public static final int TERMINATING_ABNORMALLY = 3013;
    /// The backup is good, but could not be written into msdb's history.
    public static final int HISTORY_NOT_WRITTEN = 3009;
    /// `n percent processed.`
    public static final int PERCENT = 3211;

    public boolean isError() {
        return severity > 10;
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "Msg %d, Level %d, State %d: %s", number, severity, state, text);
    }
}
