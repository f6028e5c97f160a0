package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.engine.backup.BackupOptions;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.Compression;
import dev.sluice.engine.backup.TailLog;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.simulator.server.Fault;
import dev.sluice.simulator.server.ServerOptions;
import java.math.BigInteger;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Every kind of backup, and what SQL Server's refusals become.
@Timeout(180)
class BackupTypesIT {

    @TempDir
    Path directory;

    private Installation start() throws Exception {
        return Installation.start(directory, o -> o.withDatabase("Sales", 2 << 20));
    }

    private static OperationFailed failure(Installation installation, BackupRequest request) {
        try {
            installation.backup(request);
        } catch (OperationFailed e) {
            return e;
        }
        throw new AssertionError("%s succeeded".formatted(request));
    }

    @Test
    void fullDifferentialAndLogFollowEachOther() throws Exception {
        try (Installation installation = start()) {
            BackupDocument full =
                    installation.backup(BackupRequest.full("Sales", 1)).document();
            installation.work("Sales", 1);
            BackupDocument differential =
                    installation.backup(BackupRequest.differential("Sales")).document();
            installation.work("Sales", 2);
            BackupDocument log = installation.backup(BackupRequest.log("Sales")).document();

            assertThat(installation.entries("Sales"))
                    .extracting(BackupDocument::type)
                    .containsExactly(BackupType.FULL, BackupType.DIFFERENTIAL, BackupType.LOG);
            assertThat(differential.stream().guid("differential_base_guid"))
                    .isEqualTo(full.stream().set());
            assertThat(log.lastLsn()).isGreaterThan(differential.lastLsn());
            assertThat(log.firstLsn()).isLessThan(differential.lastLsn());
            assertThat(installation.pendings()).isEmpty();
        }
    }

    @Test
    void theDocumentSaysWhatMsdbSays() throws Exception {
        try (Installation installation = start()) {
            installation.backup(BackupRequest.full("Sales", 2));
            installation.work("Sales", 1);

            BackupDocument log = installation.backup(BackupRequest.log("Sales")).document();

            assertThat(log.stream().set()).isPresent().isEqualTo(log.history().set());
            assertThat(log.stream().lsn("last_lsn")).isEqualTo(log.lastLsn());
            assertThat(log.statement())
                    .hasValueSatisfying(
                            statement -> assertThat(statement).startsWith("BACKUP LOG [Sales] TO VIRTUAL_DEVICE"));
        }
    }

    @Test
    void aCopyOnlyBackupLeavesTheChainAlone() throws Exception {
        try (Installation installation = start()) {
            BackupDocument full =
                    installation.backup(BackupRequest.full("Sales", 1)).document();
            installation.backup(BackupRequest.full("Sales", 1).withCopyOnly(true));
            installation.work("Sales", 1);

            BackupDocument differential =
                    installation.backup(BackupRequest.differential("Sales")).document();

            assertThat(differential.stream().guid("differential_base_guid"))
                    .isEqualTo(full.stream().set());
        }
    }

    @Test
    void theTailLeavesTheDatabaseRestoring() throws Exception {
        try (Installation installation = start()) {
            installation.backup(BackupRequest.full("Sales", 1));
            installation.work("Sales", 1);

            BackupDocument tail = installation
                    .backup(BackupRequest.tail("Sales", TailLog.NORECOVERY))
                    .document();

            assertThat(tail.lastLsn()).isGreaterThan(BigInteger.ZERO);
            assertThat(failure(installation, BackupRequest.full("Sales", 1)).id())
                    .hasToString("database-not-online");
        }
    }

    @Test
    void theTailOfADamagedDatabaseIsSaved() throws Exception {
        try (Installation installation = start()) {
            installation.backup(BackupRequest.full("Sales", 1));
            installation.work("Sales", 1);
            installation.server.damage("Sales");

            BackupDocument tail = installation
                    .backup(BackupRequest.tail("Sales", TailLog.NO_TRUNCATE))
                    .document();

            assertThat(tail.bytes()).isPositive();
            assertThat(tail.copyOnly()).isTrue();
        }
    }

    @Test
    void aDatabaseIsFoundUnderAnySpellingAndKeptUnderOne() throws Exception {
        try (Installation installation = start()) {
            BackupDocument backup =
                    installation.backup(BackupRequest.full("sALES", 1)).document();

            assertThat(backup.database()).isEqualTo("Sales");
        }
    }

    @Test
    void errorsComeInSqlServersWordsWithARemedy() throws Exception {
        try (Installation installation = start()) {
            OperationFailed noBase = failure(installation, BackupRequest.differential("Sales"));
            assertThat(noBase.what()).startsWith("Msg 3035, Level 16");
            assertThat(noBase.hint()).contains("--type full");

            OperationFailed noFull = failure(installation, BackupRequest.log("Sales"));
            assertThat(noFull.what()).startsWith("Msg 4214");
            assertThat(noFull.hint()).contains("--type full");

            installation.sql("ALTER DATABASE [Sales] SET RECOVERY SIMPLE");
            OperationFailed simple = failure(installation, BackupRequest.log("Sales"));
            assertThat(simple.what()).startsWith("Msg 4208");
            assertThat(simple.hint()).contains("SIMPLE");

            assertThat(installation.keys()).isEmpty();
        }
    }

    @Test
    void aDamagedPageNamesTheWayOut() throws Exception {
        try (Installation installation = start()) {
            installation.server.faults().next(new Fault.FailsAfter(1 << 20));

            OperationFailed damaged = failure(installation, BackupRequest.full("Sales", 1));

            assertThat(damaged.what()).startsWith("Msg 3043");
            assertThat(damaged.hint()).contains("DBCC CHECKDB").contains("--continue-after-error");
            assertThat(installation.keys()).isEmpty();
        }
    }

    @Test
    void whoIsNotSysadminHearsItBeforeAnythingIsSent() throws Exception {
        try (Installation installation = Installation.start(
                directory,
                o -> o.withDatabase("Sales", 1 << 20)
                        .withLogin(new ServerOptions.Login("operator", "Operator!2026", false)))) {
            OperationFailed refused = failureAs(installation, "operator", "Operator!2026");

            assertThat(refused.id()).hasToString("not-sysadmin");
            assertThat(refused.what()).contains("3265");
            assertThat(installation.keys()).isEmpty();
        }
    }

    private static OperationFailed failureAs(Installation installation, String user, String password) {
        Engine engine = new Engine(installation.as(user, password));
        try {
            engine.backup(BackupRequest.full("Sales", 1), RunObserver.SILENT).block(Installation.SOON);
        } catch (OperationFailed e) {
            return e;
        }
        throw new AssertionError("it succeeded");
    }

    @Test
    void whatThisServerCannotDoIsRefused() throws Exception {
        try (Installation installation = start()) {
            OperationFailed refused = failure(
                    installation,
                    BackupRequest.full("Sales", 1)
                            .withOptions(BackupOptions.DEFAULT.withCompression(Compression.ZSTD)));

            assertThat(refused.id()).hasToString("compression-not-available");
            assertThat(refused.hint()).contains("2025");
        }
    }

    @Test
    void anotherServerWithTheSameIdentityIsTurnedAway() throws Exception {
        try (Installation installation = start()) {
            installation.backup(BackupRequest.full("Sales", 1));
            try (Installation other = Installation.start(
                    installation.s3,
                    installation.s3.endpoint(),
                    64L << 20,
                    o -> o.withServerName("OTHER").withDatabase("Sales", 1 << 20))) {
                assertThatThrownBy(() -> other.backup(BackupRequest.full("Sales", 1)))
                        .isInstanceOfSatisfying(
                                OperationFailed.class,
                                failure -> assertThat(failure.id()).hasToString("identity-taken"));
                assertThatThrownBy(other::recover)
                        .isInstanceOfSatisfying(
                                OperationFailed.class,
                                failure -> assertThat(failure.id()).hasToString("identity-taken"));
            }
        }
    }

    @Test
    void twoBackupsOfOneKindExcludeEachOtherAndALogRunsBeside() throws Exception {
        try (Installation installation = start()) {
            installation.backup(BackupRequest.full("Sales", 1));
            installation.server.faults().next(new Fault.StallsAfter(64 << 10));
            var stalled = installation
                    .engine
                    .backup(BackupRequest.full("Sales", 1), RunObserver.SILENT)
                    .toFuture();
            await().atMost(Installation.SOON)
                    .until(() -> installation.server.faults().isStalling());

            assertThat(failure(installation, BackupRequest.differential("Sales"))
                            .id())
                    .hasToString("busy");
            installation.backup(BackupRequest.log("Sales"));

            installation.server.faults().release();
            assertThat(stalled).succeedsWithin(Installation.SOON);
        }
    }
}
