package dev.sluice.engine.sql;

/// Kerberos gave no ticket for SQL Server, or none with which SQL Server is known to have let Sluice in.
final class TicketUnavailable extends Exception {

    private static final long serialVersionUID = 1L;

    private final String remedy;

    /// @param what   went wrong
    /// @param remedy what to try
    TicketUnavailable(String what, String remedy, Throwable cause) {
        this.remedy = remedy;
        super(what, cause);
    }

    String remedy() {
        return remedy;
    }
}
