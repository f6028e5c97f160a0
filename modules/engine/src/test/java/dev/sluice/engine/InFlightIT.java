package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.engine.backup.BackupOptions;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.Compression;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.simulator.server.Fault;
import dev.sluice.simulator.server.Faults;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Bytes that are damaged behind SQL Server's checksum, in the buffer, are noticed while the backup runs.
@Timeout(180)
class InFlightIT {

    private static final BackupOptions CHECKED = BackupOptions.DEFAULT.withVerifyInFlight(true);

    @TempDir
    Path directory;

    private Installation installation;

    @BeforeEach
    void start() throws Exception {
        installation = Installation.start(directory, options -> options.withDatabase("Sales", 8 << 20));
    }

    @AfterEach
    void stop() {
        installation.close();
    }

    private void damage(Faults.Target target, long after) {
        installation.server.faults().next(target, new Fault.DamagesAfter(after));
    }

    private void refused(BackupRequest request) {
        assertThatThrownBy(() -> installation.backup(request))
                .isInstanceOfSatisfying(OperationFailed.class, failure -> {
                    assertThat(failure.id()).isEqualTo(FailureId.STREAM_DAMAGED);
                    assertThat(failure.what()).contains("have checksum", "the backup says");
                    assertThat(failure.where()).startsWith("stripe ");
                });
        assertThat(installation.pendings()).isEmpty();
        assertThat(installation.uploads()).isEmpty();
        assertThat(installation.budget.inUse()).isZero();
    }

    private boolean isSound(BackupDocument backup) {
        return installation
                .engine
                .verify(backup, RunObserver.SILENT)
                .block(Installation.SOON)
                .sound();
    }

    @Test
    void aFullBackupFailsAndNothingOfItIsLeft() {
        damage(Faults.Target.DATA, 1 << 20);

        refused(BackupRequest.full("Sales", 3).withOptions(CHECKED));

        assertThat(installation.entries("Sales")).isEmpty();
        assertThat(installation.keys()).noneMatch(key -> key.contains("/data/"));
        assertThat(isSound(installation.backup(BackupRequest.full("Sales", 3)).document()))
                .isTrue();
    }

    /// The log must not be truncated on the strength of a backup that cannot be restored.
    @Test
    void aLogBackupFailsAndTheNextOneHasTheSameLog() throws Exception {
        installation.backup("Sales", 1);
        installation.sql("EXEC sluice_workload @database = N'Sales', @transactions = 3000, @seed = 7");
        damage(Faults.Target.LOG, 0);

        refused(Installation.request("Sales", BackupType.LOG, false, 1).withOptions(CHECKED));

        BackupDocument log = installation
                .backup(Installation.request("Sales", BackupType.LOG, false, 1).withOptions(CHECKED))
                .document();
        assertThat(isSound(log)).isTrue();
        assertThat(log.firstLsn())
                .isLessThanOrEqualTo(installation.entries("Sales").getFirst().lastLsn());
        assertThat(installation.lostLogRecords("Sales")).isZero();
    }

    @Test
    void wherePagesAreNotLookedAtOnlyAVerificationFindsIt() {
        damage(Faults.Target.DATA, 1 << 20);

        BackupDocument backup = installation
                .backup(BackupRequest.full("Sales", 1).withOptions(BackupOptions.DEFAULT))
                .document();

        assertThat(isSound(backup)).isFalse();
    }

    /// Who continues after an error wants whatever can be had.
    @Test
    void withContinueAfterErrorTheBackupIsKept() {
        damage(Faults.Target.DATA, 1 << 20);

        BackupDocument backup = installation
                .backup(BackupRequest.full("Sales", 1).withOptions(CHECKED.withContinueAfterError(true)))
                .document();

        assertThat(isSound(backup)).isFalse();
    }

    /// There is nothing to compute there: only Sluice's own sums cover it.
    @Test
    void compressedStreamsAndThoseWithoutChecksumsPass() {
        damage(Faults.Target.DATA, 1 << 20);
        installation.backup(BackupRequest.full("Sales", 1).withOptions(CHECKED.withChecksum(false)));

        BackupDocument compressed = installation
                .backup(BackupRequest.full("Sales", 1).withOptions(CHECKED.withCompression(Compression.XPRESS)))
                .document();

        assertThat(isSound(compressed)).isTrue();
    }
}
