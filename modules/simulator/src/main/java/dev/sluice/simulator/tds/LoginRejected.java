package dev.sluice.simulator.tds;

import java.util.Locale;

/// A login that the engine refuses; the client gets the message, then the line is closed.
public final class LoginRejected extends Exception {

    private final SqlMessage reason;

    public LoginRejected(SqlMessage reason) {
        this.reason = reason;
        super(String.format(Locale.ROOT, "login refused with error %d: %s", reason.number(), reason.text()));
    }

    /// 18456: the user or the password is wrong. SQL Server does not tell the client which.
    public static LoginRejected wrongCredentials(String user) {
        return new LoginRejected(SqlMessage.of(18456, 14, "Login failed for user '%s'.".formatted(user)));
    }

    /// 18452: what the client's security provider has sent proves nothing to this server.
    public static LoginRejected untrusted() {
        return new LoginRejected(
                SqlMessage.of(
                        18452,
                        14,
                        "Login failed. The login is from an untrusted domain and cannot be used with Integrated authentication."));
    }

    /// 4060: the user is known, the database is not.
    public static LoginRejected unknownDatabase(String database) {
        return new LoginRejected(SqlMessage.of(
                4060, 11, "Cannot open database \"%s\" requested by the login. The login failed.".formatted(database)));
    }

    public SqlMessage reason() {
        return reason;
    }
}
