package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// `sluice verify` of a database: all that a restore of it reads; and what a name that is no id gets.
@Timeout(300)
class VerifyProgramIT {

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

    private String backUp(String type) throws Exception {
        site.sql("EXEC sluice_workload @database = N'Sales', @transactions = 5, @seed = 1");
        return site.done("backup", "Sales", "--type", type, "--json")
                .json()
                .get("backupId")
                .asString();
    }

    private Path object(String backup) throws Exception {
        try (Stream<Path> files = Files.walk(directory.resolve("s3/backups/one/data"))) {
            return files.filter(file -> file.toString().contains(backup + "/stripe-001"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    void aDatabaseIsAllThatARestoreToTheEndReads() throws Exception {
        String unused = backUp("full");
        String full = backUp("full");
        String log = backUp("log");

        Site.Ended verified = site.done("verify", "Sales");
        JsonNode again = site.done("verify", "sales", "--with-server", "--json").json();
        JsonNode listed = site.done("list", "--json").json().get("backups");

        assertThat(verified.out())
                .containsSubsequence(
                        "Verified " + full,
                        "Verified " + log,
                        "Verified Sales: all that a restore to the end reads, 2 backups, ")
                .doesNotContain(unused);
        assertThat(again.get("database").asString()).as("SQL Server's spelling").isEqualTo("Sales");
        assertThat(again.get("sound")).hasSize(2);
        assertThat(again.get("failed")).isEmpty();
        listed.forEach(row -> assertThat(row.has("verification"))
                .as(row.toString())
                .isEqualTo(!row.get("id").asString().equals(unused)));

        // What is wrong with one is told, and the other is read all the same.
        flip(object(full));
        Site.Ended damaged = site.run("verify", "Sales");
        JsonNode document = site.run("verify", "Sales", "--json").json();
        assertThat(damaged.code()).isEqualTo(1);
        assertThat(damaged.err()).contains("backup %s of Sales".formatted(full), "backup-damaged");
        assertThat(damaged.out())
                .contains(
                        "Verified " + log,
                        "Of the 2 backups that a restore of Sales to the end reads, 1 is as it was stored.");
        assertThat(document.at("/failed/0/backup").asString()).isEqualTo(full);
        assertThat(document.at("/failed/0/error/id").asString()).isEqualTo("backup-damaged");
        assertThat(document.at("/sound/0/backupId").asString()).isEqualTo(log);

        // A backup behind what can be reached is no part of the restore, and not passed over in silence.
        flip(object(full));
        Files.delete(object(log));
        Site.Ended shorter = site.run("verify", "Sales");
        assertThat(shorter.code()).isEqualTo(3);
        assertThat(shorter.out()).contains("Verified Sales: all that a restore to the end reads, 1 backup, ");
        assertThat(shorter.err()).contains(log);
    }

    private static void flip(Path file) throws Exception {
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
    }

    @Test
    void whatIsNeitherIdNorDatabaseIsToldWhatToSay() throws Exception {
        String full = backUp("full");
        String log = backUp("log");

        Site.Ended nothing = site.run("verify");
        Site.Ended nowhere = site.run("verify", "Nowhere");
        Site.Ended neither = site.run("verify", "7ZZ");
        Site.Ended name = site.run("show", "Sales");
        Site.Ended several = site.run("show", "0");

        assertThat(nothing.code()).isEqualTo(2);
        assertThat(nothing.err()).contains("sluice verify DB", "sluice verify ID");
        assertThat(nowhere.code()).isEqualTo(1);
        assertThat(nowhere.err()).contains("The bucket has no backups of Nowhere", "no-such-backup");
        assertThat(neither.err()).contains("whose id begins with 7ZZ, and none of a database of this name");
        assertThat(name.code()).isEqualTo(1);
        assertThat(name.err()).contains("'Sales' is no id of a backup", "`sluice list 'Sales'`");
        assertThat(several.code()).isEqualTo(1);
        assertThat(several.err())
                .contains("2 backups have an id that begins with 0", full + " of Sales", log + " of Sales")
                .contains("Write more of the id");
        assertThat(site.run("show", "7ZZ").err()).contains("There is no backup whose id begins with 7ZZ");
        assertThat(site.done("verify", full, "--json").json().get("backupId").asString())
                .isEqualTo(full);
    }
}
