package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// `sluice fleet` beside a `serve` as it is packaged: its summary is there by itself, and is held against the entries.
@Timeout(300)
class FleetProgramIT {

    private static final Duration PATIENTLY = Duration.ofMinutes(2);
    private static final String PASSWORD = "Fleet!1";

    @TempDir
    Path directory;

    private Site site;
    private Program program;

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable one : new AutoCloseable[] {program, site}) {
            if (one != null) {
                one.close();
            }
        }
    }

    private Path summary(String server) {
        return directory.resolve("s3/backups/prod").resolve(server).resolve("summary.json");
    }

    private List<Path> entries() throws IOException {
        Path catalog = directory.resolve("s3/backups/prod/prod-1/catalog");
        if (!Files.exists(catalog)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(catalog)) {
            return files.filter(file -> file.getFileName().toString().matches("2.*_F_.*\\.json"))
                    .toList();
        }
    }

    @Test
    void aServiceIsSeenFromTheBucketAloneAndWhatItClaimsIsChecked() throws Exception {
        site = Site.start(directory, PASSWORD, "Sales=2MiB");
        String store = """
                store:
                  bucket: backups
                  prefix: prod
                  endpoint: %s
                  credentials: { access-key-id: "${S3_KEY}", secret-access-key: "${S3_SECRET}" }
                """.formatted(site.s3.endpoint());
        site.configure(store + """
                server: { url: "%s", user: sa, password: "%s", identity: prod-1 }
                vdi: { provider: simulator, library: "${SLUICE_VDI_LIBRARY}" }
                memory: { budget: 64MiB }
                http: { listen: "127.0.0.1:0" }
                policies: [{ databases: [Sales], full: "0 1 1 1 *" }]
                """.formatted(site.jdbcUrl(), PASSWORD));
        Files.writeString(directory.resolve("fleet.yaml"), store);
        Site.Ended nothing = site.run("fleet", "--config", "fleet.yaml");
        assertThat(nothing.code()).as("a wrong prefix is no good news").isEqualTo(3);
        assertThat(nothing.out()).contains("No servers below s3://backups/prod/");

        program = site.program("serve", "--json");
        await().atMost(PATIENTLY).until(() -> Files.exists(summary("prod-1")) || !program.running());
        // The first full backup may still be under way when the first summary is written; the last one knows it.
        await().atMost(PATIENTLY).until(() -> !entries().isEmpty());
        program.signal("TERM");
        assertThat(program.exitCode(PATIENTLY)).isEqualTo(143);

        JsonNode server =
                site.run("fleet", "--config", "fleet.yaml", "--json").json().at("/list/0");
        assertThat(server.get("server").asString()).isEqualTo("prod-1");
        assertThat(server.get("problems").toString()).contains("Its sidecar is ending or has ended");
        assertThat(server.get("latest").asString()).isNotEmpty();
        JsonNode sales = server.at("/databases/0");
        assertThat(sales.get("name").asString()).isEqualTo("Sales");
        assertThat(sales.get("condition").asString()).isEqualTo("well");

        String ended = Files.readString(summary("prod-1"));
        Files.writeString(summary("prod-1"), ended.replace("\"unmet\" : [ \"accepting\" ]", "\"unmet\" : [ ]"));
        Site.Ended well = site.done("fleet", "--config", "fleet.yaml", "--check");
        assertThat(well.out())
                .contains("1 server (0 failing, 0 to look at), 1 database (0")
                .contains("The entries give what the summaries say. Servers compared: 1.");

        Files.createDirectories(summary("prod-2").getParent());
        Files.writeString(summary("prod-2"), ended.replace("\"prod-1\"", "\"prod-2\""));
        Files.setLastModifiedTime(summary("prod-2"), FileTime.from(Instant.now().minus(Duration.ofDays(3))));
        assertThat(site.done("fleet", "--config", "fleet.yaml", "--server", "prod-1")
                        .out())
                .contains("Sales: from ");
        // A server that says of itself that all is well, and has lost its entries, is what a check is for.
        Files.createDirectories(summary("prod-3").getParent());
        Files.writeString(
                summary("prod-3"),
                ended.replace("\"prod-1\"", "\"prod-3\"").replace("\"unmet\" : [ \"accepting\" ]", "\"unmet\" : [ ]"));
        assertThat(site.run("fleet", "--wrong", "--server", "prod-3").out()).doesNotContain("well ");
        Site.Ended wrong = site.run("fleet", "--wrong", "--check");
        assertThat(wrong.code()).isEqualTo(3);
        assertThat(wrong.out())
                .doesNotContain("prod-1")
                .contains("silent 3 days")
                .contains("ERROR: prod-2 Sales: the summary claims that")
                .containsPattern("(?m)^well +prod-3 ")
                .contains("ERROR: prod-3 Sales: the summary claims that")
                .doesNotContain("The entries give what the summaries say");
        assertThat(site.run("fleet", "--listen", "0.0.0.0:0", "--config", "fleet.yaml")
                        .err())
                .contains("nothing keeps them out");
        assertThat(JsonMapper.shared()
                        .readTree(site.run("fleet", "--listen", "nowhere", "--json")
                                .out())
                        .at("/error/id")
                        .asString())
                .isEqualTo("usage");
    }
}
