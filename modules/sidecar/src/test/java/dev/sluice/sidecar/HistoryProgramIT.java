package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.testsupport.FaultyProxy;
import dev.sluice.testsupport.Reaction.Answer;
import dev.sluice.testsupport.Reaction.Fault;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The history of `serve` as it is packaged: it outlives `kill -9`, `sluice history` and HTTP show it, and it goes
/// when it is too old.
@Timeout(600)
class HistoryProgramIT {

    private static final Duration PATIENTLY = Duration.ofMinutes(2);
    private static final String PASSWORD = "History!1";
    private static final String TOKEN = "open sesame";

    @TempDir
    Path directory;

    private final HttpClient http = HttpClient.newHttpClient();
    private Site site;
    private FaultyProxy proxy;
    private Program program;
    private String base;

    @BeforeEach
    void start() throws Exception {
        site = Site.start(directory, PASSWORD, "Sales=2MiB");
        proxy = new FaultyProxy(site.s3.endpoint());
        site.configure("""
                server: { url: "%s", user: sa, password: "%s", identity: prod-1 }
                vdi: { provider: simulator, library: "${SLUICE_VDI_LIBRARY}" }
                store:
                  bucket: backups
                  prefix: prod
                  endpoint: %s
                  credentials: { access-key-id: "${S3_KEY}", secret-access-key: "${S3_SECRET}" }
                memory: { budget: 64MiB }
                http: { listen: "127.0.0.1:0", token: %s }
                policies: [{ databases: [Sales], full: "0 1 1 1 *", log: "0 1 1 1 *" }]
                """.formatted(site.jdbcUrl(), PASSWORD, proxy.endpoint(), TOKEN));
    }

    @AfterEach
    void stop() throws Exception {
        http.close();
        for (AutoCloseable one : new AutoCloseable[] {program, proxy, site}) {
            if (one != null) {
                one.close();
            }
        }
    }

    private void serve() throws Exception {
        program = site.program("serve", "--json");
        await().atMost(PATIENTLY).until(() -> program.out().contains("\n") || !program.running());
        base = JsonMapper.shared().readTree(program.out()).get("listening").asString();
    }

    private JsonNode send(String method, String path, String body) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base + path))
                .timeout(PATIENTLY)
                .header("Authorization", "Bearer " + TOKEN)
                .header("Content-Type", "application/json")
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        return JsonMapper.shared()
                .readTree(http.send(request.build(), BodyHandlers.ofString()).body());
    }

    private void ask(String path, String body, String ends) throws Exception {
        // A service that has just begun does not know the databases yet.
        JsonNode job = await().atMost(PATIENTLY).until(() -> send("POST", path, body), answer -> answer.has("id"));
        await().atMost(PATIENTLY)
                .until(() -> send("GET", path + "/" + job.get("id").asString(), null)
                        .path("state")
                        .asString("")
                        .equals(ends));
    }

    private List<String> stored() throws IOException {
        Path history = directory.resolve("s3/backups/prod/prod-1/history");
        if (!Files.isDirectory(history)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(history)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".jsonl.gz"))
                    .sorted()
                    .toList();
        }
    }

    /// As `type outcome`, the newest last.
    private List<String> shown(String... more) throws Exception {
        String[] arguments =
                Stream.concat(Stream.of("history", "--json"), Stream.of(more)).toArray(String[]::new);
        return jobs(site.done(arguments).json());
    }

    private static List<String> jobs(JsonNode document) {
        return document.get("jobs")
                .valueStream()
                .map(job -> "%s %s"
                        .formatted(
                                job.get("type").asString(), job.get("outcome").asString()))
                .toList();
    }

    private String metric(String name) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(base + "/metrics"))
                .header("Authorization", "Bearer " + TOKEN)
                .build();
        return http.send(request, BodyHandlers.ofString())
                .body()
                .lines()
                .filter(line -> line.startsWith("mssql_backup_" + name + " "))
                .findFirst()
                .orElse("none");
    }

    @Test
    void historyOutlivesKillAndRestartAndIsShownEverywhere() throws Exception {
        LocalDate today = LocalDate.now(ZoneOffset.UTC);
        Path old = directory.resolve("s3/backups/prod/prod-1/history");
        Files.createDirectories(old);
        String ancient = today.minusDays(91) + "_01J00000000000000000000001.jsonl.gz";
        Files.write(old.resolve(ancient), new byte[] {1});
        serve();
        // The first full backup is the schedule's.
        await().atMost(PATIENTLY)
                .until(() -> send("GET", "/api/v1/jobs", null)
                        .at("/jobs/0/state")
                        .asString("")
                        .equals("good"));
        site.sql("EXEC sluice_workload @database = N'Sales', @transactions = 5, @seed = 1");
        ask("/api/v1/jobs", "{\"database\": \"Sales\", \"type\": \"LOG\"}", "good");
        String backup = send("GET", "/api/v1/backups", null).at("/backups/0/id").asString();
        ask("/api/v1/restores", "{\"database\": \"Sales\", \"to\": \"end\", \"as\": \"Copy\"}", "good");
        ask("/api/v1/verifications", "{\"backup\": \"%s\"}".formatted(backup), "good");
        proxy.follow((request, _) -> request.is("PUT", "/data/") || request.is("POST", "/data/")
                ? Answer.error(403, "AccessDenied")
                : Fault.NONE);
        ask("/api/v1/jobs", "{\"database\": \"Sales\", \"type\": \"FULL\"}", "failed");
        proxy.follow((_, _) -> Fault.NONE);

        List<String> all = List.of("full good", "log good", "restore good", "verification good", "full failed");
        await().atMost(PATIENTLY).until(() -> shown().equals(all));
        await().atMost(PATIENTLY).until(() -> !stored().contains(ancient));
        program.signal("KILL");
        assertThat(program.exitCode(PATIENTLY)).isEqualTo(137);
        List<String> before = stored();
        serve();

        assertThat(jobs(send("GET", "/api/v1/history", null))).isEqualTo(all.reversed());
        assertThat(jobs(send("GET", "/api/v1/history?database=Copy", null))).containsExactly("restore good");
        JsonNode failed = send("GET", "/api/v1/history?failed=true", null);
        assertThat(jobs(failed)).containsExactly("full failed");
        assertThat(failed.at("/jobs/0/failure").asString()).isNotEmpty();
        assertThat(failed.at("/jobs/0/text").asString()).contains("403");
        assertThat(jobs(send("GET", "/api/v1/history?limit=2", null)))
                .isEqualTo(all.reversed().subList(0, 2));
        JsonNode days = send("GET", "/api/v1/history/days", null);
        assertThat(days.at("/totals/0/day").asString()).isNotEmpty();

        ask("/api/v1/jobs", "{\"database\": \"Sales\", \"type\": \"FULL\"}", "good");
        assertThat(jobs(send("GET", "/api/v1/history", null)))
                .as("what this process has ended, at once")
                .hasSize(6)
                .startsWith("full good");
        program.signal("TERM");
        assertThat(program.exitCode(PATIENTLY)).isEqualTo(143);

        assertThat(stored())
                .as("each process has an object of its own")
                .hasSize(before.size() + 1)
                .containsAll(before);
        assertThat(shown()).hasSize(6);
        assertThat(shown("--failed")).containsExactly("full failed");
        assertThat(shown("Sa*", "--type", "log,restore")).containsExactly("log good", "restore good");
        assertThat(shown("--until", "2001-01-01", "--since", "2000-01-01")).isEmpty();
        assertThat(site.run("history", "--since", "tomorrow").code()).isEqualTo(2);
        Site.Ended history = site.done("history");
        String table = history.out();
        assertThat(history.err())
                .containsPattern("as it was stored at \\S+Z; a running `serve` stores a job within 30 s");
        assertThat(site.done("history", "--until", "0s").err()).doesNotContain("serve");
        assertThat(site.done("history", "--json").json().get("stored").asString())
                .contains("T");
        assertThat(table).contains("ENDED", "restore", "Copy (of Sales)", "asked for", backup);
        nothingElseMindsTheHistory();
    }

    /// What looks into the server's directory leaves history alone, and it leaves what is damaged for people to see.
    private void nothingElseMindsTheHistory() throws Exception {
        Files.write(
                directory.resolve("s3/backups/prod/prod-1/history/2026-01-01_01J00000000000000000000001.jsonl.gz"),
                new byte[] {1, 2, 3});
        List<String> before = stored();

        assertThat(site.done("recover", "--json").json().toString()).doesNotContain("history");
        assertThat(site.done("list", "--json").json().get("findings")).isEmpty();
        assertThat(site.done("prune", "Sales", "--keep-full", "1", "--json")
                        .json()
                        .at("/databases/0/removed")
                        .asInt())
                .isPositive();
        assertThat(site.run("catalog", "rebuild", "--json").out()).doesNotContain("history");
        assertThat(stored()).isEqualTo(before);
        Site.Ended damaged = site.run("history", "--since", "2026-01-01");
        assertThat(damaged.code()).isEqualTo(3);
        assertThat(damaged.err()).contains("2026-01-01_01J00000000000000000000001.jsonl.gz is damaged");
        assertThat(damaged.out()).contains("restore");
    }

    @Test
    void aBucketThatRefusesHistoryFailsNoBackup() throws Exception {
        proxy.follow((request, _) -> request.is("PUT", "/history/") ? Answer.error(403, "AccessDenied") : Fault.NONE);
        serve();
        await().atMost(PATIENTLY)
                .until(() -> send("GET", "/api/v1/jobs", null)
                        .at("/jobs/0/state")
                        .asString("")
                        .equals("good"));
        assertThat(jobs(send("GET", "/api/v1/history", null))).containsExactly("full good");
        await().atMost(PATIENTLY).until(() -> metric("history_failures_total").endsWith(" 1.0"));

        program.signal("TERM");

        assertThat(program.exitCode(PATIENTLY)).isEqualTo(143);
        assertThat(program.err())
                .contains("history could not be stored")
                .contains("could not be stored before the end");
        assertThat(stored()).isEmpty();
    }
}
