package dev.sluice.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.config.StoreSection;
import dev.sluice.simulator.s3.EmbeddedS3;
import dev.sluice.simulator.server.ServerOptions;
import dev.sluice.simulator.server.SimulatedServer;
import dev.sluice.vdi.inprocess.InProcessVdi;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What `sluice init` asks, sees and writes.
class InitCommandTest extends InitRuns {

    private static final Path ROOT = Path.of(System.getProperty("sluice.root", "../.."));
    private static final List<String> FILES = List.of("login.sql", "policy.json", "sluice.yaml", "sql-password");

    // ---- the answers ----

    @Test
    void withoutATerminalWhatIsMissingIsNamedByItsOption() throws Exception {
        assertThat(run(null)).isEqualTo(2);

        assertThat(err.toString()).contains("--bucket", "--region", "--endpoint", "--identity");
        assertThat(files()).isEmpty();
    }

    @Test
    void withYesNothingIsAsked() {
        assertThat(run(List.of("never"), "--yes", "--no-look")).isEqualTo(2);

        assertThat(asked).isEmpty();
        assertThat(err.toString()).contains("--bucket");
    }

    @Test
    void aWrongAnswerIsNamedByItsOptionAndNothingIsWritten() throws Exception {
        assertThat(run(null, "--no-look", "--bucket", "no bucket", "--region", "Frankfurt", "--identity", "../x"))
                .isEqualTo(2);

        assertThat(err.toString()).contains("--bucket: ", "--region: ", "--identity: ");
        assertThat(files()).isEmpty();
    }

    @Test
    void noPropertyOfTheDriverCanBeSmuggledIntoTheAddress() throws Exception {
        assertThat(run(
                        null,
                        "--no-look",
                        "--server",
                        "db;user=sa",
                        "--bucket",
                        "b-1",
                        "--region",
                        "x",
                        "--identity",
                        "one"))
                .isEqualTo(2);

        assertThat(err.toString())
                .contains("'db;user=sa' is no address of SQL Server")
                .contains("HOST:PORT");
        assertThat(files()).isEmpty();
    }

    /// sqlcmd puts variables in, and ends a batch at a line `GO`, within quotes and comments, too.
    @ParameterizedTest
    @ValueSource(strings = {"a$(PATH)", "a\nGO\nDROP DATABASE Sales\nGO\n"})
    void noNameOrPathInTheScriptCanBeActedOn(String name) throws Exception {
        assertThat(run(null, "--no-look", "--login", name, "--bucket", "b-1", "--region", "x", "--identity", "one"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("the login's name holds a line break");
        assertThat(run(
                        null,
                        "--no-look",
                        "--password-file",
                        "/tmp/" + name,
                        "--bucket",
                        "b-1",
                        "--region",
                        "x",
                        "--identity",
                        "one"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("the path /tmp/a");
        assertThat(files()).isEmpty();
    }

    // ---- the files ----

    @Test
    void everyOptionReachesTheConfigurationAndTheFileHoldsNoSecret() throws Exception {
        Path secret = Files.writeString(directory.resolveSibling("key-" + directory.getFileName()), "s3-secret");

        assertThat(run(
                        null,
                        "--no-look",
                        "--server",
                        "db\\PROD",
                        "--trust-server-certificate",
                        "--login",
                        "a 'b' ]c",
                        "--password-env",
                        "SQL_PASSWORD",
                        "--bucket",
                        "backups",
                        "--endpoint",
                        "https://s3.example.org",
                        "--access-key-id",
                        "AKIA ${x}",
                        "--secret-key-file",
                        secret.toString(),
                        "--identity",
                        "one",
                        "--kms",
                        "alias/sql",
                        "--object-lock",
                        "COMPLIANCE:35",
                        "--no-prune"))
                .as(err.toString())
                .isZero();

        Configuration configuration = written();
        assertThat(configuration.server().url().text())
                .isEqualTo("jdbc:sqlserver://db\\PROD;trustServerCertificate=true");
        assertThat(configuration.server().user()).isEqualTo("a 'b' ]c");
        assertThat(configuration.server().password().reveal()).isEqualTo("hunter2");
        assertThat(configuration.vdi().instance()).isEqualTo("PROD");
        StoreSection store = configuration.store();
        assertThat(store.endpoint()).hasToString("https://s3.example.org");
        assertThat(store.region()).isNull();
        assertThat(store.credentials()).isNotNull();
        assertThat(store.credentials().accessKeyId()).isEqualTo("AKIA ${x}");
        assertThat(store.credentials().secretAccessKey().reveal()).isEqualTo("s3-secret");
        assertThat(store.sse()).isEqualTo(new StoreSection.Sse("alias/sql"));
        assertThat(store.objectLock()).isEqualTo(new StoreSection.ObjectLock(StoreSection.LockMode.COMPLIANCE, 35));
        assertThat(configuration.policies()).hasSize(1);
        assertThat(configuration.policies().getFirst().keep()).isNull();
        assertThat(files()).containsExactly("login.sql", "policy.json", "sluice.yaml");
        for (String file : files()) {
            assertThat(text(file)).doesNotContain("hunter2").doesNotContain("s3-secret");
        }
        assertThat(text("login.sql"))
                .contains("CREATE LOGIN [a 'b' ]]c] WITH PASSWORD = N'$(SLUICE_PASSWORD)'")
                .contains("name = N'a ''b'' ]c'")
                .contains("-S db\\PROD ");
        Files.delete(secret);
    }

    @Test
    void aPasswordIsGeneratedForItsOwnerAloneAndStandsInItsFileOnly() throws Exception {
        assertThat(run(null, "--no-look", "--bucket", "backups", "--region", "eu-central-1", "--identity", "one"))
                .isZero();

        assertThat(files()).isEqualTo(FILES);
        String password = text("sql-password");
        assertThat(password)
                .hasSize(32)
                .matches(".*[A-Z].*")
                .matches(".*[a-z].*")
                .matches(".*[0-9].*")
                .matches(".*[-_.+].*")
                .matches("[A-Za-z0-9._+-]+");
        assertThat(written().server().password().reveal()).isEqualTo(password);
        assertThat(text("login.sql") + text("sluice.yaml") + text("policy.json") + out + err)
                .doesNotContain(password);
        if (Files.getFileStore(directory).supportsFileAttributeView("posix")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("sql-password"))))
                    .isEqualTo("rw-------");
        }
        assertThat(out.toString().lines().toList())
                .endsWith(
                        "  sluice doctor --config " + directory.resolve("sluice.yaml"),
                        "  sluice backup DATABASE --config " + directory.resolve("sluice.yaml"),
                        "  sluice serve --config " + directory.resolve("sluice.yaml"));
    }

    @Test
    void noFileIsReplacedAndTheQuestionsAreNotAskedInVain() throws Exception {
        Files.writeString(directory.resolve("policy.json"), "mine");

        assertThat(run(List.of("localhost"), "--no-look")).isEqualTo(1);

        assertThat(err.toString()).contains("policy.json").contains("--dir").contains("file-exists");
        assertThat(asked).isEmpty();
        assertThat(files()).containsExactly("policy.json");
        assertThat(text("policy.json")).isEqualTo("mine");
    }

    /// Every catalogue view, function and table of msdb that the program's own T-SQL names stands in the
    /// script, and no other.
    @Test
    void theScriptSaysWhatEachRightIsFor() throws Exception {
        run(null, "--no-look", "--bucket", "backups", "--region", "eu-central-1", "--identity", "one");
        Pattern named = Pattern.compile("\\b(?:master\\.|%s\\.)?((?:sys|msdb\\.dbo)\\.[a-z_]+)");
        Set<String> used = new TreeSet<>();
        for (String place : List.of(
                "modules/engine/src/main/java/dev/sluice/engine",
                "modules/sidecar/src/main/java/dev/sluice/sidecar/doctor")) {
            try (Stream<Path> sources = Files.walk(ROOT.resolve(place))) {
                for (Path source : sources.filter(file -> file.toString().endsWith(".java"))
                        .toList()) {
                    String code = Files.readString(source, StandardCharsets.UTF_8)
                            .lines()
                            .filter(line -> line.matches(".*\\b(FROM|JOIN|APPLY|SELECT)\\b.*"))
                            .collect(Collectors.joining("\n"));
                    named.matcher(code).results().forEach(found -> used.add(found.group(1)));
                }
            }
        }

        Set<String> explained = new TreeSet<>();
        text("login.sql")
                .lines()
                .filter(line -> line.startsWith("--"))
                .forEach(line -> named.matcher(line).results().forEach(found -> explained.add(found.group(1))));

        assertThat(explained).isEqualTo(used);
        assertThat(text("login.sql")).contains("3265").contains("IS_SRVROLEMEMBER");
    }

    // ---- the look ----

    @Test
    void whatCannotBeReachedIsAWarningAndTheFilesAreWritten() throws Exception {
        int closed;
        try (java.net.ServerSocket socket = new java.net.ServerSocket(0)) {
            closed = socket.getLocalPort();
        }

        int code = run(
                null,
                "--server",
                "127.0.0.1:" + closed,
                "--bucket",
                "backups",
                "--endpoint",
                "http://127.0.0.1:" + closed,
                "--access-key-id",
                "a",
                "--secret-key-file",
                Files.writeString(directory.resolve("secret"), "b").toString(),
                "--identity",
                "one");

        assertThat(code).isEqualTo(Sluice.ATTENTION);
        assertThat(out.toString())
                .contains("warn  SQL Server: no connection to port " + closed)
                .contains("warn  Bucket: ")
                .contains("--server HOST:PORT")
                .contains("--endpoint");
        assertThat(files()).containsAll(FILES);
    }

    @Test
    void whatIsThereIsToldInOneLineEach() throws Exception {
        ServerOptions options = ServerOptions.of(new InProcessVdi());
        Path sql = Files.writeString(directory.resolve("sa"), options.password());
        try (EmbeddedS3 s3 = EmbeddedS3.start(directory.resolve("s3"), "backups");
                SimulatedServer server = SimulatedServer.start(options)) {
            Path key = Files.writeString(directory.resolve("key"), s3.secretAccessKey());
            String port = server.jdbcUrl().replaceFirst(".*?:(\\d+).*", "$1");

            run(
                    null,
                    "--server",
                    "127.0.0.1:" + port,
                    "--login",
                    "sa",
                    "--password-file",
                    sql.toString(),
                    "--bucket",
                    "backups",
                    "--endpoint",
                    s3.endpoint().toString(),
                    "--access-key-id",
                    s3.accessKeyId(),
                    "--secret-key-file",
                    key.toString(),
                    "--identity",
                    "one");

            assertThat(out.toString())
                    .contains("ok    SQL Server: 127.0.0.1:%s answers; its certificate is not checked".formatted(port))
                    .contains("sa is a member of sysadmin")
                    .contains("ok    Bucket: backups answers, and these credentials may list it")
                    .contains("Bucket: it keeps no versions")
                    .contains("Wrote ");
            assertThat(s3.directory().resolve("backups")).isEmptyDirectory();

            Files.delete(directory.resolve("sluice.yaml"));
            Files.delete(directory.resolve("login.sql"));
            Files.delete(directory.resolve("policy.json"));
            run(
                    null,
                    "--server",
                    "127.0.0.1:" + port,
                    "--bucket",
                    "other",
                    "--endpoint",
                    s3.endpoint().toString(),
                    "--access-key-id",
                    s3.accessKeyId(),
                    "--secret-key-file",
                    key.toString(),
                    "--identity",
                    "one");
            assertThat(out.toString())
                    .contains("it refuses the login sluice (error 18456)")
                    .contains("Run login.sql: it makes the login. If there is one already, it keeps its password")
                    .contains("Make the bucket, or correct --bucket.");

            Files.delete(directory.resolve("sluice.yaml"));
            Files.delete(directory.resolve("login.sql"));
            Files.delete(directory.resolve("policy.json"));
            Files.delete(directory.resolve("sql-password"));
            run(
                    List.of("sa", "n0t-the-one", "", ""),
                    "--server",
                    "127.0.0.1:" + port,
                    "--bucket",
                    "backups",
                    "--endpoint",
                    s3.endpoint().toString(),
                    "--access-key-id",
                    s3.accessKeyId(),
                    "--secret-key-file",
                    key.toString(),
                    "--identity",
                    "one");
            assertThat(out.toString())
                    .contains("it refuses the login sa (error 18456)")
                    .contains("The login exists already, so its password is wrong");
        }
    }
}
