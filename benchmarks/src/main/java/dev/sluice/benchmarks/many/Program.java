package dev.sluice.benchmarks.many;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The packaged program in a process of its own.
///
/// **Ownership:** [#close()] ends the process.
final class Program implements AutoCloseable {
    private static final int TICKS_PER_SECOND = 100; // of /proc, on every Linux of today
    private static final int USER_TICKS = 11; // of the fields behind the name
    private static final long KIB = 1_024;

    private final Process process;
    private final JsonNode said;
    private final URI metrics;

    private Program(Process process, JsonNode said, URI metrics) {
        this.process = process;
        this.said = said;
        this.metrics = metrics;
    }

    /// @param shared a directory in memory, for virtual devices
    static Program simulator(Path root, Path home, Path shared, String password, List<String> databases)
            throws IOException {
        List<String> command = new ArrayList<>(
                List.of(root.resolve("sluice").toString(), "simulate", "--json", "--vdi-dir", shared.toString()));
        databases.forEach(database -> command.addAll(List.of("--database", database + "=1MiB")));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectError(home.resolve("simulator.log").toFile());
        builder.environment().put("SA_PASSWORD", password);
        // It holds hundreds of databases and what they have in their logs.
        builder.environment().put("SLUICE_JVM_FLAGS", "-Xmx1g");
        Process process = builder.start();
        BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
        String line = lines.readLine();
        if (line == null) {
            process.destroyForcibly();
            throw new IOException("the simulator did not start: " + Files.readString(home.resolve("simulator.log")));
        }
        return new Program(process, JsonMapper.shared().readTree(line), URI.create("http://127.0.0.1/none"));
    }

    static Program serve(Path root, Path home, String configuration, Program simulator) throws IOException {
        Path file = home.resolve("sluice.yaml");
        Files.writeString(file, configuration);
        ProcessBuilder builder = new ProcessBuilder(
                        root.resolve("sluice").toString(), "serve", "--config", file.toString())
                .redirectOutput(Redirect.DISCARD)
                .redirectError(home.resolve("serve.log").toFile());
        builder.environment().put("SLUICE_VDI_DIR", simulator.said("vdiDirectory"));
        String listen = configuration.replaceAll("(?s).*listen: \"([^\"]*)\".*", "$1");
        return new Program(
                builder.start(),
                JsonMapper.shared().valueToTree(Map.of()),
                URI.create("http://" + listen + "/metrics"));
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /// A member of the line that it has printed at its start.
    String said(String name) {
        return said.get(name).asString();
    }

    /// Empty while the program does not listen yet.
    Metrics metrics() throws IOException {
        if (!process.isAlive()) {
            throw new IOException("the program has ended with exit code " + process.exitValue());
        }
        try (InputStream in = metrics.toURL().openStream()) {
            return Metrics.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (java.net.ConnectException _) {
            return Metrics.of("");
        }
    }

    /// An answer over HTTP, and how long it took.
    ///
    /// @param path behind the address
    Answer ask(String path) throws IOException {
        long begun = System.nanoTime();
        try (InputStream in = metrics.resolve(path).toURL().openStream()) {
            int bytes = in.readAllBytes().length;
            return new Answer(bytes, System.nanoTime() - begun);
        }
    }

    record Answer(int bytes, long nanos) {}

    /// User and system time of the process so far.
    double cpuSeconds() throws IOException {
        String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return (Long.parseLong(fields[USER_TICKS]) + Long.parseLong(fields[USER_TICKS + 1]))
                / (double) TICKS_PER_SECOND;
    }

    /// Bytes, of a line in the process's status.
    long memory(String name) throws IOException {
        String prefix = name + ":";
        return Files.readString(Path.of(String.format(Locale.ROOT, "/proc/%d/status", process.pid())))
                .lines()
                .filter(line -> line.startsWith(prefix))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D+", "")) * KIB)
                .findFirst()
                .orElse(0);
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        }
    }
}
