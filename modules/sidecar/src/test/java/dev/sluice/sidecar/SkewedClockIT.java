package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.simulator.s3.EmbeddedS3;
import dev.sluice.testsupport.FaultyProxy;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The program on a machine whose clock is an hour before or behind the bucket's.
@Timeout(300)
class SkewedClockIT {

    private static final Duration PATIENTLY = Duration.ofMinutes(2);
    private static final String PASSWORD = "S3cret!pass";

    @TempDir
    Path directory;

    @Test
    void everyCommandSignsByTheBucketsClock() throws Exception {
        try (EmbeddedS3 s3 = EmbeddedS3.start(
                        directory.resolve("bucket"), "backups", new EmbeddedS3.Manner("", Duration.ofDays(1)));
                FaultyProxy proxy = new FaultyProxy(s3.endpoint());
                Site site = Site.start(directory, PASSWORD, "Sales=2MiB")) {
            site.configure(
                    """
                    server: { url: "%s", user: sa, password: "%s", identity: one }
                    vdi: { provider: simulator, library: "${SLUICE_VDI_LIBRARY}" }
                    store:
                      bucket: backups
                      endpoint: %s
                      credentials: { access-key-id: "%s", secret-access-key: "%s" }
                      proxy: none
                    memory: { budget: 32MiB }
                    http: { listen: 127.0.0.1:0 }
                    policies: [{ databases: ["Sales"], full: "0 0 1 1 *" }]
                    """.formatted(site.jdbcUrl(), PASSWORD, proxy.endpoint(), s3.accessKeyId(), s3.secretAccessKey()));

            for (int hours : new int[] {1, -1}) {
                proxy.setClock(Duration.ofHours(hours));
                // Not beside the service, which takes the first full backup by itself.
                backUpAndRestore(site, "Copy" + (hours + 1));
                examine(site, hours);
                try (Program service = Program.start(
                        Files.createDirectories(directory.resolve("serve" + hours)),
                        Map.of(
                                "SLUICE_VDI_DIR", site.shared().toString(),
                                "SLUICE_VDI_LIBRARY", site.library()),
                        "serve",
                        "--json",
                        "--config",
                        directory.resolve("sluice.yaml").toString())) {
                    isReady(service);
                    assertThat(service.err()).contains("clock is wrong").doesNotContain("\tat ");
                }
            }
        }
    }

    private static void backUpAndRestore(Site site, String copy) throws Exception {
        Site.Ended backup = site.done("backup", "Sales", "--json");
        assertThat(backup.err()).contains("clock is wrong");
        site.done("restore", "Sales", "--as", copy, "--json");
    }

    private static void examine(Site site, int hours) throws Exception {
        Site.Ended doctor = site.run("doctor", "--json");
        JsonNode clock = null;
        for (JsonNode finding : doctor.json().get("findings")) {
            if (finding.get("id").asString().equals("clock")) {
                clock = finding;
            }
        }
        assertThat(clock).as(doctor.out()).isNotNull();
        assertThat(clock.get("evidence").asString())
                .matches(".*our clock is 3[56]\\d\\d s %s the bucket's.*".formatted(hours > 0 ? "behind" : "before"));
        assertThat(clock.get("fix").asString()).contains("clock");
        assertThat(doctor.out()).doesNotContain("Correct store.credentials", "did not answer in time");
        assertThat(doctor.code()).as("backups do not fail").isEqualTo(3);
    }

    private static void isReady(Program service) throws Exception {
        await().atMost(PATIENTLY).until(() -> service.out().contains("listening") || !service.running());
        URI listening = URI.create(
                JsonMapper.shared().readTree(service.out()).get("listening").asString());
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest ready =
                    HttpRequest.newBuilder(listening.resolve("/health/ready")).build();
            await().atMost(PATIENTLY)
                    .until(() -> client.send(ready, HttpResponse.BodyHandlers.ofString())
                                    .statusCode()
                            == 200);
        }
    }
}
