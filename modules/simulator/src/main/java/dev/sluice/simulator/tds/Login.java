package dev.sluice.simulator.tds;

import java.util.Locale;

/// What a client says about itself when it logs in. Text that the client left out is empty.
///
/// @param sessionId `@@SPID`; the server counts from 51 on, as SQL Server leaves lower numbers to its own
///     sessions
/// @param user     an account of the domain if `integrated`
/// @param password empty if `integrated`
/// @param database the database asked for; empty means the login's default
/// @param application as in `APP_NAME()`
/// @param host as in `HOST_NAME()`
/// @param library the client's driver
/// @param encrypted whether the session stays encrypted after the login
/// @param integrated whether the domain has vouched for the user, who is not asked for a password
public record Login(
        int sessionId,
        String user,
        String password,
        String database,
        String application,
        String host,
        String library,
        String language,
        boolean encrypted,
        boolean integrated) {

    /// Names everything but the password.
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "Login[sessionId=%d, user=%s, database=%s, application=%s, host=%s, library=%s, language=%s,"
                        + " encrypted=%s, integrated=%s]",
                sessionId,
                user,
                database,
                application,
                host,
                library,
                language,
                encrypted,
                integrated);
    }
}
