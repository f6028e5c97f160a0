package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.simulator.s3.EmbeddedS3;
import dev.sluice.testsupport.FaultyProxy;
import dev.sluice.testsupport.FaultyProxy.Script;
import dev.sluice.testsupport.Reaction.Fault;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What stands between the program and the bucket: proxies as the environment names them, and connections that
/// break.
@Timeout(120)
class WayToTheBucketIT {

    private static final Duration PATIENTLY = Duration.ofMinutes(1);

    @TempDir
    Path directory;

    private EmbeddedS3 s3;
    private String nothing;

    @BeforeEach
    void start() throws IOException {
        s3 = EmbeddedS3.start(directory.resolve("s3"), "backups");
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nothing = "127.0.0.1:" + socket.getLocalPort();
        }
    }

    @AfterEach
    void stop() {
        s3.close();
    }

    private void configure(URI endpoint) throws IOException {
        Files.writeString(
                directory.resolve("sluice.yaml"), """
                server: { url: "jdbc:sqlserver://localhost:1", user: sa, password: x, identity: one }
                store:
                  bucket: backups
                  endpoint: %s
                  credentials: { access-key-id: "%s", secret-access-key: "%s" }
                """.formatted(endpoint, s3.accessKeyId(), s3.secretAccessKey()));
    }

    private Site.Ended list(Map<String, String> environment) throws Exception {
        try (Program program = Program.start(directory, environment, "list")) {
            int code = program.exitCode(PATIENTLY);
            return new Site.Ended(code, program.out(), program.err());
        }
    }

    @Test
    void theEnvironmentsProxyIsUsedAndNamedUnlessTheHostIsExempt() throws Exception {
        configure(s3.endpoint());

        Site.Ended exempt = list(Map.of(
                "HTTP_PROXY",
                "http://me:s3cret@" + nothing,
                "https_proxy",
                "http://" + nothing,
                "NO_PROXY",
                "127.0.0.0/8"));
        assertThat(exempt.code()).as(exempt.err()).isZero();

        Site.Ended refused = list(Map.of("ALL_PROXY", "socks5://me:s3cret@" + nothing));
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err())
                .contains("store-proxy", "ALL_PROXY", "store.proxy: none")
                .doesNotContain("s3cret");
    }

    @Test
    void whatEncryptsTheConnectionsIsLoggedOnce() throws Exception {
        configure(URI.create("https://" + nothing));
        Path file = directory.resolve("sluice.yaml");
        Files.writeString(file, Files.readString(file) + "log: { level: info }\n");

        try (Program program = Program.start(directory, "list")) {
            Awaitility.await().atMost(PATIENTLY).until(() -> program.err().contains("is made again"));

            assertThat(program.err().lines().filter(line -> line.contains("TLS to the bucket")))
                    .singleElement()
                    .asString()
                    .contains("INFO", "encrypted by BoringSSL");
        }
    }

    /// Neither Netty's traces nor the SDK's reach the reader, whatever breaks.
    @Test
    void aRequestThatIsMadeAgainIsOnePlainLine() throws Exception {
        try (FaultyProxy proxy = new FaultyProxy(s3.endpoint())) {
            configure(proxy.endpoint());
            proxy.follow(Script.nth(_ -> true, 1, Fault.LOST_ANSWER));

            Site.Ended ended = list(Map.of());

            assertThat(ended.code()).as(ended.err()).isZero();
            List<String> lines = ended.err().lines().toList();
            assertThat(lines.stream().filter(line -> line.contains("is made again")))
                    .as(ended.err())
                    .hasSize(1);
            assertThat(lines).noneMatch(line -> line.startsWith("\tat ") || line.contains("Exception"));
        }
    }
}
