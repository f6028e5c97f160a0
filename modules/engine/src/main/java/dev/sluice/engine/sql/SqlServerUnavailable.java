package dev.sluice.engine.sql;

import java.security.cert.CertificateException;
import java.util.Locale;

/// SQL Server could not be reached, or refused the login or a query, or let it wait too long.
public final class SqlServerUnavailable extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int number;
    private final boolean blocked;

    /// @param attempted what was to be done
    /// @param number    SQL Server's error number; 0 when there was no answer
    SqlServerUnavailable(String attempted, int number, Throwable cause) {
        this(
                "%s failed: %s%s".formatted(attempted, number == 0 ? "" : "error " + number + ", ", cause.getMessage()),
                number,
                false,
                cause);
    }

    private SqlServerUnavailable(String message, int number, boolean blocked, Throwable cause) {
        this.number = number;
        this.blocked = blocked;
        super(message, cause);
    }

    /// @param attempted what was to be done
    /// @param seconds   for which it was waited
    static SqlServerUnavailable blocked(String attempted, int seconds, Throwable cause) {
        return new SqlServerUnavailable(
                String.format(Locale.ROOT, "%s had no answer for %d s and was cancelled", attempted, seconds),
                0,
                true,
                cause);
    }

    /// SQL Server's error number; 0 when there was no answer.
    public int number() {
        return number;
    }

    /// Whether the server is there and heard the cancel, and only this answer did not come: as a rule, another
    /// session holds a lock on what was asked for.
    public boolean isBlocked() {
        return blocked;
    }

    /// Whether the server showed a certificate that this machine does not take for its own.
    public boolean isDistrust() {
        for (Throwable cause = getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateException) {
                return true;
            }
        }
        return false;
    }

    /// Whether the server is gone, as far as one can see.
    public boolean isUnreachable() {
        return number == 0 && !blocked;
    }
}
