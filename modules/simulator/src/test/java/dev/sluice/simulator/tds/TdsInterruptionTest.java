package dev.sluice.simulator.tds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import com.microsoft.sqlserver.jdbc.SQLServerException;
import dev.sluice.simulator.tds.Cancellation.Reason;
import dev.sluice.simulator.tds.JdbcClient.Mode;
import dev.sluice.simulator.tds.TdsFaults.Welcome;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Statements that do not end by themselves: cancelled, killed, cut off, ended by a fatal error or by the
/// server's close.
@Timeout(30)
class TdsInterruptionTest {

    private static final Duration PROMPTLY = Duration.ofSeconds(2);

    private final ToyEngine engine = new ToyEngine();
    private final CountDownLatch running = new CountDownLatch(1);
    private final LinkedBlockingQueue<Reason> reasons = new LinkedBlockingQueue<>();
    private final ExecutorService client = Executors.newCachedThreadPool();
    private TdsServer server;

    @BeforeEach
    void start() throws IOException {
        server = TdsServer.start(TdsOptions.defaults(), engine);
        engine.on("WAITFOR", (_, _, cancellation) -> {
            running.countDown();
            try {
                cancellation.await(Duration.ofSeconds(20));
            } finally { // the server's close interrupts as well
                cancellation.reason().ifPresent(reasons::add);
            }
        });
    }

    @AfterEach
    void stop() {
        server.close();
        client.close();
    }

    @ParameterizedTest
    @EnumSource
    void cancelsAStatementAndKeepsTheConnection(Mode mode) throws Exception {
        try (Connection connection = JdbcClient.connect(server, mode);
                Statement statement = connection.createStatement()) {
            Future<?> execution = client.submit(() -> statement.execute("WAITFOR"));
            assertThat(running.await(10, TimeUnit.SECONDS)).isTrue();

            long begin = System.nanoTime();
            statement.cancel();
            assertCancelled(execution);
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(PROMPTLY);

            assertThat(reasons.poll(1, TimeUnit.SECONDS)).isEqualTo(Reason.ATTENTION);
            assertThat(connection.isValid(5)).isTrue();
            try (ResultSet rows = statement.executeQuery("SELECT 1")) {
                assertThat(rows.next()).isTrue();
            }
        }
    }

    @Test
    void cancelsAfterRowsAndMessagesWereSent() throws Exception {
        engine.on("BACKUP", (_, out, cancellation) -> {
            out.done(5);
            out.message(SqlMessage.info(3211, "10 percent processed."));
            running.countDown();
            cancellation.await(Duration.ofSeconds(20));
            out.message(SqlMessage.info(3211, "11 percent processed."));
        });
        try (Connection connection = JdbcClient.connect(server, Mode.ENCRYPTED);
                Statement statement = connection.createStatement()) {
            Future<?> execution = client.submit(() -> {
                statement.execute("BACKUP");
                return statement.getMoreResults();
            });
            assertThat(running.await(10, TimeUnit.SECONDS)).isTrue();
            statement.cancel();

            assertCancelled(execution);
            assertThat(connection.isValid(5)).isTrue();
        }
    }

    @Test
    void wakesAStatementThatAsksToBeInterrupted() throws Exception {
        engine.on("BLOCK", (_, _, cancellation) -> {
            try (Cancellation.Registration _ = cancellation.onCancel(Thread.currentThread()::interrupt)) {
                running.countDown();
                new SynchronousQueue<Integer>().take();
            }
        });
        try (Connection connection = JdbcClient.connect(server, Mode.CLEAR);
                Statement statement = connection.createStatement()) {
            Future<?> execution = client.submit(() -> statement.execute("BLOCK"));
            assertThat(running.await(10, TimeUnit.SECONDS)).isTrue();
            statement.cancel();

            assertCancelled(execution);
            assertThat(connection.isValid(5)).isTrue();
        }
    }

    @Test
    void cancelsAPreparedStatement() throws Exception {
        engine.on("SELECT slowly", (_, out, cancellation) -> {
            out.resultSet(List.of(new Column("n", SqlType.INT)));
            out.row(1);
            out.flush();
            running.countDown();
            cancellation.await(Duration.ofSeconds(20));
        });
        try (Connection connection = JdbcClient.connect(server, Mode.CLEAR);
                PreparedStatement statement = connection.prepareStatement("SELECT slowly")) {
            Future<?> execution = client.submit(() -> {
                try (ResultSet rows = statement.executeQuery()) {
                    int count = 0;
                    while (rows.next()) {
                        count++;
                    }
                    return count;
                }
            });
            assertThat(running.await(10, TimeUnit.SECONDS)).isTrue();
            statement.cancel();

            assertCancelled(execution);
            assertThat(connection.isValid(5)).isTrue();
        }
    }

    @Test
    void endsASilentStatementAtTheDriversTimeout() throws Exception {
        try (Connection connection = JdbcClient.connect(server, Mode.CLEAR);
                Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(1);

            assertThatExceptionOfType(SQLTimeoutException.class).isThrownBy(() -> statement.execute("WAITFOR"));
            assertThat(reasons.poll(5, TimeUnit.SECONDS)).isEqualTo(Reason.ATTENTION);
            assertThat(connection.isValid(5)).isTrue();
        }
    }

    @Test
    void acknowledgesACancelLateWhenToldTo() throws Exception {
        Duration delay = Duration.ofMillis(400);
        try (Connection connection = JdbcClient.connect(server, Mode.CLEAR);
                Statement statement = connection.createStatement()) {
            link().delayAttention(delay);
            Future<?> execution = client.submit(() -> statement.execute("WAITFOR"));
            assertThat(running.await(10, TimeUnit.SECONDS)).isTrue();
            long begin = System.nanoTime();
            statement.cancel();

            assertCancelled(execution);
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(delay);
            assertThat(reasons.poll(1, TimeUnit.SECONDS)).isEqualTo(Reason.ATTENTION);
        }
    }

    @ParameterizedTest
    @EnumSource
    void endsTheConnectionWithAnErrorOfClass20(Mode mode) throws Exception {
        engine.on("fatal", (_, out, _) -> {
            out.message(SqlMessage.of(823, 24, "The operating system returned error 21."));
            assertThatExceptionOfType(SessionEnded.class).isThrownBy(() -> out.done());
        });
        try (Connection connection = JdbcClient.connect(server, mode);
                Statement statement = connection.createStatement()) {
            assertThatExceptionOfType(SQLServerException.class)
                    .isThrownBy(() -> statement.execute("fatal"))
                    .satisfies(e -> assertThat(e.getErrorCode()).isEqualTo(823));
            assertThat(connection.isClosed()).isTrue();
        }
        assertEventuallyClosed();
    }

    @ParameterizedTest
    @EnumSource
    void dropsTheConnectionWithoutAWord(Mode mode) throws Exception {
        engine.on("drop", (_, out, cancellation) -> {
            link().drop();
            cancellation.reason().ifPresent(reasons::add);
            assertThatExceptionOfType(SessionEnded.class)
                    .isThrownBy(() -> out.message(SqlMessage.info(1, "into the void")));
        });
        try (Connection connection = JdbcClient.connect(server, mode);
                Statement statement = connection.createStatement()) {
            assertThatExceptionOfType(SQLException.class)
                    .isThrownBy(() -> statement.execute("drop"))
                    .satisfies(e -> assertThat(e.getSQLState()).isEqualTo("08S01"));
            assertThat(connection.isClosed()).isTrue();
        }
        assertThat(reasons.poll(5, TimeUnit.SECONDS)).isEqualTo(Reason.CONNECTION_LOST);
        assertEventuallyClosed();
    }

    @Test
    void cancelsARunningStatementWhenItsClientVanishes() throws Exception {
        Connection connection = JdbcClient.connect(server, Mode.CLEAR);
        Statement statement = connection.createStatement();
        Future<?> execution = client.submit(() -> statement.execute("WAITFOR"));
        assertThat(running.await(10, TimeUnit.SECONDS)).isTrue();

        connection.abort(Runnable::run);

        assertThat(reasons.poll(5, TimeUnit.SECONDS)).isEqualTo(Reason.CONNECTION_LOST);
        assertEventuallyClosed();
        assertThatExceptionOfType(Exception.class).isThrownBy(() -> execution.get(5, TimeUnit.SECONDS));
    }

    @Test
    void killsARunningSession() throws Exception {
        try (Connection connection = JdbcClient.connect(server, Mode.CLEAR);
                Statement statement = connection.createStatement()) {
            Future<?> execution = client.submit(() -> statement.execute("WAITFOR"));
            assertThat(running.await(10, TimeUnit.SECONDS)).isTrue();

            assertThat(server.kill(engine.logins.getFirst().sessionId())).isTrue();

            assertThatExceptionOfType(Exception.class)
                    .isThrownBy(() -> execution.get(5, TimeUnit.SECONDS))
                    .havingCause()
                    .isInstanceOfSatisfying(
                            SQLServerException.class,
                            e -> assertThat(e.getErrorCode()).isEqualTo(596));
            assertThat(connection.isClosed()).isTrue();
        }
        assertThat(reasons.poll(5, TimeUnit.SECONDS)).isEqualTo(Reason.KILLED);
        assertEventuallyClosed();
        assertThat(server.kill(engine.logins.getFirst().sessionId())).isFalse();
    }

    @Test
    void killsAnIdleSession() throws Exception {
        try (Connection connection = JdbcClient.connect(server, Mode.ENCRYPTED)) {
            link().kill();

            assertEventuallyClosed();
            assertThat(connection.isValid(5)).isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource
    void endsEverythingWithinTwoSecondsWhenClosed(Mode mode) throws Exception {
        try (Connection running = JdbcClient.connect(server, mode);
                Connection idle = JdbcClient.connect(server, mode);
                Statement statement = running.createStatement()) {
            Future<?> execution = client.submit(() -> statement.execute("WAITFOR"));
            assertThat(this.running.await(10, TimeUnit.SECONDS)).isTrue();

            long begin = System.nanoTime();
            server.close();
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(PROMPTLY);

            assertThat(reasons).containsExactly(Reason.SHUTDOWN);
            assertThat(engine.closed).hasSize(2);
            assertThat(threadsOf(server)).isEmpty();
            assertThatExceptionOfType(Exception.class).isThrownBy(() -> execution.get(5, TimeUnit.SECONDS));
            assertThat(idle.isValid(1)).isFalse();
        }
    }

    @Test
    void refusesOrIgnoresNewClientsWhenToldTo() throws Exception {
        server.faults().refuseLogins(LoginRejected.wrongCredentials("sa"));
        assertThatExceptionOfType(SQLServerException.class)
                .isThrownBy(() -> JdbcClient.connect(server, Mode.CLEAR))
                .satisfies(e -> assertThat(e.getErrorCode()).isEqualTo(18456));
        assertThat(engine.logins).isEmpty();

        server.faults().refuseLogins(null);
        server.faults().welcome(Welcome.CLOSED);
        assertThatExceptionOfType(SQLServerException.class)
                .isThrownBy(() -> JdbcClient.connect(server, Mode.CLEAR))
                .satisfies(e -> assertThat(e.getSQLState()).startsWith("08S"));

        server.faults().welcome(Welcome.SILENCE);
        assertThatExceptionOfType(SQLServerException.class)
                .isThrownBy(() -> JdbcClient.connect(server, Mode.CLEAR, "loginTimeout", "1"))
                .satisfies(e -> assertThat(e.getSQLState()).startsWith("08"));

        server.faults().welcome(Welcome.NORMAL);
        JdbcClient.connect(server, Mode.CLEAR).close();
    }

    private ClientLink link() {
        return engine.links.values().iterator().next();
    }

    private static void assertCancelled(Future<?> execution) {
        assertThatExceptionOfType(Exception.class)
                .isThrownBy(() -> execution.get(5, TimeUnit.SECONDS))
                .havingCause()
                .isInstanceOfSatisfying(SQLServerException.class, e -> {
                    assertThat(e.getSQLState()).isEqualTo("HY008");
                    assertThat(e.getErrorCode()).isZero();
                    assertThat(e.getMessage()).isEqualTo("The query was canceled.");
                });
    }

    private void assertEventuallyClosed() {
        await().atMost(Duration.ofSeconds(5)).until(() -> engine.closed.size() == engine.links.size());
    }

    private static List<String> threadsOf(TdsServer server) {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.equals("tds-accept-" + server.port()) || name.matches("tds-5[12]"))
                .toList();
    }
}
