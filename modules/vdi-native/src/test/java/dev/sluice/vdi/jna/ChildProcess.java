package dev.sluice.vdi.jna;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.simulator.vdi.CrossProcessVdi;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Another process that a test talks with through its standard output. Ended with the test, by its own handle.
final class ChildProcess implements AutoCloseable {

    private final Process process;
    private final BufferedReader output;
    private final Path workingDirectory;

    private static final String SANITIZER_OPTIONS = "ASAN_OPTIONS";

    private ChildProcess(
            List<String> command, Map<String, String> environment, Path vdiDirectory, Path workingDirectory)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(workingDirectory.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().putAll(environment);
        builder.environment().put(CrossProcessVdi.DIRECTORY_VARIABLE, vdiDirectory.toString());
        this.process = builder.start();
        this.output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        this.workingDirectory = workingDirectory;
    }

    /// A native program. With sanitizers on, its memory leaks are errors too; a JVM's leaks are not looked for.
    static ChildProcess start(Path vdiDirectory, Path workingDirectory, Object... command) throws IOException {
        List<String> words = Arrays.stream(command).map(String::valueOf).toList();
        String options =
                System.getenv().getOrDefault(SANITIZER_OPTIONS, "").replace("detect_leaks=0", "detect_leaks=1");
        return new ChildProcess(words, Map.of(SANITIZER_OPTIONS, options), vdiDirectory, workingDirectory);
    }

    /// A main class of these tests, on a small and quickly started JVM.
    static ChildProcess java(Path vdiDirectory, Path workingDirectory, Class<?> main, Object... arguments)
            throws IOException {
        return java(vdiDirectory, workingDirectory, new String[0], main, arguments);
    }

    /// As above, with further options of the JVM.
    static ChildProcess java(
            Path vdiDirectory, Path workingDirectory, String[] options, Class<?> main, Object... arguments)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED"));
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        Arrays.stream(arguments).map(String::valueOf).forEach(command::add);
        return new ChildProcess(command, Map.of(), vdiDirectory, workingDirectory);
    }

    /// Waits until the process has printed this line.
    void awaitLine(String line) throws Exception {
        FutureTask<Boolean> reading = CrossProcessIT.start(() -> {
            for (@Nullable String read = output.readLine(); read != null; read = output.readLine()) {
                if (read.equals(line)) {
                    return true;
                }
            }
            return false;
        });
        assertThat(reading.get(20, TimeUnit.SECONDS))
                .as("the line \"%s\"", line)
                .isTrue();
    }

    /// kill -9.
    void kill() throws InterruptedException {
        process.destroyForcibly();
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }

    int exitCode() throws InterruptedException {
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).as("the process ends").isTrue();
        return process.exitValue();
    }

    /// Ends the process, and asserts that its JVM has not crashed meanwhile.
    @Override
    public void close() throws IOException {
        try {
            kill();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try (var files = Files.list(workingDirectory)) {
            assertThat(files.map(Path::getFileName).map(String::valueOf)).noneMatch(name -> name.startsWith("hs_err"));
        }
    }
}
