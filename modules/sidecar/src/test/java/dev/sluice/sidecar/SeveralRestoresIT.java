package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// Several databases back at one instant, by one command.
@Timeout(300)
class SeveralRestoresIT {

    private static final String PASSWORD = "Several!2";
    private static final List<String> DATABASES = List.of("Sales", "SalesStaging", "Stock", "Ware");

    @TempDir
    Path directory;

    @Test
    void aLostServersDatabasesComeBackAtOneInstantAndWhatCannotIsSaid() throws Exception {
        try (Site site = Site.start(
                directory,
                PASSWORD,
                "Sales=2MiB",
                "--database",
                "SalesStaging=2MiB",
                "--database",
                "Stock=2MiB",
                "--database",
                "Ware=2MiB")) {
            site.configure("""
                    server: { url: "%s", user: sa, password: "%s", identity: one }
                    vdi: { provider: simulator, library: "${SLUICE_VDI_LIBRARY}" }
                    store:
                      bucket: backups
                      endpoint: %s
                      credentials: { access-key-id: "${S3_KEY}", secret-access-key: "${S3_SECRET}" }
                    memory: { budget: 32MiB }
                    """.formatted(site.jdbcUrl(), PASSWORD, site.s3.endpoint()));
            site.done("backup", "--all");
            work(site, 1);
            site.done("backup", "--all", "--type", "log");
            String then = instant().toString();
            // What they are at the instant is kept beside, to compare with.
            for (String database : DATABASES) {
                site.done("restore", database, "--as", database + "Then");
            }
            work(site, 2);
            site.done("backup", "*", "!*Then", "--type", "log");
            for (String database : DATABASES) {
                site.sql("DROP DATABASE " + database);
            }
            lose("ware");

            Site.Ended plan = site.run("restore", "--all", "--to", then, "--plan");
            assertThat(plan.code()).as(plan.err()).isEqualTo(3);
            assertThat(plan.out()).contains("Plan for Sales: 3 backups", "Plan for Stock: ", "Left out msdb: ");
            assertThat(plan.err()).contains("Ware is not restored", "unreachable");

            JsonNode restored = ended(site.run("restore", "--all", "--to", then, "--at-once", "2", "--json"), 3);
            assertThat(texts(restored, "/restores", "database"))
                    .containsExactlyInAnyOrder("Sales", "SalesStaging", "Stock");
            assertThat(texts(restored, "/failed", "database")).containsExactly("Ware");
            assertThat(restored.at("/failed/0/error/id").asString()).isEqualTo("unreachable");
            assertThat(texts(restored, "/leftOut", "database")).contains("master", "model", "msdb");
            for (String database : List.of("Sales", "SalesStaging", "Stock")) {
                site.sql("EXEC sluice_compare N'%sThen', N'%s'".formatted(database, database));
            }

            // They are there now, and nothing is overwritten unasked.
            JsonNode there = ended(site.run("restore", "Sales*", "--to", then, "--json"), 1);
            assertThat(texts(there, "/failed", "database")).containsExactly("Sales", "SalesStaging");
            assertThat(there.at("/failed/0/error/id").asString()).isEqualTo("database-exists");
            Site.Ended over = site.run("restore", "Sales*", "!*Staging", "Stock", "--replace", "--discard-tail");
            assertThat(over.code()).as(over.err()).isZero();
            assertThat(over.out())
                    .contains("Restored Sales from ", "Restored Stock from ")
                    .doesNotContain("Staging");

            assertThat(site.run("restore", "Nothing*", "--json")
                            .json()
                            .at("/error/id")
                            .asString())
                    .isEqualTo("no-such-backup");
            for (String option : List.of("--backup=01A", "--as=X", "--move=a=b", "--standby=/u", "--without=01A")) {
                Site.Ended refused = site.run("restore", "--all", option);
                assertThat(refused.code()).as(option).isEqualTo(2);
                assertThat(refused.err()).contains(option.replaceAll("=.*", "") + " is for one database");
            }
            assertThat(site.run("restore", "--all", "--at-once", "17").err()).contains("--at-once is 1 to 16, not 17");
            assertThat(site.run("restore", "Sales", "--at-once", "2").err()).contains("--at-once is for several");
            assertThat(site.run("restore").err()).contains("no database is named");
        }
    }

    private static void work(Site site, int seed) throws Exception {
        for (String database : DATABASES) {
            site.sql("EXEC sluice_workload @database = N'%s', @transactions = 5, @seed = %d".formatted(database, seed));
        }
    }

    /// Between what was done and what will be.
    private static Instant instant() {
        Instant then = Instant.now().plusMillis(300).truncatedTo(ChronoUnit.MILLIS);
        await().pollInterval(Duration.ofMillis(50)).until(() -> Instant.now().isAfter(then.plusMillis(300)));
        return then;
    }

    /// All data of a database in the bucket.
    private void lose(String name) throws Exception {
        try (Stream<Path> objects = Files.walk(directory.resolve("s3"))) {
            for (Path object : objects.filter(Files::isRegularFile)
                    .filter(path -> path.toString().contains("/data/" + name))
                    .toList()) {
                Files.delete(object);
            }
        }
    }

    private static JsonNode ended(Site.Ended ended, int code) {
        assertThat(ended.code()).as(ended.out() + ended.err()).isEqualTo(code);
        return ended.json();
    }

    private static List<String> texts(JsonNode document, String list, String member) {
        return document.at(list)
                .valueStream()
                .map(one -> one.get(member).asString())
                .toList();
    }
}
