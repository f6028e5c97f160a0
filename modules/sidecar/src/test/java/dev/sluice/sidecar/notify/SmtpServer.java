package dev.sluice.sidecar.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.simulator.tds.ServerCertificate;
import jakarta.mail.Session;
import jakarta.mail.internet.MimeMessage;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A real SMTP server, of Debian's package python3-aiosmtpd, as a process of its own on an ephemeral port of
/// loopback. `smtp-server.py` says which recipients it refuses. Tests are skipped where the package is
/// missing, unless `sluice.require.native` is set, as `.ci/run` does.
public final class SmtpServer implements AutoCloseable {

    /// Debian's own: the package belongs to no other.
    private static final Path PYTHON = Path.of("/usr/bin/python3");

    public static final String USER = "sluice";
    public static final String PASSWORD = "a-password-of-the-mail-server";

    private final Process process;
    private final int port;
    private final Path ca;
    private final Thread reader;
    public final List<Mail> mails = new CopyOnWriteArrayList<>();
    final List<String> refused = new CopyOnWriteArrayList<>();

    /// As the server got it.
    @SuppressWarnings("ArrayRecordComponent") // read once
    public record Mail(
            String sender,
            List<String> recipients,
            boolean tls,
            @Nullable String user,
            byte[] bytes) {

        public String raw() {
            return new String(bytes, StandardCharsets.UTF_8);
        }

        /// Everything before the first empty line.
        public String head() {
            return raw().substring(0, raw().indexOf("\r\n\r\n") + 2);
        }

        MimeMessage parsed() throws Exception {
            return new MimeMessage(Session.getInstance(new Properties()), new ByteArrayInputStream(bytes));
        }
    }

    private SmtpServer(Process process, int port, Path ca, BufferedReader output) {
        this.process = process;
        this.port = port;
        this.ca = ca;
        this.reader = Thread.ofVirtual().start(() -> read(output));
    }

    /// What it speaks.
    public enum Tls {
        STARTTLS,
        IMPLICIT,
        NONE
    }

    public static SmtpServer start(Path directory, Tls tls) throws Exception {
        return start(directory, tls, Map.of());
    }

    /// @param more `host`, to listen elsewhere on loopback; `open`, to offer no login with IMPLICIT
    static SmtpServer start(Path directory, Tls tls, Map<String, Object> more) throws Exception {
        boolean there = Installed.THERE;
        if (Boolean.getBoolean("sluice.require.native")) {
            assertThat(there).as("python3-aiosmtpd is installed").isTrue();
        }
        assumeTrue(there, "python3-aiosmtpd is not installed");
        Map<String, Object> options = new LinkedHashMap<>(more);
        Path ca = directory.resolve("ca.pem");
        if (tls != Tls.NONE) {
            certificates(directory, options);
            if (!more.containsKey("open")) {
                options.put("user", USER);
                options.put("password", PASSWORD);
            }
        }
        if (tls == Tls.IMPLICIT) {
            options.put("implicit", true);
        }
        Path script = directory.resolve("smtp-server.py");
        try (InputStream in = SmtpServer.class.getResourceAsStream("smtp-server.py")) {
            Files.write(script, in.readAllBytes());
        }
        Path errors = directory.resolve("smtp-server.log");
        Process process = new ProcessBuilder(
                        PYTHON.toString(),
                        script.toString(),
                        JsonMapper.shared().writeValueAsString(options))
                .redirectError(errors.toFile())
                .start();
        BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
        String first = output.readLine();
        if (first == null) {
            throw new IOException("the SMTP server has not started: " + Files.readString(errors));
        }
        return new SmtpServer(
                process, JsonMapper.shared().readTree(first).get("port").asInt(), ca, output);
    }

    /// Asked once.
    private static final class Installed {
        static final boolean THERE = there();

        private static boolean there() {
            try {
                return Files.isExecutable(PYTHON)
                        && new ProcessBuilder(PYTHON.toString(), "-c", "import aiosmtpd")
                                        .redirectErrorStream(true)
                                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                                        .start()
                                        .waitFor()
                                == 0;
            } catch (IOException e) {
                return false;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
    }

    private static void certificates(Path directory, Map<String, Object> options) throws Exception {
        ServerCertificate certificate = ServerCertificate.selfSigned();
        Path both = directory.resolve("server.p12");
        certificate.write(both, PASSWORD);
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(both)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        byte[] key = keys.getKey("server", PASSWORD.toCharArray()).getEncoded();
        Path keyFile = directory.resolve("key.pem");
        Files.writeString(
                keyFile,
                "-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n"
                        .formatted(Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key)));
        Files.writeString(directory.resolve("ca.pem"), certificate.pem());
        options.put("certificate", directory.resolve("ca.pem").toString());
        options.put("key", keyFile.toString());
    }

    private void read(BufferedReader output) {
        try {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                JsonNode said = JsonMapper.shared().readTree(line);
                if (said.has("refused")) {
                    refused.add(said.get("refused").asString());
                } else {
                    mails.add(new Mail(
                            said.get("sender").asString(),
                            said.get("recipients")
                                    .valueStream()
                                    .map(JsonNode::asString)
                                    .toList(),
                            said.get("tls").asBoolean(),
                            said.get("user").isNull() ? null : said.get("user").asString(),
                            Base64.getDecoder().decode(said.get("mail").asString())));
                }
            }
        } catch (IOException e) {
            // It has ended.
        }
    }

    public int port() {
        return port;
    }

    /// The authority that its certificate is from.
    public Path ca() {
        return ca;
    }

    @Override
    public void close() throws IOException {
        process.getOutputStream().close(); // which it reads to the end
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            reader.join(Duration.ofSeconds(10));
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
