package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.recovery.RecoveryReport;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.run.RunProgress;
import dev.sluice.engine.sql.ServerMessage;
import dev.sluice.simulator.server.Fault;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.Disposable;

/// Whoever ends a backup at whichever step: before the point of no return nothing is left, after it the verdict
/// decides.
@Timeout(180)
class CancelIT {

    @TempDir
    Path directory;

    @AfterEach
    void noThreadOfARunIsLeft() {
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                        .noneMatch(thread -> thread.getName().startsWith("sluice-")));
    }

    /// Where a backup is when it is cancelled, by the observer's calls.
    enum Step {
        QUEUED,
        STREAMING,
        FIRST_PERCENT,
        COMMITTING
    }

    /// Stops the run at a step, until it is let go.
    private static final class Stop implements RunObserver {

        private final Step step;
        private final CountDownLatch reached = new CountDownLatch(1);
        private final CountDownLatch goOn = new CountDownLatch(1);

        Stop(Step step) {
            this.step = step;
        }

        private void at(Step here) {
            if (here == step && reached.getCount() > 0) {
                reached.countDown();
                try {
                    assertThat(goOn.await(1, TimeUnit.MINUTES)).isTrue();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
        }

        @Override
        public void queued() {
            at(Step.QUEUED);
        }

        @Override
        public void streaming(String backupId, RunProgress progress) {
            at(Step.STREAMING);
        }

        @Override
        public void said(ServerMessage message) {
            if (message.number() == ServerMessage.PERCENT) {
                at(Step.FIRST_PERCENT);
            }
        }

        @Override
        public void committing() {
            at(Step.COMMITTING);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aSubscriberCancels(Step step) throws Exception {
        try (Installation installation = Installation.start(directory, o -> o.withDatabase("Sales", 96 << 20))) {
            Stop stop = new Stop(step);
            Disposable backup = installation
                    .engine
                    .backup(BackupRequest.full("Sales", 2), stop)
                    .subscribe();
            assertThat(stop.reached.await(1, TimeUnit.MINUTES)).isTrue();

            backup.dispose();
            stop.goOn.countDown();
            installation.engine.idle().block(Installation.SOON);

            boolean late = step == Step.COMMITTING;
            assertThat(installation.entries("Sales")).hasSize(late ? 1 : 0);
            assertThat(installation.keys()).hasSize(late ? 3 : 0);
            assertThat(installation.uploads()).isEmpty();
            assertThat(installation.vdi.setCount()).isZero();
            assertThat(installation.budget.inUse()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"QUEUED", "STREAMING", "COMMITTING"})
    void aShutdownCancelsAndWaits(Step step) throws Exception {
        try (Installation installation = Installation.start(directory, o -> o.withDatabase("Sales", 96 << 20))) {
            Stop stop = new Stop(step);
            CompletableFuture<BackupResult> backup = installation
                    .engine
                    .backup(BackupRequest.full("Sales", 1), stop)
                    .toFuture();
            assertThat(stop.reached.await(1, TimeUnit.MINUTES)).isTrue();

            CompletableFuture<Void> shutdown = installation.engine.shutdown().toFuture();
            stop.goOn.countDown();

            assertThat(shutdown).succeedsWithin(Installation.SOON);
            assertThat(backup).isDone();
            assertThat(installation.entries("Sales")).hasSize(step == Step.COMMITTING ? 1 : 0);
            assertThat(installation.pendings()).isEmpty();
        }
    }

    @Test
    void aKillOnTheServerLeavesNothing() throws Exception {
        try (Installation installation = Installation.start(directory, o -> o.withDatabase("Sales", 8 << 20))) {
            installation.server.faults().next(new Fault.StallsAfter(1 << 20));
            CompletableFuture<BackupResult> backup = installation
                    .engine
                    .backup(BackupRequest.full("Sales", 1), RunObserver.SILENT)
                    .toFuture();
            await().atMost(Installation.SOON)
                    .until(() -> installation.server.faults().isStalling());

            kill(installation, "BACKUP DATABASE");

            assertThat(backup).failsWithin(Installation.SOON);
            installation.engine.idle().block(Installation.SOON);
            assertThat(installation.keys()).isEmpty();
            assertThat(installation.uploads()).isEmpty();
            assertThat(installation.vdi.setCount()).isZero();
        }
    }

    private static void kill(Installation installation, String command) throws SQLException {
        try (Connection connection =
                        DriverManager.getConnection(installation.server.jdbcUrl(), "sa", installation.password());
                Statement statement = connection.createStatement()) {
            int session;
            try (ResultSet rows = statement.executeQuery(
                    "SELECT session_id FROM sys.dm_exec_requests WHERE command = N'" + command + "'")) {
                assertThat(rows.next()).isTrue();
                session = rows.getInt(1);
            }
            statement.execute("KILL " + session);
        }
    }

    @Test
    void aDeadEndpointAfterThePointOfNoReturnLosesNothing() throws Exception {
        try (Installation installation = Installation.start(directory, o -> o.withDatabase("Sales", 8 << 20))) {
            Stop stop = new Stop(Step.COMMITTING);
            CompletableFuture<BackupResult> backup = installation
                    .engine
                    .backup(BackupRequest.full("Sales", 1), stop)
                    .toFuture();
            assertThat(stop.reached.await(1, TimeUnit.MINUTES)).isTrue();

            installation.s3.stop();
            stop.goOn.countDown();

            assertThat(backup)
                    .failsWithin(Installation.SOON)
                    .withThrowableThat()
                    .havingCause()
                    .isInstanceOfSatisfying(OperationFailed.class, failure -> {
                        assertThat(failure.id()).hasToString("not-in-catalog");
                        assertThat(failure.hint()).contains("sluice recover");
                    });
            installation.s3.restart();
            await().atMost(Installation.SOON)
                    .untilAsserted(() -> assertThat(installation.recover().findings())
                            .extracting(RecoveryReport.Finding::decision)
                            .containsExactly(RecoveryReport.Decision.COMMITTED));
            assertThat(installation.entries("Sales"))
                    .singleElement()
                    .extracting(BackupDocument::verdict)
                    .satisfies(verdict -> assertThat(verdict.proof()).contains("row in msdb"));
        }
    }

    @Test
    void aServerThatDiesInTheMiddleLeavesNothingThatRecoverDoesNotRemove() throws Exception {
        try (Installation installation = Installation.start(directory, o -> o.withDatabase("Sales", 8 << 20))) {
            installation.server.faults().next(new Fault.DiesAtCommand(3));
            CompletableFuture<BackupResult> backup = installation
                    .engine
                    .backup(BackupRequest.full("Sales", 1), RunObserver.SILENT)
                    .toFuture();
            assertThat(backup).failsWithin(Installation.SOON);
            installation.engine.idle().block(Installation.SOON);

            // The control connection went too, so the run itself may not have deleted anything.
            await().atMost(Installation.SOON).untilAsserted(() -> {
                installation.recover();
                assertThat(installation.keys()).isEmpty();
            });
            assertThat(installation.uploads()).isEmpty();
        }
    }
}
