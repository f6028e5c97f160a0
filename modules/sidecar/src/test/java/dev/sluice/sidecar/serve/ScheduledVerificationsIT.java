package dev.sluice.sidecar.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.VerificationKey;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.FailureId;
import dev.sluice.sidecar.EmbeddedForTests;
import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.config.ListenAddress;
import dev.sluice.sidecar.config.Policies;
import dev.sluice.sidecar.config.VerifySection;
import dev.sluice.sidecar.schedule.Cron;
import dev.sluice.sidecar.schedule.DatabasePattern;
import dev.sluice.sidecar.schedule.JobOutcome;
import dev.sluice.sidecar.serve.http.HttpApi;
import dev.sluice.simulator.server.Fault;
import dev.sluice.simulator.server.Faults;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
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

    private final AtomicReference<Duration> ahead = new AtomicReference<>(Duration.ZERO);
    private final AtomicInteger asked = new AtomicInteger();
    private final InstantSource clock = () -> Instant.now().plus(ahead.get());
    private final List<JobEvent> events = new CopyOnWriteArrayList<>();
    private EmbeddedForTests installation;
    private Service service;
    private Client client;

    @BeforeEach
    void start() throws Exception {
        installation = EmbeddedForTests.start(
                directory, options -> options.withDatabase("Sales", 4 << 20).withClock(clock, ZoneOffset.UTC));
        serve();
        await().atMost(PATIENTLY).until(() -> ended(TrackedVerification.class).size() == 1);
    }

    private void serve() throws Exception {
        Policies policies = new Policies(
                List.of(new Configuration.Policy(
                        null,
                        List.of(DatabasePattern.parse("Sales")),
                        Cron.parse("0 1 1 1 *"),
                        null,
                        null,
                        null,
                        null,
                        null,
                        new VerifySection(true, Cron.parse("0 * * * *"), Duration.ofDays(30)),
                        null,
                        null,
                        null,
                        null,
                        null,
                        List.of())),
                new Configuration.Schedule(ZoneOffset.UTC, Duration.ZERO, 2));
        service = Service.start(
                installation.engine(),
                new ServiceSettings(policies, installation::request, null),
                HttpApi.on(new ListenAddress("127.0.0.1", 0)),
                () -> {
                    asked.incrementAndGet();
                    return clock.instant();
                },
                List.of(events::add));
        client = new Client(service.port(), null);
    }

    @AfterEach
    void stop() {
        service.close();
        installation.close();
        client.close();
    }

    private List<JobEvent.Ended> ended(Class<? extends TrackedJob> kind) {
        return events.stream()
                .filter(JobEvent.Ended.class::isInstance)
                .map(JobEvent.Ended.class::cast)
                .filter(event -> kind.isInstance(event.job()))
                .toList();
    }

    private int began(Class<? extends TrackedJob> kind) {
        return (int) events.stream()
                .filter(event -> event instanceof JobEvent.Began && kind.isInstance(event.job()))
                .count();
    }

    private void backUp() {
        service.jobs().ask("Sales", BackupType.FULL, false);
    }

    private List<VerificationKey> kept() {
        return Blocking.uncancellably(
                installation.engine().environment().catalog().verifications().list("Sales"));
    }

    private void damageNewest() throws Exception {
        BackupDocument backup = ended(TrackedBackup.class).getLast().backup().document();
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

    private void later(Duration by) {
        ahead.updateAndGet(before -> before.plus(by));
    }

    @Test
    void eachBackupIsReadAgainSoonAndAllOfThemWhenTheyAreOld() throws Exception {
        JobEvent.Ended first = ended(TrackedVerification.class).getFirst();
        Instant backedUp =
                ended(TrackedBackup.class).getFirst().backup().document().finishedAt();
        assertThat(first.outcome()).isEqualTo(JobOutcome.GOOD);
        assertThat(HistoryListener.entry(first).origin()).hasToString("SCHEDULE");
        assertThat(HistoryListener.entry(first).bytes()).isPositive();
        assertThat(kept())
                .singleElement()
                .satisfies(key -> assertThat(key.isSound()).isTrue());
        await().atMost(PATIENTLY).until(() -> client.metric(UNVERIFIED) > backedUp.getEpochSecond());
        assertThat(client.metric(NEXT)).isGreaterThan((double)
                clock.instant().plus(Duration.ofDays(30)).getEpochSecond());
        assertThat(client.metric(DAMAGED)).isZero();
        assertThat(client.metric(GOOD)).isEqualTo(1);

        backUp();
        await().atMost(PATIENTLY).until(() -> ended(TrackedVerification.class).size() == 2);
        later(Duration.ofDays(31));
        await().atMost(PATIENTLY).until(() -> client.metric(GOOD) == 4);

        assertThat(kept())
                .hasSize(2)
                .allSatisfy(key ->
                        assertThat(key.finishedAt()).isAfter(Instant.now().plus(Duration.ofDays(30))));
        assertThat(client.metric(NEXT)).isGreaterThan((double) clock.instant().getEpochSecond());
        assertThat(client.json("/api/v1/verifications")
                        .at("/verifications/0/id")
                        .asString())
                .startsWith("policy-verification-");
    }

    @Test
    void damageIsAFailedJobOnceAndStaysKnown() throws Exception {
        damageNewest();
        later(Duration.ofDays(31));
        await().atMost(PATIENTLY).until(() -> ended(TrackedVerification.class).size() == 2);

        JobEvent.Ended found = ended(TrackedVerification.class).getLast();
        assertThat(found.outcome()).isEqualTo(JobOutcome.FAILED);
        assertThat(found.failure().id()).isEqualTo(FailureId.BACKUP_DAMAGED);
        await().atMost(PATIENTLY).until(() -> client.metric(DAMAGED) == 1);
        assertThat(client.metric("mssql_backup_verifications_total{database=\"Sales\",outcome=\"failed\"}"))
                .isEqualTo(1);
        assertThat(client.get("/api/v1/status").body()).contains("was found damaged at");
        assertThat(kept()).extracting(VerificationKey::isSound).containsExactlyInAnyOrder(true, false);

        // A backup that is sound is no end of it.
        backUp();
        await().atMost(PATIENTLY).until(() -> ended(TrackedVerification.class).size() == 3);
        JobEvent.Ended next = ended(TrackedVerification.class).getLast();
        assertThat(next.outcome()).isEqualTo(JobOutcome.GOOD);
        assertThat(((TrackedVerification) next.job()).isDamageKnown()).isTrue();
        assertThat(client.metric(DAMAGED)).isEqualTo(1);
    }

    /// What is due follows from the bucket, so a service that starts again reads nothing twice.
    @Test
    void anotherProcessKnowsFromTheBucketWhatWasVerified() {
        String backup =
                ended(TrackedBackup.class).getFirst().backup().document().backupId();
        VerifiedBackups other = new VerifiedBackups(
                installation.engine().environment().catalog().verifications());
        assertThat(other.looked("Sales")).isFalse();

        other.look(clock.instant(), Set.of("Sales"));

        assertThat(other.looked("Sales")).isTrue();
        VerifiedBackups.Known known = other.ask("Sales", all -> all.apply(backup));
        assertThat(known.isDamaged()).isFalse();
        assertThat(known.last()).isEqualTo(kept().getFirst().finishedAt());
    }

    /// The data backup stalls until the loop has come round many times with a verification that is due.
    @Test
    void noneBeginsWhileADataBackupRuns() throws Exception {
        installation.server().faults().next(Faults.Target.DATA, new Fault.StallsAfter(1 << 20));
        backUp();
        await().atMost(PATIENTLY).until(() -> installation.server().faults().isStalling());

        later(Duration.ofDays(31));
        int before = asked.get();
        await().atMost(PATIENTLY).until(() -> asked.get() > before + 40);
        assertThat(client.metric(NEXT)).isLessThan((double) clock.instant().getEpochSecond());
        assertThat(began(TrackedVerification.class)).isEqualTo(1);

        installation.server().faults().release();
        await().atMost(PATIENTLY).until(() -> client.metric(GOOD) == 3);
        assertThat(ended(TrackedBackup.class)).hasSize(2);
    }
}
