package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.jna.NativeLibrary;
import dev.sluice.vdi.ClientVirtualDevice;
import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.CompletionCode;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.jna.LinuxVdi;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// `sluice simulate` as a process of its own, and clients in other processes.
@Timeout(300)
class SimulateIT {

    private static final Duration PATIENTLY = Duration.ofMinutes(2);
    private static final String PASSWORD = "Another!1";

    @TempDir
    Path directory;

    /// Not below the temporary directory: a socket's path is short.
    private Path place;

    @BeforeEach
    void choosePlace() throws Exception {
        place = Files.createTempDirectory(Path.of("/dev/shm"), "si");
        Files.delete(place);
    }

    @AfterEach
    void nothingIsLeft() {
        assertThat(place).doesNotExist();
    }

    private Program simulate(String... more) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("simulate", "--json", "--vdi-dir", place.toString()));
        arguments.addAll(List.of(more));
        return Program.start(directory, Map.of("SA_PASSWORD", PASSWORD), arguments.toArray(String[]::new));
    }

    private static JsonNode started(Program program) throws Exception {
        await().atMost(PATIENTLY).until(() -> program.out().endsWith(System.lineSeparator()) || !program.running());
        assertThat(program.out()).as(program.err()).isNotEmpty().hasLineCount(1);
        return JsonMapper.shared().readTree(program.out());
    }

    private static Connection connect(JsonNode server) throws SQLException {
        return DriverManager.getConnection(server.get("jdbcUrl").asString(), "sa", PASSWORD);
    }

    private static Object value(Statement statement, String sql) throws SQLException {
        try (ResultSet rows = statement.executeQuery(sql)) {
            assertThat(rows.next()).isTrue();
            return rows.getObject(1);
        }
    }

    @Test
    void servesTdsUntilASignalAndRemembersItsStateInTheNextProcess() throws Exception {
        String state = directory.resolve("state").toString();
        try (Program program = simulate(
                "--database",
                "Sales=1MiB",
                "--state",
                state,
                "--server-name",
                "TOY",
                "--zone",
                "Asia/Kolkata",
                "--collation",
                "Turkish_CI_AS",
                "--language",
                "German")) {
            JsonNode server = started(program);
            try (Connection connection = connect(server);
                    Statement statement = connection.createStatement()) {
                assertThat(value(statement, "SELECT @@SERVERNAME")).isEqualTo("TOY");
                assertThat(value(statement, "SELECT DATEDIFF(minute, SYSUTCDATETIME(), SYSDATETIME())"))
                        .isEqualTo(330);
                assertThat(value(statement, "SELECT SERVERPROPERTY('Collation')"))
                        .isEqualTo("Turkish_CI_AS");
                assertThat(value(statement, "SELECT @@LANGUAGE")).isEqualTo("Deutsch");
                statement.execute("ALTER DATABASE [Sales] SET RECOVERY SIMPLE");
            }
            program.signal("TERM");
            assertThat(program.exitCode(PATIENTLY)).isEqualTo(143);
        }
        try (Program program = simulate("--state", state)) {
            JsonNode server = started(program);
            try (Connection connection = connect(server);
                    Statement statement = connection.createStatement()) {
                assertThat(value(statement, "SELECT recovery_model_desc FROM sys.databases WHERE name = N'Sales'"))
                        .isEqualTo("SIMPLE");
            }
            program.signal("INT");
            assertThat(program.exitCode(PATIENTLY)).isEqualTo(130);
        }
    }

    @Test
    void anotherProcessBacksUpThroughTheEmulatedLibrary() throws Exception {
        try (Program program =
                simulate("--database", "Sales=3MiB", "--fault", "log/fail=0", "--fault", "data/fail-after-complete")) {
            JsonNode server = started(program);
            Path library = Path.of(server.get("vdiLibrary").asString());
            boolean built = !library.toString().isEmpty();
            if (!Boolean.getBoolean("sluice.require.native")) {
                Assumptions.assumeTrue(built, "libsqlvdi.so was not built: no g++ and make");
            }
            assertThat(built).isTrue();
            NativeLibrary.getInstance("c").getFunction("setenv").invokeInt(new Object[] {
                "SLUICE_VDI_DIR", server.get("vdiDirectory").asString(), 1
            });
            LinuxVdi vdi = LinuxVdi.open(library);

            try (Connection connection = connect(server);
                    Statement statement = connection.createStatement()) {
                assertThatThrownBy(() -> backUp(vdi, statement, "DATABASE", "first"))
                        .hasMessageContaining("as this stand-in was asked to");
                long bytes = backUp(vdi, statement, "DATABASE", "second");
                assertThat(bytes).isGreaterThan(3 << 20);
                assertThat(value(statement, "SELECT COUNT(*) FROM msdb.dbo.backupset"))
                        .isEqualTo(1);
                assertThatThrownBy(() -> backUp(vdi, statement, "LOG", "third"))
                        .hasMessageContaining("as this stand-in was asked to");
            }
            program.signal("TERM");
            assertThat(program.exitCode(PATIENTLY)).isEqualTo(143);
        }
    }

    /// @return the bytes that arrived
    private static long backUp(LinuxVdi vdi, Statement statement, String what, String name) throws Exception {
        ClientVirtualDeviceSet set = vdi.newClientSet();
        set.create(null, name, VDConfig.request(1, Features.LIKE_PIPE));
        FutureTask<Long> pump = new FutureTask<>(() -> {
            set.getConfiguration(PATIENTLY);
            ClientVirtualDevice device = set.openDevice(name);
            long bytes = 0;
            while (device.getCommand(Timeouts.INFINITE) instanceof Command command) {
                int size = command instanceof Command.Write write
                        ? (int) write.buffer().byteSize()
                        : 0;
                bytes += size;
                device.completeCommand(command, CompletionCode.ERROR_SUCCESS, size, 0);
            }
            return bytes;
        });
        Thread.ofPlatform().daemon().start(pump);
        try {
            statement.execute("BACKUP %s [Sales] TO VIRTUAL_DEVICE = N'%s'".formatted(what, name));
            return pump.get(PATIENTLY.toSeconds(), TimeUnit.SECONDS);
        } finally {
            pump.get(PATIENTLY.toSeconds(), TimeUnit.SECONDS);
            set.close();
        }
    }

    @Test
    void aSignalInTheMiddleOfABackupLeavesNothingBehind() throws Exception {
        try (Program program = simulate("--database", "Sales=64MiB", "--fault", "stall=1MiB")) {
            JsonNode server = started(program);
            Path library = Path.of(server.get("vdiLibrary").asString());
            Assumptions.assumeTrue(!library.toString().isEmpty(), "libsqlvdi.so was not built: no g++ and make");
            NativeLibrary.getInstance("c").getFunction("setenv").invokeInt(new Object[] {
                "SLUICE_VDI_DIR", server.get("vdiDirectory").asString(), 1
            });
            LinuxVdi vdi = LinuxVdi.open(library);
            FutureTask<Long> backup = new FutureTask<>(() -> {
                try (Connection connection = connect(server);
                        Statement statement = connection.createStatement()) {
                    return backUp(vdi, statement, "DATABASE", "stalled");
                }
            });
            Thread.ofPlatform().daemon().start(backup);
            try (Connection connection = connect(server);
                    Statement statement = connection.createStatement()) {
                await().atMost(PATIENTLY)
                        .until(() -> !value(
                                        statement,
                                        "SELECT COUNT(*) FROM sys.dm_exec_requests WHERE command = N'BACKUP DATABASE'"
                                                + " AND percent_complete > 0")
                                .equals(0));
            }

            program.signal("TERM");

            assertThat(program.exitCode(PATIENTLY)).isEqualTo(143);
            assertThatThrownBy(() -> backup.get(PATIENTLY.toSeconds(), TimeUnit.SECONDS))
                    .isNotNull();
        }
        // The client's own socket went with its set; the last one out takes the directory.
        Files.deleteIfExists(place);
    }

    @Test
    void servesABucketBesideItWithTheKeysOfTheEnvironment() throws Exception {
        try (Program program = Program.start(
                directory,
                Map.of("AWS_ACCESS_KEY_ID", "SOMEBODY", "AWS_SECRET_ACCESS_KEY", "something"),
                "simulate",
                "--json",
                "--vdi-dir",
                place.toString(),
                "--s3",
                directory.resolve("s3").toString())) {
            JsonNode s3 = started(program).get("s3");
            assertThat(s3.get("accessKeyId").asString()).isEqualTo("SOMEBODY");
            assertThat(s3.get("secretAccessKey").asString()).isEqualTo("something");
            assertThat(directory.resolve("s3").resolve(s3.get("bucket").asString()))
                    .isDirectory();
            try (HttpClient client = HttpClient.newHttpClient()) {
                HttpResponse<String> unsigned = client.send(
                        HttpRequest.newBuilder(URI.create(s3.get("endpoint").asString() + "/backups"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
                assertThat(unsigned.statusCode()).isEqualTo(403);
            }
            program.signal("TERM");
            assertThat(program.exitCode(PATIENTLY)).isEqualTo(143);
        }
    }

    @Test
    void servesTheBucketOverHttpsAndWritesTheCertificateForItsClients() throws Exception {
        Path certificate = directory.resolve("ca.pem");
        try (Program program =
                simulate("--s3", directory.resolve("s3").toString(), "--s3-tls", certificate.toString())) {
            URI endpoint = URI.create(started(program).get("s3").get("endpoint").asString());
            assertThat(endpoint).hasScheme("https");

            try (HttpClient client =
                    HttpClient.newBuilder().sslContext(trusting(certificate)).build()) {
                HttpRequest unsigned =
                        HttpRequest.newBuilder(endpoint.resolve("/backups")).build();
                assertThat(client.send(unsigned, HttpResponse.BodyHandlers.discarding())
                                .statusCode())
                        .isEqualTo(403);
            }
            program.signal("TERM");
            assertThat(program.exitCode(PATIENTLY)).isEqualTo(143);
        }
    }

    @Test
    void aPortInUseIsOneClearError() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Program program = simulate("--port", "" + taken.getLocalPort())) {
            assertThat(program.exitCode(PATIENTLY)).isEqualTo(1);
            assertThat(program.err()).contains("" + taken.getLocalPort()).contains("free one");
        }
    }

    private static SSLContext trusting(Path pem) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        try (InputStream in = Files.newInputStream(pem)) {
            trusted.setCertificateEntry(
                    "s3", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }
}
