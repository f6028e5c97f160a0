package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the script at the root starts Java with, told by something that is taken for a JDK.
class LauncherIT {
    private static final Path SCRIPT =
            Path.of("..", "..", "sluice").toAbsolutePath().normalize();

    @TempDir
    Path directory;

    @BeforeEach
    void aJdkThatOnlySaysWhatItWasAsked() throws IOException {
        Path bin = Files.createDirectories(directory.resolve("jdk/bin"));
        Files.writeString(directory.resolve("jdk/release"), "JAVA_VERSION=\"25.0.3\"\n");
        for (String name : List.of("java", "javac")) {
            Path program = Files.writeString(bin.resolve(name), "#!/bin/sh\nprintf '%s\\n' \"$@\"\n");
            Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    @Test
    void theJvmMayUseTheBudgetAndSomethingBeside() throws Exception {
        assertThat(launch("list"))
                .contains("-Xmx256m", "-XX:MaxDirectMemorySize=1280m", "-XX:OnOutOfMemoryError=kill -VTALRM %p");

        Path file = Files.writeString(directory.resolve("large.yaml"), """
                store:
                  budget: 7GiB
                memory: # what bytes on their way may take
                  # budget: 3GiB
                  budget: 2GiB # for 16 stripes
                """);

        assertThat(launch("backup", "--config", file.toString(), "Sales")).contains("-XX:MaxDirectMemorySize=2816m");
        assertThat(launch("--config=" + file, "list")).contains("-XX:MaxDirectMemorySize=2816m");

        Files.writeString(directory.resolve("sluice.yaml"), "memory:\n    budget: 64MiB\n");

        assertThat(launch("list")).contains("-XX:MaxDirectMemorySize=832m");
    }

    @Test
    void theLibraryForTlsIsTheOneThatTheBuildHasUnpacked() throws Exception {
        Path libraries = Program.JAR.toAbsolutePath().normalize().resolveSibling("native");

        assertThat(launch("list")).contains("-Djava.library.path=" + libraries);
        assertThat(libraries).isDirectoryContaining("glob:**netty_tcnative*");
    }

    /// awk takes such a name for an assignment, and would read the terminal instead.
    @Test
    void aFileWithAnEqualsSignInItsNameIsAFile() throws Exception {
        Files.writeString(directory.resolve("env=prod.yaml"), "memory:\n  budget: 64MiB\n");

        assertThat(launch("list", "--config", "env=prod.yaml")).contains("-XX:MaxDirectMemorySize=832m");
        assertThat(launch("list", "--config=env=prod.yaml")).contains("-XX:MaxDirectMemorySize=832m");
    }

    @Test
    void whatIsAskedOfTheProgramReachesItAsItWasWritten() throws Exception {
        List<String> arguments = launch("backup", "--config", "no such file.yaml", "a b", "*");

        assertThat(arguments.subList(arguments.size() - 5, arguments.size()))
                .containsExactly("backup", "--config", "no such file.yaml", "a b", "*");
    }

    @Test
    void theFirstStartMakesACacheAndLaterOnesUseIt() throws Exception {
        Path script = checkout();
        Path cache = directory.resolve("checkout/modules/sidecar/target/dist/sluice.aot");
        Files.writeString(directory.resolve("jdk/bin/java"), """
                #!/bin/sh
                for a; do case $a in -XX:AOTCacheOutput=*) echo classes >"${a#*=}";; esac; done
                printf '%s\\n' "$@"
                """);

        assertThat(launch(script, "on", "list"))
                .contains("-XX:AOTCache=" + cache)
                .anyMatch(LauncherIT::prepares);
        assertThat(launch(script, "on", "list"))
                .contains("-XX:AOTCache=" + cache)
                .noneMatch(LauncherIT::prepares);
        assertThat(launch(script, "off", "list")).noneMatch(line -> line.contains("AOT"));
    }

    @Test
    void aCacheThatCannotBeMadeIsTriedOnce() throws Exception {
        Path script = checkout();

        assertThat(launch(script, "on", "list"))
                .anyMatch(LauncherIT::prepares)
                .noneMatch(line -> line.startsWith("-XX:AOTCache="))
                .endsWith("list");
        assertThat(launch(script, "on", "list")).noneMatch(LauncherIT::prepares);
    }

    private static boolean prepares(String line) {
        return line.startsWith("Preparing fast starts");
    }

    /// A checkout that was just built, whose cache is its own.
    private Path checkout() throws IOException {
        Path root = directory.resolve("checkout");
        Files.createDirectories(root.resolve("modules/sidecar/target/dist"));
        Files.createFile(root.resolve("modules/sidecar/target/dist/sluice.jar"));
        Files.createDirectories(root.resolve("infra/launcher"));
        Files.copy(
                SCRIPT.resolveSibling("infra/launcher/sluice"),
                root.resolve("infra/launcher/sluice"),
                StandardCopyOption.COPY_ATTRIBUTES);
        return Files.copy(SCRIPT, root.resolve("sluice"), StandardCopyOption.COPY_ATTRIBUTES);
    }

    private List<String> launch(String... arguments) throws IOException, InterruptedException {
        // What is taken for a JDK makes no cache, and the next start would find that it was tried.
        return launch(SCRIPT, "off", arguments);
    }

    private List<String> launch(Path script, String aot, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(script.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
        builder.environment().put("SLUICE_JAVA_HOME", directory.resolve("jdk").toString());
        builder.environment().remove("SLUICE_CONFIG");
        builder.environment().put("SLUICE_AOT", aot);
        Process process = builder.redirectErrorStream(true).start();
        try {
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as(said).isZero();
            return said.lines().toList();
        } finally {
            process.destroyForcibly();
        }
    }
}
