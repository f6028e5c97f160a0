package dev.sluice.engine.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.simulator.server.ServerOptions;
import dev.sluice.simulator.server.SimulatedServer;
import dev.sluice.vdi.inprocess.InProcessVdi;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A session that is opened ahead is used once, and no session stays behind.
class SessionAheadTest {

    private static final Duration SOON = Duration.ofSeconds(30);

    private SimulatedServer server;
    private SqlServer login;

    @BeforeEach
    void start() throws Exception {
        ServerOptions options = ServerOptions.of(new InProcessVdi());
        server = SimulatedServer.start(options);
        login = new SqlServer(server.jdbcUrl(), "sa", options.password());
    }

    @AfterEach
    void stop() {
        server.close();
    }

    /// Without the one that asks.
    private int sessions() {
        try (SqlSession session = login.connect()) {
            return session.query("SELECT session_id FROM sys.dm_exec_sessions WHERE program_name = N'Sluice'")
                            .size()
                    - 1;
        }
    }

    @Test
    void theFirstTakenIsTheOneThatWasOpenedAndLaterOnesAreNew() {
        SessionAhead ahead = new SessionAhead(login);
        await().atMost(SOON).until(() -> sessions() == 1);

        SqlSession first = ahead.take();
        assertThat(sessions()).isEqualTo(1);
        SqlSession second = ahead.take();
        assertThat(sessions()).isEqualTo(2);
        ahead.close();

        assertThat(first.query("SELECT name FROM sys.databases")).isNotEmpty();
        first.close();
        second.close();
        await().atMost(SOON).until(() -> sessions() == 0);
    }

    @Test
    void whatIsNotTakenIsClosed() {
        new SessionAhead(login).close();
        SessionAhead ahead = new SessionAhead(login);
        await().atMost(SOON).until(() -> sessions() >= 1);

        ahead.close();

        await().atMost(SOON).until(() -> sessions() == 0);
    }

    @Test
    void aServerThatDoesNotAnswerIsToldWhenTheSessionIsTaken() {
        server.close();

        try (SessionAhead ahead = new SessionAhead(login)) {
            assertThatThrownBy(ahead::take).isInstanceOf(SqlServerUnavailable.class);
            assertThatThrownBy(ahead::take).isInstanceOf(SqlServerUnavailable.class);
        }
    }
}
