package dev.sluice.s3;

import static dev.sluice.s3.TestS3.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// All requests through a real forward proxy: tinyproxy, of the package of that name. Skipped without it, unless
/// `sluice.require.native` is true.
@Timeout(60)
class ForwardProxyTest {
    private static final int MIB = 1 << 20;
    private static final PartPlan PLAN = new PartPlan(5 * MIB, PartPlan.MAX_PARTS, 2 * MIB, MIB);
    private static final List<String> USER = List.of("BasicAuth sluice s3cret");

    @TempDir
    private Path directory;

    private Path program;
    private Process proxy;
    private int port;

    @BeforeEach
    void find() {
        Stream<Path> places = Stream.concat(
                Arrays.stream(System.getenv("PATH").split(File.pathSeparator, -1))
                        .map(Path::of),
                Stream.of(Path.of("/usr/bin"), Path.of("/usr/sbin")));
        program = places.map(place -> place.resolve("tinyproxy"))
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(null);
        if (program == null && Boolean.getBoolean("sluice.require.native")) {
            fail("tinyproxy is required here and not to be found: install the package tinyproxy");
        }
        assumeTrue(program != null, "tinyproxy is not to be found: install the package of that name to run this test");
    }

    @AfterEach
    void stop() throws InterruptedException {
        if (proxy != null) {
            proxy.destroy();
            assertThat(proxy.waitFor(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    private void start(List<String> more) throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Path file = directory.resolve("tinyproxy.conf");
        Files.write(
                file,
                Stream.concat(
                                Stream.of("Port " + port, "Listen 127.0.0.1", "Timeout 60", "LogLevel Connect"),
                                more.stream())
                        .toList());
        proxy = new ProcessBuilder(program.toString(), "-d", "-c", file.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile())
                .start();
        Awaitility.await().atMost(TestS3.PROMPTLY).ignoreExceptions().until(() -> {
            new Socket(InetAddress.getLoopbackAddress(), port).close();
            return true;
        });
    }

    private Network through(String user) {
        return through(null, user);
    }

    private Network through(Path certificates, String user) {
        return new Network(certificates, new ProxyChoice.Named(URI.create("http://" + user + "127.0.0.1:" + port)), 0);
    }

    private String log() throws IOException {
        return Files.readString(directory.resolve("log"));
    }

    /// All requests of a backup and a restore.
    private static void use(S3Store store) {
        MemoryBudget budget = MemoryBudget.of(24L * MIB);
        byte[] bytes = TestS3.random(12 * MIB, 5);
        try (Admission admission = await(budget.admit(1, PLAN.memoryPerStripe()))) {
            store.put("document", new byte[3]).block(TestS3.PROMPTLY);
            StripeUpload upload = store.upload(admission.stripe(0), PLAN, n -> "stripe." + n);
            StripeUploadTest.write(upload, bytes, MIB);
            StripeUploadTest.flush(upload);
        }
        assertThat(await(store.get("stripe.1"))).isEqualTo(bytes);
        assertThat(await(store.list("").collectList())).hasSize(2);
    }

    @Test
    void anHttpServerIsReachedWithWholeUrls() throws Exception {
        start(USER);
        StoreConfig config = TestS3.config();

        try (S3Store store = S3Store.open(config.over(through("sluice:s3cret@")))) {
            use(store);
            assertThat(store.way())
                    .hasValueSatisfying(way -> assertThat(way)
                            .contains("http://127.0.0.1:" + port, "store.proxy")
                            .doesNotContain("s3cret"));
        }

        assertThat(log()).contains("PUT " + config.endpoint() + "/backups/").doesNotContain("CONNECT 127.0.0.1");
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.s3.TlsTest#providers")
    void anHttpsServerIsReachedThroughATunnel(TlsProvider tls) throws Exception {
        start(USER);
        TestCertificate certificate = TestCertificate.create(directory);

        try (StubS3 stub = new StubS3(certificate.context());
                S3Store store =
                        S3Store.open(stub.config().over(through(certificate.pem(), "sluice:s3cret@")), () -> tls)) {
            stub.follow(request -> request.is("GET", "document") ? StubS3.Answer.of("content") : null);

            assertThat(await(store.get("document"))).asString().isEqualTo("content");

            assertThat(log()).contains("CONNECT 127.0.0.1:" + stub.endpoint().getPort());
        }
    }

    @Test
    void aProxyThatWantsAnotherUserIsNamedAndThePasswordIsNot() throws Exception {
        start(USER);

        for (String user : List.of("", "sluice:wr0ng@")) {
            try (S3Store store = S3Store.open(TestS3.config().over(through(user)))) {
                assertThatThrownBy(() -> await(store.get("document")))
                        .isInstanceOfSatisfying(
                                S3Failure.class,
                                failure ->
                                        assertThat(failure.remedy().orElse("")).contains("store.proxy"))
                        .hasMessageContaining("through proxy http://127.0.0.1:" + port)
                        .hasMessageContaining("wants a user and a password")
                        .hasMessageNotContaining("wr0ng");
            }
        }
    }

    @Test
    void aTunnelThatIsNotMadeIsTheProxysDoing() throws Exception {
        start(List.of("ConnectPort 443"));

        try (S3Store store = S3Store.open(new StoreConfig(
                URI.create("https://127.0.0.1:9"),
                "us-east-1",
                "bucket",
                "",
                true,
                TestS3.config().credentials(),
                ProviderProfile.AWS,
                TestS3.LIMITS,
                TestS3.IMPATIENT,
                through("")))) {
            assertThatThrownBy(() -> await(store.get("document")))
                    .hasMessageContaining("through proxy http://127.0.0.1:" + port)
                    .hasMessageContaining("the proxy makes no connection to the server");
        }
    }

    @Test
    void aProxyThatDoesNotRunIsNamed() throws Exception {
        start(List.of());
        proxy.destroy();
        proxy.waitFor();

        for (String scheme : List.of("http", "https")) {
            URI endpoint = URI.create(scheme + "://127.0.0.1:9");
            try (S3Store store = S3Store.open(TestS3.config(endpoint).over(through("")))) {
                assertThatThrownBy(() -> store.get("document").block(Duration.ofSeconds(20)))
                        .hasMessageContaining("through proxy http://127.0.0.1:" + port)
                        .hasMessageContaining("Is the proxy running, and store.proxy right?");
            }
        }
    }
}
