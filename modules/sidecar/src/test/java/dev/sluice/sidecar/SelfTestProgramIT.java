package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// `sluice prove --server` as people run it, through the native library: what it writes and removes, also when
/// it is interrupted or killed.
@Timeout(600)
class SelfTestProgramIT {

    private static final String PASSWORD = "Another!1";
    private static final int LONGEST_ISSUE = 65_536;

    @TempDir
    Path directory;

    private Site site;

    @BeforeEach
    void start() throws Exception {
        site = Site.start(directory, PASSWORD, "Sales=1MiB");
        site.configure("""
                server: { url: "%s", user: sa, password: "%s", identity: sql-prod-7 }
                vdi: { provider: simulator, library: "${SLUICE_VDI_LIBRARY}" }
                store:
                  bucket: backups
                  prefix: secret-place
                  endpoint: %s
                  credentials: { access-key-id: "${S3_KEY}", secret-access-key: "${S3_SECRET}" }
                memory: { budget: 64MiB }
                """.formatted(site.jdbcUrl(), PASSWORD, site.s3.endpoint()));
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

    private List<String> scratchDatabases() throws Exception {
        List<String> names = new ArrayList<>();
        try (Connection connection = site.connect();
                Statement statement = connection.createStatement();
                ResultSet rows =
                        statement.executeQuery("SELECT name FROM sys.databases WHERE name LIKE N'sluice-prove-%'")) {
            while (rows.next()) {
                names.add(rows.getString(1));
            }
        }
        return names;
    }

    /// Objects of the self-test and notes about scratch databases.
    private List<String> objects() throws Exception {
        Path bucket = directory.resolve("s3/backups");
        if (!Files.isDirectory(bucket)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(bucket)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> bucket.relativize(file).toString())
                    .filter(key -> key.contains("/self-test/") || key.contains("/scratch/"))
                    .toList();
        } catch (UncheckedIOException e) {
            return List.of("one of them is just being written");
        }
    }

    private Path report(String ending) throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("report"))) {
            return files.filter(file -> file.toString().endsWith(ending))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private JsonNode report() throws IOException {
        return JsonMapper.shared().readTree(Files.readString(report(".json")));
    }

    private static String answer(JsonNode report, String question) {
        for (JsonNode one : report.get("questions")) {
            if (one.get("question").asString().equals(question)) {
                return one.get("answer").asString() + ": "
                        + one.path("observed").asString("") + one.path("why").asString("");
            }
        }
        throw new AssertionError(question);
    }

    @Test
    void theReportFitsIntoAnIssueAndHasNoSecretAndNoName() throws Exception {
        site.sql("EXEC sluice_fault @fault = 'fail', @value = 0, @statement = 'log'");
        Site.Ended ended = site.run("prove", "--server", "--yes", "--size", "1MiB", "--report", "report", "--json");

        // The fault strikes one log backup, which shows that a finding ends with 3 and stops no other step.
        assertThat(ended.code()).as(ended.out() + ended.err()).isEqualTo(3);
        JsonNode report = report();
        assertThat(report.get("standIn").asBoolean()).isTrue();
        assertThat(report.at("/steps/log/outcome").asString()).isEqualTo("failed");
        assertThat(report.at("/steps/instants/why").asString()).contains("step log");
        for (String step : List.of(
                "server",
                "scratch",
                "full",
                "restore",
                "differential",
                "stripes",
                "compression",
                "cancel",
                "kill",
                "questions",
                "death",
                "remove")) {
            assertThat(report.at("/steps/" + step + "/outcome").asString())
                    .as(step)
                    .isEqualTo("passed");
        }
        assertThat(answer(report, "Q1")).isEqualTo("observed: GetConfiguration counts in milliseconds");
        assertThat(answer(report, "Q16")).startsWith("not observable by a client: ");
        // How soon depends on the machine here.
        assertThat(answer(report, "Q14"))
                .matches("observed: when the client's process dies and the session lives, the statement fails with"
                        + " .*3013 \\(severity 16\\) within .*; when both die, the session is gone within .*;"
                        + " a backup afterwards is good");
        assertThat(report.at("/steps/death/evidence").toString()).contains("a client's process was killed");
        assertThat(answer(report, "Q29")).startsWith("observed: ");
        assertThat(ended.json().get("id")).isEqualTo(report.get("id"));

        String markdown = Files.readString(report(".md"));
        assertThat(markdown.length()).isLessThan(LONGEST_ISSUE);
        assertThat(markdown).contains("Nothing in this report is a fact about SQL Server");
        for (String text : List.of(markdown, Files.readString(report(".json")))) {
            assertThat(text)
                    .doesNotContain(PASSWORD, "sql-prod-7", "secret-place")
                    .doesNotContain(site.s3.secretAccessKey(), site.s3.accessKeyId());
        }
        assertThat(scratchDatabases()).isEmpty();
        assertThat(objects()).isEmpty();
    }

    @Test
    void whatAKilledSelfTestLeavesRecoverRemovesAndSoDoesTheNextDrill() throws Exception {
        site.done("backup", "Sales");

        String left = kill();
        Site.Ended recovered = site.done("recover", "--json");
        assertThat(recovered.json().at("/leftovers/0/database").asString()).isEqualTo(left);
        assertThat(recovered.json().at("/leftovers/0/dropped").asBoolean()).isTrue();
        assertThat(scratchDatabases()).isEmpty();
        assertThat(objects()).isEmpty();

        kill();
        assertThat(site.done("prove", "Sales").out()).contains("dropped: name, note and creation time");
        assertThat(scratchDatabases()).isEmpty();
        assertThat(objects()).isEmpty();
        assertThat(site.done("list", "Sales", "--json").json().at("/backups").size())
                .isEqualTo(1);
    }

    /// Kills a self-test in the middle of its first backup.
    ///
    /// @return the name of the scratch database
    private String kill() throws Exception {
        try (Program program = stalled()) {
            program.signal("KILL");
            program.exitCode(Duration.ofMinutes(1));
        }
        assertThat(report().get("result").asString()).isEqualTo("not over");
        assertThat(report().at("/steps/scratch/outcome").asString()).isEqualTo("passed");
        assertThat(scratchDatabases()).hasSize(1);
        assertThat(objects()).anyMatch(key -> key.contains("/self-test/"));
        try (Stream<Path> files = Files.list(directory.resolve("report"))) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        return scratchDatabases().getFirst();
    }

    private Program stalled() throws Exception {
        site.sql("EXEC sluice_fault @fault = 'stall', @value = 4194304, @statement = 'data'");
        Program program = site.program("prove", "--server", "--yes", "--size", "1MiB", "--report", "report");
        await().atMost(Duration.ofMinutes(2))
                .until(() -> objects().stream().anyMatch(key -> key.contains("/pending/")));
        return program;
    }

    @Test
    void anInterruptRemovesEverythingAndTheReportSaysSo() throws Exception {
        try (Program program = stalled()) {
            program.signal("INT");
            assertThat(program.exitCode(Duration.ofMinutes(1))).isEqualTo(130);
        }

        assertThat(scratchDatabases()).isEmpty();
        assertThat(objects()).isEmpty();
        JsonNode report = report();
        assertThat(report.get("result").asString()).isEqualTo("cancelled");
        assertThat(report.at("/steps/full/outcome").asString()).isEqualTo("failed");
        assertThat(report.at("/steps/stripes/outcome").asString()).isEqualTo("skipped");
        assertThat(report.at("/steps/remove/outcome").asString()).isEqualTo("passed");
    }

    @Test
    void itAsksBeforeItBeginsAndTakesNoOptionsOfAnotherCommand() throws Exception {
        assertThat(site.run("prove", "--server").code()).isEqualTo(2);
        assertThat(site.run("prove", "--server", "--json").code()).isEqualTo(2);
        assertThat(site.run("prove", "--server", "--yes", "Sales").code()).isEqualTo(2);
        assertThat(site.run("prove", "--server", "--yes", "--to", "end").code()).isEqualTo(2);
        assertThat(site.run("prove", "--server", "--yes", "--size", "1KiB").code())
                .isEqualTo(2);
        assertThat(site.run("prove", "Sales", "--keep").code()).isEqualTo(2);
        assertThat(site.run("prove").code()).isEqualTo(2);
        assertThat(scratchDatabases()).isEmpty();
    }
}
