package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The options of a policy in the program as it is packaged: its own backups, those of clients, and those of commands.
@Timeout(600)
class PolicyOptionsProgramIT {

    private static final Duration PATIENTLY = Duration.ofMinutes(2);
    private static final String PASSWORD = "Policies!1";

    @TempDir
    Path directory;

    private JsonNode send(HttpClient http, String method, String uri, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(uri))
                .timeout(PATIENTLY)
                .header("Content-Type", "application/json")
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .build();
        return JsonMapper.shared()
                .readTree(http.send(request, BodyHandlers.ofString()).body());
    }

    private static JsonNode job(JsonNode jobs, String type) {
        return jobs.get("jobs")
                .valueStream()
                .filter(job -> job.get("type").asString().equals(type) && job.has("ended"))
                .findFirst()
                .orElse(null);
    }

    @Test
    void aPolicysOptionsHoldForTheScheduleForClientsAndForCommandsUnlessTheySayOtherwise() throws Exception {
        try (Site site = Site.start(directory, PASSWORD, "Sales=2MiB");
                HttpClient http = HttpClient.newHttpClient()) {
            site.configure("""
                    server: { url: "%s", user: sa, password: "%s", identity: prod-1 }
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
                        log: "0 1 1 1 *"
                        backup:
                          stripes: 3
                          full: { stripes: 2, storage-class: STANDARD_IA }
                    """.formatted(site.jdbcUrl(), PASSWORD, site.s3.endpoint()));
            String full;
            String log;
            try (Program program = site.program("serve", "--json")) {
                await().atMost(PATIENTLY).until(() -> program.out().contains("\n") || !program.running());
                String jobs = JsonMapper.shared()
                                .readTree(program.out())
                                .get("listening")
                                .asString()
                        + "/api/v1/jobs";
                await().atMost(PATIENTLY).until(() -> job(send(http, "GET", jobs, null), "FULL") != null);
                site.sql("EXEC sluice_workload @database = N'Sales', @transactions = 20");
                send(http, "POST", jobs, "{\"database\": \"Sales\", \"type\": \"LOG\"}");
                await().atMost(PATIENTLY).until(() -> job(send(http, "GET", jobs, null), "LOG") != null);
                JsonNode all = send(http, "GET", jobs, null);
                full = job(all, "FULL").get("backupId").asString();
                log = job(all, "LOG").get("backupId").asString();
                assertThat(program.err())
                        .as("the service tells why the log has fewer stripes")
                        .contains("the log decides the number of stripes");
                program.signal("TERM");
                program.exitCode(PATIENTLY);
            }

            JsonNode shown = site.done("show", full, "--json").json().get("document");
            assertThat(shown.get("stripes").size()).isEqualTo(2);
            assertThat(shown.at("/options/objects/storageClass").asString()).isEqualTo("STANDARD_IA");
            assertThat(site.done("show", full).out()).contains("STANDARD_IA");
            assertThat(site.done("show", log, "--json")
                            .json()
                            .at("/document/stripes")
                            .size())
                    .as("of at most three")
                    .isEqualTo(1);
            assertThat(stripes(site, "backup", "Sales", "--json")).isEqualTo(2);
            assertThat(stripes(site, "backup", "Sales", "--type", "log", "--json"))
                    .isEqualTo(1);
            assertThat(stripes(site, "backup", "Sales", "--type", "log", "--stripes", "3", "--json"))
                    .isEqualTo(3);
        }
    }

    private static int stripes(Site site, String... arguments) throws Exception {
        return site.done(arguments).json().get("stripes").size();
    }
}
