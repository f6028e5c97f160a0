package dev.sluice.engine.sql;

/// SQL Server could not be reached, or refused the login or a query.
public final class SqlServerUnavailable extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int number;

    /// @param attempted what was to be done
    /// @param number    SQL Server's error number; 0 when there was no answer
    SqlServerUnavailable(String attempted, int number, Throwable cause) {
        this.number = number;
        super(
                "%s failed: %s%s".formatted(attempted, number == 0 ? "" : "error " + number + ", ", cause.getMessage()),
                cause);
    }

    /// SQL Server's error number; 0 when there was no answer.
    public int number() {
        return number;
    }
}
