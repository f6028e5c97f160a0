package dev.sluice.simulator.tds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// FreeTDS's `tsql` (package freetds-bin) as a second opinion on the protocol. Skipped without it, unless
/// `sluice.require.native` is true.
@Timeout(60)
class FreeTdsIT {

    @TempDir
    private Path directory;

    private final ToyEngine engine = new ToyEngine();
    private TdsServer server;

    @BeforeEach
    void start() throws IOException {
        boolean installed = Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
                .anyMatch(entry -> Files.isExecutable(Path.of(entry, "tsql")));
        if (!installed && Boolean.getBoolean("sluice.require.native")) {
            fail("tsql is required here and not on the PATH: install the package freetds-bin");
        }
        assumeTrue(installed, "tsql is not on the PATH: install the package freetds-bin to run this test");
        server = TdsServer.start(TdsOptions.defaults(), engine);
    }

    @AfterEach
    void stop() {
        if (server != null) {
            server.close();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "NOT_SUPPORTED, request, 7.4",
        "OFF, request, 7.4",
        "ON, request, 7.4",
        "OFF, require, 7.3",
        "REQUIRED, require, 7.4"
    })
    void logsInSelectsAndFails(Encryption setting, String client, String version) throws Exception {
        engine.on("SELECT things", (_, out, _) -> {
            out.resultSet(List.of(
                    new Column("id", SqlType.INT),
                    new Column("name", SqlType.nvarchar(50)),
                    new Column("lsn", SqlType.decimal(25, 0)),
                    new Column("at", SqlType.datetime2(0)),
                    new Column("more", SqlType.NVARCHAR_MAX)));
            out.row(1, "first", 31000000042700001L, LocalDateTime.of(2026, 11, 23, 1, 2, 3), "long text");
            out.row(2, null, null, null, null);
            out.done();
        });
        engine.on("BACKUP", (_, out, _) -> {
            out.message(SqlMessage.info(3211, "10 percent processed."));
            out.message(SqlMessage.error(3201, "Cannot open backup device."));
            out.message(SqlMessage.error(3013, "BACKUP DATABASE is terminating abnormally."));
            out.done();
        });
        server.close();
        server = TdsServer.start(TdsOptions.defaults().withEncryption(setting), engine);

        String output = tsql(client, version, "secret", "SELECT things\ngo\nBACKUP\ngo\nSELECT 1\ngo\nexit\n");

        assertThat(output)
                .contains("id\tname\tlsn\tat\tmore")
                .contains("1\tfirst\t31000000042700001\t")
                .contains("long text")
                .contains("2\tNULL\tNULL\tNULL\tNULL")
                .contains("Msg 3201 (severity 16, state 1)")
                .contains("Cannot open backup device.")
                .contains("Msg 3013")
                .contains("(2 rows affected)");
        assertThat(engine.texts()).containsExactly("SELECT things", "BACKUP", "SELECT 1");
        assertThat(engine.logins.getFirst().encrypted())
                .isEqualTo(
                        setting != Encryption.NOT_SUPPORTED && (setting != Encryption.OFF || client.equals("require")));
    }

    @ParameterizedTest
    @CsvSource({"NOT_SUPPORTED", "REQUIRED"})
    void isRefusedWithAWrongPassword(Encryption setting) throws Exception {
        server.close();
        server = TdsServer.start(TdsOptions.defaults().withEncryption(setting), engine);

        assertThat(tsql("request", "7.4", "wrong", "exit\n"))
                .contains("Msg 18456 (severity 14, state 1)")
                .contains("Login failed for user 'sa'.");
    }

    private String tsql(String encryption, String version, String password, String input) throws Exception {
        Path configuration =
                Files.writeString(directory.resolve("freetds.conf"), """
                [sluice]
                host = 127.0.0.1
                port = %d
                tds version = %s
                encryption = %s
                """.formatted(server.port(), version, encryption));
        Path output = directory.resolve("output");
        ProcessBuilder builder = new ProcessBuilder("tsql", "-S", "sluice", "-U", "sa", "-P", password);
        builder.environment().put("FREETDSCONF", configuration.toString());
        builder.redirectErrorStream(true).redirectOutput(output.toFile());
        Process process = builder.start();
        try {
            process.getOutputStream().write(input.getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().close();
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        return Files.readString(output);
    }
}
