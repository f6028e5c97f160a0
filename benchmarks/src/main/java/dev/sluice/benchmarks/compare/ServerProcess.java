package dev.sluice.benchmarks.compare;

import dev.sluice.benchmarks.nulls3.NullS3;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ProcessBuilder.Redirect;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/// The null server in its process.
public final class ServerProcess implements AutoCloseable {
    private static final String ORDINARY_HEAP = "512m";
    /// For the objects of half an hour of many databases.
    private static final String KEEPING_HEAP = "6g";

    private final Process process;
    private final URI http;
    private final @Nullable URI https;

    private ServerProcess(Process process, URI http, @Nullable URI https) {
        this.process = process;
        this.http = http;
        this.https = https;
    }

    /// With both endpoints.
    static ServerProcess start(Path certificates) throws IOException {
        return start(certificates, ORDINARY_HEAP, List.of());
    }

    private static ServerProcess start(Path certificates, String heap, List<String> more) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(
                "--keystore", certificates.resolve("server.p12").toString(), "--password", Certificate.PASSWORD));
        arguments.addAll(more);
        Process process = process(heap, arguments);
        BufferedReader lines = process.inputReader(StandardCharsets.US_ASCII);
        String http = lines.readLine();
        String https = lines.readLine();
        if (http == null || https == null) {
            throw new IOException("the null server did not start");
        }
        return new ServerProcess(process, URI.create(http), URI.create(https));
    }

    /// One that keeps objects of up to a mebibyte, and is far away.
    public static ServerProcess distant(Path certificates, Duration latency) throws IOException {
        return start(
                certificates,
                KEEPING_HEAP,
                List.of("--keep", "1048576", "--latency", Long.toString(latency.toMillis())));
    }

    /// With an http endpoint only.
    static ServerProcess plain() throws IOException {
        Process process = process(ORDINARY_HEAP, List.of());
        String http = process.inputReader(StandardCharsets.US_ASCII).readLine();
        if (http == null) {
            throw new IOException("the null server did not start");
        }
        return new ServerProcess(process, URI.create(http), null);
    }

    private static Process process(String heap, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-Xmx" + heap,
                "-cp",
                System.getProperty("java.class.path"),
                NullS3.class.getName()));
        command.addAll(arguments);
        return new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
    }

    public URI endpoint(String scheme) {
        return scheme.equals("https") ? Objects.requireNonNull(https, "started without") : http;
    }

    /// One of its counters, over all clients so far.
    public long count(String name) throws IOException {
        try (InputStream in = http.resolve("/_statistics/").toURL().openStream()) {
            return JsonMapper.shared().readTree(in).get(name).asLong();
        }
    }

    @Override
    public void close() throws IOException {
        process.getOutputStream().close(); // which ends it
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        }
    }
}
