package dev.sluice.sidecar.serve.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.sidecar.EmbeddedForTests;
import dev.sluice.sidecar.config.ListenAddress;
import dev.sluice.sidecar.serve.Client;
import dev.sluice.sidecar.serve.Service;
import dev.sluice.sidecar.serve.ServiceIT;
import dev.sluice.sidecar.serve.ServiceSettings;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Server-sent events: what they say, and what those that watch may take from others.
@Timeout(120)
class EventStreamIT {

    private static final Duration PATIENTLY = Duration.ofMinutes(1);

    /// So many may watch at the same time.
    private static final int WATCHERS = 16;

    @TempDir
    Path directory;

    private final HttpClient http = HttpClient.newHttpClient();
    private EmbeddedForTests installation;
    private Service service;
    private Client client;

    @BeforeEach
    void start() throws Exception {
        installation = EmbeddedForTests.start(directory, options -> options.withDatabase("Sales", 1 << 20));
        service = Service.start(
                installation.engine(),
                new ServiceSettings(ServiceIT.policies(null, "0 1 1 1 *", null), installation::request, null),
                HttpApi.on(new ListenAddress("127.0.0.1", 0)),
                InstantSource.system());
        client = new Client(service.port(), null);
        await().atMost(PATIENTLY).until(() -> client.get("/health/ready").statusCode() == 200);
    }

    @AfterEach
    void stop() {
        service.close();
        installation.close();
        client.close();
        http.shutdownNow();
    }

    private BufferedReader watch() throws Exception {
        HttpResponse<InputStream> answer = http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + service.port() + "/api/v1/events"))
                        .build(),
                BodyHandlers.ofInputStream());
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("text/event-stream; charset=utf-8");
        return new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8));
    }

    /// The data of the next event of this name.
    private static JsonNode next(BufferedReader stream, String event) throws IOException {
        String line;
        while ((line = stream.readLine()) != null) {
            if (line.equals("event: " + event)) {
                return JsonMapper.shared().readTree(stream.readLine().replaceFirst("^data: ", ""));
            }
        }
        throw new IOException("the stream has ended");
    }

    @Test
    void aJobIsSeenAsItBeginsAndEnds() throws Exception {
        await().atMost(PATIENTLY)
                .until(() -> client.json("/api/v1/jobs")
                        .at("/jobs/0/state")
                        .asString()
                        .equals("good"));
        BufferedReader stream = watch();
        next(stream, "changed");
        assertThat(next(stream, "activity").get("jobs").isEmpty()).isTrue();

        client.send("POST", "/api/v1/jobs", "{\"database\": \"Sales\", \"type\": \"FULL\"}");

        next(stream, "changed");
        JsonNode activity = next(stream, "activity");
        while (!activity.get("jobs").isEmpty()) {
            assertThat(activity.at("/jobs/0/database").asString()).isEqualTo("Sales");
            activity = next(stream, "activity");
        }
        assertThat(client.json("/api/v1/jobs").at("/jobs/0/state").asString()).isEqualTo("good");
    }

    @Test
    void thoseThatWatchMakeRoomForEachOtherAndTakeNoneFromOthers() throws Exception {
        List<BufferedReader> streams = new ArrayList<>();
        for (int i = 0; i <= WATCHERS; i++) {
            streams.add(watch());
            next(streams.getLast(), "activity");
        }

        BufferedReader oldest = streams.getFirst();
        await().atMost(PATIENTLY).untilAsserted(() -> {
            try {
                while (oldest.readLine() != null) {
                    // What was on its way.
                }
            } catch (IOException _) {
                return; // cut
            }
        });
        next(streams.getLast(), "activity");
        assertThat(client.get("/health/live").statusCode()).isEqualTo(200);
        assertThat(client.get("/api/v1/status").statusCode()).isEqualTo(200);
        assertThat(client.metric("mssql_backup_http_refused_total{reason=\"displaced\"}"))
                .isEqualTo(1.0);
    }
}
