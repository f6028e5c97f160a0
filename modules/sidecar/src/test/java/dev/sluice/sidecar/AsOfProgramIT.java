package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.s3.ProviderProfile;
import dev.sluice.s3.RetryPolicy;
import dev.sluice.s3.S3Store;
import dev.sluice.s3.StoreConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// Backups that were removed by mistake from a bucket with versions, found and restored by a person's commands.
@Timeout(600)
class AsOfProgramIT {

    private static final String PASSWORD = "Another!1";

    @TempDir
    Path directory;

    private Site site;

    @BeforeEach
    void start() throws Exception {
        site = Site.start(directory, PASSWORD, "Sales=1MiB");
        site.configure("""
                server: { url: "%s", user: sa, password: "%s", identity: one }
                vdi: { provider: simulator, library: "${SLUICE_VDI_LIBRARY}" }
                store:
                  bucket: backups
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

    /// Ends the second, which is as finely as the bucket tells of times.
    private static String tick() {
        Instant end = Instant.now().truncatedTo(ChronoUnit.SECONDS).plusSeconds(1);
        await().pollInterval(Duration.ofMillis(5))
                .atMost(Duration.ofSeconds(10))
                .until(() -> !Instant.now().isBefore(end));
        return end.minusMillis(1).toString();
    }

    private String backUp(String type) throws Exception {
        site.sql("EXEC sluice_workload @database = N'Sales', @transactions = 5, @seed = 1");
        return site.done("backup", "Sales", "--type", type, "--json")
                .json()
                .get("backupId")
                .asString();
    }

    private List<String> listed(String... more) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("list", "--json"));
        arguments.addAll(List.of(more));
        List<String> ids = new ArrayList<>();
        site.run(arguments.toArray(String[]::new))
                .json()
                .get("backups")
                .forEach(row -> ids.add(row.get("id").asString()));
        return ids;
    }

    @Test
    void removedBackupsAreListedShownVerifiedFetchedAndRestored() throws Exception {
        site.s3.makeVersions(true);
        String full = backUp("full");
        site.done("hold", full, "--reason", "audit");
        String log = backUp("log");
        String then = tick();
        site.done("release", full);
        site.done("delete", "--database", "Sales", "--yes");

        assertThat(listed()).isEmpty();
        assertThat(listed("--as-of", then)).containsExactly(full, log);
        JsonNode rows = site.done("list", "--json", "--as-of", then).json().get("backups");
        assertThat(rows.get(0).at("/hold/reason").asString())
                .as("it was held then")
                .isEqualTo("audit");
        String local = Instant.parse(then)
                .atZone(ZoneId.of("America/New_York"))
                .toOffsetDateTime()
                .toString();
        assertThat(listed("--as-of", local.replace('T', ' '))).containsExactly(full, log);
        assertThat(site.done("show", full, "--as-of", then).out()).contains(full, "audit");
        Site.Ended verified = site.done("verify", full, "--as-of", then);
        assertThat(verified.out()).contains("every block as it was stored");
        assertThat(verified.err()).contains("is not kept in the bucket");
        assertThat(site.done("verify", "Sales", "--as-of", then).out())
                .contains("Verified Sales: all that a restore to the end reads, 2 backups, ");
        site.done("fetch", full, "fetched", "--as-of", then);
        try (Stream<Path> files = Files.list(directory.resolve("fetched"))) {
            assertThat(files).hasSize(1);
        }
        site.done("restore", "Sales", "--as", "Copy", "--as-of", then);
        Site.Ended script =
                site.done("restore", "Sales", "--as", "Third", "--script", "--files", "/b", "--as-of", then);
        assertThat(script.err()).contains("--as-of " + then);
        site.done("restore", "--all", "--plan", "--as-of", then, "--replace", "--discard-tail");
        assertThat(listed()).as("nothing was put back").isEmpty();
    }

    /// No command removes an export, so a person does it in the bucket.
    private void remove(String key) {
        StoreConfig config = new StoreConfig(
                site.s3.endpoint(),
                "us-east-1",
                "backups",
                "",
                true,
                new StoreConfig.Credentials(site.s3.accessKeyId(), site.s3.secretAccessKey(), null),
                ProviderProfile.AWS,
                StoreConfig.Limits.DEFAULT,
                RetryPolicy.DEFAULT);
        try (S3Store store = S3Store.open(config)) {
            store.delete(key).block(Duration.ofSeconds(30));
        }
    }

    private List<String> exports(String... more) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("export", "list", "--json"));
        arguments.addAll(List.of(more));
        List<String> ids = new ArrayList<>();
        site.done(arguments.toArray(String[]::new))
                .json()
                .get("exports")
                .forEach(row -> ids.add(row.get("id").asString()));
        return ids;
    }

    private JsonNode exportWith(String login) throws Exception {
        site.sql("CREATE LOGIN [%s] WITH PASSWORD = N'Secret!123', CHECK_POLICY = OFF".formatted(login));
        return site.done("export", "instance", "--passphrase-file", "phrase", "--json")
                .json();
    }

    @Test
    void aRemovedExportOfTheInstanceIsListedFetchedAndReplayed() throws Exception {
        Files.writeString(directory.resolve("phrase"), "five words of no known sentence\n");
        site.s3.makeVersions(true);
        JsonNode first = exportWith("before");
        String id = first.get("id").asString();
        String then = tick();
        String newer = exportWith("after").get("id").asString();
        remove(first.get("key").asString());

        assertThat(exports()).containsExactly(newer);
        assertThat(exports("--as-of", then)).containsExactly(id);
        site.done("export", "fetch", "--to", "now", "--passphrase-file", "phrase");
        site.done("export", "fetch", "--to", "then", "--passphrase-file", "phrase", "--as-of", then);
        assertThat(Files.readString(directory.resolve("now/03-logins.sql"))).contains("[after]");
        assertThat(Files.readString(directory.resolve("then/03-logins.sql")))
                .contains("[before]")
                .doesNotContain("[after]");
        assertThat(site.run("export", "fetch", id, "--to", "gone", "--passphrase-file", "phrase")
                        .err())
                .contains("no-such-export");
        site.sql("DROP LOGIN [before]");
        Site.Ended replayed = site.run("export", "replay", "--passphrase-file", "phrase", "--as-of", then);
        assertThat(replayed.err()).contains("replaying export " + id);
        site.sql("ALTER LOGIN [before] WITH DEFAULT_DATABASE = [master]");
        assertThat(exports()).as("nothing was put back").containsExactly(newer);
    }

    @Test
    void whatCannotBeIsRefusedWithWhatToTry() throws Exception {
        backUp("full");
        String then = tick();

        Site.Ended unversioned = site.run("list", "--as-of", then);
        assertThat(unversioned.code()).isEqualTo(1);
        assertThat(unversioned.err()).contains("keeps no versions", "no-versions", "Leave --as-of away");

        for (List<String> refused : List.of(
                List.of(
                        "is yet to come",
                        "list",
                        "--as-of",
                        Instant.now().plusSeconds(600).toString()),
                List.of("no instant with an offset", "list", "--as-of", "2026-03-01T10:00:00"),
                List.of("no instant with an offset", "show", "x", "--as-of", "yesterday"),
                List.of("not both --tail", "restore", "Sales", "--replace", "--tail", "--as-of", then),
                List.of(
                        "reads the objects that the bucket has now",
                        "restore",
                        "Sales",
                        "--script",
                        "--files",
                        "s3://h/b",
                        "--as-of",
                        then),
                List.of("keeps no versions", "list", "--embedded", "--as-of", then),
                List.of("Unknown option", "prune", "--as-of", then),
                List.of("Unknown option", "prove", "Sales", "--as-of", then))) {
            Site.Ended ended = site.run(refused.subList(1, refused.size()).toArray(String[]::new));
            assertThat(ended.code()).as(refused.toString()).isEqualTo(2);
            assertThat(ended.err()).as(refused.toString()).contains(refused.getFirst());
        }
    }
}
