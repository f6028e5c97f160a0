package dev.sluice.simulator.tds;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;

/// mssql-jdbc, pointed at a [TdsServer].
final class JdbcClient {

    /// The three ways in which the driver can be told to use TLS.
    enum Mode {
        CLEAR,
        ENCRYPTED,
        STRICT
    }

    private JdbcClient() {}

    static Connection connect(TdsServer server, Mode mode, String... more) throws SQLException, IOException {
        return DriverManager.getConnection(
                "jdbc:sqlserver://127.0.0.1:" + server.port(), properties(server, mode, more));
    }

    /// @param more names and values in turn
    static Properties properties(TdsServer server, Mode mode, String... more) throws IOException {
        Properties properties = new Properties();
        properties.setProperty("user", "sa");
        properties.setProperty("password", "secret");
        properties.setProperty("loginTimeout", "10");
        properties.setProperty("connectRetryCount", "0");
        switch (mode) {
            case CLEAR -> properties.setProperty("encrypt", "false");
            case ENCRYPTED -> {
                properties.setProperty("encrypt", "true");
                properties.setProperty("trustServerCertificate", "true");
            }
            case STRICT -> {
                properties.setProperty("encrypt", "strict");
                properties.setProperty("serverCertificate", pemFile(server).toString());
            }
        }
        for (int i = 0; i < more.length; i += 2) {
            properties.setProperty(more[i], more[i + 1]);
        }
        return properties;
    }

    private static Path pemFile(TdsServer server) throws IOException {
        Path file = Files.createTempFile("tds-server", ".pem");
        file.toFile().deleteOnExit();
        return Files.writeString(file, server.certificate().pem());
    }
}
