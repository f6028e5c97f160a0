package dev.sluice.sidecar.serve;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.catalog.HoldDocument;
import dev.sluice.engine.run.Environment;
import dev.sluice.sidecar.EmbeddedForTests;
import dev.sluice.sidecar.config.ListenAddress;
import dev.sluice.sidecar.config.Secret;
import dev.sluice.sidecar.serve.http.HttpApi;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Holds as they are placed, listed and released over HTTP, beside those of other processes.
@Timeout(120)
class HoldsOverHttpIT {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String TOKEN = "a token that is hard to guess";
    private static final String HOLDS = "/api/v1/holds";

    /// Of a backup that is not there.
    private static final String ABSENT = "01J00000000000000000000001";

    @TempDir
    Path directory;

    private EmbeddedForTests installation;
    private Service service;
    private Client client;

    @BeforeEach
    void start() throws Exception {
        installation =
                EmbeddedForTests.start(directory.resolve("s3"), options -> options.withDatabase("Sales", 2 << 20));
        service = Service.start(
                installation.engine(),
                settings(TOKEN),
                HttpApi.on(new ListenAddress("127.0.0.1", 0)),
                InstantSource.system(),
                List.of());
        client = new Client(service.port(), TOKEN);
        await().atMost(SOON)
                .until(() -> client.json("/api/v1/jobs")
                        .at("/jobs/0/state")
                        .asString("")
                        .equals("good"));
    }

    @AfterEach
    void stop() {
        client.close();
        service.close();
        installation.close();
    }

    private ServiceSettings settings(String token) {
        return new ServiceSettings(
                ServiceIT.policies(null, "0 1 1 1 *", null),
                installation::request,
                token == null ? null : new Secret(token));
    }

    private Environment env() {
        return installation.engine().environment();
    }

    private HttpResponse<String> place(String body) throws Exception {
        return client.send("POST", HOLDS, body);
    }

    private static JsonNode json(HttpResponse<String> answer) {
        return JsonMapper.shared().readTree(answer.body());
    }

    private String newestBackup() throws Exception {
        return client.json("/api/v1/backups").at("/backups/0/id").asString();
    }

    private HoldDocument inBucket(String backup) {
        return env().catalog().holds().read(backup).block(SOON);
    }

    private String takeLog() throws Exception {
        String full = newestBackup();
        assertThat(client.send("POST", "/api/v1/jobs", "{\"database\": \"Sales\", \"type\": \"LOG\"}")
                        .statusCode())
                .isEqualTo(202);
        return await().atMost(SOON).until(this::newestBackup, id -> !id.equals(full));
    }

    @Test
    void aHoldIsPlacedReplacedListedAndReleased() throws Exception {
        String full = newestBackup();
        String log = takeLog();
        LocalDate day = LocalDate.now(ZoneOffset.UTC).plusDays(2);

        HttpResponse<String> placed =
                place("{\"backup\": \"%s\", \"until\": \"%s\", \"reason\": \"lawsuit 7\"}".formatted(log, day));

        assertThat(placed.statusCode()).as(placed.body()).isEqualTo(201);
        assertThat(placed.headers().firstValue("Location")).contains(HOLDS + "/" + log);
        assertThat(json(placed).get("backups").toString()).isEqualTo("[\"%s\",\"%s\"]".formatted(full, log));
        Instant end = day.plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant();
        assertThat(inBucket(log).until()).isEqualTo(end);
        assertThat(inBucket(log).reason()).isEqualTo("lawsuit 7");
        JsonNode listed = client.json(HOLDS).at("/holds/0");
        assertThat(listed.get("backup").asString()).isEqualTo(log);
        assertThat(listed.get("database").asString()).isEqualTo("Sales");
        assertThat(listed.get("type").asString()).isEqualTo("LOG");
        assertThat(listed.get("until").asString()).isEqualTo(end.toString());
        assertThat(listed.get("reason").asString()).isEqualTo("lawsuit 7");
        assertThat(listed.get("keeps").asInt()).isEqualTo(2);

        assertThat(place("{\"backup\": \"%s\"}".formatted(log)).statusCode()).isEqualTo(201);
        assertThat(client.json(HOLDS).get("holds")).hasSize(1);
        assertThat(client.json(HOLDS).at("/holds/0").has("until")).isFalse();
        HttpResponse<String> needed = client.send("DELETE", HOLDS + "/" + full, null);
        assertThat(needed.statusCode()).isEqualTo(404);
        assertThat(needed.body()).contains("not-held", "release " + log);

        HttpResponse<String> released = client.send("DELETE", HOLDS + "/" + log, null);
        assertThat(released.statusCode()).isEqualTo(200);
        assertThat(json(released).get("released").asString()).isEqualTo(log);
        assertThat(inBucket(log)).isNull();
        assertThat(client.json(HOLDS).get("holds")).isEmpty();
        assertThat(client.send("DELETE", HOLDS + "/" + log, null).statusCode()).isEqualTo(404);
    }

    @Test
    void whatIsNoHoldIsRefusedWithTheReason() throws Exception {
        String backup = newestBackup();
        for (String wrong : List.of(
                "{}",
                "{\"backup\": \"%s\", \"until\": \"tomorrow\"}",
                "{\"backup\": \"%s\", \"until\": \"2020-01-01\"}",
                "{\"backup\": \"%s\", \"until\": 2027}",
                "{\"backup\": \"%s\", \"reason\": \"" + "x".repeat(1_001) + "\"}",
                "{\"backup\": \"%s\", \"lock\": \"yes\"}",
                "{\"backup\": \"%s\", \"untill\": \"2099-01-01\"}")) {
            HttpResponse<String> answer = place(wrong.formatted(backup));
            assertThat(answer.statusCode()).as(wrong).isEqualTo(400);
            assertThat(answer.body()).as(wrong).contains("HoldRequest in /openapi.json");
        }
        for (String none : List.of("none", ABSENT)) {
            assertThat(place("{\"backup\": \"%s\"}".formatted(none)).statusCode())
                    .isEqualTo(404);
            assertThat(client.send("DELETE", HOLDS + "/" + none, null).statusCode())
                    .isEqualTo(404);
        }
        assertThat(client.json(HOLDS).get("holds")).isEmpty();
    }

    @Test
    void withoutATokenHoldsAreListedAndNotChanged() throws Exception {
        String backup = newestBackup();
        String body = "{\"backup\": \"%s\"}".formatted(backup);
        assertThat(place(body).statusCode()).isEqualTo(201);

        service.apply(settings(null));
        client.close();
        client = new Client(service.port(), null);

        assertThat(place(body).statusCode()).isEqualTo(403);
        assertThat(client.send("DELETE", HOLDS + "/" + backup, null).statusCode())
                .as("not every program of this machine may have backups removed")
                .isEqualTo(403);
        assertThat(client.json(HOLDS).at("/holds/0/backup").asString()).isEqualTo(backup);
    }

    /// This bucket has no Object Lock. The hold stands all the same, as with the command.
    @Test
    void whatTheBucketDoesNotLockIsTold() throws Exception {
        String backup = newestBackup();

        HttpResponse<String> answer = place("{\"backup\": \"%s\", \"lock\": true}".formatted(backup));

        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).contains("not-locked", "The hold of " + backup + " stands");
        assertThat(client.json(HOLDS).at("/holds/0/backup").asString()).isEqualTo(backup);
    }

    /// A hold may be another process', may have ended, may have outlived its backup, and may be damaged.
    @Test
    void theBucketSaysWhatIsHeld() throws Exception {
        String backup = newestBackup();
        Instant now = Instant.now();
        assertThat(client.json(HOLDS).get("holds")).isEmpty();

        write(backup, now.plus(Duration.ofHours(1)), "another process");
        write(ABSENT, null, "its backup is gone");
        write("01J00000000000000000000002", now.minus(Duration.ofHours(1)), "over");
        JsonNode listed = client.json(HOLDS);
        assertThat(listed.get("unreadable")).isEmpty();
        assertThat(listed.get("holds")
                        .valueStream()
                        .map(hold -> hold.get("reason").asString()))
                .containsExactlyInAnyOrder("another process", "its backup is gone");
        assertThat(listed.get("holds").valueStream().filter(hold -> hold.has("type")))
                .singleElement()
                .satisfies(hold -> assertThat(hold.get("backup").asString()).isEqualTo(backup));

        env().store()
                .put(env().catalog().keys().hold(backup), "no hold".getBytes(UTF_8))
                .block(SOON);
        JsonNode damaged = client.json(HOLDS);
        assertThat(damaged.get("holds")).hasSize(1);
        assertThat(damaged.at("/unreadable/0").asString()).contains(backup);
        assertThat(client.send("DELETE", HOLDS + "/" + backup, null).statusCode())
                .as("its key says whose it is")
                .isEqualTo(200);
        assertThat(client.json(HOLDS).get("unreadable")).isEmpty();
    }

    private void write(String backup, Instant until, String reason) {
        env().catalog()
                .holds()
                .write(new HoldDocument(
                        "test",
                        backup,
                        env().identity(),
                        "Sales",
                        Instant.now().minus(Duration.ofHours(2)),
                        until,
                        reason,
                        List.of(backup)))
                .block(SOON);
    }
}
