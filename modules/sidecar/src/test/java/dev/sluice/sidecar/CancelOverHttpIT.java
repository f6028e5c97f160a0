package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.testsupport.FaultyProxy;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A job of `sluice serve` that somebody cancels over HTTP: the program as it is packaged, SQL Server's stand-in
/// in another process, a bucket behind a proxy that knows how far the backup is.
@Timeout(300)
class CancelOverHttpIT {

    private static final Duration PATIENTLY = Duration.ofMinutes(2);
    private static final String PASSWORD = "Another!1";

    @TempDir
    Path directory;

    private final HttpClient http = HttpClient.newHttpClient();
    private Site site;
    private FaultyProxy proxy;
    private Program program;
    private String base;

    @BeforeEach
    void start() throws Exception {
        site = Site.start(directory, PASSWORD, "Sales=24MiB");
        proxy = new FaultyProxy(site.s3.endpoint());
        site.configure("""
                server: { url: "%s", user: sa, password: "%s", identity: one }
                vdi: { provider: simulator, library: "${SLUICE_VDI_LIBRARY}" }
                store:
                  bucket: backups
                  endpoint: %s
                  credentials: { access-key-id: "${S3_KEY}", secret-access-key: "${S3_SECRET}" }
                memory: { budget: 64MiB }
                http: { listen: "127.0.0.1:0" }
                policies:
                  - databases: [Sales]
                    full: "0 1 1 1 *"
                """.formatted(site.jdbcUrl(), PASSWORD, proxy.endpoint()));
        site.done("backup", "Sales");
        program = site.program("serve", "--json");
        await().atMost(PATIENTLY).until(() -> program.out().contains("\n") || !program.running());
        base = JsonMapper.shared().readTree(program.out()).get("listening").asString();
        await().atMost(PATIENTLY).until(() -> send("GET", "/health/ready", null).statusCode() == 200);
    }

    @AfterEach
    void stop() throws Exception {
        http.close();
        if (program != null) {
            program.close();
        }
        if (proxy != null) {
            proxy.close();
        }
        if (site != null) {
            site.close();
        }
    }

    private HttpResponse<String> send(String method, String path, String body) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base + path))
                .timeout(PATIENTLY)
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        if (body != null) {
            request.header("Content-Type", "application/json");
        }
        return http.send(request.build(), BodyHandlers.ofString());
    }

    private JsonNode json(String path) throws Exception {
        return JsonMapper.shared().readTree(send("GET", path, null).body());
    }

    /// Asks for a full backup, cancels it when it has come to a step, and waits for its end.
    private JsonNode cancelledAt(BackupStep step) throws Exception {
        CountDownLatch reached = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        proxy.follow(step.trap(() -> {
            reached.countDown();
            try {
                return !goOn.await(PATIENTLY.toSeconds(), TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }));
        try {
            HttpResponse<String> asked = send("POST", "/api/v1/jobs", "{\"database\": \"Sales\", \"type\": \"FULL\"}");
            String job = asked.headers().firstValue("Location").orElseThrow();
            assertThat(reached.await(PATIENTLY.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(json(job).get("state").asString()).isEqualTo("running");

            HttpResponse<String> cancel = send("DELETE", job, null);

            assertThat(cancel.statusCode()).isEqualTo(202);
            assertThat(JsonMapper.shared().readTree(cancel.body()).get("state").asString())
                    .isEqualTo("cancelling");
            if (!step.isLate()) {
                await().atMost(PATIENTLY).until(() -> backupsThatRun() == 0);
            }
            goOn.countDown();
            await().atMost(PATIENTLY).until(() -> json(job).has("ended"));
            assertThat(send("DELETE", job, null).statusCode()).as("it is over").isEqualTo(409);
            return json(job);
        } finally {
            goOn.countDown();
        }
    }

    private int backupsThatRun() throws Exception {
        try (Connection connection = site.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT session_id FROM sys.dm_exec_requests WHERE command LIKE N'BACKUP%'")) {
            int count = 0;
            while (rows.next()) {
                count++;
            }
            return count;
        }
    }

    /// Parts of unfinished uploads included; without the sign of life of `serve`, which comes at its own times.
    private List<String> files() throws Exception {
        Path bucket = directory.resolve("s3");
        try (Stream<Path> all = Files.walk(bucket)) {
            return all.filter(Files::isRegularFile)
                    .filter(file -> !file.endsWith("summary.json"))
                    .map(file -> bucket.relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }

    @Test
    void nothingIsLeftOfAJobThatIsCancelledWhileItRuns() throws Exception {
        List<String> before = files();

        JsonNode job = cancelledAt(BackupStep.PART_SENT_UNHEARD);

        assertThat(job.get("state").asString()).isEqualTo("cancelled");
        assertThat(backupsThatRun()).isZero();
        assertThat(files()).isEqualTo(before);
        try (Stream<Path> left = Files.list(site.shared())) {
            assertThat(left).as("shared memory").isEmpty();
        }
        String metrics = send("GET", "/metrics", null).body();
        assertThat(metrics)
                .contains("mssql_backup_runs_total{database=\"Sales\",outcome=\"cancelled\",type=\"full\"} 1.0");
    }

    @Test
    void aJobThatSqlServerWasToldIsDurableEndsGoodWhoeverCancelsIt() throws Exception {
        JsonNode job = cancelledAt(BackupStep.ENTRY_NOT_YET_WRITTEN);

        assertThat(job.get("state").asString()).isEqualTo("good");
        assertThat(job.has("error")).isFalse();
        String id = job.get("backupId").asString();
        assertThat(files()).filteredOn(file -> file.contains(id)).hasSize(2);
        assertThat(site.done("verify", id).code()).isZero();
    }
}
