package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.engine.backup.BackupOptions;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.files.FetchResult;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.stream.StreamFront;
import dev.sluice.engine.verify.VerifyReport;
import dev.sluice.engine.verify.VerifyReport.Structure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Stored backups are read again: whole ones pass, and a changed byte is named wherever it is.
@Timeout(180)
class VerifyIT {

    @TempDir
    Path directory;

    private Installation start() throws Exception {
        return Installation.start(directory, o -> o.withDatabase("Sales", 20 << 20));
    }

    private static VerifyReport verify(Installation installation, BackupDocument backup) {
        return installation.engine.verify(backup, RunObserver.SILENT).block(Installation.SOON);
    }

    @Test
    void aWholeBackupPassesAndItsChecksumsAreComputedAgain() throws Exception {
        try (Installation installation = start()) {
            BackupDocument backup =
                    installation.backup(BackupRequest.full("Sales", 3)).document();

            VerifyReport report = verify(installation, backup);

            assertThat(report.problems()).isEmpty();
            assertThat(report.bytes()).isEqualTo(backup.bytes());
            assertThat(report.structure()).isEqualTo(Structure.WHOLE);
            assertThat(report.checksums()).isPositive();
            assertThat(installation.budget.inUse()).isZero();
        }
    }

    @Test
    void withoutChecksumsItSaysWhatIsNotCovered() throws Exception {
        try (Installation installation = start()) {
            BackupDocument backup = installation
                    .backup(BackupRequest.full("Sales", 1).withOptions(BackupOptions.DEFAULT.withChecksum(false)))
                    .document();

            VerifyReport report = verify(installation, backup);

            assertThat(report.problems()).isEmpty();
            assertThat(report.checksums()).isZero();
            assertThat(report.remarks()).singleElement().asString().contains("without CHECKSUM");
        }
    }

    @Test
    void aChangedByteIsNamedByBlockAndOffsetAndNothingReachesSqlServer() throws Exception {
        long seed = System.nanoTime();
        System.getLogger(VerifyIT.class.getName()).log(System.Logger.Level.INFO, "seed {0}", Long.toString(seed));
        Random random = new Random(seed);
        try (Installation installation = start()) {
            BackupDocument backup =
                    installation.backup(BackupRequest.full("Sales", 1)).document();
            BackupDocument.Segment segment =
                    backup.stripes().getFirst().segments().getFirst();
            Path object = directory.resolve("sluice/test").resolve(segment.key());
            byte[] bytes = Files.readAllBytes(object);
            for (int round = 0; round < 5; round++) {
                int at = random.nextInt(bytes.length);
                bytes[at] ^= 1;
                Files.write(object, bytes);

                VerifyReport report = verify(installation, backup);

                int block = at / segment.blocks().size();
                assertThat(report.problems())
                        .as("seed %d, byte %d", seed, at)
                        .singleElement()
                        .satisfies(problem -> {
                            assertThat(problem.key()).isEqualTo(segment.key());
                            assertThat(problem.block()).isEqualTo(block);
                            assertThat(problem.offset())
                                    .isEqualTo((long) block * segment.blocks().size());
                        });
                assertThatThrownBy(() -> installation
                                .engine
                                .fetch(backup, directory.resolve("fetched"))
                                .block(Installation.SOON))
                        .isInstanceOfSatisfying(OperationFailed.class, failure -> {
                            assertThat(failure.id()).hasToString("corrupt-block");
                            assertThat(failure.where()).contains("block " + block);
                        });
                try (var left = Files.list(directory.resolve("fetched"))) {
                    assertThat(left).isEmpty();
                }
                bytes[at] ^= 1;
            }
        }
    }

    @Test
    void aMissingObjectIsNamed() throws Exception {
        try (Installation installation = start()) {
            BackupDocument backup =
                    installation.backup(BackupRequest.full("Sales", 2)).document();
            String key = backup.stripes().getLast().segments().getFirst().key();
            installation.store.delete(key).block(Installation.SOON);

            assertThat(verify(installation, backup).problems())
                    .singleElement()
                    .satisfies(problem -> assertThat(problem.text()).contains(key));
        }
    }

    @Test
    void aStreamSaysWhatItIsInItsFirstBytes() throws Exception {
        try (Installation installation = start()) {
            BackupDocument backup =
                    installation.backup(BackupRequest.full("Sales", 2)).document();

            StreamFront front = installation.engine.show(backup).block(Installation.SOON);

            assertThat(front.understood()).isTrue();
            assertThat(front.label()).containsEntry("families", 2).containsEntry("family", 1);
            assertThat(front.set()).containsEntry("name", "Sluice " + backup.backupId());
            assertThat(front.header())
                    .containsEntry("database_name", "Sales")
                    .containsEntry("first_lsn", backup.firstLsn().toString())
                    .containsEntry("has_backup_checksums", true);
            assertThat(front.files())
                    .extracting(file -> file.get("logical_name"))
                    .contains("Sales");
        }
    }

    @Test
    void fetchWritesNewFilesAndThroughNoLink() throws Exception {
        try (Installation installation = start()) {
            BackupDocument backup =
                    installation.backup(BackupRequest.full("Sales", 2)).document();
            Path target = Files.createDirectories(directory.resolve("fetched"));
            Path victim = Files.writeString(directory.resolve("victim"), "mine");
            Files.createSymbolicLink(target.resolve(backup.backupId() + "-stripe-001.bak.partial"), victim);
            Files.writeString(target.resolve(backup.backupId() + "-stripe-002.bak.partial"), "left by a crash");

            FetchResult fetched = installation.engine.fetch(backup, target).block(Installation.SOON);

            assertThat(victim).hasContent("mine");
            assertThat(fetched.files()).hasSize(2).allSatisfy(file -> {
                assertThat(file).isRegularFile().isNotEmptyFile();
                assertThat(Files.getPosixFilePermissions(file))
                        .isSubsetOf(PosixFilePermissions.fromString("rw-r-----"));
            });
            assertThat(target).isDirectoryNotContaining("glob:**.partial");
        }
    }

    @Test
    void fetchTakesALinkToNowhereForAFileThatIsThere() throws Exception {
        try (Installation installation = start()) {
            BackupDocument backup =
                    installation.backup(BackupRequest.full("Sales", 1)).document();
            Path target = Files.createDirectories(directory.resolve("fetched"));
            Path nowhere = directory.resolve("nowhere");
            Files.createSymbolicLink(target.resolve(backup.backupId() + "-stripe-001.bak"), nowhere);

            assertThatThrownBy(() -> installation.engine.fetch(backup, target).block(Installation.SOON))
                    .isInstanceOfSatisfying(
                            OperationFailed.class,
                            failure -> assertThat(failure.id()).hasToString("file-exists"));

            assertThat(nowhere).doesNotExist();
        }
    }

    @Test
    void fetchRefusesToOverwriteBeforeItFetches() throws Exception {
        try (Installation installation = start()) {
            BackupDocument backup =
                    installation.backup(BackupRequest.full("Sales", 2)).document();
            Path target = Files.createDirectories(directory.resolve("fetched"));
            Path second = Files.writeString(target.resolve(backup.backupId() + "-stripe-002.bak"), "mine");

            assertThatThrownBy(() -> installation.engine.fetch(backup, target).block(Installation.SOON))
                    .isInstanceOfSatisfying(
                            OperationFailed.class,
                            failure -> assertThat(failure.id()).hasToString("file-exists"));

            assertThat(second).hasContent("mine");
            try (var left = Files.list(target)) {
                assertThat(left).containsExactly(second);
            }
        }
    }
}
