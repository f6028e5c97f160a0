package dev.sluice.engine.sql;

import java.security.cert.CertificateException;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// SQL Server could not be reached, or refused the login or a query, or let it wait too long.
public final class SqlServerUnavailable extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /// The login is unknown, its password is wrong, or it may not connect.
    static final int LOGIN_FAILED = 18456;

    /// SQL Server could make nothing of what an account of a domain showed.
    static final int UNTRUSTED = 18452;

    private final int number;
    private final boolean blocked;
    private final boolean ticketless;
    private final @Nullable String remedy;

    /// @param attempted what was to be done
    /// @param number    SQL Server's error number; 0 when there was no answer
    SqlServerUnavailable(String attempted, int number, Throwable cause) {
        this(
                "%s failed: %s%s".formatted(attempted, number == 0 ? "" : "error " + number + ", ", cause.getMessage()),
                number,
                false,
                false,
                null,
                cause);
    }

    private SqlServerUnavailable(
            String message, int number, boolean blocked, boolean ticketless, @Nullable String remedy, Throwable cause) {
        this.number = number;
        this.blocked = blocked;
        this.ticketless = ticketless;
        this.remedy = remedy;
        super(message, cause);
    }

    /// A login came to no session.
    static SqlServerUnavailable refused(String attempted, SQLException e, ServerLogin login) {
        int number = e.getErrorCode();
        return new SqlServerUnavailable(
                "%s failed: %s%s".formatted(attempted, number == 0 ? "" : "error " + number + ", ", e.getMessage()),
                number,
                false,
                false,
                login.remedy(number).orElse(null),
                e);
    }

    /// SQL Server was not asked, for there is nothing to show to it.
    static SqlServerUnavailable withoutTicket(String attempted, TicketUnavailable e) {
        return new SqlServerUnavailable(
                "%s failed: %s".formatted(attempted, e.getMessage()), 0, false, true, e.remedy(), e);
    }

    /// @param attempted what was to be done
    /// @param seconds   for which it was waited
    static SqlServerUnavailable blocked(String attempted, int seconds, Throwable cause) {
        return new SqlServerUnavailable(
                String.format(Locale.ROOT, "%s had no answer for %d s and was cancelled", attempted, seconds),
                0,
                true,
                false,
                null,
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

    /// Whether Kerberos gave no ticket for SQL Server, so that nothing is known of SQL Server itself.
    public boolean isWithoutTicket() {
        return ticketless;
    }

    /// What to try, where the way to log in says more than the error alone.
    public Optional<String> remedy() {
        return Optional.ofNullable(remedy);
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
