package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// `sluice serve` as a process, and its signals.
@Timeout(600)
class ServeProgramIT {

    private static final Duration PATIENTLY = Duration.ofMinutes(2);

    @TempDir
    Path directory;

    private final HttpClient http = HttpClient.newHttpClient();

    private String listening(Program program) {
        await().atMost(PATIENTLY).until(() -> program.out().contains("\n") || !program.running());
        try {
            return JsonMapper.shared().readTree(program.out()).get("listening").asString();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private int status(String base, String path) throws Exception {
        return http.send(HttpRequest.newBuilder(URI.create(base + path)).build(), BodyHandlers.discarding())
                .statusCode();
    }

    private JsonNode json(String base, String path) throws Exception {
        return JsonMapper.shared().readTree(text(base, path));
    }

    private String text(String base, String path) throws Exception {
        return http.send(HttpRequest.newBuilder(URI.create(base + path)).build(), BodyHandlers.ofString())
                .body();
    }

    @Test
    void sigtermEndsWhatRunsAndLeavesNothingHalfDone() throws Exception {
        try (Program program =
                Program.start(directory, "serve", "--embedded", "--embedded-size", "768MiB", "--port", "0", "--json")) {
            String base = listening(program);
            await().atMost(PATIENTLY)
                    .until(() -> json(base, "/api/v1/jobs")
                                    .at("/jobs/0/progress/bytes")
                                    .asLong(0)
                            > 0);

            program.signal("TERM");

            assertThat(program.exitCode(PATIENTLY)).isEqualTo(143);
            assertThat(objects("pending")).isEmpty();
            assertThat(objects("data").isEmpty()).isEqualTo(objects("catalog").isEmpty());
        }
    }

    private List<Path> objects(String kind) throws IOException {
        Path root = directory.resolve(".sluice/s3");
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> root.relativize(file).toString().contains("/" + kind + "/"))
                    .toList();
        }
    }

    private void configuration(String server, String more) throws IOException {
        Files.writeString(directory.resolve("sluice.yaml"), """
                server:
                  url: "jdbc:sqlserver://%s;encrypt=false"
                  user: sa
                  password: secret
                  identity: test
                store: { bucket: backups, endpoint: "http://127.0.0.1:1" }
                http: { listen: "127.0.0.1:0" }
                policies:
                  - databases: ["*"]
                    full: "0 1 * * *"
                %s
                """.formatted(server, more));
    }

    @Test
    void itStaysAliveWithoutServerAndBucketAndSighupReloadsAllOrNothing() throws Exception {
        configuration("127.0.0.1:1", "");
        try (Program program = Program.start(directory, "serve", "--json")) {
            String base = listening(program);
            assertThat(status(base, "/health/live")).isEqualTo(200);
            assertThat(status(base, "/health/started")).isEqualTo(200);
            assertThat(status(base, "/health/ready")).isEqualTo(503);

            configuration("127.0.0.1:1", "    fulll: 3");
            program.signal("HUP");
            await().atMost(PATIENTLY).until(() -> program.err().contains("fulll"));

            configuration("127.0.0.1:2", "    keep: { full: 3 }");
            program.signal("HUP");
            await().atMost(PATIENTLY).until(() -> program.err().contains("these sections need a restart"));
            assertThat(program.err()).doesNotContain("configuration reloaded");

            configuration(
                    "127.0.0.1:1", "    keep: { full: 3 }\nnotify: [{ name: pager, command: { program: /bin/true } }]");
            program.signal("HUP");
            await().atMost(PATIENTLY).until(() -> program.err().contains("configuration reloaded"));
            assertThat(program.running()).isTrue();
            assertThat(text(base, "/metrics")).contains("receiver=\"pager\"");

            program.signal("TERM");
            assertThat(program.exitCode(PATIENTLY)).isEqualTo(143);
        }
    }

    @Test
    void pruneSaysWhatWouldGoAndThenDoesIt() throws Exception {
        for (String type : List.of("full", "log", "full")) {
            assertThat(run("backup", "Sales", "--embedded", "--embedded-size", "2MiB", "--type", type))
                    .isZero();
        }

        JsonNode dry = document("prune", "--embedded", "--keep-full", "1", "--dry-run", "--json");
        JsonNode done = document("prune", "Sales", "--embedded", "--keep-full", "1", "--json");
        JsonNode left = document("list", "--embedded", "--json");

        assertThat(dry.at("/databases/0/removed").asInt()).isEqualTo(2);
        assertThat(dry.at("/databases/0/backups").size()).isEqualTo(3);
        assertThat(done.at("/databases/0/removed").asInt()).isEqualTo(2);
        assertThat(left.get("backups").size()).isEqualTo(1);
        assertThat(run("prune", "--embedded")).as("nothing says what to keep").isEqualTo(2);
        assertThat(run("prune", "--embedded", "--keep-days", "0")).isEqualTo(2);
    }

    private int run(String... arguments) throws Exception {
        try (Program program = Program.start(directory, arguments)) {
            return program.exitCode(PATIENTLY);
        }
    }

    private JsonNode document(String... arguments) throws Exception {
        try (Program program = Program.start(directory, arguments)) {
            int code = program.exitCode(PATIENTLY);
            assertThat(code).as(program.err()).isZero();
            return JsonMapper.shared().readTree(program.out());
        }
    }
}
