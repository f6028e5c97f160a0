package dev.sluice.simulator.tds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ch.qos.logback.classic.Level;
import dev.sluice.simulator.tds.JdbcClient.Mode;
import java.io.IOException;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Statements with parameters, however mssql-jdbc chooses to send them: the first execution as sp_executesql,
/// the second as sp_prepexec, further ones as sp_execute.
@Timeout(30)
class TdsPreparedStatementTest {

    private final ToyEngine engine = new ToyEngine();
    private TdsServer server;

    @BeforeEach
    void start() throws IOException {
        server = TdsServer.start(TdsOptions.defaults(), engine);
        engine.on("SELECT @P0, @P1", (batch, out, _) -> {
            out.resultSet(List.of(new Column("a", SqlType.nvarchar(100)), new Column("b", SqlType.INT)));
            out.row(batch.parameters().get(0).value(), batch.parameters().get(1).value());
            out.done();
        });
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void answersEveryExecutionAlike() throws Exception {
        try (Connection connection = JdbcClient.connect(server, Mode.CLEAR);
                PreparedStatement statement = connection.prepareStatement("SELECT ?, ?")) {
            for (int i = 0; i < 5; i++) {
                statement.setString(1, "name " + i);
                statement.setInt(2, i);
                try (ResultSet rows = statement.executeQuery()) {
                    assertThat(rows.next()).isTrue();
                    assertThat(rows.getString(1)).isEqualTo("name " + i);
                    assertThat(rows.getInt(2)).isEqualTo(i);
                    assertThat(rows.next()).isFalse();
                }
            }
        }

        assertThat(engine.batches).hasSize(5).allSatisfy(batch -> {
            assertThat(batch.text()).isEqualTo("SELECT @P0, @P1");
            assertThat(batch.parameters()).extracting(Parameter::name).containsExactly("@P0", "@P1");
        });
    }

    @Test
    void takesHandlesBackWhetherCalledOrAskedInABatch() throws Exception {
        for (String threshold : List.of("0", "3")) { // at 0 the driver calls sp_unprepare at once, else it collects
            try (CapturedLog log = new CapturedLog(RequestHandler.class, Level.DEBUG);
                    Connection connection = JdbcClient.connect(
                            server,
                            Mode.CLEAR,
                            "serverPreparedStatementDiscardThreshold",
                            threshold,
                            "enablePrepareOnFirstPreparedStatementCall",
                            "true")) {
                for (int i = 0; i < 8; i++) {
                    try (PreparedStatement statement = connection.prepareStatement("SELECT ?, ?")) {
                        statement.setString(1, "x");
                        statement.setInt(2, i);
                        statement.executeQuery().close();
                    }
                }
                assertThat(connection.isValid(5)).isTrue();
                assertThat(log.lines())
                        .as("threshold %s", threshold)
                        .hasSizeGreaterThanOrEqualTo(4)
                        .allMatch(line -> line.contains("prepared statement given back"));
            }
        }

        assertThat(engine.texts()).noneMatch(text -> text.contains("sp_unprepare"));
    }

    @Test
    void reportsAnErrorOfAPreparedStatement() throws Exception {
        engine.on("FAIL @P0", (_, out, _) -> {
            out.message(SqlMessage.error(3202, "Write failed."));
            out.message(SqlMessage.error(3013, "terminating abnormally."));
            out.done();
        });
        try (Connection connection = JdbcClient.connect(server, Mode.CLEAR);
                PreparedStatement statement = connection.prepareStatement("FAIL ?")) {
            for (int i = 0; i < 4; i++) {
                statement.setInt(1, i);
                assertThatExceptionOfType(SQLException.class)
                        .isThrownBy(statement::execute)
                        .satisfies(e -> assertThat(e.getErrorCode()).isEqualTo(3202))
                        .satisfies(e ->
                                assertThat(e.getNextException().getErrorCode()).isEqualTo(3013));
            }
            assertThat(connection.isValid(5)).isTrue();
        }
    }

    @Test
    void runsManyCallsInOneMessage() throws Exception {
        engine.on(
                "INSERT @P0",
                (batch, out, _) -> out.done(Long.parseLong(
                        String.valueOf(batch.parameters().getFirst().value()))));
        try (Connection connection = JdbcClient.connect(server, Mode.CLEAR);
                PreparedStatement statement = connection.prepareStatement("INSERT ?")) {
            for (int i = 1; i <= 20; i++) {
                statement.setInt(1, i);
                statement.addBatch();
            }
            assertThat(statement.executeBatch())
                    .containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20);
        }
    }

    @Test
    void returnsOutputParameters() throws Exception {
        engine.on("EXEC @P0 = sp_getapplock @P1, @P2 OUT", (_, out, _) -> {
            out.output("@P0", 1);
            out.output("@P2", 17);
        });
        try (Connection connection = JdbcClient.connect(server, Mode.CLEAR);
                CallableStatement call = connection.prepareCall("{? = call sp_getapplock(?, ?)}")) {
            call.registerOutParameter(1, Types.INTEGER);
            call.setString(2, "resource");
            call.registerOutParameter(3, Types.INTEGER);
            call.execute();

            assertThat(call.getInt(1)).isEqualTo(1);
            assertThat(call.getInt(3)).isEqualTo(17);
        }
    }

    @Test
    void acceptsStatementTextsOfAnyLength() throws Exception {
        String comment = "/* " + "long ".repeat(10_000) + "*/ ";
        engine.on(comment + "SELECT @P0", (_, out, _) -> out.done(9));
        try (Connection connection = JdbcClient.connect(server, Mode.CLEAR);
                PreparedStatement statement = connection.prepareStatement(comment + "SELECT ?")) {
            for (int i = 0; i < 3; i++) {
                statement.setInt(1, i);
                assertThat(statement.executeUpdate()).isEqualTo(9);
            }
        }
    }
}
