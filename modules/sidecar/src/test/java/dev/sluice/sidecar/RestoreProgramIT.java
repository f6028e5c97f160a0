package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.simulator.s3.EmbeddedS3;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Point-in-time restore as people run it: programs, a configuration, a server process, a bucket.
@Timeout(600)
class RestoreProgramIT {

    private static final Duration PATIENTLY = Duration.ofMinutes(2);
    private static final String PASSWORD = "Another!1";

    @TempDir
    Path directory;

    private Path shared;
    private EmbeddedS3 s3;
    private Program server;
    private JsonNode endpoint;

    @BeforeEach
    void startServerAndBucket() throws Exception {
        shared = Files.createTempDirectory(Path.of("/dev/shm"), "sr");
        s3 = EmbeddedS3.start(directory.resolve("s3"), "backups");
        server = Program.start(
                Files.createDirectories(directory.resolve("server")),
                Map.of("SA_PASSWORD", PASSWORD),
                "simulate",
                "--json",
                "--vdi-dir",
                shared.toString(),
                "--database",
                "Sales=4MiB",
                "--collation",
                "Turkish_CS_AS",
                "--language",
                "German");
        await().atMost(PATIENTLY).until(() -> server.out().endsWith(System.lineSeparator()) || !server.running());
        endpoint = JsonMapper.shared().readTree(server.out());
        boolean built = !endpoint.get("vdiLibrary").asString().isEmpty();
        if (!Boolean.getBoolean("sluice.require.native")) {
            Assumptions.assumeTrue(built, "libsqlvdi.so was not built: no g++ and make");
        }
        assertThat(built).isTrue();
        Files.writeString(directory.resolve("sluice.yaml"), """
                server: { url: "%s", user: sa, password: "%s", identity: one }
                vdi: { provider: simulator, library: "${SLUICE_VDI_LIBRARY}" }
                store:
                  bucket: backups
                  endpoint: %s
                  credentials: { access-key-id: "${S3_KEY}", secret-access-key: "${S3_SECRET}" }
                memory: { budget: 64MiB }
                """.formatted(
                        endpoint.get("jdbcUrl").asString(), PASSWORD, s3.endpoint()));
    }

    @AfterEach
    void stopThem() throws Exception {
        server.signal("TERM");
        server.exitCode(PATIENTLY);
        s3.close();
        Files.deleteIfExists(shared);
    }

    private record Ended(int code, String out, String err) {
        JsonNode json() {
            return JsonMapper.shared().readTree(out);
        }
    }

    private Ended run(String... arguments) throws Exception {
        try (Program program = Program.start(
                directory,
                Map.of(
                        "S3_KEY", s3.accessKeyId(),
                        "S3_SECRET", s3.secretAccessKey(),
                        "SLUICE_VDI_DIR", shared.toString(),
                        "SLUICE_VDI_LIBRARY", endpoint.get("vdiLibrary").asString()),
                arguments)) {
            int code = program.exitCode(PATIENTLY);
            return new Ended(code, program.out(), program.err());
        }
    }

    private Ended done(String... arguments) throws Exception {
        Ended ended = run(arguments);
        assertThat(ended.code()).as(ended.out() + ended.err()).isZero();
        return ended;
    }

    private void sql(String sql) throws Exception {
        try (Connection connection =
                        DriverManager.getConnection(endpoint.get("jdbcUrl").asString(), "sa", PASSWORD);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private void work(int seed) throws Exception {
        sql("EXEC sluice_workload @database = N'Sales', @transactions = 5, @seed = " + seed);
    }

    /// The instant behind everything that has happened, with some air on both sides: the server's clock is this
    /// machine's.
    private static Instant instant() {
        Instant now = Instant.now();
        Instant then = now.plusMillis(300).truncatedTo(ChronoUnit.MILLIS);
        await().pollInterval(Duration.ofMillis(50)).until(() -> Instant.now().isAfter(then.plusMillis(300)));
        return then;
    }

    @Test
    void whatIsConfiguredToBeEncryptedComesBackWhereTheCertificateIs() throws Exception {
        sql("CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'Secret!1'; CREATE CERTIFICATE Backups WITH SUBJECT = 's'");
        Files.writeString(
                directory.resolve("sluice.yaml"),
                "backup: { encryption: { certificate: Backups } }\n",
                StandardOpenOption.APPEND);
        done("backup", "Sales", "--type", "full");
        work(1);
        done("backup", "Sales", "--type", "log");

        // Nobody but SQL Server can read the list of files in it.
        done("restore", "Sales", "--as", "Copy", "--move", "Sales=/d/c.mdf", "--move", "Sales_log=/d/c.ldf");
        sql("EXEC sluice_compare N'Sales', N'Copy'");

        sql("DROP CERTIFICATE Backups");
        Ended refused = run("restore", "Sales", "--as", "Other");
        assertThat(refused.code()).isNotZero();
        assertThat(refused.err()).contains("certificate");
    }

    @Test
    void aDatabaseComesBackAsItWasAtAnInstantAndThePlanIsShownFirst() throws Exception {
        done("backup", "Sales", "--type", "full");
        work(1);
        done("backup", "Sales", "--type", "diff");
        work(2);
        done("backup", "Sales", "--type", "log");
        work(3);
        // What it is at the instant is kept beside, to compare with.
        done("backup", "Sales", "--type", "log");
        Instant then = instant();
        done("restore", "Sales", "--as", "Then");
        work(4);
        done("backup", "Sales", "--type", "log");

        JsonNode plan = done("restore", "Sales", "--to", then.toString(), "--as", "Copy", "--plan", "--json")
                .json();
        JsonNode restored = done("restore", "Sales", "--to", then.toString(), "--as", "Copy", "--json")
                .json();
        Ended listed = done("list", "Sales", "--json");

        assertThat(plan.at("/plan/steps").size()).isEqualTo(5);
        assertThat(plan.at("/plan/steps/0/statement").asString()).isEqualTo("RESTORE DATABASE");
        assertThat(plan.at("/plan/steps/4/stop").asString()).startsWith("STOPAT ");
        assertThat(restored.get("state").asString()).isEqualTo("ONLINE");
        sql("EXEC sluice_compare N'Then', N'Copy'");
        assertThat(listed.json().get("backups").size()).isEqualTo(5);
        assertThat(listed.json().get("windows").size()).isEqualTo(1);
        assertThat(listed.json().get("findings").size()).isZero();
    }

    @Test
    void overAnExistingDatabaseItsTailIsSavedOrNothingHappens() throws Exception {
        done("backup", "Sales", "--type", "full");
        work(1);

        Ended refused = run("restore", "Sales", "--replace", "--json");
        Ended restored = done("restore", "Sales", "--replace", "--tail", "--json");

        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.json().at("/error/id").asString()).isEqualTo("tail-would-be-lost");
        assertThat(restored.json().get("backups").asInt()).isEqualTo(2);
        assertThat(restored.json().get("state").asString()).isEqualTo("ONLINE");
    }

    @Test
    void aGapIsToldWithExitCode3AndAnInstantBehindItIsOutOfReach() throws Exception {
        done("backup", "Sales", "--type", "full");
        work(1);
        String lost = done("backup", "Sales", "--type", "log", "--json")
                .json()
                .get("backupId")
                .asString();
        work(2);
        Instant then = instant();
        work(3);
        run("backup", "Sales", "--type", "log");
        try (var files = Files.walk(directory.resolve("s3/backups"))) {
            for (Path file : files.filter(each -> each.toString().contains(lost))
                    .filter(Files::isRegularFile)
                    .toList()) {
                Files.delete(file);
            }
        }

        Ended listed = run("list", "Sales", "--json");
        Ended restored = run("restore", "Sales", "--to", then.toString(), "--as", "Copy", "--json");

        assertThat(listed.code()).isEqualTo(3);
        assertThat(listed.json().at("/findings/0/kind").asString()).isEqualTo("gap");
        assertThat(restored.code()).isEqualTo(1);
        assertThat(restored.json().at("/error/id").asString()).isEqualTo("unreachable");
        assertThat(restored.json().at("/error/what").asString()).contains("sa took it to sluice-" + lost);
    }

    @Test
    void theScriptIsPrintedAndNothingIsDone() throws Exception {
        done("backup", "Sales", "--type", "full", "--stripes", "2");
        work(1);
        done("backup", "Sales", "--type", "log");

        Ended script = done("restore", "Sales", "--as", "Copy", "--script", "--files", "/mnt/backups");
        Ended nonsense = run("restore", "Sales", "--to", "yesterday");

        assertThat(script.out())
                .contains("RESTORE DATABASE [Copy] FROM DISK = N'/mnt/backups/")
                .contains("RESTORE LOG [Copy]")
                .contains("RESTORE DATABASE [Copy] WITH RECOVERY;");
        assertThat(nonsense.code()).isEqualTo(2);
        assertThat(nonsense.err()).contains("yesterday");
    }
}
