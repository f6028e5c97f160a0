package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
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

/// The program with a configuration file, as on a server: SQL Server's stand-in is another process, met over TDS and
/// through JNA, and the bucket is in a third one.
@Timeout(300)
class ConfiguredIT {

    private static final Duration PATIENTLY = Duration.ofMinutes(2);
    private static final String PASSWORD = "S3cret!\"pass";

    @TempDir
    Path directory;

    private Site site;

    @BeforeEach
    void start() throws Exception {
        site = Site.start(directory, PASSWORD, "Sales=12MiB");
        Files.writeString(directory.resolve("sa"), PASSWORD + "\n");
        site.configure("""
                server:
                  url: "%s"
                  user: sa
                  password: "${file:%s}"
                  identity: one
                vdi: { provider: simulator, library: "${SLUICE_VDI_LIBRARY}" }
                store:
                  bucket: backups
                  prefix: some/where
                  endpoint: %s
                  credentials: { access-key-id: "${S3_KEY}", secret-access-key: "${S3_SECRET}" }
                memory: { budget: 64MiB }
                backup: { stripes: 2 }
                log: { format: json, level: info }
                """.formatted(site.jdbcUrl(), directory.resolve("sa"), site.s3.endpoint()));
    }

    @AfterEach
    void stop() throws Exception {
        if (site != null) {
            site.close();
        }
    }

    private Program start(String... arguments) throws IOException {
        return site.program(arguments);
    }

    private JsonNode json(String... arguments) throws Exception {
        return site.done(arguments).json();
    }

    @Test
    void aConfigurationFileIsEnoughForABackupAndItsWayBack() throws Exception {
        JsonNode backup = json("backup", "Sales", "--json");
        String id = backup.get("backupId").asString();
        JsonNode listed = json(
                "list", "--json", "--config", directory.resolve("sluice.yaml").toString());
        JsonNode restored = json("restore", "Sales", "--as", "Copy", "--json");
        JsonNode fetched = json("fetch", id, "fetched", "--json");

        assertThat(backup.get("stripes").size()).as("as configured").isEqualTo(2);
        assertThat(backup.get("server").asString()).isEqualTo("one");
        assertThat(listed.at("/backups/0/id").asString()).isEqualTo(id);
        assertThat(restored.get("bytes").asLong()).isGreaterThan(12 << 20);
        assertThat(fetched.get("files").size()).isEqualTo(2);
        try (Stream<Path> objects = Files.walk(directory.resolve("s3/backups/some/where/one/data"))) {
            assertThat(objects.filter(Files::isRegularFile)).hasSize(2);
        }
        try (Stream<Path> left = Files.list(site.shared())) {
            assertThat(left).as("nothing is left in shared memory").isEmpty();
        }
    }

    @Test
    void objectsAndRateAreAsConfigured() throws Exception {
        Path file = directory.resolve("sluice.yaml");
        String plain = Files.readString(file);
        Files.writeString(file, plain + "upload: { part-size: 5MiB, rate-limit: 8MiB/s }\n");

        JsonNode backup = json("backup", "Sales", "--json");

        long most = 5L << 20;
        assertThat(backup.at("/stripes/0/segments"))
                .allSatisfy(segment -> assertThat(segment.get("parts").asLong())
                        .isGreaterThanOrEqualTo((segment.get("bytes").asLong() + most - 1) / most));
        assertThat(Duration.between(
                        Instant.parse(backup.get("startedAt").asString()),
                        Instant.parse(backup.get("finishedAt").asString())))
                .as("12 MiB at 8 MiB a second")
                .isGreaterThan(Duration.ofSeconds(1));

        Files.writeString(file, plain.replace("prefix: some/where", "sse: { kms: alias/sql }"));

        try (Program program = start("backup", "Sales")) {
            assertThat(program.exitCode(PATIENTLY)).isEqualTo(1);
            assertThat(program.err())
                    .as("the embedded S3 knows no encryption, and was asked for it")
                    .contains("CreateMultipartUpload", "NotImplemented");
        }
    }

    @Test
    void logsAreJsonAndHoldNoSecret() throws Exception {
        try (Program program = start("backup", "Sales")) {
            assertThat(program.exitCode(PATIENTLY)).as(program.err()).isZero();

            List<String> lines =
                    program.err().lines().filter(line -> line.startsWith("{")).toList();

            assertThat(lines).isNotEmpty();
            JsonNode stored = lines.stream()
                    .map(line -> JsonMapper.shared().readTree(line))
                    .filter(line -> line.get("message").asString().equals("backup stored"))
                    .findFirst()
                    .orElseThrow();
            assertThat(stored.get("database").asString()).isEqualTo("Sales");
            assertThat(stored.get("bytes").asLong()).isGreaterThan(12 << 20);
            assertThat(program.err() + program.out()).doesNotContain(PASSWORD, site.s3.secretAccessKey());
        }
    }

    @Test
    void aMistakeInTheFileIsExitCode2WithItsPlace() throws Exception {
        Path file = directory.resolve("sluice.yaml");
        Files.writeString(file, Files.readString(file).replace("budget: 64MiB", "budget: 64MB"));

        for (String command : List.of("backup Sales", "list", "config check", "config show", "recover")) {
            try (Program program = start(command.split(" "))) {
                assertThat(program.exitCode(PATIENTLY)).as(command).isEqualTo(2);
                assertThat(program.err()).as(command).contains("sluice.yaml:12:19: memory.budget");
            }
        }
    }

    @Test
    void aWrongPasswordIsOneClearErrorThatDoesNotRepeatIt() throws Exception {
        Files.writeString(directory.resolve("sa"), "wr0ng!password\n");

        try (Program program = start("backup", "Sales", "--json")) {
            assertThat(program.exitCode(PATIENTLY)).isEqualTo(1);
            assertThat(JsonMapper.shared()
                            .readTree(program.out())
                            .at("/error/id")
                            .asString())
                    .isEqualTo("sql-server-unavailable");
            assertThat(program.err() + program.out())
                    .contains("server.password")
                    .doesNotContain("wr0ng!password");
        }
    }

    @Test
    void aWrongSecretOfTheBucketIsOneClearErrorOfEveryCommand() throws Exception {
        try (Program program = site.program(Map.of("S3_SECRET", "wr0ng/secret"), "list", "--json")) {
            assertThat(program.exitCode(PATIENTLY)).isEqualTo(1);
            JsonNode error = JsonMapper.shared().readTree(program.out()).get("error");
            assertThat(error.get("id").asString()).isEqualTo("store-refused");
            assertThat(error.get("what").asString()).contains("ListObjectsV2", "403");
            assertThat(error.get("hint").asString()).contains("sluice doctor");
            assertThat(program.err() + program.out()).doesNotContain("wr0ng/secret");
        }
    }

    @Test
    void withoutCredentialsThereIsOneClearErrorAtOnce() throws Exception {
        Path file = directory.resolve("sluice.yaml");
        Files.writeString(file, Files.readString(file).replaceAll("(?m)^ *credentials:.*\n", ""));
        // Nothing that this machine may have, and no question to a cloud's metadata.
        Map<String, String> nowhere = Map.of(
                "AWS_EC2_METADATA_DISABLED", "true",
                "AWS_SHARED_CREDENTIALS_FILE", "/nowhere",
                "AWS_CONFIG_FILE", "/nowhere",
                "AWS_ACCESS_KEY_ID", "",
                "AWS_SECRET_ACCESS_KEY", "");

        for (String command : List.of("list --json", "backup Sales --json")) {
            try (Program program = site.program(nowhere, command.split(" "))) {
                assertThat(program.exitCode(PATIENTLY)).as(command).isEqualTo(1);
                JsonNode error = JsonMapper.shared().readTree(program.out()).get("error");
                assertThat(error.get("id").asString()).isEqualTo("no-store-credentials");
                assertThat(error.get("what").asString())
                        .contains("s3://backups/", "there are no credentials")
                        .doesNotContain("attempt", "ProviderChain");
                assertThat(error.get("where").asString()).isEqualTo("store.credentials");
                assertThat(error.get("hint").asString()).contains("access-key-id");
            }
        }
    }

    @Test
    void theDoctorFindsWhatIsInTheWay() throws Exception {
        try (Program program = start("doctor", "--json")) {
            int code = program.exitCode(PATIENTLY);
            JsonNode findings = JsonMapper.shared().readTree(program.out()).get("findings");
            assertThat(findings.findValuesAsString("level")).as(program.out()).doesNotContain("FAIL");
            assertThat(findings.findValuesAsString("id"))
                    .contains(
                            "vdi-library",
                            "user",
                            "shm-size",
                            "memory-limit",
                            "sysadmin",
                            "bucket-delete-object",
                            "clock");
            assertThat(code).as("the embedded S3 knows no lifecycle rules").isEqualTo(3);
        }

        Files.writeString(directory.resolve("sa"), "wr0ng!password\n");

        try (Program program = start("doctor")) {
            assertThat(program.exitCode(PATIENTLY)).isEqualTo(1);
            assertThat(program.out()).contains("fail  server-reachable", "-> Correct server.user and server.password.");
        }
    }

    @Test
    void aBudgetThatTheJvmDoesNotAllowIsRefusedBeforeAnythingStarts() throws Exception {
        Path file = directory.resolve("sluice.yaml");
        Files.writeString(file, Files.readString(file).replace("budget: 64MiB", "budget: 2GiB"));

        try (Program program = start("backup", "Sales")) {
            assertThat(program.exitCode(PATIENTLY)).isEqualTo(1);
            assertThat(program.err()).contains("memory-budget", "-XX:MaxDirectMemorySize=2112m");
        }
    }
}
