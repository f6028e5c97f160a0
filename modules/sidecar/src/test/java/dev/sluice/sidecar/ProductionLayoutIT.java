package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The program as the production image has it: without `embedded/`.
@Timeout(300)
class ProductionLayoutIT {

    private static final Duration PATIENTLY = Duration.ofMinutes(2);

    @TempDir
    Path directory;

    @Test
    void theLibraryHasNoStandIn() throws Exception {
        List<String> jars = classPath().stream()
                .filter(name -> !name.startsWith("embedded/"))
                .toList();

        assertThat(jars).allMatch(name -> name.startsWith("lib/")).hasSizeGreaterThan(50);
        for (String jar : jars) {
            try (JarFile file = new JarFile(Program.JAR.resolveSibling(jar).toFile())) {
                assertThat(file.stream().map(entry -> entry.getName()))
                        .as(jar)
                        .noneMatch(name -> name.startsWith("dev/sluice/simulator/"))
                        .noneMatch(name -> name.startsWith("org/gaul/"));
            }
        }
    }

    /// A text of its own, or the one that the list of those without names.
    @Test
    void eachLibraryIsShippedWithItsLicence() throws Exception {
        Path licences = Program.JAR.resolveSibling("licenses");
        Map<String, String> listed = Files.readAllLines(licences.resolve("README.txt")).stream()
                .dropWhile(line -> !line.startsWith("artifact "))
                .skip(1)
                .map(line -> line.split(" +"))
                .collect(Collectors.toMap(words -> words[0], words -> words[1]));
        List<String> jars =
                classPath().stream().filter(name -> name.startsWith("lib/")).toList();

        assertThat(licences.resolve("Apache-2.0.txt"))
                .hasSameTextualContentAs(Path.of(System.getProperty("sluice.root", "../.."), "LICENSE"));
        for (String jar : jars) {
            String name = jar.substring("lib/".length(), jar.length() - ".jar".length());
            String artifact = name.replaceFirst("-\\d.*", "");
            Path own = licences.resolve(name).resolve("META-INF");
            if (Files.isDirectory(own)) {
                try (Stream<Path> texts = Files.walk(own)) {
                    assertThat(texts.filter(Files::isRegularFile))
                            .as(jar)
                            .isNotEmpty()
                            .allSatisfy(text -> assertThat(text).isNotEmptyFile());
                }
            } else {
                assertThat(listed).as("licences of jars that carry none").containsKey(artifact);
                assertThat(licences.resolve(listed.get(artifact) + ".txt"))
                        .as(jar)
                        .isNotEmptyFile();
                listed.remove(artifact);
            }
        }
        assertThat(listed)
                .as("listed, and not shipped, or with a text of its own")
                .isEmpty();
    }

    @Test
    void itStartsWithoutThemAndSaysSoWhenTheyAreAskedFor() throws Exception {
        Path jar = install();

        String help = run(jar, 0, "--help").out();
        Program embedded = run(jar, 2, "list", "--embedded");
        Program simulate = run(jar, 2, "simulate");

        assertThat(help).contains("serve").doesNotContain("simulate", "demo");
        assertThat(embedded.err()).contains("no embedded simulator and S3");
        assertThat(simulate.err()).contains("simulate");
    }

    /// A root that is read-only, and no place for temporary files: the library must lie ready.
    @Test
    void tlsIsByTheLibraryThatLiesBesideTheJars() throws Exception {
        Path home = install().getParent();
        Path script = Files.copy(
                Path.of(System.getProperty("sluice.root", "../.."), "infra/launcher/sluice"),
                Files.createDirectories(home.resolve("bin")).resolve("sluice"));
        Path built = Program.JAR.resolveSibling("native");
        try (Stream<Path> libraries = Files.list(built)) {
            assertThat(libraries).as("of one platform").hasSize(1);
        }
        Path configuration = Files.writeString(directory.resolve("sluice.yaml"), """
                server: { url: "jdbc:sqlserver://127.0.0.1:9", user: sa, password: none, identity: one }
                store:
                  bucket: backups
                  endpoint: "https://127.0.0.1:9"
                  credentials: { access-key-id: none, secret-access-key: none }
                """);

        assertThat(tls(script, configuration, "")).contains("encrypted by Java", "cannot be loaded");
        assertThat(tls(script, configuration, "-Dio.netty.handler.ssl.noOpenSsl=true"))
                .contains("encrypted by Java, as", "asks for");

        Path beside = Files.createDirectories(home.resolve("native"));
        try (Stream<Path> libraries = Files.list(built)) {
            for (Path library : libraries.toList()) {
                Files.copy(library, beside.resolve(library.getFileName()));
            }
        }
        assertThat(tls(script, configuration, "")).isEqualTo("connections are encrypted by BoringSSL");
    }

    /// What `sluice doctor` says of it, where nothing can be unpacked.
    private String tls(Path script, Path configuration, String flags) throws Exception {
        Path out = directory.resolve("out");
        ProcessBuilder builder = new ProcessBuilder(
                        "sh", script.toString(), "doctor", "--json", "--config", configuration.toString())
                .directory(directory.toFile())
                .redirectOutput(out.toFile())
                .redirectError(directory.resolve("err").toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment()
                .put("SLUICE_JVM_FLAGS", "-XX:TieredStopAtLevel=1 -Dio.netty.native.workdir=/proc/none " + flags);
        Process process = builder.start();
        try {
            assertThat(process.waitFor(PATIENTLY.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        for (JsonNode finding :
                JsonMapper.shared().readTree(Files.readString(out)).get("findings")) {
            if (finding.get("id").asString().equals("bucket-tls")) {
                return finding.get("evidence").asString();
            }
        }
        return "nothing";
    }

    private Program run(Path jar, int expected, String... arguments) throws Exception {
        Path place = Files.createTempDirectory(directory, "run");
        try (Program program = Program.start(place, jar, Map.of(), arguments)) {
            assertThat(program.exitCode(PATIENTLY)).as(program.err()).isEqualTo(expected);
            return program;
        }
    }

    private Path install() throws IOException {
        Path home = Files.createDirectories(directory.resolve("home/lib")).getParent();
        for (String jar : classPath()) {
            if (jar.startsWith("lib/")) {
                Files.copy(Program.JAR.resolveSibling(jar), home.resolve(jar));
            }
        }
        return Files.copy(Program.JAR, home.resolve("sluice.jar"));
    }

    private static List<String> classPath() throws IOException {
        try (JarFile jar = new JarFile(Program.JAR.toFile())) {
            return Arrays.asList(
                    jar.getManifest().getMainAttributes().getValue("Class-Path").split(" "));
        }
    }
}
