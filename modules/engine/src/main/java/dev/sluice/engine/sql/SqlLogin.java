package dev.sluice.engine.sql;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Properties;

/// A login whose password SQL Server itself checks.
public final class SqlLogin extends ServerLogin {

    private final String user;
    private final String password;

    /// @param password does not show in [#toString()]
    public SqlLogin(String user, String password) {
        this.user = user;
        this.password = password;
    }

    @Override
    public String name() {
        return user;
    }

    @Override
    Connection connect(String url, Properties properties) throws SQLException {
        properties.setProperty("user", user);
        properties.setProperty("password", password);
        return DriverManager.getConnection(url, properties);
    }

    @Override
    Optional<String> remedy(int number) {
        return number == SqlServerUnavailable.LOGIN_FAILED
                ? Optional.of("Correct server.user and server.password.")
                : Optional.empty();
    }

    @Override
    public String toString() {
        return "SqlLogin[%s]".formatted(user);
    }
}
