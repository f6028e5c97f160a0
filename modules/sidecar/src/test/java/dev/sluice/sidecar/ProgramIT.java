package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The program as people run it: exit codes, signals, and state that survives the process.
@Timeout(600)
class ProgramIT {

    private static final Duration PATIENTLY = Duration.ofMinutes(2);
    private static final int ROUNDS = Integer.getInteger("sluice.signals", 3);

    @TempDir
    Path directory;

    private JsonNode json(String... arguments) throws Exception {
        try (Program program = Program.start(directory, arguments)) {
            int code = program.exitCode(PATIENTLY);
            assertThat(code).as(program.err()).isZero();
            return JsonMapper.shared().readTree(program.out());
        }
    }

    private int run(String... arguments) throws Exception {
        try (Program program = Program.start(directory, arguments)) {
            return program.exitCode(PATIENTLY);
        }
    }

    @Test
    void theDemoPrintsOneJsonDocumentAndLeavesNothingBehind() throws Exception {
        JsonNode result = json("demo", "--json", "--size", "24MiB", "--stripes", "3");

        assertThat(result.at("/restore/identical").asBoolean()).isTrue();
        assertThat(result.at("/backup/objects").size()).isEqualTo(3);
        assertThat(result.at("/backup/bytes").asLong()).isGreaterThan(24 << 20);
        assertThat(temporaryFiles()).isEmpty();
    }

    @Test
    void sixtyFourStripesAreServed() throws Exception {
        JsonNode result = json("demo", "--json", "--size", "16MiB", "--stripes", "64");

        assertThat(result.at("/restore/identical").asBoolean()).isTrue();
        assertThat(result.at("/backup/objects").size()).isEqualTo(64);
    }

    /// The whole program, with all that starts before `main`: what `LocaleIT` shows of the engine in more
    /// languages.
    @Test
    void theMachinesLanguageChangesNothing() throws Exception {
        Map<String, String> arabic = Map.of("JAVA_TOOL_OPTIONS", "-Duser.language=ar -Duser.country=EG");
        try (Program program = Program.start(
                directory, arabic, "demo", "--json", "--size", "4MiB", "--stripes", "2", "--keep", "kept")) {
            assertThat(program.exitCode(PATIENTLY)).as(program.err()).isZero();

            JsonNode result = JsonMapper.shared().readTree(program.out());
            assertThat(result.at("/restore/identical").asBoolean()).isTrue();
            assertThat(program.out()).matches("\\p{ASCII}+");
        }
        try (Stream<Path> files = Files.walk(directory.resolve("kept"))) {
            assertThat(files.map(Path::toString)).hasSizeGreaterThan(4).allMatch(name -> name.matches("\\p{ASCII}+"));
        }
    }

    @Test
    void embeddedStateOutlivesTheProcess() throws Exception {
        JsonNode backup = json("backup", "Sales", "--embedded", "--embedded-size", "8MiB", "--stripes", "2", "--json");
        String id = backup.get("backupId").asString();

        JsonNode listed = json("list", "Sales", "--embedded", "--json");
        JsonNode fetched = json("fetch", id, "fetched", "--embedded", "--json");
        JsonNode restored = json("restore", "Sales", "--embedded", "--as", "Copy", "--json");

        assertThat(listed.at("/backups/0/id").asString()).isEqualTo(id);
        assertThat(listed.at("/backups/0/verdict").asString()).isEqualTo("GOOD");
        assertThat(fetched.get("files").size()).isEqualTo(2);
        assertThat(restored.get("bytes").asLong()).isPositive();
    }

    @Test
    void aPortInUseIsOneClearErrorAndLeavesNothingBehind() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Program program =
                        Program.start(directory, "demo", "--size", "1MiB", "--s3-port", "" + taken.getLocalPort())) {
            assertThat(program.exitCode(PATIENTLY)).isEqualTo(1);
            assertThat(program.err()).contains("" + taken.getLocalPort()).contains("free port");
            assertThat(temporaryFiles()).isEmpty();
        }
    }

    @Test
    void aDirectoryThatCannotBeWrittenIsOneClearError() throws Exception {
        // A file where a directory should be cannot be written into by anybody, root included.
        Path file = Files.writeString(directory.resolve("file"), "x");

        try (Program program = Program.start(directory, "demo", "--size", "1MiB", "--keep", file + "/below")) {
            assertThat(program.exitCode(PATIENTLY)).isEqualTo(1);
            assertThat(program.err()).contains(file.toString()).contains("directory-not-writable");
        }
    }

    @Test
    void wrongUsageIsExitCode2() throws Exception {
        assertThat(run("demo", "--stripes", "65")).isEqualTo(2);
        assertThat(run("backup", "Sales")).isEqualTo(2);
    }

    @Test
    void aBackupIsShownAndVerifiedAndAChangedByteIsFound() throws Exception {
        JsonNode backup = json("backup", "Sales", "--embedded", "--embedded-size", "8MiB", "--json");
        String id = backup.get("backupId").asString();
        assertThat(backup.get("chain").isEmpty()).isTrue();

        JsonNode shown = json("show", id, "--embedded", "--json");
        JsonNode verified = json("verify", id, "--with-server", "--embedded", "--json");

        assertThat(shown.at("/document/backupId").asString()).isEqualTo(id);
        assertThat(shown.at("/stream/header/database_name").asString()).isEqualTo("Sales");
        assertThat(shown.at("/stream/files").size()).isPositive();
        assertThat(verified.get("structure").asString()).isEqualTo("WHOLE");
        assertThat(verified.get("checksums").asLong()).isPositive();

        Path object = objects(directory, "data").getFirst();
        byte[] bytes = Files.readAllBytes(object);
        bytes[bytes.length / 2] ^= 1;
        Files.write(object, bytes);
        try (Program program = Program.start(directory, "verify", id, "--embedded", "--json")) {
            assertThat(program.exitCode(PATIENTLY)).isEqualTo(1);
            JsonNode error = JsonMapper.shared().readTree(program.out()).get("error");
            assertThat(error.get("id").asString()).isEqualTo("backup-damaged");
            assertThat(error.get("what").asString()).contains("Block ").contains("offset");
        }
    }

    @Test
    void whatSqlServerRefusesIsToldInItsWordsWithExitCode1() throws Exception {
        try (Program program = Program.start(
                directory, "backup", "Sales", "--type", "diff", "--embedded", "--embedded-size", "1MiB", "--json")) {
            assertThat(program.exitCode(PATIENTLY)).isEqualTo(1);
            JsonNode error = JsonMapper.shared().readTree(program.out()).get("error");
            assertThat(error.get("what").asString()).startsWith("Msg 3035");
            assertThat(error.get("hint").asString()).contains("--type full");
        }
        JsonNode recovered = json("recover", "--embedded", "--json");
        assertThat(recovered.get("findings").isEmpty()).isTrue();
    }

    /// Signals at random moments. 20 rounds: `-Dsluice.signals=20`.
    @Test
    void aSignalEndsABackupCleanlyOrNotAtAll() throws Exception {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        System.getLogger(ProgramIT.class.getName()).log(System.Logger.Level.INFO, "seed {0}", Long.toString(seed));
        Random random = new Random(seed);
        for (int round = 0; round < ROUNDS; round++) {
            Path place = Files.createDirectories(directory.resolve("round-" + round));
            boolean interrupt = random.nextBoolean();
            try (Program program = Program.start(
                    place, "backup", "Sales", "--embedded", "--embedded-size", "768MiB", "--stripes", "2")) {
                await().atMost(PATIENTLY).until(() -> !objects(place, "pending").isEmpty() || !program.running());
                awaitOrEnd(program, random.nextInt(4_000));
                boolean ended = !program.running();
                program.signal(interrupt ? "INT" : "TERM");

                int code = program.exitCode(Duration.ofSeconds(10));

                String story = "seed %d, round %d, exit code %d%n%s".formatted(seed, round, code, program.err());
                if (!ended) {
                    assertThat(code).as(story).isEqualTo(interrupt ? 130 : 143);
                    assertThat(program.err())
                            .as(story)
                            .contains("sluice: ended by a signal; what was not finished is cancelled");
                } else {
                    assertThat(program.err()).as(story).doesNotContain("by a signal");
                }
                // The whole backup, or nothing: no document, no object, no part of an upload, no temporary file.
                assertThat(objects(place, "pending")).as(story).isEmpty();
                boolean committed = !objects(place, "catalog").isEmpty();
                assertThat(objects(place, "data")).as(story).hasSize(committed ? 2 : 0);
                assertThat(parts(place)).as(story).isEmpty();
                assertThat(files(place.resolve("tmp"))).as(story).isEmpty();
            }
        }
    }

    private static void awaitOrEnd(Program program, int millis) {
        long until = System.nanoTime() + Duration.ofMillis(millis).toNanos();
        await().pollInterval(Duration.ofMillis(20))
                .atMost(PATIENTLY)
                .until(() -> System.nanoTime() > until || !program.running());
    }

    private static List<Path> objects(Path place, String kind) throws IOException {
        return files(place.resolve(".sluice/s3/sluice/embedded").resolve(kind));
    }

    /// What the S3 server keeps of unfinished uploads.
    private static List<Path> parts(Path place) throws IOException {
        return files(place.resolve(".sluice/s3")).stream()
                .filter(file -> file.toString().contains(".mpus-"))
                .toList();
    }

    private List<Path> temporaryFiles() throws IOException {
        return files(directory.resolve("tmp"));
    }

    private static List<Path> files(Path below) throws IOException {
        if (!Files.isDirectory(below)) {
            return List.of();
        }
        try (Stream<Path> all = Files.walk(below)) {
            return all.filter(Files::isRegularFile)
                    // JNA and the JVM keep files of their own while they run.
                    .filter(file -> !file.getFileName().toString().startsWith("hsperfdata"))
                    .toList();
        } catch (UncheckedIOException e) {
            // A file went away while we looked: look again.
            return files(below);
        }
    }
}
