package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A lost server: 20 databases, logins, jobs, restored on an empty one with two commands. Follows `docs/disaster.md`.
@Timeout(600)
class DisasterIT {

    private static final int DATABASES = 20;
    private static final String PASSWORD = "Another!1";
    private static final String PHRASE = "five words of no known sentence";
    private static final Duration PATIENTLY = Duration.ofMinutes(3);
    private static final String CONFIGURATION = """
            server: { url: "%s", user: sa, password: "%s", identity: one }
            vdi: { provider: simulator, library: "${SLUICE_VDI_LIBRARY}" }
            store:
              bucket: backups
              endpoint: %s
              credentials: { access-key-id: "${S3_KEY}", secret-access-key: "${S3_SECRET}" }
            memory: { budget: 96MiB }
            export: { passphrase: "${file:%s}" }
            """;

    @TempDir
    Path directory;

    private Site site;
    private Program fresh;
    private Path freshShared;

    @AfterEach
    void stop() throws Exception {
        if (fresh != null) {
            fresh.close();
        }
        if (site != null) {
            site.close();
        }
        if (freshShared != null) {
            try (var files = Files.walk(freshShared)) {
                files.sorted((one, other) -> other.compareTo(one))
                        .forEach(path -> path.toFile().delete());
            }
        }
    }

    private static String name(int number) {
        return "Db%02d".formatted(number);
    }

    private void furnish() throws Exception {
        site.sql("CREATE LOGIN [app] WITH PASSWORD = N'Secret!123', DEFAULT_DATABASE = [Db01], CHECK_POLICY = OFF");
        site.sql("CREATE LOGIN [report] WITH PASSWORD = N'Secret!456'");
        site.sql("ALTER SERVER ROLE [dbcreator] ADD MEMBER [app]; GRANT VIEW SERVER STATE TO [report]");
        site.sql("CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'p'; CREATE CERTIFICATE Backups WITH SUBJECT = 's'");
        site.sql("EXEC msdb.dbo.sp_add_job @job_name = N'Nightly', @owner_login_name = N'app';"
                + " EXEC msdb.dbo.sp_add_jobstep @job_name = N'Nightly', @step_name = N'one', @command = N'SELECT 1\r\nGO\r\n';"
                + " EXEC msdb.dbo.sp_add_jobschedule @job_name = N'Nightly', @name = N'at two', @freq_type = 4, @freq_interval = 1;"
                + " EXEC msdb.dbo.sp_add_jobserver @job_name = N'Nightly', @server_name = N'(local)'");
        for (int i = 1; i <= DATABASES; i++) {
            site.sql("EXEC sluice_workload @database = N'%s', @transactions = 3, @seed = %d".formatted(name(i), i));
        }
    }

    /// An empty server, in a process of its own, with another name.
    private JsonNode startFresh() throws Exception {
        freshShared = Files.createTempDirectory(Path.of("/dev/shm"), "sd");
        fresh = Program.start(
                Files.createDirectories(directory.resolve("fresh")),
                Map.of("SA_PASSWORD", PASSWORD),
                "simulate",
                "--json",
                "--server-name",
                "NEWHOST",
                "--vdi-dir",
                freshShared.toString());
        await().atMost(PATIENTLY).until(() -> fresh.out().endsWith(System.lineSeparator()) || !fresh.running());
        return JsonMapper.shared().readTree(fresh.out());
    }

    private static List<String> values(String url, String query) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url, "sa", PASSWORD);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            List<String> values = new ArrayList<>();
            while (rows.next()) {
                values.add(rows.getString(1));
            }
            return values;
        }
    }

    private String command(JsonNode endpoint, String... arguments) throws Exception {
        return command(0, endpoint, arguments);
    }

    private String command(int expected, JsonNode endpoint, String... arguments) throws Exception {
        Program program = Program.start(
                directory.resolve("fresh"),
                Map.of(
                        "S3_KEY", site.s3.accessKeyId(),
                        "S3_SECRET", site.s3.secretAccessKey(),
                        "SLUICE_VDI_DIR", freshShared.toString(),
                        "SLUICE_VDI_LIBRARY", endpoint.get("vdiLibrary").asString()),
                arguments);
        int code = program.exitCode(PATIENTLY);
        assertThat(code).as(program.out() + program.err()).isEqualTo(expected);
        assertThat(program.out() + program.err()).doesNotContain(PHRASE, "Secret!");
        return program.out();
    }

    @Test
    void twoCommandsBringItBackOnAnEmptyServer() throws Exception {
        Path phrase = Files.writeString(directory.resolve("passphrase"), PHRASE + "\n");
        List<String> more = IntStream.rangeClosed(2, DATABASES)
                .boxed()
                .flatMap(i -> List.of("--database", name(i) + "=512KiB").stream())
                .toList();
        site = Site.start(directory, PASSWORD, name(1) + "=512KiB", more.toArray(String[]::new));
        furnish();
        site.configure(CONFIGURATION.formatted(site.jdbcUrl(), PASSWORD, site.s3.endpoint(), phrase));
        site.done("backup", "Db*", "--type", "full");
        site.sql("EXEC sluice_workload @database = N'Db07', @transactions = 3, @seed = 99");
        site.done("backup", "Db07", "--type", "log");
        site.done("backup", "master", "msdb", "--type", "full");
        Site.Ended exported = site.done("export", "instance");
        Site.Ended wrong = site.run("export", "fetch", "--to", "there", "--passphrase-file", "sluice.yaml", "--json");
        site.done("export", "fetch", "--to", "there");
        String pages = "SELECT last_lsn FROM msdb.dbo.backupset ORDER BY database_name, backup_set_id";
        List<String> lsns = values(site.jdbcUrl(), pages);

        JsonNode endpoint = startFresh();
        String url = endpoint.get("jdbcUrl").asString();
        Files.writeString(
                directory.resolve("fresh/sluice.yaml"),
                CONFIGURATION.formatted(url, PASSWORD, site.s3.endpoint(), phrase));

        // Step 1. The simulated bucket has no lifecycle rule, of which doctor tells.
        command(3, endpoint, "doctor");
        assertThat(command(endpoint, "list")).contains(name(1), name(DATABASES), "msdb");
        assertThat(command(endpoint, "export", "list")).hasLineCount(1);

        // The two commands: steps 2 and 3.
        String replayed = command(endpoint, "export", "replay");
        String restored = command(endpoint, "restore", "--all", "--to", "end", "--json");

        assertThat(exported.out()).contains("2 logins, 1 jobs, 1 certificates");
        assertThat(exported.out() + exported.err()).doesNotContain(PHRASE, "Secret!");
        assertThat(wrong.json().at("/error/id").asString()).isEqualTo("wrong-passphrase");
        assertThat(Files.readString(directory.resolve("there/03-logins.sql"))).contains("CREATE LOGIN [app]", "HASHED");
        assertThat(replayed).contains("07-jobs.sql");
        assertThat(JsonMapper.shared().readTree(restored).get("restores").size())
                .isEqualTo(DATABASES);
        assertThat(lsns).as("and a log, master and msdb").hasSize(DATABASES + 3);
        assertThat(values(
                        url,
                        "SELECT name FROM sys.databases WHERE state_desc = 'ONLINE' AND name LIKE 'Db%' ORDER BY name"))
                .hasSize(DATABASES);
        assertThat(values(
                        url,
                        "SELECT restore_type FROM msdb.dbo.restorehistory WHERE destination_database_name = 'Db07'"))
                .contains("D", "L");
        for (String query : List.of(
                "SELECT sid FROM sys.server_principals WHERE name IN ('app', 'report') ORDER BY name",
                "SELECT command FROM msdb.dbo.sysjobsteps",
                "SELECT name FROM master.sys.certificates",
                "SELECT permission_name FROM sys.server_permissions ORDER BY permission_name")) {
            assertThat(values(url, query)).as(query).isNotEmpty().isEqualTo(values(site.jdbcUrl(), query));
        }
        DriverManager.getConnection(url, "app", "Secret!123").close();
        assertThat(values(url, "SELECT enabled FROM msdb.dbo.sysjobs")).containsExactly("0");

        // Step 4: when everything was looked at.
        command(endpoint, "export", "replay", "--enable-jobs");
        assertThat(values(url, "SELECT enabled FROM msdb.dbo.sysjobs")).containsExactly("1");
        assertThat(values(url, "SELECT default_database_name FROM sys.server_principals WHERE name = 'app'"))
                .containsExactly("Db01");

        // Step 5. The directory belongs to the lost server until a person frees it.
        assertThat(command(1, endpoint, "backup", "Db01", "--json")).contains("identity-taken");
        assertThat(command(1, endpoint, "export", "instance", "--json")).contains("identity-taken");
        systemDatabases(endpoint);
        Files.delete(directory.resolve("s3/backups/one/owner.json"));
        assertThat(JsonMapper.shared()
                        .readTree(command(endpoint, "backup", "--all", "--json"))
                        .get("backups")
                        .size())
                .as("with master, model and msdb")
                .isEqualTo(DATABASES + 3);
        command(endpoint, "export", "instance");
    }

    /// The page's way where an export does not suffice: before the first backup of the new server's own.
    private void systemDatabases(JsonNode endpoint) throws Exception {
        command(endpoint, "restore", "msdb", "--replace", "--discard-tail", "--enable-broker");
        String master = JsonMapper.shared()
                .readTree(command(endpoint, "list", "master", "--json"))
                .at("/backups/0/id")
                .asString();
        command(endpoint, "fetch", master, "master-files");
        assertThat(command(1, endpoint, "restore", "master", "--replace", "--json"))
                .contains("master-by-hand");
        assertThat(command(endpoint, "restore", "master", "--replace", "--script", "--files", "/master-files"))
                .contains("RESTORE DATABASE [master] FROM DISK = N'/master-files/");
        assertThat(directory.resolve("fresh/master-files")).isNotEmptyDirectory();
    }
}
