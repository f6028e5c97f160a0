package dev.sluice.sidecar.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.PauseDocument.Scope;
import dev.sluice.sidecar.EmbeddedForTests;
import dev.sluice.sidecar.config.ListenAddress;
import dev.sluice.sidecar.config.Secret;
import dev.sluice.sidecar.pause.Pause;
import dev.sluice.sidecar.pause.PauseBook;
import dev.sluice.sidecar.schedule.JobOutcome;
import dev.sluice.sidecar.serve.http.HttpApi;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// What is paused does not start, is told, and goes on afterwards: in a service with a real schedule, bucket
/// and HTTP.
@Timeout(120)
class PauseIT {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String TOKEN = "a token that is hard to guess";
    private static final String LOGS = "{database=\"Sales\",type=\"log\"}";

    @TempDir
    Path directory;

    private final List<JobEvent> events = new CopyOnWriteArrayList<>();
    private EmbeddedForTests installation;
    private PauseBook book;
    private Service service;
    private Client client;
    private volatile Duration ahead = Duration.ZERO;

    @BeforeEach
    void start() {
        installation =
                EmbeddedForTests.start(directory.resolve("s3"), options -> options.withDatabase("Sales", 2 << 20));
        book = new PauseBook(installation.engine().environment());
    }

    @AfterEach
    void stop() {
        if (service != null) {
            service.close();
            client.close();
        }
        installation.close();
    }

    private void serve(String token) throws Exception {
        service = Service.start(
                installation.engine(),
                settings(token),
                HttpApi.on(new ListenAddress("127.0.0.1", 0)),
                () -> Instant.now().plus(ahead),
                List.of(events::add));
        client = new Client(service.port(), token);
        await().atMost(SOON).until(() -> client.get("/health/ready").statusCode() == 200);
    }

    private ServiceSettings settings(String token) {
        return new ServiceSettings(
                ServiceIT.policies(null, "0 1 1 1 *", "* * * * *"),
                installation::request,
                token == null ? null : new Secret(token));
    }

    private List<BackupType> taken() {
        return installation
                .engine()
                .environment()
                .catalog()
                .list("Sales")
                .map(CatalogKey::type)
                .collectList()
                .block(SOON);
    }

    private List<JobEvent.Ended> leftOut() {
        return events.stream()
                .filter(event -> event instanceof JobEvent.Ended ended && ended.outcome() == JobOutcome.LEFT_OUT)
                .map(JobEvent.Ended.class::cast)
                .toList();
    }

    /// The pause is in the bucket before the service starts, as after a restart.
    @Test
    void aPauseInTheBucketKeepsBackupsFromStartingAndAPersonsBackupStillRuns() throws Exception {
        Instant now = Instant.now();
        Pause pause = book.add(
                new Scope.Databases(List.of("Sal*")), Set.of(), now, now.plus(Duration.ofHours(1)), "migration");
        serve(TOKEN);

        await().atMost(SOON).until(() -> !leftOut().isEmpty());
        assertThat(leftOut().getFirst().job().note()).contains("paused until", "migration");
        JsonNode sales = client.json("/api/v1/status")
                .at("/databases")
                .valueStream()
                .filter(one -> one.get("name").asString().equals("Sales"))
                .findFirst()
                .orElseThrow();
        assertThat(sales.get("problems").toString()).contains("are paused until", "migration");
        assertThat(sales.at("/types/0/pausedUntil").asString())
                .isEqualTo(pause.until().toString());
        assertThat(client.metric("mssql_backup_paused{database=\"Sales\",type=\"full\"}"))
                .isEqualTo(1);
        assertThat(client.metric("mssql_backup_paused{database=\"Absent\",type=\"full\"}"))
                .isZero();
        assertThat(client.metric("mssql_backup_paused_until_timestamp_seconds{database=\"Sales\",type=\"full\"}"))
                .isEqualTo(pause.until().toEpochMilli() / 1000.0);
        HttpResponse<String> asked =
                client.send("POST", "/api/v1/jobs", "{\"database\": \"Sales\", \"type\": \"FULL\"}");
        assertThat(asked.statusCode()).isEqualTo(202);
        await().atMost(SOON).until(() -> taken().contains(BackupType.FULL));
        assertThat(leftOut()).as("told once").hasSizeBetween(1, 2);
        assertThat(taken()).doesNotContain(BackupType.LOG);

        // A command ends it in the bucket; other settings, as after SIGHUP, make the service look at once.
        book.end(pause);
        service.apply(settings(TOKEN));
        await().atMost(SOON.multipliedBy(3)).until(() -> taken().contains(BackupType.LOG));
        assertThat(client.metric("mssql_backup_paused" + LOGS)).isZero();
    }

    @Test
    void aPauseOverHttpNeedsATokenAndAnEndAndHoldsAtOnce() throws Exception {
        serve(null);
        String body = "{\"all\": true, \"lasting\": \"2h\", \"reason\": \"patching\"}";
        assertThat(client.send("POST", "/api/v1/pauses", body).statusCode())
                .as("not every program of this machine may stop backups")
                .isEqualTo(403);
        service.apply(settings(TOKEN));
        client.close();
        client = new Client(service.port(), TOKEN);
        for (String wrong : List.of(
                "{\"all\": true}",
                "{\"lasting\": \"2h\"}",
                "{\"all\": true, \"lasting\": \"31d\"}",
                "{\"all\": true, \"lasting\": \"2h\", \"until\": \"2099-01-01T00:00:00Z\"}",
                "{\"all\": true, \"until\": \"tomorrow\"}",
                "{\"all\": true, \"databases\": [\"Sales\"], \"lasting\": \"2h\"}",
                "{\"databases\": [\"!Sales\"], \"lasting\": \"2h\"}",
                "{\"all\": true, \"lasting\": \"2h\", \"types\": [\"nightly\"]}")) {
            assertThat(client.send("POST", "/api/v1/pauses", wrong).statusCode())
                    .as(wrong)
                    .isEqualTo(400);
        }
        assertThat(client.send("POST", "/api/v1/pauses", "{\"policy\": \"none\", \"lasting\": \"2h\"}")
                        .statusCode())
                .isEqualTo(404);

        HttpResponse<String> answer = client.send("POST", "/api/v1/pauses", body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
        String where = answer.headers().firstValue("Location").orElseThrow();
        assertThat(client.metric("mssql_backup_paused" + LOGS)).isEqualTo(1);
        assertThat(book.read(problem -> {
                    throw new AssertionError(problem);
                }))
                .singleElement()
                .satisfies(pause -> assertThat(where).endsWith(pause.id()));
        assertThat(client.json("/api/v1/pauses").at("/pauses/0/reason").asString())
                .isEqualTo("patching");

        assertThat(client.send("DELETE", where, null).statusCode()).isEqualTo(200);
        assertThat(client.metric("mssql_backup_paused" + LOGS)).isZero();
        assertThat(client.send("DELETE", where, null).statusCode()).isEqualTo(404);
    }

    @Test
    void aPauseEndsByItselfAndItsDocumentGoes() throws Exception {
        Instant now = Instant.now();
        book.add(new Scope.Everything(), Set.of(), now, now.plus(Duration.ofHours(1)), null);
        serve(TOKEN);
        assertThat(client.metric("mssql_backup_paused" + LOGS)).isEqualTo(1);
        assertThat(taken()).isEmpty();

        ahead = Duration.ofHours(1);
        await().atMost(SOON).until(() -> taken().contains(BackupType.FULL));
        service.apply(settings(TOKEN));
        await().atMost(SOON).until(() -> book.state().isEmpty());
    }
}
