package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.sluice.sidecar.cli.Shutdown;
import dev.sluice.sidecar.cli.Sluice;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Real SQL Server backups through the whole path: what is stored is what was sent, and comes back.
class RealBackupsIT {

    private static final Path DATA = Path.of(System.getProperty("sluice.data", "../../../shared/data"));
    private static final Path STRIPES = DATA.resolve("striped-2008r2");

    static Stream<Path> files() throws IOException {
        if (!Files.isDirectory(DATA)) {
            return Stream.of(DATA);
        }
        try (Stream<Path> all = Files.walk(DATA)) {
            return all
                    .filter(file -> file.toString().matches(".*\\.(bak|trn)"))
                    // Two stripes belong together; they have a test of their own.
                    .filter(file -> !file.startsWith(STRIPES))
                    .sorted()
                    .toList()
                    .stream();
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void aRealBackupIsStoredByteForByteAndRestoresIdentically(Path file, @TempDir Path directory) throws Exception {
        assumeData();

        JsonNode result = demo(directory, List.of(file));

        assertThat(result.at("/restore/identical").asBoolean()).isTrue();
        assertThat(stored(result, 0, directory)).isEqualTo(sha256(file));
        assertThat(result.at("/backup/objects/0/bytes").asLong()).isEqualTo(Files.size(file));
    }

    @Test
    void twoStripesTravelAsTwoDevices(@TempDir Path directory) throws Exception {
        assumeData();
        List<Path> stripes = List.of(
                STRIPES.resolve("stripe1/RestoreTimeStripe.bak"), STRIPES.resolve("stripe2/RestoreTimeStripe1.bak"));

        JsonNode result = demo(directory, stripes);

        assertThat(result.at("/restore/identical").asBoolean()).isTrue();
        assertThat(stored(result, 0, directory)).isEqualTo(sha256(stripes.get(0)));
        assertThat(stored(result, 1, directory)).isEqualTo(sha256(stripes.get(1)));
    }

    @Test
    void theLogOfTwoStripesToo(@TempDir Path directory) throws Exception {
        assumeData();

        JsonNode result = demo(
                directory,
                List.of(
                        STRIPES.resolve("stripe1/RestoreTimeStripe_1.trn"),
                        STRIPES.resolve("stripe2/RestoreTimeStripe_1a.trn")));

        assertThat(result.at("/restore/identical").asBoolean()).isTrue();
    }

    private static void assumeData() {
        assumeThat(DATA)
                .as("real backups are read from %s (-Dsluice.data=DIR), which is absent", DATA)
                .isDirectory();
    }

    private static JsonNode demo(Path directory, List<Path> inputs) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        Shutdown shutdown = new Shutdown();
        CommandLine line = Sluice.commandLine(shutdown);
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        String[] arguments = Stream.concat(
                        Stream.of(
                                "demo",
                                "--json",
                                "--keep",
                                directory.resolve("kept").toString()),
                        inputs.stream().flatMap(input -> Stream.of("--input", input.toString())))
                .toArray(String[]::new);
        int code = line.execute(arguments);
        shutdown.closeAll();
        assertThat(code).as("%s%n%s", out, err).isZero();
        return JsonMapper.shared().readTree(out.toString());
    }

    private static String stored(JsonNode result, int object, Path directory) throws Exception {
        JsonNode stored = result.at("/backup/objects/" + object);
        return sha256(directory
                .resolve("kept")
                .resolve(stored.get("bucket").asString())
                .resolve(stored.get("key").asString()));
    }

    private static String sha256(Path file) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        try (InputStream in = Files.newInputStream(file)) {
            byte[] chunk = new byte[1 << 16];
            for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
                digest.update(chunk, 0, n);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
