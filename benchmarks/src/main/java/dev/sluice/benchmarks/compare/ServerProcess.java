package dev.sluice.benchmarks.compare;

import dev.sluice.benchmarks.nulls3.NullS3;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// The null server in its process.
final class ServerProcess implements AutoCloseable {
    private final Process process;
    private final URI http;
    private final URI https;

    private ServerProcess(Process process, URI http, URI https) {
        this.process = process;
        this.http = http;
        this.https = https;
    }

    static ServerProcess start(Path certificates) throws IOException {
        Process process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
                        "-XX:+UseSerialGC",
                        "-Xmx512m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        NullS3.class.getName(),
                        "--keystore",
                        certificates.resolve("server.p12").toString(),
                        "--password",
                        Certificate.PASSWORD))
                .redirectError(Redirect.INHERIT)
                .start();
        BufferedReader lines = process.inputReader(StandardCharsets.US_ASCII);
        String http = lines.readLine();
        String https = lines.readLine();
        if (http == null || https == null) {
            throw new IOException("the null server did not start");
        }
        return new ServerProcess(process, URI.create(http), URI.create(https));
    }

    URI endpoint(String scheme) {
        return scheme.equals("https") ? https : http;
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
