package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.backup.BackupLimits;
import dev.sluice.engine.backup.BackupOptions;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.recovery.RecoveryReport;
import dev.sluice.engine.run.DeviceWork;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.simulator.s3.EmbeddedS3;
import dev.sluice.simulator.server.Fault;
import dev.sluice.simulator.server.Faults;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A data backup ends before it hurts the server, and log backups go on all the while; none waits for ever for
/// its verdict.
@Timeout(180)
class LimitsIT {

    @TempDir
    Path directory;

    /// What else is waited for is no matter of these limits.
    private static final DeviceWork.Waits SHORT = new DeviceWork.Waits(
            Duration.ofMillis(200), Duration.ofMillis(200), Duration.ofSeconds(30), Duration.ofSeconds(2));

    private static CompletableFuture<BackupResult> start(Installation installation, BackupLimits limits) {
        return start(installation, BackupRequest.full("Sales", 1), limits);
    }

    private static CompletableFuture<BackupResult> start(
            Installation installation, BackupRequest request, BackupLimits limits) {
        return new Engine(installation.engine.environment(), SHORT)
                .backup(request.withOptions(BackupOptions.DEFAULT.withLimits(limits)), RunObserver.SILENT)
                .toFuture();
    }

    private static void endsWith(CompletableFuture<BackupResult> backup, String id) {
        assertThat(backup)
                .failsWithin(Installation.SOON)
                .withThrowableThat()
                .havingCause()
                .isInstanceOfSatisfying(
                        OperationFailed.class,
                        failure -> assertThat(failure.id()).hasToString(id));
    }

    @Test
    void aBackupThatDoesNotGetOnIsEnded() throws Exception {
        try (Installation installation = Installation.start(directory, o -> o.withDatabase("Sales", 4 << 20))) {
            installation.server.faults().next(new Fault.StallsAfter(1 << 20));

            CompletableFuture<BackupResult> backup = start(installation, new BackupLimits(Duration.ofSeconds(1), 100));

            endsWith(backup, "stalled");
            assertThat(installation.keys()).isEmpty();
            assertThat(installation.uploads()).isEmpty();
            assertThat(installation.vdi.setCount()).isZero();
        }
    }

    /// Also not by a log backup: it holds up the next one, and makes no room.
    @ParameterizedTest
    @EnumSource(
            value = BackupType.class,
            names = {"FULL", "LOG"})
    void aServerThatNeverComesIsWaitedForNoLonger(BackupType type) throws Exception {
        try (Installation installation = Installation.start(directory, o -> o.withDatabase("Sales", 4 << 20))) {
            installation.backup(BackupRequest.full("Sales", 1));
            List<String> before = installation.keys();
            installation.server.faults().next(new Fault.NeverOpens());

            CompletableFuture<BackupResult> backup = start(
                    installation,
                    Installation.request("Sales", type, false, 1),
                    new BackupLimits(Duration.ofSeconds(1), 100));

            endsWith(backup, "stalled");
            assertThat(installation.keys()).isEqualTo(before);
        }
    }

    @Test
    void aLogBackupMayTakeItsTime() throws Exception {
        try (Installation installation = Installation.start(directory, o -> o.withDatabase("Sales", 4 << 20))) {
            installation.backup(BackupRequest.full("Sales", 1));
            installation.work("Sales", 1);
            installation.server.faults().next(new Fault.StallsAfter(1));

            CompletableFuture<BackupResult> backup =
                    start(installation, BackupRequest.log("Sales"), new BackupLimits(Duration.ofSeconds(1), 100));

            await().atMost(Installation.SOON)
                    .until(() -> installation.server.faults().isStalling());
            await().during(Duration.ofSeconds(4)).atMost(Duration.ofSeconds(30)).until(() -> !backup.isDone());
            installation.server.faults().release();
            assertThat(backup).succeedsWithin(Installation.SOON);
        }
    }

    /// Nothing more can come, and nobody was told that it is durable: no verdict can be good.
    @ParameterizedTest
    @EnumSource(BackupType.class)
    void aBackupWhoseDevicesAreClosedWithoutAWordIsEnded(BackupType type) throws Exception {
        try (Installation installation = Installation.start(directory, o -> o.withDatabase("Sales", 4 << 20))) {
            installation.backup(BackupRequest.full("Sales", 1));
            installation.work("Sales", 1);
            List<String> before = installation.keys();
            installation.server.faults().next(new Fault.ClosesEarlyAfter(1));

            CompletableFuture<BackupResult> backup = start(
                    installation,
                    Installation.request("Sales", type, false, 2),
                    new BackupLimits(Duration.ofSeconds(1), 100));

            endsWith(backup, "stalled");
            assertThat(installation.keys()).isEqualTo(before);
            assertThat(installation.uploads()).isEmpty();
            assertThat(installation.vdi.setCount()).isZero();
        }
    }

    /// SQL Server has everything and hangs, in front of a lock on msdb's tables: its verdict is unknown, which
    /// is for `recover`, and the next backup can be taken.
    @ParameterizedTest
    @EnumSource(
            value = BackupType.class,
            names = {"FULL", "LOG"})
    void aVerdictThatDoesNotComeIsNotWaitedForForEver(BackupType type) throws Exception {
        try (Installation installation = Installation.start(directory, o -> o.withDatabase("Sales", 4 << 20))) {
            installation.backup(BackupRequest.full("Sales", 1));
            installation.work("Sales", 1);
            installation.server.faults().next(new Fault.Remembers(Faults.History.LOCKED));

            CompletableFuture<BackupResult> backup = start(
                    installation,
                    Installation.request("Sales", type, false, 2),
                    new BackupLimits(Duration.ofSeconds(1), 100));

            endsWith(backup, "unconfirmed");
            assertThat(installation.recover().findings())
                    .extracting(RecoveryReport.Finding::decision)
                    .containsExactly(RecoveryReport.Decision.COMMITTED);
            assertThat(installation.pendings()).isEmpty();
            installation.work("Sales", 2);
            installation.backup(BackupRequest.log("Sales"));
            assertThat(installation.lostLogRecords("Sales")).isZero();
        }
    }

    @Test
    void aLogThatFillsUpBecauseOfTheBackupEndsItAndALogBackupGetsThrough() throws Exception {
        try (Installation installation = Installation.start(directory, o -> o.withDatabase("Sales", 4 << 20))) {
            installation.backup(BackupRequest.full("Sales", 1));
            installation.sql("EXEC sluice_log_capacity @database = N'Sales', @records = 4000");
            installation.server.faults().next(new Fault.StallsAfter(1 << 20));
            CompletableFuture<BackupResult> backup = start(installation, new BackupLimits(Duration.ofMinutes(2), 60));
            await().atMost(Installation.SOON)
                    .until(() -> installation.server.faults().isStalling());

            for (int seed = 1; seed <= 20; seed++) {
                installation.work("Sales", seed);
                installation.backup(BackupRequest.log("Sales"));
            }

            endsWith(backup, "log-filling-up");
            assertThat(installation.pendings()).isEmpty();
            installation.backup(BackupRequest.log("Sales"));
            installation.work("Sales", 99);
        }
    }

    @Test
    void aLogThatIsFullForAnotherReasonIsNoReasonToEndTheBackup() throws Exception {
        try (Installation installation = Installation.start(directory, o -> o.withDatabase("Sales", 4 << 20))) {
            installation.backup(BackupRequest.full("Sales", 1));
            installation.sql("EXEC sluice_log_capacity @database = N'Sales', @records = 200");
            installation.work("Sales", 1);
            installation.server.faults().next(new Fault.StallsAfter(1 << 20));
            CompletableFuture<BackupResult> backup = start(installation, new BackupLimits(Duration.ofMinutes(2), 10));
            await().atMost(Installation.SOON)
                    .until(() -> installation.server.faults().isStalling());

            await().during(Duration.ofSeconds(5)).atMost(Duration.ofSeconds(30)).until(() -> !backup.isDone());

            installation.server.faults().release();
            assertThat(backup).succeedsWithin(Installation.SOON);
        }
    }

    @Test
    void aLogBackupFindsItsMemoryWhateverDataBackupsAreQueued() throws Exception {
        EmbeddedS3 s3 = EmbeddedS3.start(directory, "sluice");
        try (Installation installation = Installation.start(
                s3,
                s3.endpoint(),
                20L << 20,
                o -> o.withDatabase("Sales", 4 << 20)
                        .withDatabase("Stock", 4 << 20)
                        .withDatabase("Staff", 4 << 20)
                        .withDatabase("Small", 1 << 20))) {
            installation.backup(BackupRequest.full("Small", 1));
            for (int i = 0; i < 3; i++) {
                installation.server.faults().next(Faults.Target.DATA, new Fault.StallsAfter(1 << 20));
            }
            List<CompletableFuture<BackupResult>> data = Stream.of("Sales", "Stock", "Staff")
                    .map(database -> installation
                            .engine
                            .backup(BackupRequest.full(database, 1), RunObserver.SILENT)
                            .toFuture())
                    .toList();
            await().atMost(Installation.SOON)
                    .until(() -> installation.server.faults().isStalling());
            installation.work("Small", 1);

            // Two of the three run, the third queues, and none of them has this one's room.
            installation.backup(BackupRequest.log("Small"));

            assertThat(data).noneMatch(CompletableFuture::isDone);
            await().atMost(Installation.SOON).until(() -> {
                installation.server.faults().release();
                return data.stream().allMatch(CompletableFuture::isDone);
            });
            assertThat(data).allSatisfy(backup -> assertThat(backup).isCompleted());
        }
    }
}
