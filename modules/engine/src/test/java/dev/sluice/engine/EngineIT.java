package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.files.FetchResult;
import dev.sluice.engine.recovery.RecoveryReport;
import dev.sluice.engine.restore.RestoreResult;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.run.RunProgress;
import dev.sluice.simulator.s3.EmbeddedS3;
import dev.sluice.testsupport.Relay;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;

/// Backup and restore from end to end, and every ending of a backup.
@Timeout(180)
class EngineIT {

    @TempDir
    Path directory;

    @AfterEach
    void noThreadOfARunIsLeft() {
        await().atMost(Duration.ofMinutes(1))
                .untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                        .noneMatch(thread -> thread.getName().startsWith("sluice-")));
    }

    @Test
    void whatIsRestoredIsWhatWasBackedUp() throws Exception {
        try (Installation installation = Installation.start(directory, o -> o.withDatabase("Sales", 24 << 20))) {
            BackupResult backup = installation.backup("Sales", 1);

            RestoreResult restore = installation.restore(backup, "Copy");

            assertThat(installation.server.compare("Sales", "Copy")).isEmpty();
            assertThat(restore.bytes()).isLessThanOrEqualTo(backup.document().bytes());
            assertThat(installation.vdi.setCount()).isZero();
        }
    }

    @Test
    void stripesTravelAtOnceAndComeBackTogether() throws Exception {
        try (Installation installation = Installation.start(directory, o -> o.withDatabase("Sales", 40 << 20))) {
            BackupResult backup = installation.backup("Sales", 5);
            assertThat(backup.document().stripes()).hasSize(5);

            installation.restore(backup, "Copy");

            assertThat(installation.server.compare("Sales", "Copy")).isEmpty();
        }
    }

    @Test
    void aBackupIsDescribedInTheCatalogAndNothingIsPending() throws Exception {
        try (Installation installation = Installation.start(directory, o -> o.withDatabase("Sales", 8 << 20))) {
            BackupResult backup = installation.backup("Sales", 2);

            assertThat(installation.keys())
                    .hasSize(3)
                    .filteredOn(key -> key.startsWith("test/data/"))
                    .hasSize(2);
            assertThat(installation.keys()).contains(backup.key().key()).noneMatch(key -> key.contains("pending/"));
            assertThat(installation.uploads()).isEmpty();
            assertThat(backup.key().type()).isEqualTo(BackupType.FULL);
            assertThat(backup.key().lastLsn().signum()).isPositive();
            assertThat(backup.document().history().set()).isPresent();
        }
    }

    @Test
    void theBucketHoldsWhatTheDocumentSays() throws Exception {
        try (Installation installation = Installation.start(directory, o -> o.withDatabase("Sales", 8 << 20))) {
            BackupResult backup = installation.backup("Sales", 2);

            FetchResult fetched = installation
                    .engine
                    .fetch(backup.document(), directory.resolve("fetched"))
                    .block(Installation.SOON);

            assertThat(fetched.bytes()).isEqualTo(backup.document().bytes());
            assertThat(fetched.files())
                    .hasSize(2)
                    .allSatisfy(file -> assertThat(file).exists());
        }
    }

    @Test
    void anExistingDatabaseIsNotOverwrittenUnasked() throws Exception {
        try (Installation installation = Installation.start(directory, o -> o.withDatabase("Sales", 1 << 20))) {
            BackupResult backup = installation.backup("Sales", 1);

            assertThatThrownBy(() -> installation.restore(backup, "Sales"))
                    .isInstanceOfSatisfying(OperationFailed.class, failure -> {
                        assertThat(failure.id()).hasToString("database-exists");
                        assertThat(failure.hint()).contains("--replace");
                    });
        }
    }

    @Test
    void aDatabaseThatDoesNotExistIsAClearErrorAndLeavesNothing() throws Exception {
        try (Installation installation = Installation.start(directory, o -> o.withDatabase("Sales", 1 << 20))) {
            assertThatThrownBy(() -> installation.backup("Nowhere", 1))
                    .isInstanceOfSatisfying(
                            OperationFailed.class,
                            failure -> assertThat(failure.what()).contains("Nowhere"));

            assertThat(installation.keys()).isEmpty();
        }
    }

    @Test
    void cancellingInTheMiddleAbortsAndLeavesNothing() throws Exception {
        try (Installation installation = Installation.start(directory, o -> o.withDatabase("Sales", 1L << 30))) {
            CountDownLatch streaming = new CountDownLatch(1);
            AtomicReference<RunProgress> progress = new AtomicReference<>();
            Disposable backup = installation
                    .engine
                    .backup(BackupRequest.full("Sales", 2), new RunObserver() {
                        @Override
                        public void streaming(String id, RunProgress started) {
                            progress.set(started);
                            streaming.countDown();
                        }
                    })
                    .subscribe();
            assertThat(streaming.await(30, TimeUnit.SECONDS)).isTrue();
            await().atMost(Duration.ofMinutes(1)).until(() -> progress.get().bytes() > 32 << 20);

            backup.dispose();
            installation.engine.idle().block(Duration.ofMinutes(1));

            assertThat(installation.server.statistics().aborts()).isEqualTo(1);
            assertThat(installation.server.outcomes().getLast().success()).isFalse();
            assertThat(installation.keys()).isEmpty();
            assertThat(installation.uploads()).isEmpty();
            assertThat(installation.vdi.setCount()).isZero();
            assertThat(installation.budget.inUse()).isZero();
        }
    }

    @Test
    void cancellingBeforeAnythingWasSentLeavesNothing() throws Exception {
        try (Installation installation = Installation.start(directory, o -> o.withDatabase("Sales", 64 << 20))) {
            installation
                    .engine
                    .backup(BackupRequest.full("Sales", 1), RunObserver.SILENT)
                    .subscribe()
                    .dispose();

            installation.engine.idle().block(Duration.ofMinutes(1));

            assertThat(installation.keys()).isEmpty();
            assertThat(installation.vdi.setCount()).isZero();
        }
    }

    @Test
    void afterThePointOfNoReturnACancelOnlyWaits() throws Exception {
        try (Installation installation = Installation.start(directory, o -> o.withDatabase("Sales", 8 << 20))) {
            CountDownLatch committing = new CountDownLatch(1);
            CountDownLatch goOn = new CountDownLatch(1);
            Disposable backup = installation
                    .engine
                    .backup(BackupRequest.full("Sales", 1), new RunObserver() {
                        @Override
                        public void committing() {
                            committing.countDown();
                            try {
                                goOn.await();
                            } catch (InterruptedException e) {
                                throw new AssertionError(e);
                            }
                        }
                    })
                    .subscribe();
            assertThat(committing.await(30, TimeUnit.SECONDS)).isTrue();

            backup.dispose();
            goOn.countDown();
            installation.engine.idle().block(Duration.ofMinutes(1));

            assertThat(installation
                            .engine
                            .environment()
                            .catalog()
                            .list("Sales")
                            .collectList()
                            .block())
                    .hasSize(1);
            assertThat(installation.keys()).noneMatch(key -> key.contains("pending/"));
        }
    }

    @Test
    void aDeadEndpointFailsTheBackupOnBothSidesAndRecoverCleansUp() throws Exception {
        try (Installation installation = Installation.start(directory, o -> o.withDatabase("Sales", 1L << 30))) {
            AtomicReference<RunProgress> progress = new AtomicReference<>();
            CompletableFuture<BackupResult> backup = installation
                    .engine
                    .backup(BackupRequest.full("Sales", 2), new RunObserver() {
                        @Override
                        public void streaming(String id, RunProgress started) {
                            progress.set(started);
                        }
                    })
                    .toFuture();
            await().atMost(Duration.ofMinutes(1))
                    .until(() -> progress.get() != null && progress.get().bytes() > 64 << 20);

            installation.s3.stop();

            assertThat(backup)
                    .failsWithin(Duration.ofMinutes(1))
                    .withThrowableThat()
                    .havingCause()
                    .isInstanceOfSatisfying(OperationFailed.class, failure -> {
                        assertThat(failure.id()).hasToString("store-failed");
                        assertThat(failure.what())
                                .contains("UploadPart")
                                .contains(installation.s3.endpoint().toString());
                        assertThat(failure.hint()).contains("recover");
                    });
            assertThat(installation.server.outcomes().getLast().success()).isFalse();

            installation.engine.idle().block(Duration.ofMinutes(1));
            installation.s3.restart();
            // The server releases the lock of a session a moment after its client has closed it.
            await().atMost(Duration.ofMinutes(1))
                    .untilAsserted(() -> assertThat(installation
                                    .engine
                                    .recover()
                                    .block(Installation.SOON)
                                    .findings())
                            .extracting(RecoveryReport.Finding::decision)
                            .containsExactly(RecoveryReport.Decision.DELETED));

            assertThat(installation.keys()).isEmpty();
            assertThat(installation.uploads()).isEmpty();
        }
    }

    @Test
    void aSlowEndpointHoldsTheServerBack() throws Exception {
        long memory = 24L << 20;
        EmbeddedS3 s3 = EmbeddedS3.start(directory, "sluice");
        try (Relay link = Relay.to(s3.endpoint());
                Installation installation =
                        Installation.start(s3, link.endpoint(), memory, o -> o.withDatabase("Sales", 256 << 20))) {
            link.throttle(1 << 20);
            AtomicReference<RunProgress> progress = new AtomicReference<>();
            Disposable backup = installation
                    .engine
                    .backup(BackupRequest.full("Sales", 1), new RunObserver() {
                        @Override
                        public void streaming(String id, RunProgress started) {
                            progress.set(started);
                        }
                    })
                    .subscribe();
            await().until(() -> progress.get() != null
                    && installation.server.statistics().writersWaiting() > 0
                    && installation.budget.inUse() > memory / 2);
            long fetchedEarly = progress.get().bytes();

            // The server has 256 MiB to send and could have sent them long ago.
            await().during(Duration.ofSeconds(2))
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> installation.server.statistics().writersWaiting() > 0);

            assertThat(progress.get().waiting()).isEqualTo(RunProgress.Waiting.MEMORY);
            assertThat(installation.budget.peak()).isLessThanOrEqualTo(memory);
            assertThat(progress.get().bytes()).isLessThan(fetchedEarly + (16 << 20));
            backup.dispose();
            installation.engine.idle().block(Duration.ofMinutes(1));
        }
    }
}
