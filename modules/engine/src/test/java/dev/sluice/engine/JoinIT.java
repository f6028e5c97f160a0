package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.files.JoinResult;
import dev.sluice.engine.run.BackupLock;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.run.RunProgress;
import dev.sluice.engine.sql.AppLock;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.engine.verify.VerifyOutcome;
import dev.sluice.simulator.s3.EmbeddedS3;
import dev.sluice.testsupport.Relay;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;

/// Stripes that rolled over, because the provider allows few parts: restored, joined, restored again.
class JoinIT {
    private static final int MIB = 1 << 20;

    @TempDir
    Path directory;

    /// The segments that the verification was about to read are gone then, and the backup is sound.
    @Test
    void aVerificationThatAJoinOvertakesReadsTheNewObject() throws Exception {
        try (Installation installation =
                Installation.withFewParts(directory, 1, o -> o.withDatabase("Sales", 40 * MIB))) {
            BackupDocument backup = installation.backup("Sales", 1).document();
            AtomicInteger begun = new AtomicInteger();
            RunObserver joins = new RunObserver() {
                @Override
                public void streaming(String id, RunProgress progress) {
                    if (begun.getAndIncrement() == 0) {
                        var _ = installation.engine.join(backup).block(Installation.SOON);
                    }
                }
            };

            VerifyOutcome outcome = installation
                    .engine
                    .verifyAndKeep(backup, joins, InstantSource.system())
                    .block(Installation.SOON);

            assertThat(outcome.report().problems()).isEmpty();
            assertThat(outcome.report().bytes()).isEqualTo(backup.bytes());
            assertThat(outcome.unkept()).isNull();
            assertThat(begun).hasValue(2);
        }
    }

    @Test
    void aStripeOfManySegmentsBecomesOneObjectThatRestores() throws Exception {
        try (Installation installation =
                Installation.withFewParts(directory, 1, o -> o.withDatabase("Sales", 40 * MIB))) {
            BackupResult backup = installation.backup("Sales", 1);
            List<BackupDocument.Segment> segments =
                    backup.document().stripes().getFirst().segments();
            assertThat(segments).hasSizeGreaterThan(2);
            installation.restore(backup, "Before");
            assertThat(installation.server.compare("Sales", "Before")).isEmpty();

            JoinResult result = installation.engine.join(backup.document()).block(Installation.SOON);

            assertThat(result.joined()).isEqualTo(1);
            assertThat(result.document().bytes()).isEqualTo(backup.document().bytes());
            assertThat(installation.keys())
                    .filteredOn(key -> key.startsWith("test/data/"))
                    .singleElement()
                    .asString()
                    .endsWith("stripe-001.joined.bak");
            assertThat(installation.keys()).contains(backup.key().key());
            assertThat(installation.uploads()).isEmpty();
            BackupResult joined =
                    new BackupResult(result.document(), backup.key(), 0, false, List.of(), List.of(), null, List.of());
            assertThat(installation
                            .engine
                            .verify(result.document(), RunObserver.SILENT)
                            .block(Installation.SOON))
                    .satisfies(report -> assertThat(report.bytes())
                            .isEqualTo(backup.document().bytes()));
            installation.restore(joined, "After");
            assertThat(installation.server.compare("Sales", "After")).isEmpty();
        }
    }

    @Test
    void joiningAgainOrWithoutNeedChangesNothing() throws Exception {
        try (Installation installation =
                Installation.withFewParts(directory, 1, o -> o.withDatabase("Sales", 40 * MIB))) {
            BackupResult backup = installation.backup("Sales", 1);
            JoinResult first = installation.engine.join(backup.document()).block(Installation.SOON);
            List<String> keys = installation.keys();

            JoinResult second = installation.engine.join(first.document()).block(Installation.SOON);

            assertThat(second.joined()).isZero();
            assertThat(second.document()).isEqualTo(first.document());
            assertThat(installation.keys()).isEqualTo(keys);
        }
    }

    @Test
    void aBackupThatWasRemovedMeanwhileIsNotBroughtBack() throws Exception {
        try (Installation installation =
                Installation.withFewParts(directory, 1, o -> o.withDatabase("Sales", 40 * MIB))) {
            BackupResult backup = installation.backup("Sales", 1);
            installation.store.delete(backup.key().key()).block(Installation.SOON);

            assertThatThrownBy(() -> installation.engine.join(backup.document()).block(Installation.SOON))
                    .isInstanceOfSatisfying(
                            OperationFailed.class,
                            failure -> assertThat(failure.id()).hasToString("not-in-catalog"));

            assertThat(installation.keys()).noneMatch(key -> key.contains("joined"));
        }
    }

    @Test
    void nothingIsReplacedWhileABackupOrAPruneHoldsTheDatabase() throws Exception {
        try (Installation installation =
                        Installation.withFewParts(directory, 1, o -> o.withDatabase("Sales", 40 * MIB));
                SqlSession other = installation.engine.environment().server().connect()) {
            BackupResult backup = installation.backup("Sales", 1);
            // The backup's own session gives it back a moment after its result is known.
            Awaitility.await()
                    .atMost(Installation.SOON)
                    .until(() ->
                            AppLock.take(other, BackupLock.name(installation.engine.environment(), "Sales", false)));

            assertThatThrownBy(() -> installation.engine.join(backup.document()).block(Installation.SOON))
                    .isInstanceOfSatisfying(
                            OperationFailed.class,
                            failure -> assertThat(failure.id()).hasToString("busy"));

            installation.restore(backup, "Copy");
            assertThat(installation.server.compare("Sales", "Copy")).isEmpty();
        }
    }

    @Test
    void aCancelledJoinLeavesNoUpload() throws Exception {
        EmbeddedS3 s3 = EmbeddedS3.start(directory, "sluice");
        try (Relay link = Relay.to(s3.endpoint());
                Installation installation =
                        Installation.withFewParts(s3, link.endpoint(), 1, o -> o.withDatabase("Sales", 40 * MIB))) {
            BackupResult backup = installation.backup("Sales", 1);
            CompletableFuture<Void> copying = link.freezeAt("x-amz-copy-source");
            Disposable join = installation.engine.join(backup.document()).subscribe(_ -> {}, _ -> {});
            copying.get(Installation.SOON.toSeconds(), TimeUnit.SECONDS);
            assertThat(installation.uploads()).isNotEmpty();

            join.dispose();
            installation.engine.idle().block(Installation.SOON);

            assertThat(installation.uploads()).isEmpty();
            assertThat(installation.keys()).contains(backup.key().key());
        }
    }
}
