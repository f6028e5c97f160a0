package dev.sluice.simulator.tds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.microsoft.sqlserver.jdbc.SQLServerConnection;
import com.microsoft.sqlserver.jdbc.SQLServerException;
import dev.sluice.simulator.tds.JdbcClient.Mode;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What mssql-jdbc sees of a session: login, batches, results, errors. Every promise holds however the line is encrypted.
@Timeout(30)
class TdsServerTest {

    private final ToyEngine engine = new ToyEngine();
    private TdsServer server;

    @BeforeEach
    void start() throws IOException {
        server = TdsServer.start(TdsOptions.defaults(), engine);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    TdsServerTest() throws IOException {
        server = TdsServer.start(TdsOptions.defaults(), engine);
    }

    @ParameterizedTest
    @EnumSource
    void letsAClientInAndAnswersIt(Mode mode) throws Exception {
        try (Connection connection = JdbcClient.connect(server, mode, "databaseName", "sales", "applicationName", "test");
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT @@SPID")) {
            assertThat(rows.next()).isTrue();
            assertThat(rows.getInt(1)).isEqualTo(engine.logins.getFirst().sessionId());
            assertThat(rows.next()).isFalse();
            assertThat(connection.getCatalog()).isEqualTo("sales");
            assertThat(connection.isValid(5)).isTrue();
        }
        Login login = engine.logins.getFirst();
        assertThat(login.application()).isEqualTo("test");
        assertThat(login.encrypted()).isEqualTo(mode != Mode.CLEAR);
    }

    @ParameterizedTest
    @EnumSource
    void tellsAWrongPasswordWith18456(Mode mode) {
        assertThatExceptionOfType(SQLServerException.class)
                .isThrownBy(() -> JdbcClient.connect(server, mode, "password", "wrong"))
                .satisfies(e -> assertThat(e.getErrorCode()).isEqualTo(18456))
                .satisfies(e -> assertThat(e.getSQLState()).isEqualTo("S0001"))
                .withMessageContaining("Login failed for user 'sa'.");
    }
}
