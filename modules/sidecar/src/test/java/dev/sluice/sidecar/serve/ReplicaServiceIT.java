package dev.sluice.sidecar.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.sidecar.EmbeddedForTests;
import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.config.ListenAddress;
import dev.sluice.sidecar.config.Policies;
import dev.sluice.sidecar.schedule.Cron;
import dev.sluice.sidecar.schedule.DatabasePattern;
import dev.sluice.sidecar.serve.http.HttpApi;
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
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// The schedule on one replica of an availability group, whose part in it changes.
@Timeout(300)
class ReplicaServiceIT {

    private static final Duration PATIENTLY = Duration.ofMinutes(2);

    @TempDir
    Path directory;

    /// Of the service and of SQL Server. It starts far from the hours at which something is due, and runs.
    private final AtomicReference<Duration> ahead =
            new AtomicReference<>(Duration.between(Instant.now(), Instant.parse("2026-03-02T12:30:00Z")));
    private EmbeddedForTests installation;
    private SqlSession session;
    private Service service;
    private Client client;

    @BeforeEach
    void start() throws Exception {
        InstantSource clock = () -> Instant.now().plus(ahead.get());
        installation = EmbeddedForTests.start(
                directory, options -> options.withDatabase("Sales", 1 << 20).withClock(clock, ZoneOffset.UTC));
        session = installation.server().open(40);
        Policies policies = new Policies(
                List.of(new Configuration.Policy(
                        List.of(DatabasePattern.parse("Sales")),
                        Cron.parse("0 0 * * *"),
                        null,
                        Cron.parse("0 */2 * * *"),
                        null,
                        null,
                        null)),
                new Configuration.Schedule(ZoneOffset.UTC, Duration.ZERO, 2));
        service = Service.start(
                installation.engine(),
                new ServiceSettings(policies, installation::request, null),
                HttpApi.on(new ListenAddress("127.0.0.1", 0)),
                clock);
        client = new Client(service.port(), null);
        await().atMost(PATIENTLY).until(() -> ended("FULL") == 1);
    }

    @AfterEach
    void stop() {
        service.close();
        session.close();
        installation.close();
        client.close();
    }

    private void replica(boolean primary, boolean preferred) throws Exception {
        CollectedResponse response = new CollectedResponse();
        session.execute(
                Batch.of("EXEC sluice_availability_group @database = N'Sales', @primary = %d, @preferred = %d"
                        .formatted(primary ? 1 : 0, preferred ? 1 : 0)),
                response,
                new Cancellation());
        assertThat(response.errors()).isEmpty();
    }

    private List<BackupType> taken() {
        return installation
                .engine()
                .environment()
                .catalog()
                .list("Sales")
                .map(CatalogKey::type)
                .collectList()
                .block();
    }

    /// Lets so much time pass, and waits for the next job of this type to end.
    private JsonNode next(String type, Duration later) throws Exception {
        // What else was due then is over before anything else changes.
        await().atMost(PATIENTLY).until(() -> service.jobs().all().stream().allMatch(TrackedJob::isOver));
        long before = ended(type);
        ahead.updateAndGet(now -> now.plus(later));
        await().atMost(PATIENTLY).until(() -> ended(type) > before);
        return client.json("/api/v1/jobs")
                .get("jobs")
                .valueStream()
                .filter(job -> isEnded(job, type))
                .findFirst()
                .orElseThrow();
    }

    private long ended(String type) throws Exception {
        return client.json("/api/v1/jobs")
                .get("jobs")
                .valueStream()
                .filter(job -> isEnded(job, type))
                .count();
    }

    private static boolean isEnded(JsonNode job, String type) {
        return job.get("type").asString().equals(type) && job.has("ended");
    }

    @Test
    void eachBackupIsLeftToTheReplicaWhoseItIs() throws Exception {
        replica(false, true);
        JsonNode log = next("LOG", Duration.ofHours(2));
        JsonNode full = next("FULL", Duration.ofDays(1));
        await().atMost(PATIENTLY).until(() -> service.jobs().all().stream().allMatch(TrackedJob::isOver));
        replica(true, false);
        JsonNode left = next("LOG", Duration.ofHours(2));
        JsonNode again = next("FULL", Duration.ofDays(1));

        assertThat(log.get("state").asString())
                .as("a secondary that is preferred")
                .isEqualTo("good");
        assertThat(full.get("state").asString()).isEqualTo("left_out");
        assertThat(full.get("note").asString()).contains("the primary replica of its availability group is elsewhere");
        assertThat(left.get("state").asString()).isEqualTo("left_out");
        assertThat(left.get("note").asString()).contains("prefers another replica");
        assertThat(again.get("state").asString()).as("after a failover").isEqualTo("good");
        assertThat(taken()).filteredOn(BackupType.FULL::equals).hasSize(2);
    }

    /// A person who asks for a backup here gets it here.
    @Test
    void whatIsAskedForIsTakenWhateverTheGroupPrefers() throws Exception {
        replica(true, false);

        client.send("POST", "/api/v1/jobs", "{\"database\": \"Sales\", \"type\": \"LOG\"}");
        await().atMost(PATIENTLY).until(() -> taken().contains(BackupType.LOG));
    }
}
