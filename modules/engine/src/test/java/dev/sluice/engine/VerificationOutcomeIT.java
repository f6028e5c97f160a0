package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.VerificationDocument;
import dev.sluice.catalog.VerificationDocument.Outcome;
import dev.sluice.catalog.VerificationKey;
import dev.sluice.catalog.Verifications;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.retention.KeepDecision;
import dev.sluice.engine.retention.PruneRequest;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.verify.VerifyOutcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What a verification found is kept in the bucket as long as the backup, and says nothing wrong of one that
/// goes.
@Timeout(180)
class VerificationOutcomeIT {

    @TempDir
    Path directory;

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-03-01T10:00:00Z"));
    private Installation installation;
    private BackupResult taken;
    private BackupDocument backup;
    private Verifications verifications;

    @BeforeEach
    void start() throws Exception {
        installation = Installation.start(directory, options -> options.withDatabase("Sales", 2 << 20));
        taken = installation.backup("Sales", 2);
        backup = taken.document();
        verifications = installation.engine.environment().catalog().verifications();
    }

    @AfterEach
    void stop() {
        installation.close();
    }

    private VerifyOutcome verify() {
        now.updateAndGet(before -> before.plus(Duration.ofHours(1)));
        return installation
                .engine
                .verifyAndKeep(backup, RunObserver.SILENT, now::get)
                .block(Installation.SOON);
    }

    private List<VerificationKey> kept() {
        return verifications.of("Sales", backup.backupId()).collectList().block(Installation.SOON);
    }

    private Path object() {
        return directory
                .resolve("sluice/test")
                .resolve(backup.stripes().getLast().segments().getFirst().key());
    }

    private void damage() throws IOException {
        byte[] bytes = Files.readAllBytes(object());
        bytes[bytes.length / 2] ^= 1;
        Files.write(object(), bytes);
    }

    @Test
    void theLastOneIsKept() {
        verify();
        VerifyOutcome last = verify();

        VerificationKey key = kept().getFirst();
        VerificationDocument document = verifications
                .read(key, e -> {
                    throw e;
                })
                .block(Installation.SOON);

        assertThat(kept()).hasSize(1);
        assertThat(last.unkept()).isNull();
        assertThat(key.finishedAt()).isEqualTo(now.get());
        assertThat(document.outcome()).isEqualTo(Outcome.SOUND);
        assertThat(document.bytes()).isEqualTo(backup.bytes());
        assertThat(document.structure()).isEqualTo("WHOLE");
        assertThat(document.checksums()).isEqualTo(last.report().checksums()).isPositive();
        assertThat(document.problems()).isEmpty();
    }

    /// Between the two, the bytes have changed.
    @Test
    void beforeDamageTheLastSoundOneIsKeptAsWell() throws Exception {
        verify();
        Instant sound = now.get();
        damage();
        verify();
        VerifyOutcome last = verify();

        assertThat(last.report().sound()).isFalse();
        assertThat(kept()).extracting(VerificationKey::isSound).containsExactly(true, false);
        assertThat(kept()).extracting(VerificationKey::finishedAt).containsExactly(sound, now.get());
        VerificationDocument document = verifications
                .read(kept().getLast(), e -> {
                    throw e;
                })
                .block(Installation.SOON);
        assertThat(document.problems()).singleElement().asString().startsWith("stripe 2: ");

        damage(); // the same bit once more
        verify();
        assertThat(kept())
                .singleElement()
                .satisfies(key -> assertThat(key.isSound()).isTrue());
    }

    /// The clock of the machine that wrote it was wrong, or no verification has written it.
    @Test
    void whatSaysThatItIsOfTheFutureHidesNoDamage() throws Exception {
        Instant right = now.get();
        now.set(right.plus(Duration.ofDays(400)));
        verify();
        now.set(right);
        damage();

        verify();

        assertThat(kept()).extracting(VerificationKey::isSound).containsExactly(false);
    }

    @Test
    void aRemovalOfTheBackupRemovesItAsWell() throws Exception {
        verify();
        damage();
        verify();

        installation
                .engine
                .prune(new PruneRequest(
                        "Sales",
                        (backups, _) -> backups.stream()
                                .map(one -> new KeepDecision(one, false, "so it was chosen"))
                                .toList(),
                        false))
                .block(Installation.SOON);

        assertThat(installation.keys()).noneMatch(key -> key.contains(backup.backupId()));
    }

    /// A program that did not know such documents has removed the backup.
    @Test
    void whatIsLeftOfABackupThatIsGoneGoesWithTheNextPrune() {
        verify();
        installation.store.delete(taken.key().key()).block(Installation.SOON);
        backup = installation.backup("Sales", 1).document();
        verify();

        installation
                .engine
                .prune(new PruneRequest(
                        "Sales",
                        (backups, _) -> backups.stream()
                                .map(one -> new KeepDecision(one, true, "so it was chosen"))
                                .toList(),
                        false))
                .block(Installation.SOON);

        assertThat(verifications.list("Sales").collectList().block(Installation.SOON))
                .extracting(VerificationKey::backupId)
                .containsExactly(backup.backupId());
    }

    /// The objects that are missing went with the backup.
    @Test
    void aBackupThatIsRemovedWhileItIsReadIsNotDamaged() throws Exception {
        installation.store.delete(taken.key().key()).block(Installation.SOON);
        Files.delete(object());

        assertThatThrownBy(this::verify)
                .isInstanceOfSatisfying(
                        OperationFailed.class,
                        failure -> assertThat(failure.id()).isEqualTo(FailureId.NO_SUCH_BACKUP));
        assertThat(kept()).isEmpty();
    }

    /// A removal that has listed what is known of the backup before it was written does not see it any more.
    @Test
    void nothingIsKeptOfABackupWhoseEntryIsGone() {
        installation.store.delete(taken.key().key()).block(Installation.SOON);

        VerifyOutcome outcome = verify();

        assertThat(outcome.report().sound()).isTrue();
        assertThat(outcome.unkept()).contains("was removed meanwhile");
        assertThat(kept()).isEmpty();
    }

    @Test
    void itIsReportedWhereNothingCanBeKept() throws Exception {
        // A file where the directory of the objects would be.
        Files.createDirectories(directory.resolve("sluice/test/test"));
        Files.write(directory.resolve("sluice/test/test/verifications"), new byte[1]);

        VerifyOutcome outcome = verify();

        assertThat(outcome.report().sound()).isTrue();
        assertThat(outcome.unkept()).startsWith("The bucket does not keep what was found: ");
    }
}
