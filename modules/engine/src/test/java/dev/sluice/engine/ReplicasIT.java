package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.recovery.RecoveryReport.Decision;
import dev.sluice.engine.recovery.RecoveryReport.Finding;
import dev.sluice.engine.retention.KeepDecision;
import dev.sluice.engine.retention.PruneRequest;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.sql.SqlServer;
import dev.sluice.simulator.server.Fault;
import dev.sluice.simulator.server.ServerOptions;
import dev.sluice.simulator.server.SimulatedServer;
import dev.sluice.vdi.inprocess.InProcessVdi;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Two replicas of an availability group, each with a Sluice of its own, under one identity in one bucket. They
/// have no lock, no request and no msdb in common.
@Timeout(180)
class ReplicasIT {

    private static final String JOIN = "EXEC sluice_availability_group @database = N'Sales', @primary = %d";

    @TempDir
    Path directory;

    /// Of the secondary replica's clock.
    private final AtomicReference<Duration> ahead = new AtomicReference<>(Duration.ZERO);

    private Installation primary;
    private SimulatedServer secondary;
    private String password;
    private Engine other;

    @BeforeEach
    void start() throws Exception {
        primary = Installation.start(
                directory, options -> options.withServerName("SQL1").withDatabase("Sales", 2 << 20));
        primary.sql(JOIN.formatted(1));
        InProcessVdi vdi = new InProcessVdi();
        ServerOptions options = ServerOptions.of(vdi)
                .withServerName("SQL2")
                .withDatabase("Sales", 2 << 20)
                .withClock(() -> Instant.now().plus(ahead.get()), ZoneOffset.UTC);
        password = options.password();
        secondary = SimulatedServer.start(options);
        onSecondary(JOIN.formatted(0));
        Environment env = primary.engine.environment();
        other = new Engine(new Environment(
                env.identity(),
                new SqlServer(secondary.jdbcUrl(), "sa", password),
                vdi::newClientSet,
                env.store(),
                env.catalog(),
                env.budget(),
                env.transfer(),
                env.version()));
    }

    @AfterEach
    void stop() {
        other.shutdown().block(Installation.SOON);
        secondary.close();
        primary.close();
    }

    private void onSecondary(String statement) {
        try (Connection connection = DriverManager.getConnection(secondary.jdbcUrl(), "sa", password);
                Statement batch = connection.createStatement()) {
            batch.execute(statement);
        } catch (SQLException e) {
            throw new AssertionError(statement, e);
        }
    }

    private Finding recoverOnSecondary() {
        return other.recover().block(Installation.SOON).findings().getFirst();
    }

    /// It has no row, no request and no lock there, and was never told to be durable: on one server alone that
    /// is proof that it is dead.
    @Test
    void aBackupThatRunsOnOneReplicaIsNotTheOthersToJudge() throws Exception {
        primary.server.faults().next(new Fault.StallsAfter(1 << 20));
        CompletableFuture<BackupResult> running = primary.engine
                .backup(BackupRequest.full("Sales", 2), RunObserver.SILENT)
                .toFuture();
        await().atMost(Installation.SOON).until(() -> primary.server.faults().isStalling());

        Finding finding = recoverOnSecondary();

        assertThat(finding.decision()).isEqualTo(Decision.ELSEWHERE);
        assertThat(finding.proof()).contains("SQL1");
        primary.server.faults().release();
        assertThat(running).succeedsWithin(Installation.SOON);
        primary.restore(running.join(), "Copy");
        assertThat(primary.server.compare("Sales", "Copy")).isEmpty();
    }

    @Test
    void aLostVerdictIsForTheReplicaThatTookTheBackup() throws Exception {
        primary.server.faults().next(new Fault.LosesConnection());
        assertThatThrownBy(() -> primary.backup(BackupRequest.full("Sales", 1))).isInstanceOf(OperationFailed.class);

        assertThat(recoverOnSecondary().decision()).isEqualTo(Decision.ELSEWHERE);
        assertThat(primary.pendings()).hasSize(1);

        assertThat(primary.recover().findings()).extracting(Finding::decision).containsExactly(Decision.COMMITTED);
        assertThat(primary.entries("Sales")).hasSize(1);
    }

    @Test
    void aSecondaryReplicaTakesLogsAndCopyOnlyBackupsUnderTheSameIdentity() throws Exception {
        primary.backup(BackupRequest.full("Sales", 1));

        other.backup(BackupRequest.full("Sales", 1).withCopyOnly(true), RunObserver.SILENT)
                .block(Installation.SOON);

        assertThatThrownBy(() -> other.backup(BackupRequest.full("Sales", 1), RunObserver.SILENT)
                        .block(Installation.SOON))
                .isInstanceOf(OperationFailed.class)
                .hasMessageContaining("secondary replica");
        assertThatThrownBy(() -> other.backup(BackupRequest.log("Sales").withCopyOnly(true), RunObserver.SILENT)
                        .block(Installation.SOON))
                .isInstanceOfSatisfying(
                        OperationFailed.class,
                        failure -> assertThat(failure.id()).hasToString("not-on-secondary"));
        assertThat(primary.entries("Sales"))
                .extracting(BackupDocument::copyOnly)
                .containsExactly(false, true);
    }

    /// A clone of the machine, with its configuration: what it prunes would be the other's.
    @Test
    void aServerThatIsNotInTheGroupRemovesNothing() throws Exception {
        primary.backup(BackupRequest.full("Sales", 1));
        primary.backup(BackupRequest.full("Sales", 1));
        onSecondary("EXEC sluice_availability_group @database = N'Sales', @joined = 0");
        PruneRequest everything = new PruneRequest(
                "Sales",
                (backups, _) -> backups.stream()
                        .map(backup -> new KeepDecision(backup, false, "all of them"))
                        .toList(),
                false);

        assertThatThrownBy(() -> other.prune(everything).block(Installation.SOON))
                .isInstanceOfSatisfying(
                        OperationFailed.class,
                        failure -> assertThat(failure.id()).hasToString("identity-taken"));

        assertThat(primary.entries("Sales")).hasSize(2);
    }

    /// Its server is gone for good, and with it everybody who could decide.
    @Test
    void aPersonMayRemoveADayLaterWhatALostReplicaHasLeft() throws Exception {
        primary.server.faults().next(new Fault.LosesConnection());
        assertThatThrownBy(() -> primary.backup(BackupRequest.full("Sales", 1))).isInstanceOf(OperationFailed.class);
        BackupDocument left = primary.pendings().getFirst();
        PruneRequest named = PruneRequest.unconfirmed("Sales", Set.of(left.backupId()), false);

        assertThatThrownBy(() -> other.prune(named).block(Installation.SOON))
                .isInstanceOfSatisfying(
                        OperationFailed.class,
                        failure -> assertThat(failure.id()).hasToString("not-unconfirmed"));
        ahead.set(Duration.ofDays(2));
        other.prune(named).block(Installation.SOON);

        assertThat(primary.pendings()).isEmpty();
        assertThat(primary.keys()).isEmpty();
    }

    /// Both replicas have a `master`, and they are two databases.
    @Test
    void databasesOutsideOfTheGroupDoNotMixWithTheirNamesakes() throws Exception {
        primary.backup(BackupRequest.full("master", 1));

        assertThatThrownBy(() -> other.backup(BackupRequest.full("master", 1), RunObserver.SILENT)
                        .block(Installation.SOON))
                .isInstanceOfSatisfying(OperationFailed.class, failure -> {
                    assertThat(failure.id()).hasToString("not-in-availability-group");
                    assertThat(failure.hint()).contains("an identity that is this server's alone");
                });
        assertThat(primary.entries("master")).hasSize(1);
    }
}
