package dev.sluice.simulator.tds;

import java.util.Locale;

/// What SQL Server says beside results: information up to class 10, errors from class 11 on.
///
/// @param number the message's number, as in `sys.messages`
/// @param severity its class, 0 to 25; from 20 on the session ends with it
/// @param state where in the server it was raised
/// @param procedure the procedure it comes from, or empty
/// @param line the line in the batch or procedure, from 1 on
public record SqlMessage(int number, int severity, int state, String text, String procedure, int line) {

    private static final int FIRST_ERROR = 11;
    private static final int FIRST_FATAL = 20;
    private static final int HIGHEST = 25;

    public SqlMessage {
        if (severity < 0 || severity > HIGHEST) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT, "a message's class is 0 to %d, message %d has %d", HIGHEST, number, severity));
        }
        if (state < 0 || state > 255) {
            throw new IllegalArgumentException(
                    String.format(Locale.ROOT, "a message's state is 0 to 255, message %d has %d", number, state));
        }
    }

    /// A message with state 1, from line 1 of the batch.
    public static SqlMessage of(int number, int severity, String text) {
        return new SqlMessage(number, severity, 1, text, "", 1);
    }

    /// Information that arrives while the statement runs, such as 3211.
    public static SqlMessage info(int number, String text) {
        return of(number, 10, text);
    }

    /// An error that fails the statement and leaves the session alone.
    public static SqlMessage error(int number, String text) {
        return of(number, 16, text);
    }

    public boolean isError() {
        return severity >= FIRST_ERROR;
    }

    public boolean endsSession() {
        return severity >= FIRST_FATAL;
    }
}
