package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// `sluice prove` as people run it: what it finds and which step says so, and what is left when its process is
/// killed.
@Timeout(600)
class ProveProgramIT {

    private static final String PASSWORD = "Another!1";

    @TempDir
    Path directory;

    private Site site;

    @BeforeEach
    void start() throws Exception {
        site = Site.start(directory, PASSWORD, "Sales=4MiB");
        configure("");
    }

    @AfterEach
    void stop() throws Exception {
        if (site != null) {
            // What a killed client leaves is swept by the next one of its name, which there is none of here.
            try (Stream<Path> left = Files.list(site.shared())) {
                for (Path socket : left.toList()) {
                    Files.deleteIfExists(socket);
                }
            }
            site.close();
        }
    }

    private void configure(String more) throws Exception {
        site.configure("""
                server: { url: "%s", user: sa, password: "%s", identity: one }
                vdi: { provider: simulator, library: "${SLUICE_VDI_LIBRARY}" }
                store:
                  bucket: backups
                  endpoint: %s
                  credentials: { access-key-id: "${S3_KEY}", secret-access-key: "${S3_SECRET}" }
                memory: { budget: 64MiB }
                %s
                """.formatted(site.jdbcUrl(), PASSWORD, site.s3.endpoint(), more));
    }

    private void backUp() throws Exception {
        site.done("backup", "Sales", "--type", "full");
        site.sql("EXEC sluice_workload @database = N'Sales', @transactions = 5, @seed = 1");
        site.done("backup", "Sales", "--type", "log");
    }

    private List<String> scratchDatabases() throws Exception {
        return scratchDatabases(site.jdbcUrl());
    }

    private static List<String> scratchDatabases(String url) throws Exception {
        List<String> names = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection(url, "sa", PASSWORD);
                Statement statement = connection.createStatement();
                ResultSet rows =
                        statement.executeQuery("SELECT name FROM sys.databases WHERE name LIKE N'sluice-prove-%'")) {
            while (rows.next()) {
                names.add(rows.getString(1));
            }
        }
        return names;
    }

    private Path stored(String part) throws Exception {
        try (Stream<Path> files = Files.walk(directory.resolve("s3/backups"))) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> file.toString().contains(part))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private void found(Site.Ended ended, String step, String id) throws Exception {
        assertThat(ended.code()).as(ended.out() + ended.err()).isEqualTo(1);
        assertThat(ended.json().at("/error/id").asString()).isEqualTo(id);
        assertThat(ended.json().at("/error/where").asString()).startsWith("step " + step);
        assertThat(ended.json().at("/drill/step").asString()).isEqualTo(step);
        assertThat(ended.err()).contains("step " + step);
        assertThat(scratchDatabases()).isEmpty();
        JsonNode listed = site.run("list", "Sales", "--json").json().at("/drills/0");
        assertThat(listed.get("step").asString()).isEqualTo(step);
        assertThat(listed.get("failure").asString()).isEqualTo(id);
    }

    @Test
    void soundBackupsAreProvedAndListAndShowSayIt() throws Exception {
        backUp();

        Site.Ended proved = site.done("prove", "Sales");
        JsonNode random = site.done("prove", "Sales", "--random", "--json").json();
        String seed = random.at("/drill/seed").asString();
        Site.Ended again = site.done("prove", "Sales", "--seed", seed, "--json");

        assertThat(proved.out())
                .contains("step plan", "step space", "step restore", "step checkdb", "step compare", "step drop")
                .contains("CHECKDB reports no error")
                .contains("Proved Sales: ");
        assertThat(again.json().at("/drill/point").asString())
                .isEqualTo(random.at("/drill/point").asString());
        assertThat(again.err()).contains("--seed " + seed);
        assertThat(scratchDatabases()).isEmpty();

        Site.Ended text = site.done("list", "Sales");
        JsonNode listed = site.done("list", "--json").json();
        String full = listed.at("/backups/0/id").asString();
        JsonNode shown = site.done("show", full, "--json").json();
        assertThat(text.out())
                .containsPattern("Sales: the last drill, \\d minutes? ago \\(\\S+Z\\), found nothing wrong");
        assertThat(text.out().lines().limit(2)).allMatch(line -> line.matches("\\S{19}\\.\\d{3}Z  (FULL|LOG) .*"));
        assertThat(site.done("list", "Nope").out())
                .contains("No backups of Nope in s3://")
                .contains("Databases with backups there: Sales.");
        assertThat(listed.at("/backups/0/drill/outcome").asString()).isEqualTo("sound");
        assertThat(listed.at("/drills/0/outcome").asString()).isEqualTo("sound");
        assertThat(shown.get("drills").size()).isEqualTo(3);
        assertThat(site.run("prove", "Sales", "--to", "end", "--random").code()).isEqualTo(2);
        assertThat(site.run("prove", "Nowhere", "--json").json().at("/error/id").asString())
                .isEqualTo("no-such-backup");
    }

    @Test
    void aDamagedPageAndThenAChangedByteAndThenAMissingObjectAreFoundByTheirSteps() throws Exception {
        site.sql("EXEC sluice_damage_page @database = N'Sales', @page = 9");
        backUp();
        found(site.run("prove", "Sales", "--json"), "checkdb", "database-damaged");
        assertThat(site.run("list", "Sales").code()).isEqualTo(3);

        String full =
                site.run("list", "Sales", "--json").json().at("/backups/0/id").asString();
        Path stripe = stored(full + "/stripe-001.bak");
        byte[] bytes = Files.readAllBytes(stripe);
        bytes[bytes.length / 2] ^= 1;
        Files.write(stripe, bytes);
        found(site.run("prove", "Sales", "--json"), "restore", "corrupt-object");

        Files.delete(stripe);
        found(site.run("prove", "Sales", "--json"), "plan", "unreachable");
    }

    @Test
    void aFullDiskIsNoWordAgainstTheBackups() throws Exception {
        backUp();
        site.sql("EXEC sluice_volume @bytes = 1000000");

        found(site.run("prove", "Sales", "--json"), "space", "no-space");
        assertThat(site.run("list", "Sales").code()).isZero();
    }

    @Test
    void aMissingCertificateIsFoundByTheRequirements() throws Exception {
        site.sql("CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'Secret!1';"
                + " CREATE CERTIFICATE Backups WITH SUBJECT = 's'");
        configure("backup: { encryption: { certificate: Backups } }");
        backUp();
        site.done("prove", "Sales");
        site.sql("DROP CERTIFICATE Backups");

        found(site.run("prove", "Sales", "--json"), "requirements", "certificate-missing");
    }

    @Test
    void whatAKilledDrillLeavesTheNextOneDropsAndSoDoesRecover() throws Exception {
        backUp();

        kill();
        Site.Ended next = site.done("prove", "Sales");
        assertThat(next.out()).contains("dropped: name, note and creation time");
        assertThat(scratchDatabases()).isEmpty();

        String left = kill();
        Site.Ended recovered = site.done("recover", "--json");
        assertThat(recovered.json().at("/leftovers/0/database").asString()).isEqualTo(left);
        assertThat(recovered.json().at("/leftovers/0/dropped").asBoolean()).isTrue();
        assertThat(scratchDatabases()).isEmpty();
        assertThat(site.done("recover", "--json").json().get("leftovers").isEmpty())
                .isTrue();
    }

    /// A database of the name that is not the drill's, as its creation time says, stays.
    @Test
    void anotherDatabaseUnderTheNameOfAKilledDrillIsLeftAlone() throws Exception {
        backUp();
        String name = kill();
        await().atMost(Duration.ofMinutes(1)).ignoreExceptions().until(() -> {
            site.sql("DROP DATABASE [%s]".formatted(name));
            return true;
        });
        site.done("restore", "Sales", "--as", name);

        Site.Ended next = site.run("prove", "Sales");
        assertThat(next.code()).as(next.out() + next.err()).isEqualTo(3);
        assertThat(next.err()).contains(name, "left alone");
        assertThat(site.run("recover").code()).isEqualTo(3);
        assertThat(scratchDatabases()).containsExactly(name);

        site.sql("DROP DATABASE [%s]".formatted(name));
        site.done("recover");
        site.done("prove", "Sales");
    }

    /// What is left there is none of the first server's business.
    @Test
    void anotherServerOfTheMachineRestoresThemAndDropsWhatIsLeftThere() throws Exception {
        backUp();
        Path elsewhere = Files.createDirectories(directory.resolve("other"));
        try (Program other = Program.start(
                elsewhere,
                Map.of("SA_PASSWORD", PASSWORD),
                "simulate",
                "--json",
                "--vdi-dir",
                site.shared().toString(),
                "--server-name",
                "OTHER",
                "--database",
                "Dummy=1MiB")) {
            await().atMost(Duration.ofMinutes(1)).until(() -> other.out().endsWith(System.lineSeparator()));
            String url =
                    JsonMapper.shared().readTree(other.out()).get("jdbcUrl").asString();
            configure("prove: { server: { url: \"%s\", user: sa, password: \"%s\" } }".formatted(url, PASSWORD));

            JsonNode proved = site.done("prove", "Sales", "--json").json();
            assertThat(proved.at("/drill/server").asString()).isEqualTo(url.substring(0, url.indexOf(';')));
            assertThat(scratchDatabases(url)).isEmpty();

            String left = kill(url);
            assertThat(site.done("recover", "--json").json().get("leftovers").isEmpty())
                    .isTrue();
            assertThat(scratchDatabases(url)).containsExactly(left);
            assertThat(site.done("prove", "Sales").out()).contains(left + ": dropped");
            assertThat(scratchDatabases(url)).isEmpty();
            other.signal("TERM");
            other.exitCode(Duration.ofMinutes(1));
        }
    }

    /// Kills a drill when its scratch database is there and its creation time is in the note.
    ///
    /// @return the database's name
    private String kill() throws Exception {
        return kill(site.jdbcUrl());
    }

    private String kill(String url) throws Exception {
        try (Connection connection = DriverManager.getConnection(url, "sa", PASSWORD);
                Statement statement = connection.createStatement()) {
            statement.execute("EXEC sluice_fault @fault = 'stall', @value = 1048576, @statement = 'restore'");
        }
        try (Program drill = site.program("prove", "Sales")) {
            await().atMost(Duration.ofMinutes(1))
                    .until(() -> !scratchDatabases(url).isEmpty() && isNoted());
            drill.signal("KILL");
            drill.exitCode(Duration.ofMinutes(1));
        }
        assertThat(scratchDatabases(url)).hasSize(1);
        return scratchDatabases(url).getFirst();
    }

    private boolean isNoted() throws Exception {
        try (Stream<Path> files = Files.walk(directory.resolve("s3/backups"))) {
            return files.filter(file -> file.toString().contains("/scratch/"))
                    .filter(Files::isRegularFile)
                    .anyMatch(ProveProgramIT::hasCreationTime);
        } catch (UncheckedIOException e) {
            return false; // one of them is just being written
        }
    }

    private static boolean hasCreationTime(Path note) {
        try {
            return Files.readString(note).contains("\"created\" : \"2");
        } catch (IOException e) {
            return false; // it is being written
        }
    }
}
