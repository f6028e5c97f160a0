package dev.sluice.simulator.tds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.microsoft.sqlserver.jdbc.ISQLServerMessage;
import com.microsoft.sqlserver.jdbc.SQLServerConnection;
import com.microsoft.sqlserver.jdbc.SQLServerConnectionPoolDataSource;
import com.microsoft.sqlserver.jdbc.SQLServerException;
import dev.sluice.simulator.tds.JdbcClient.Mode;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.sql.PooledConnection;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What mssql-jdbc sees of a session: login, batches, results, messages.
@Timeout(30)
class TdsServerTest {

    private static final List<Column> ONE_INT = List.of(new Column("n", SqlType.INT));

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

    @ParameterizedTest
    @EnumSource
    void letsAClientInAndAnswersIt(Mode mode) throws Exception {
        try (Connection connection =
                        JdbcClient.connect(server, mode, "databaseName", "sales", "applicationName", "test");
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT @@SPID")) {
            assertThat(rows.next()).isTrue();
            assertThat(rows.getInt(1)).isEqualTo(engine.logins.getFirst().sessionId());
            assertThat(rows.next()).isFalse();
            assertThat(connection.getCatalog()).isEqualTo("sales");
            assertThat(connection.isValid(5)).isTrue();
            assertThat(connection.getMetaData().getDatabaseProductVersion()).isEqualTo("16.00.4096");
        }
        Login login = engine.logins.getFirst();
        assertThat(login.application()).isEqualTo("test");
        assertThat(login.encrypted()).isEqualTo(mode != Mode.CLEAR);
        assertThat(login.toString()).doesNotContain("secret");
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

    @ParameterizedTest
    @EnumSource
    void tellsAnUnknownDatabaseWith4060(Mode mode) {
        assertThatExceptionOfType(SQLServerException.class)
                .isThrownBy(() -> JdbcClient.connect(server, mode, "databaseName", "nowhere"))
                .satisfies(e -> assertThat(e.getErrorCode()).isEqualTo(4060))
                .withMessageContaining("Cannot open database \"nowhere\"");
    }

    @ParameterizedTest
    @EnumSource
    void carriesTextThatNeedsManyPackets(Mode mode) throws Exception {
        String large = "Zürich €1 \uD83D\uDE00 ".repeat(40_000); // 1 MB on the wire
        engine.on("SELECT large", (_, out, _) -> {
            out.resultSet(List.of(new Column("large", SqlType.NVARCHAR_MAX), new Column("n", SqlType.INT)));
            for (int i = 0; i < 3; i++) {
                out.row(large, i);
            }
            out.done();
        });

        try (Connection connection = JdbcClient.connect(server, mode);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT large")) {
            for (int i = 0; i < 3; i++) {
                assertThat(rows.next()).isTrue();
                assertThat(rows.getString(1)).isEqualTo(large);
                assertThat(rows.getInt(2)).isEqualTo(i);
            }
            assertThat(rows.next()).isFalse();

            String longBatch = "-- " + large;
            assertThatExceptionOfType(SQLServerException.class).isThrownBy(() -> statement.execute(longBatch));
            assertThat(engine.texts()).contains(longBatch.strip());
        }
    }

    @Test
    void usesThePacketSizeThatTheClientAsksFor() throws Exception {
        engine.on("SELECT rows", (_, out, _) -> {
            out.resultSet(ONE_INT);
            for (int i = 0; i < 5000; i++) {
                out.row(i);
            }
            out.done();
        });
        for (String size : List.of("512", "4096", "32767")) {
            try (Connection connection = JdbcClient.connect(server, Mode.CLEAR, "packetSize", size);
                    Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("SELECT rows")) {
                int expected = 0;
                while (rows.next()) {
                    assertThat(rows.getInt(1)).isEqualTo(expected++);
                }
                assertThat(expected).isEqualTo(5000);
            }
        }
    }

    @Test
    void deliversSeveralResultsOfOneBatchInOrder() throws Exception {
        engine.on("many", (_, out, _) -> {
            out.done(7);
            out.resultSet(ONE_INT);
            out.row(1);
            out.row((Object) null);
            out.done();
            out.resultSet(ONE_INT);
            out.done();
            out.done(0);
        });

        try (Connection connection = JdbcClient.connect(server, Mode.CLEAR);
                Statement statement = connection.createStatement()) {
            assertThat(statement.execute("many")).isFalse();
            assertThat(statement.getUpdateCount()).isEqualTo(7);

            assertThat(statement.getMoreResults()).isTrue();
            ResultSet rows = statement.getResultSet();
            assertThat(rows.next()).isTrue();
            assertThat(rows.getInt(1)).isEqualTo(1);
            assertThat(rows.next()).isTrue();
            assertThat(rows.getObject(1)).isNull();
            assertThat(rows.next()).isFalse();

            assertThat(statement.getMoreResults()).isTrue();
            assertThat(statement.getResultSet().next()).isFalse();

            assertThat(statement.getMoreResults()).isFalse();
            assertThat(statement.getUpdateCount()).isZero();
            assertThat(statement.getMoreResults()).isFalse();
            assertThat(statement.getUpdateCount()).isEqualTo(-1);
        }
    }

    @Test
    void answersAStatementWithoutResultsLikeABackup() throws Exception {
        engine.on("BACKUP", (_, out, _) -> {
            out.message(SqlMessage.info(3014, "BACKUP DATABASE successfully processed 1 pages."));
            out.done();
        });

        try (Connection connection = JdbcClient.connect(server, Mode.CLEAR);
                Statement statement = connection.createStatement()) {
            assertThat(statement.execute("BACKUP")).isFalse();
            assertThat(statement.getUpdateCount()).isEqualTo(-1);
            assertThat(statement.getWarnings().getErrorCode()).isEqualTo(3014);
            assertThat(statement.getWarnings().getSQLState()).isEqualTo("S0001");
        }
    }

    @Test
    void throwsTheFirstErrorAndChainsTheOthers() throws Exception {
        engine.on("BACKUP", (_, out, _) -> {
            out.message(new SqlMessage(3202, 16, 2, "Write on \"x\" failed: 112", "", 3));
            out.message(SqlMessage.error(3013, "BACKUP DATABASE is terminating abnormally."));
            out.done();
        });

        try (Connection connection = JdbcClient.connect(server, Mode.CLEAR);
                Statement statement = connection.createStatement()) {
            assertThatExceptionOfType(SQLServerException.class)
                    .isThrownBy(() -> statement.execute("BACKUP"))
                    .satisfies(e -> {
                        assertThat(e.getErrorCode()).isEqualTo(3202);
                        assertThat(e.getSQLServerError().getErrorState()).isEqualTo(2);
                        assertThat(e.getSQLServerError().getErrorSeverity()).isEqualTo(16);
                        assertThat(e.getSQLServerError().getLineNumber()).isEqualTo(3);
                        assertThat(e.getSQLServerError().getServerName()).isEqualTo("SLUICE");
                        assertThat(e.getNextException().getErrorCode()).isEqualTo(3013);
                    });
            assertThat(connection.isValid(5)).isTrue();
        }
    }

    @Test
    void surfacesAnErrorThatFollowsAResultOnlyWithGetMoreResults() throws Exception {
        engine.on("INSERT; BACKUP", (_, out, _) -> {
            out.done(1);
            out.message(SqlMessage.error(3013, "BACKUP DATABASE is terminating abnormally."));
            out.done();
        });

        try (Connection connection = JdbcClient.connect(server, Mode.CLEAR);
                Statement statement = connection.createStatement()) {
            assertThat(statement.execute("INSERT; BACKUP")).isFalse();
            assertThat(statement.getUpdateCount()).isEqualTo(1);
            assertThatExceptionOfType(SQLException.class)
                    .isThrownBy(statement::getMoreResults)
                    .satisfies(e -> assertThat(e.getErrorCode()).isEqualTo(3013));
        }
    }

    @ParameterizedTest
    @EnumSource
    void deliversMessagesWhileTheStatementRuns(Mode mode) throws Exception {
        CountDownLatch seen = new CountDownLatch(1);
        engine.on("BACKUP", (_, out, _) -> {
            out.message(SqlMessage.info(3211, "10 percent processed."));
            // The statement ends only after the client had the message; were it held back, nothing would come.
            assertThat(seen.await(10, TimeUnit.SECONDS)).isTrue();
            out.message(SqlMessage.info(3211, "20 percent processed."));
            out.done();
        });

        try (Connection connection = JdbcClient.connect(server, mode);
                Statement statement = connection.createStatement()) {
            List<String> messages = new ArrayList<>();
            ((SQLServerConnection) connection).setServerMessageHandler((ISQLServerMessage message) -> {
                messages.add(message.getErrorNumber() + " " + message.getErrorMessage());
                seen.countDown();
                return message;
            });
            statement.execute("BACKUP");

            assertThat(messages).containsExactly("3211 10 percent processed.", "3211 20 percent processed.");
        }
    }

    @Test
    void showsTheEndOfAStatementBeforeTheNextOneIsDoneWhenFlushed() throws Exception {
        CountDownLatch seen = new CountDownLatch(1);
        engine.on("INSERT; WAITFOR", (_, out, _) -> {
            out.done(3);
            out.flush();
            assertThat(seen.await(10, TimeUnit.SECONDS)).isTrue();
        });

        try (Connection connection = JdbcClient.connect(server, Mode.CLEAR);
                Statement statement = connection.createStatement()) {
            assertThat(statement.execute("INSERT; WAITFOR")).isFalse();
            assertThat(statement.getUpdateCount()).isEqualTo(3);
            seen.countDown();
            assertThat(statement.getMoreResults()).isFalse();
            assertThat(statement.getUpdateCount()).isEqualTo(-1);
        }
    }

    @Test
    void handsTransactionsAndIsolationToTheEngineAsTheirText() throws Exception {
        try (Connection connection = JdbcClient.connect(server, Mode.CLEAR);
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("SELECT 1");
            connection.commit();
            connection.rollback();
            connection.setAutoCommit(true);
            connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
        }

        assertThat(engine.texts())
                .containsExactly(
                        "set implicit_transactions on",
                        "SELECT 1",
                        "IF @@TRANCOUNT > 0 COMMIT TRAN",
                        "IF @@TRANCOUNT > 0 ROLLBACK TRAN",
                        "set implicit_transactions off IF @@TRANCOUNT > 0 COMMIT TRAN",
                        "set transaction isolation level  serializable");
    }

    @Test
    void tellsTheClientOfAnotherDatabaseOfTransactionsAndLanguage() throws Exception {
        engine.on("everything", (_, out, _) -> {
            out.transactionBegun(42);
            out.languageChanged("us_english", "Deutsch");
            out.transactionCommitted(42);
            out.transactionBegun(43);
            out.transactionRolledBack(43);
            out.done();
        });

        try (Connection connection = JdbcClient.connect(server, Mode.CLEAR);
                Statement statement = connection.createStatement()) {
            connection.setCatalog("sales");
            assertThat(connection.getCatalog()).isEqualTo("sales");
            try (ResultSet rows = statement.executeQuery("SELECT DB_NAME()")) {
                assertThat(rows.next()).isTrue();
                assertThat(rows.getString(1)).isEqualTo("sales");
            }
            statement.execute("everything");
            assertThat(connection.isValid(5)).isTrue();
        }
    }

    @Test
    void resetsTheSessionWhenAPoolLendsTheConnectionAgain() throws Exception {
        SQLServerConnectionPoolDataSource source = new SQLServerConnectionPoolDataSource();
        source.setURL("jdbc:sqlserver://127.0.0.1:" + server.port() + ";encrypt=false");
        source.setUser("sa");
        source.setPassword("secret");
        PooledConnection pooled = source.getPooledConnection();
        try {
            try (Connection first = pooled.getConnection()) {
                first.setCatalog("sales");
            }
            assertThat(engine.resets).isEmpty();

            try (Connection second = pooled.getConnection();
                    Statement statement = second.createStatement();
                    ResultSet rows = statement.executeQuery("SELECT DB_NAME()")) {
                assertThat(rows.next()).isTrue();
                assertThat(rows.getString(1)).isEqualTo("master");
            }
            assertThat(engine.resets)
                    .containsExactly(String.valueOf(engine.logins.getFirst().sessionId()));
        } finally {
            pooled.close();
        }
    }

    @Test
    void runsSessionsSideBySide() throws Exception {
        int sessions = 8;
        CyclicBarrier allAtOnce = new CyclicBarrier(sessions);
        engine.on("meet", (_, out, _) -> {
            try {
                allAtOnce.await(10, TimeUnit.SECONDS); // only passes when all of them run at the same time
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
            out.done();
        });

        Set<Integer> ids = new HashSet<>();
        try (ExecutorService clients = Executors.newFixedThreadPool(sessions)) {
            List<Future<Integer>> answers = new ArrayList<>();
            for (int i = 0; i < sessions; i++) {
                answers.add(clients.submit(() -> {
                    try (Connection connection = JdbcClient.connect(server, Mode.CLEAR);
                            Statement statement = connection.createStatement()) {
                        statement.execute("meet");
                        try (ResultSet rows = statement.executeQuery("SELECT @@SPID")) {
                            rows.next();
                            return rows.getInt(1);
                        }
                    }
                }));
            }
            for (Future<Integer> answer : answers) {
                ids.add(answer.get(15, TimeUnit.SECONDS));
            }
        }

        assertThat(ids).hasSize(sessions).allMatch(id -> id > 50);
    }

    @Test
    void closesTheEnginesSessionWhenTheClientLeaves() throws Exception {
        LinkedBlockingQueue<Integer> closed = new LinkedBlockingQueue<>();
        try (TdsServer other = TdsServer.start(TdsOptions.defaults(), (login, link) -> {
            SqlSession session = engine.login(login, link);
            return new ClosingSession(session, () -> closed.add(login.sessionId()));
        })) {
            JdbcClient.connect(other, Mode.ENCRYPTED).close();

            assertThat(closed.poll(10, TimeUnit.SECONDS))
                    .isEqualTo(engine.logins.getFirst().sessionId());
        }
        assertThat(closed).isEmpty();
    }

    private record ClosingSession(SqlSession session, Runnable onClose) implements SqlSession {
        @Override
        public String database() {
            return session.database();
        }

        @Override
        public String language() {
            return session.language();
        }

        @Override
        public void execute(Batch batch, ResponseSink out, Cancellation cancellation) throws InterruptedException {
            session.execute(batch, out, cancellation);
        }

        @Override
        public void reset(boolean keepTransaction, ResponseSink out) {
            session.reset(keepTransaction, out);
        }

        @Override
        public void close() {
            session.close();
            onClose.run();
        }
    }

    @Test
    void reportsADefectOfTheEngineAsAnErrorAndGoesOn() throws Exception {
        engine.on("SELECT wrong", (_, out, _) -> {
            out.resultSet(ONE_INT);
            out.row(1);
            out.row("not a number");
            out.done();
        });

        try (CapturedLog log = new CapturedLog(RequestHandler.class);
                Connection connection = JdbcClient.connect(server, Mode.CLEAR);
                Statement statement = connection.createStatement()) {
            try (ResultSet rows = statement.executeQuery("SELECT wrong")) {
                assertThat(rows.next()).isTrue();
                assertThat(rows.getInt(1)).isEqualTo(1);
                assertThatExceptionOfType(SQLException.class)
                        .isThrownBy(rows::next)
                        .satisfies(e -> assertThat(e.getErrorCode()).isEqualTo(50000))
                        .withMessageContaining("column n");
            }
            assertThat(log.lines()).singleElement().asString().startsWith("ERROR the engine failed");
            assertThat(connection.isValid(5)).isTrue();
        }
    }
}
