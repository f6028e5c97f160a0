package dev.sluice.engine.sql;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Properties;

/// As whom Sluice connects to SQL Server, and with what proof.
///
/// **Threading:** any thread.
public abstract sealed class ServerLogin permits SqlLogin, KerberosLogin {

    ServerLogin() {}

    /// How messages name it: the login, or the principal in the domain.
    public abstract String name();

    /// Opens a connection as this login. The caller closes it.
    ///
    /// @param properties of the driver, without those that say who logs in; they are added
    ///
    /// **Errors:** [TicketUnavailable] when there is nothing to show to SQL Server, [SQLException] for
    /// everything else.
    abstract Connection connect(String url, Properties properties) throws SQLException, TicketUnavailable;

    /// What to try when SQL Server has refused this login.
    ///
    /// @param number SQL Server's error number
    abstract Optional<String> remedy(int number);
}
