package dev.sluice.sidecar.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.VerificationKey;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.FailureId;
import dev.sluice.s3.S3Store;
import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.config.VerifySection;
import dev.sluice.sidecar.schedule.Cron;
import dev.sluice.sidecar.schedule.DatabasePattern;
import dev.sluice.sidecar.schedule.JobOutcome;
import dev.sluice.simulator.server.Fault;
import dev.sluice.simulator.server.Faults;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Verifications as policies have them, on a clock that the test sets forward.
@Timeout(300)
class ScheduledVerificationsIT {

    private static final Duration PATIENTLY = Duration.ofMinutes(2);
    private static final String UNVERIFIED = "mssql_backup_oldest_unverified_timestamp_seconds{database=\"Sales\"}";
    private static final String NEXT = "mssql_backup_next_verification_timestamp_seconds{database=\"Sales\"}";
    private static final String DAMAGED = "mssql_backup_damaged_backups{database=\"Sales\"}";
    private static final String GOOD = "mssql_backup_verifications_total{database=\"Sales\",outcome=\"good\"}";

    @TempDir
    Path directory;

    private ClockedService site;

    @BeforeEach
    void start() throws Exception {
        site = new ClockedService(directory, policy(Cron.parse("0 * * * *")), DrillSettings.DEFAULT);
        await().atMost(PATIENTLY)
                .until(() -> site.ended(TrackedVerification.class).size() == 1);
    }

    private static Configuration.Policy policy(Cron verifications) {
        return new Configuration.Policy(
                null,
                List.of(DatabasePattern.parse("Sales")),
                ClockedService.inHalfAYear(),
                null,
                null,
                null,
                null,
                null,
                new VerifySection(true, verifications, Duration.ofDays(30), null),
                null,
                null,
                null,
                null,
                null,
                List.of());
    }

    @AfterEach
    void stop() {
        if (site != null) {
            site.close();
        }
    }

    private List<VerificationKey> kept() {
        return Blocking.uncancellably(site.installation()
                .engine()
                .environment()
                .catalog()
                .verifications()
                .list("Sales"));
    }

    private void damageNewest() throws Exception {
        BackupDocument backup =
                site.ended(TrackedBackup.class).getLast().backup().document();
        String object = backup.stripes().getFirst().segments().getFirst().key();
        Path file;
        try (Stream<Path> files = Files.walk(directory)) {
            file = files.filter(Files::isRegularFile)
                    .filter(one -> one.toString().endsWith(object))
                    .findFirst()
                    .orElseThrow();
        }
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
    }

    @Test
    void eachBackupIsReadAgainSoonAndAllOfThemWhenTheyAreOld() throws Exception {
        JobEvent.Ended first = site.ended(TrackedVerification.class).getFirst();
        Instant backedUp =
                site.ended(TrackedBackup.class).getFirst().backup().document().finishedAt();
        assertThat(first.outcome()).isEqualTo(JobOutcome.GOOD);
        assertThat(HistoryListener.entry(first).origin()).hasToString("SCHEDULE");
        assertThat(HistoryListener.entry(first).bytes()).isPositive();
        assertThat(kept())
                .singleElement()
                .satisfies(key -> assertThat(key.isSound()).isTrue());
        await().atMost(PATIENTLY).until(() -> site.client().metric(UNVERIFIED) > backedUp.getEpochSecond());
        assertThat(site.client().metric(NEXT))
                .isGreaterThan((double) site.now().plus(Duration.ofDays(30)).getEpochSecond());
        assertThat(site.client().metric(DAMAGED)).isZero();
        assertThat(site.client().metric(GOOD)).isEqualTo(1);

        site.backUp();
        await().atMost(PATIENTLY)
                .until(() -> site.ended(TrackedVerification.class).size() == 2);
        site.later(Duration.ofDays(31));
        await().atMost(PATIENTLY).until(() -> site.client().metric(GOOD) == 4);

        assertThat(kept())
                .hasSize(2)
                .allSatisfy(key ->
                        assertThat(key.finishedAt()).isAfter(Instant.now().plus(Duration.ofDays(30))));
        assertThat(site.client().metric(NEXT)).isGreaterThan((double) site.now().getEpochSecond());
        assertThat(site.client()
                        .json("/api/v1/verifications")
                        .at("/verifications/0/id")
                        .asString())
                .startsWith("policy-verification-");
    }

    @Test
    void damageIsAFailedJobOnceAndStaysKnown() throws Exception {
        damageNewest();
        site.later(Duration.ofDays(31));
        await().atMost(PATIENTLY)
                .until(() -> site.ended(TrackedVerification.class).size() == 2);

        JobEvent.Ended found = site.ended(TrackedVerification.class).getLast();
        assertThat(found.outcome()).isEqualTo(JobOutcome.FAILED);
        assertThat(found.failure().id()).isEqualTo(FailureId.BACKUP_DAMAGED);
        await().atMost(PATIENTLY).until(() -> site.client().metric(DAMAGED) == 1);
        assertThat(site.client().metric("mssql_backup_verifications_total{database=\"Sales\",outcome=\"failed\"}"))
                .isEqualTo(1);
        assertThat(site.client().get("/api/v1/status").body()).contains("was found damaged at");
        assertThat(kept()).extracting(VerificationKey::isSound).containsExactlyInAnyOrder(true, false);

        // A backup that is sound is no end of it.
        site.backUp();
        await().atMost(PATIENTLY)
                .until(() -> site.ended(TrackedVerification.class).size() == 3);
        JobEvent.Ended next = site.ended(TrackedVerification.class).getLast();
        assertThat(next.outcome()).isEqualTo(JobOutcome.GOOD);
        assertThat(((TrackedVerification) next.job()).isDamageKnown()).isTrue();
        assertThat(site.client().metric(DAMAGED)).isEqualTo(1);
    }

    /// What is due follows from the bucket, so a service that starts again reads nothing twice.
    @Test
    void anotherProcessKnowsFromTheBucketWhatWasVerified() {
        String backup =
                site.ended(TrackedBackup.class).getFirst().backup().document().backupId();
        VerifiedBackups other = new VerifiedBackups(
                site.installation().engine().environment().catalog().verifications());
        assertThat(other.looked("Sales")).isFalse();

        other.look(site.now(), Set.of("Sales"));

        assertThat(other.looked("Sales")).isTrue();
        VerifiedBackups.Known known = other.ask("Sales", all -> all.apply(backup));
        assertThat(known.isDamaged()).isFalse();
        assertThat(known.last()).isEqualTo(kept().getFirst().finishedAt());
    }

    /// Its backups are the only ones left of it.
    @Test
    void aDroppedDatabasesBackupsAreVerifiedAndTheirDamageIsToldUntilTheyAreGone() throws Exception {
        site.sql("DROP DATABASE [Sales]");
        site.later(Duration.ofDays(31));
        await().atMost(PATIENTLY).until(() -> site.client().metric(GOOD) == 2);
        assertThat(kept())
                .allSatisfy(key ->
                        assertThat(key.finishedAt()).isAfter(Instant.now().plus(Duration.ofDays(30))));

        damageNewest();
        site.later(Duration.ofDays(31));
        await().atMost(PATIENTLY).until(() -> site.client().metric(DAMAGED) == 1);
        JobEvent.Ended found = site.ended(TrackedVerification.class).getLast();
        assertThat(found.failure().id()).isEqualTo(FailureId.BACKUP_DAMAGED);

        // At no look is it forgotten.
        int before = site.asked();
        site.later(Duration.ofHours(2));
        await().atMost(PATIENTLY).until(() -> {
            assertThat(site.client().metric(DAMAGED)).isEqualTo(1);
            return site.asked() > before + 40;
        });

        removeEntries();
        site.later(Duration.ofHours(2));
        await().atMost(PATIENTLY)
                .until(() -> !site.client().get("/metrics").body().contains(DAMAGED));
    }

    private void removeEntries() {
        Catalog catalog = site.installation().engine().environment().catalog();
        S3Store store = site.installation().engine().environment().store();
        Blocking.uncancellably(catalog.list("Sales"))
                .forEach(entry -> Blocking.uncancellably(store.delete(entry.key())));
    }

    @Test
    void aServiceThatStartsAgainGoesOnWithWhatATimeOfTheTableHasMadeDue() throws Exception {
        site.backUp();
        await().atMost(PATIENTLY)
                .until(() -> site.ended(TrackedVerification.class).size() == 2);
        site.later(Duration.ofDays(31));
        await().atMost(PATIENTLY).until(() -> site.client().metric(GOOD) == 4);

        // Both are due at a time that passes while there is no service.
        Set<String> both = kept().stream().map(VerificationKey::backupId).collect(Collectors.toSet());
        ZonedDateTime then = site.now().plus(Duration.ofDays(31)).atZone(ZoneOffset.UTC);
        Cron daily = Cron.parse(String.format(Locale.ROOT, "%d %d * * *", then.getMinute(), then.getHour()));
        site.startAgain(Duration.ofDays(31), policy(daily), DrillSettings.DEFAULT);

        await().atMost(PATIENTLY)
                .until(() -> kept().stream()
                                .filter(key -> both.contains(key.backupId())
                                        && key.finishedAt().isAfter(then.toInstant()))
                                .count()
                        == 2);
        assertThat(both).hasSize(2);
    }

    /// The data backup stalls until the loop has come round many times with a verification that is due.
    @Test
    void noneBeginsWhileADataBackupRuns() throws Exception {
        site.installation().server().faults().next(Faults.Target.DATA, new Fault.StallsAfter(1 << 20));
        site.backUp();
        await().atMost(PATIENTLY)
                .until(() -> site.installation().server().faults().isStalling());

        site.later(Duration.ofDays(31));
        int before = site.asked();
        await().atMost(PATIENTLY).until(() -> site.asked() > before + 40);
        assertThat(site.client().metric(NEXT)).isLessThan((double) site.now().getEpochSecond());
        assertThat(site.began(TrackedVerification.class)).isEqualTo(1);

        site.installation().server().faults().release();
        await().atMost(PATIENTLY).until(() -> site.client().metric(GOOD) == 3);
        assertThat(site.ended(TrackedBackup.class)).hasSize(2);
    }
}
