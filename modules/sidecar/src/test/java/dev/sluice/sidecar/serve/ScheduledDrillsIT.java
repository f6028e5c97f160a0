package dev.sluice.sidecar.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.run.FailureId;
import dev.sluice.sidecar.EmbeddedForTests;
import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.config.ListenAddress;
import dev.sluice.sidecar.config.Policies;
import dev.sluice.sidecar.config.ProveSection;
import dev.sluice.sidecar.schedule.Cron;
import dev.sluice.sidecar.schedule.DatabasePattern;
import dev.sluice.sidecar.schedule.JobOutcome;
import dev.sluice.sidecar.serve.http.HttpApi;
import dev.sluice.simulator.server.Fault;
import dev.sluice.simulator.server.Faults;
import dev.sluice.simulator.tds.Batch;
import dev.sluice.simulator.tds.Cancellation;
import dev.sluice.simulator.tds.CollectedResponse;
import dev.sluice.simulator.tds.SqlSession;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Restore drills as policies have them, on a clock that the test sets forward.
@Timeout(300)
class ScheduledDrillsIT {

    private static final Duration PATIENTLY = Duration.ofMinutes(2);
    private static final String SOUND =
            "mssql_backup_last_drill_timestamp_seconds{database=\"Sales\",outcome=\"sound\"}";
    private static final String UNSOUND =
            "mssql_backup_last_drill_timestamp_seconds{database=\"Sales\",outcome=\"unsound\"}";
    private static final String NEXT = "mssql_backup_next_drill_timestamp_seconds{database=\"Sales\"}";

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
        Policies policies = new Policies(
                List.of(new Configuration.Policy(
                        List.of(DatabasePattern.parse("Sales")),
                        Cron.parse("0 1 1 1 *"),
                        null,
                        null,
                        null,
                        null,
                        Cron.parse("0 * * * *"),
                        null,
                        null)),
                new Configuration.Schedule(ZoneOffset.UTC, Duration.ZERO, 2));
        service = Service.start(
                installation.engine(),
                new ServiceSettings(
                        policies, installation::request, null, new DrillSettings(ProveSection.Point.RANDOM, null)),
                HttpApi.on(new ListenAddress("127.0.0.1", 0)),
                () -> {
                    asked.incrementAndGet();
                    return clock.instant();
                },
                List.of(events::add));
        client = new Client(service.port(), null);
        await().atMost(PATIENTLY).until(() -> ended(TrackedBackup.class).size() == 1);
        await().atMost(PATIENTLY).until(() -> client.metric(NEXT) > 0);
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

    private void anHourLater() {
        ahead.updateAndGet(before -> before.plus(Duration.ofHours(1)));
    }

    private void sql(String sql) throws Exception {
        CollectedResponse response = new CollectedResponse();
        try (SqlSession session = installation.server().open(40)) {
            session.execute(Batch.of(sql), response, new Cancellation());
        }
        assertThat(response.errors()).as(sql).isEmpty();
    }

    @Test
    void areHeldAtTheirTimesAndCountedByTheirOutcome() throws Exception {
        assertThat(began(TrackedDrill.class)).as("none is due yet").isZero();
        assertThat(client.metric(SOUND)).isZero();

        anHourLater();
        await().atMost(PATIENTLY).until(() -> ended(TrackedDrill.class).size() == 1);

        assertThat(ended(TrackedDrill.class).getFirst().outcome()).isEqualTo(JobOutcome.GOOD);
        await().atMost(PATIENTLY).until(() -> client.metric(SOUND) > 0);
        assertThat(client.metric(UNSOUND)).isZero();
        assertThat(client.metric("mssql_backup_drills_total{database=\"Sales\",outcome=\"good\"}"))
                .isEqualTo(1);
        assertThat(client.metric(NEXT)).isGreaterThan((double) clock.instant().getEpochSecond());
    }

    @Test
    void whatOneFindsIsAFailedJob() throws Exception {
        sql("EXEC sluice_damage_page @database = N'Sales', @page = 3");
        service.jobs().ask("Sales", BackupType.FULL, false);
        await().atMost(PATIENTLY).until(() -> ended(TrackedBackup.class).size() == 2);

        anHourLater();
        await().atMost(PATIENTLY).until(() -> ended(TrackedDrill.class).size() == 1);

        JobEvent.Ended drill = ended(TrackedDrill.class).getFirst();
        assertThat(drill.outcome()).isEqualTo(JobOutcome.FAILED);
        assertThat(drill.failure().id()).isEqualTo(FailureId.DATABASE_DAMAGED);
        await().atMost(PATIENTLY).until(() -> client.metric(UNSOUND) > 0);
        assertThat(client.metric(NEXT))
                .as("it is told once, and held again at its time")
                .isGreaterThan((double) clock.instant().getEpochSecond());
    }

    /// The backup stalls until the loop has come round many times with a drill that is due.
    @Test
    void noneBeginsWhileABackupRuns() throws Exception {
        installation.server().faults().next(Faults.Target.DATA, new Fault.StallsAfter(1 << 20));
        service.jobs().ask("Sales", BackupType.FULL, false);
        await().atMost(PATIENTLY).until(() -> installation.server().faults().isStalling());

        anHourLater();
        int before = asked.get();
        await().atMost(PATIENTLY).until(() -> asked.get() > before + 20);
        assertThat(client.metric(NEXT)).isLessThan((double) clock.instant().getEpochSecond());
        assertThat(began(TrackedDrill.class)).isZero();

        installation.server().faults().release();
        await().atMost(PATIENTLY).until(() -> ended(TrackedDrill.class).size() == 1);
        assertThat(ended(TrackedBackup.class)).hasSize(2);
    }

    /// A backup that becomes due while a drill restores begins and ends before it.
    @Test
    void noBackupWaitsForADrill() throws Exception {
        installation.server().faults().next(Faults.Target.RESTORE, new Fault.StallsAfter(1 << 20));
        anHourLater();
        await().atMost(PATIENTLY).until(() -> installation.server().faults().isStalling());

        service.jobs().ask("Sales", BackupType.FULL, false);
        await().atMost(PATIENTLY).until(() -> ended(TrackedBackup.class).size() == 2);
        assertThat(ended(TrackedDrill.class)).isEmpty();

        installation.server().faults().release();
        await().atMost(PATIENTLY).until(() -> ended(TrackedDrill.class).size() == 1);
    }
}
