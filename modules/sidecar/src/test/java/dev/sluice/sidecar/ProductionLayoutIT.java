package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

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
                try (Stream<Path> texts = Files.list(own)) {
                    assertThat(texts)
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
