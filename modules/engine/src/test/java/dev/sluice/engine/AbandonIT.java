package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.engine.sql.RunningStatement;
import dev.sluice.engine.sql.ServerFacts;
import dev.sluice.engine.sql.SqlServer;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.engine.sql.Verdict;
import dev.sluice.simulator.server.Fault;
import dev.sluice.testsupport.Relay;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A server that says nothing any more, over TLS, as the stand-in's lines are.
@Timeout(180)
class AbandonIT {

    private static final String THREAD = "sluice-tsql-abandoned";

    @TempDir
    Path directory;

    /// It does not even hear that the query is cancelled.
    @Test
    void aQueryToAFrozenServerEndsAllTheSame() throws Exception {
        try (Installation installation = Installation.start(directory, o -> o.withDatabase("Sales", 1 << 20));
                Relay link = Relay.to(installation.server.port())) {
            String url = installation.server.jdbcUrl().replace(":" + installation.server.port(), ":" + link.port());
            SqlServer server = new SqlServer(url, "sa", installation.password(), Duration.ofSeconds(1));
            try (SqlSession session = server.connect()) {
                assertThat(ServerFacts.databaseState(session, "Sales")).contains("ONLINE");
                link.freeze();

                CompletableFuture<?> query =
                        CompletableFuture.runAsync(() -> ServerFacts.databaseState(session, "Sales"));

                assertThat(query)
                        .failsWithin(Duration.ofSeconds(30))
                        .withThrowableThat()
                        .havingCause()
                        .isInstanceOfSatisfying(
                                SqlServerUnavailable.class,
                                failure -> assertThat(failure.isUnreachable()).isTrue());
            }
        }
    }

    /// The driver's own `abort` would wait for the thread that reads.
    @Test
    void givingAConnectionUpWaitsForNobodyAndEndsTheThreadThatReadsFromIt() throws Exception {
        try (Installation installation = Installation.start(directory, o -> o.withDatabase("Sales", 1 << 20))) {
            assertThat(installation.server.jdbcUrl()).contains("encrypt=true");
            installation.server.faults().next(new Fault.NeverOpens());
            RunningStatement statement = RunningStatement.start(
                    installation.engine.environment().server().connect(),
                    THREAD,
                    "BACKUP DATABASE [Sales] TO VIRTUAL_DEVICE = N'sluice-nobody'",
                    _ -> {});
            await().atMost(Installation.SOON)
                    .until(() -> installation.server.faults().isStalling());

            CompletableFuture<Void> given = CompletableFuture.runAsync(() -> statement.abandon("a test"));

            assertThat(given).succeedsWithin(Duration.ofSeconds(10));
            assertThat(statement.verdict())
                    .succeedsWithin(Duration.ofSeconds(10))
                    .isInstanceOf(Verdict.Unknown.class);
            await().atMost(Duration.ofSeconds(10))
                    .untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                            .noneMatch(thread -> thread.getName().equals(THREAD)));
            installation.server.faults().release();
        }
    }
}
