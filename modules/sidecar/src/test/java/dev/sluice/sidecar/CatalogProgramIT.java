package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// `sluice catalog` on a configured server and bucket: what it says, and how it ends.
@Timeout(300)
class CatalogProgramIT {

    private static final String PASSWORD = "S3cret!pass";

    @TempDir
    Path directory;

    private Site site;
    private Path bucket;

    @BeforeEach
    void start() throws Exception {
        site = Site.start(directory, PASSWORD, "Sales=2MiB");
        bucket = directory.resolve("s3/backups");
        site.configure("""
                server: { url: "%s", user: sa, password: "%s", identity: one }
                vdi: { provider: simulator, library: "${SLUICE_VDI_LIBRARY}" }
                store:
                  bucket: backups
                  prefix: some/where
                  endpoint: %s
                  credentials: { access-key-id: "${S3_KEY}", secret-access-key: "${S3_SECRET}" }
                memory: { budget: 64MiB }
                """.formatted(site.jdbcUrl(), PASSWORD, site.s3.endpoint()));
    }

    @AfterEach
    void stop() throws Exception {
        if (site != null) {
            site.close();
        }
    }

    @Test
    void aLostEntryIsToldPlannedAndMadeAgain() throws Exception {
        String id = json(0, "backup", "Sales", "--json").get("backupId").asString();
        for (Path entry : files(bucket.resolve("some/where/one/catalog"))) {
            Files.delete(entry);
        }

        JsonNode lost = json(3, "list", "--json");
        JsonNode planned = json(0, "catalog", "rebuild", "--read", "--plan", "--json");
        JsonNode bare = json(3, "catalog", "rebuild", "--json");
        JsonNode made = json(0, "catalog", "rebuild", "Sales", "--read", "--json");
        JsonNode listed = json(0, "list", "--json");

        assertThat(lost.at("/findings")).anySatisfy(finding -> {
            assertThat(finding.get("kind").asString()).isEqualTo("lost-entry");
            assertThat(finding.get("text").asString()).contains(id, "sluice catalog rebuild");
        });
        assertThat(planned.at("/made/0/backupId").asString()).isEqualTo(id);
        assertThat(bare.at("/made/0/sums").asBoolean()).isFalse();
        assertThat(made.at("/made/0/verdict").asString()).isEqualTo("GOOD");
        assertThat(listed.at("/backups/0/origin").asString()).isEqualTo("REBUILT");
        json(0, "restore", "Sales", "--as", "Copy", "--json");
    }

    @Test
    void filesOfAnotherProgramAreAdoptedAndGoWhenTheyAreNamed() throws Exception {
        json(0, "backup", "Sales", "--stripes", "2", "--json");
        Path foreign = Files.createDirectories(bucket.resolve("legacy"));
        List<Path> stripes = files(bucket.resolve("some/where/one/data"));
        for (int i = 0; i < stripes.size(); i++) {
            Files.copy(stripes.get(i), foreign.resolve("file" + i));
            Files.delete(stripes.get(i));
        }
        for (Path entry : files(bucket.resolve("some/where/one/catalog"))) {
            Files.delete(entry);
        }

        JsonNode made = json(0, "catalog", "adopt", "legacy/", "--read", "--zone", "UTC", "--json");
        String id = made.at("/made/0/backupId").asString();
        JsonNode listed = json(0, "list", "--json");

        assertThat(made.at("/made/0/objects").size()).isEqualTo(2);
        assertThat(listed.at("/backups/0/id").asString()).isEqualTo(id);
        assertThat(listed.at("/backups/0/origin").asString()).isEqualTo("ADOPTED");
        json(0, "restore", "Sales", "--as", "Copy", "--json");
        json(0, "prune", "Sales", "--keep-days", "1", "--json");
        assertThat(files(foreign)).hasSize(2);
        json(0, "prune", "Sales", "--adopted", id, "--json");
        assertThat(files(foreign)).isEmpty();
        assertThat(json(2, "catalog", "adopt", "x", "--zone", "Atlantis", "--json")
                        .at("/error/id")
                        .asString())
                .isEqualTo("usage");
    }

    private JsonNode json(int code, String... arguments) throws Exception {
        Site.Ended ended = site.run(arguments);
        assertThat(ended.code())
                .as("%s%n%s%n%s", List.of(arguments), ended.out(), ended.err())
                .isEqualTo(code);
        return ended.json();
    }

    private static List<Path> files(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile).sorted().toList();
        }
    }
}
