package dev.sluice.sidecar;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// The packaged program as a process of its own, as `./sluice` starts it.
final class Program implements AutoCloseable {

    static final Path JAR =
            Path.of(System.getProperty("sluice.root", "../.."), "modules/sidecar/target/dist/sluice.jar");

    private final Process process;
    private final Path out;
    private final Path err;

    private Program(Process process, Path out, Path err) {
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /// Starts it in a directory, with its temporary files in a directory of its own below.
    static Program start(Path directory, String... arguments) throws IOException {
        return start(directory, Map.of(), arguments);
    }

    /// As above, with more in the environment.
    static Program start(Path directory, Map<String, String> environment, String... arguments) throws IOException {
        return start(directory, JAR, environment, arguments);
    }

    /// As above, from another installation than the one of the build.
    static Program start(Path directory, Path jar, Map<String, String> environment, String... arguments)
            throws IOException {
        List<String> command = java(directory, jar);
        command.addAll(List.of("-jar", jar.toAbsolutePath().normalize().toString()));
        command.addAll(List.of(arguments));
        Path out = directory.resolve("out");
        Path err = directory.resolve("err");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        return new Program(process, out, err);
    }

    /// Java and its flags, as for every program that runs in this directory.
    static List<String> java(Path directory, Path jar) throws IOException {
        Path temporary = Files.createDirectories(directory.resolve("tmp"));
        List<String> command = new ArrayList<>(List.of(
                // A test run in the background has its children started with these signals ignored.
                "env",
                "--default-signal=HUP,INT,TERM",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                // Such a process lives for seconds, half of which the second compiler would take.
                "-XX:TieredStopAtLevel=1",
                "-XX:MaxDirectMemorySize=1280m",
                "--sun-misc-unsafe-memory-access=allow"));
        if (jar.equals(JAR)) {
            command.addAll(AotCache.flags(command, jar.toAbsolutePath().normalize()));
        }
        command.add("-Djava.io.tmpdir=" + temporary);
        return command;
    }

    /// Waits for its end.
    int exitCode(Duration limit) throws InterruptedException {
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError("process %d did not end within %s".formatted(process.pid(), limit));
        }
        return process.exitValue();
    }

    boolean running() {
        return process.isAlive();
    }

    /// The most memory that it has held, in bytes; 0 where the system does not say.
    long peakResident() throws IOException {
        Path status = Path.of("/proc", Long.toString(process.pid()), "status");
        try (Stream<String> lines = Files.exists(status) ? Files.lines(status) : Stream.empty()) {
            return lines.filter(line -> line.startsWith("VmHWM:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                    .findFirst()
                    .orElse(0);
        }
    }

    /// @param name as `kill` knows it: INT, TERM, KILL
    void signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .start()
                .waitFor();
    }

    String out() throws IOException {
        return Files.readString(out);
    }

    String err() throws IOException {
        return Files.readString(err);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
