package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.simulator.s3.EmbeddedS3;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What the program meets on a server: SQL Server's stand-in in a process of its own, over TDS and through JNA,
/// and a bucket. Tests write the `sluice.yaml` themselves.
final class Site implements AutoCloseable {

    private static final Duration PATIENTLY = Duration.ofMinutes(2);

    final EmbeddedS3 s3;
    private final Path directory;
    private final String password;
    private final Path shared;
    private final Program server;
    private final JsonNode endpoint;
    private @Nullable Commands commands;

    private Site(Path directory, String password, Path shared, EmbeddedS3 s3, Program server, JsonNode endpoint) {
        this.directory = directory;
        this.password = password;
        this.shared = shared;
        this.s3 = s3;
        this.server = server;
        this.endpoint = endpoint;
    }

    /// Waits until the server listens. Skips the test where its native library was not built.
    ///
    /// @param directory of the test; the program runs in it
    /// @param database  as `simulate --database` takes it
    /// @param more      further switches of `simulate`
    static Site start(Path directory, String password, String database, String... more) throws Exception {
        Path shared = Files.createTempDirectory(Path.of("/dev/shm"), "sc");
        EmbeddedS3 s3 = EmbeddedS3.start(directory.resolve("s3"), "backups");
        List<String> arguments =
                new ArrayList<>(List.of("simulate", "--json", "--vdi-dir", shared.toString(), "--database", database));
        arguments.addAll(List.of(more));
        Program server = Program.start(
                Files.createDirectories(directory.resolve("server")),
                Map.of("SA_PASSWORD", password),
                arguments.toArray(String[]::new));
        await().atMost(PATIENTLY).until(() -> server.out().endsWith(System.lineSeparator()) || !server.running());
        JsonNode endpoint = JsonMapper.shared().readTree(server.out());
        Site site = new Site(directory, password, shared, s3, server, endpoint);
        if (site.library().isEmpty() && !Boolean.getBoolean("sluice.require.native")) {
            site.close();
            Assumptions.abort("libsqlvdi.so was not built: no g++ and make");
        }
        assertThat(site.library()).isNotEmpty();
        return site;
    }

    String jdbcUrl() {
        return endpoint.get("jdbcUrl").asString();
    }

    String library() {
        return endpoint.get("vdiLibrary").asString();
    }

    /// Where buffers are shared; empty when nothing runs.
    Path shared() {
        return shared;
    }

    void configure(String yaml) throws IOException {
        Files.writeString(directory.resolve("sluice.yaml"), yaml);
    }

    /// The program, with all in its environment that the configurations refer to.
    Program program(String... arguments) throws IOException {
        return program(Map.of(), arguments);
    }

    /// As above, with other values.
    Program program(Map<String, String> more, String... arguments) throws IOException {
        Map<String, String> environment = environment();
        environment.putAll(more);
        return Program.start(directory, environment, arguments);
    }

    private Map<String, String> environment() {
        return new HashMap<>(Map.of(
                "S3_KEY", s3.accessKeyId(),
                "S3_SECRET", s3.secretAccessKey(),
                "SLUICE_VDI_DIR", shared.toString(),
                "SLUICE_VDI_LIBRARY", library()));
    }

    /// @param code what the process ended with
    record Ended(int code, String out, String err) {
        JsonNode json() {
            return JsonMapper.shared().readTree(out);
        }
    }

    /// A command to its end, one at a time, in a process that stays for the next one.
    synchronized Ended run(String... arguments) throws Exception {
        if (commands == null) {
            commands = Commands.start(directory, environment());
        }
        return commands.run(PATIENTLY, arguments);
    }

    /// As above, and it must succeed.
    Ended done(String... arguments) throws Exception {
        Ended ended = run(arguments);
        assertThat(ended.code()).as(ended.out() + ended.err()).isZero();
        return ended;
    }

    Connection connect() throws SQLException {
        return DriverManager.getConnection(jdbcUrl(), "sa", password);
    }

    void sql(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Override
    public void close() throws IOException {
        if (commands != null) {
            commands.close();
        }
        try {
            server.signal("TERM");
            server.exitCode(PATIENTLY);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        s3.close();
        Files.deleteIfExists(shared);
    }
}
