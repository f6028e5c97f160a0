package dev.sluice.s3;

import static dev.sluice.s3.TestS3.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.s3.ProxyProgram.Rules;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What holds for requests through every forward proxy, tried with real ones.
@Timeout(60)
abstract class ForwardProxyContract {
    private static final int MIB = 1 << 20;
    private static final PartPlan PLAN = new PartPlan(5 * MIB, PartPlan.MAX_PARTS, 2 * MIB, MIB);
    private static final Rules USER = new Rules(true, true);

    @TempDir
    private Path directory;

    private final ProxyProgram program;
    private Process proxy;
    private int port;

    ForwardProxyContract(ProxyProgram program) {
        this.program = program;
    }

    @AfterEach
    void stop() throws InterruptedException {
        if (proxy != null) {
            proxy.destroy();
            assertThat(proxy.waitFor(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    private void start(Rules rules) throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        proxy = new ProcessBuilder(program.command(directory, port, rules))
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("output").toFile())
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
        return new Network(certificates, new ProxyChoice.Named(URI.create(url(user))), 0);
    }

    private String url(String user) {
        return "http://" + user + "127.0.0.1:" + port;
    }

    private String log() throws IOException {
        return Files.readString(program.log(directory));
    }

    private void awaitLog(String line) {
        Awaitility.await().atMost(TestS3.PROMPTLY).until(() -> log().contains(line));
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

        try (S3Store store = S3Store.open(config.over(through(ProxyProgram.USER + "@")))) {
            use(store);
            assertThat(store.way())
                    .hasValueSatisfying(way -> assertThat(way)
                            .contains("http://127.0.0.1:" + port, "store.proxy")
                            .doesNotContain("s3cret"));
        }

        awaitLog("PUT " + config.endpoint() + "/backups/");
        assertThat(log()).doesNotContain("CONNECT 127.0.0.1");
    }

    @Test
    void anHttpsServerIsReachedThroughATunnelWithEitherProviderOfTls() throws Exception {
        start(USER);
        TestCertificate certificate = TestCertificate.create(directory);

        for (TlsProvider tls : TlsTest.providers()) {
            try (StubS3 stub = new StubS3(certificate.context())) {
                try (S3Store store = S3Store.open(
                        stub.config().over(through(certificate.pem(), ProxyProgram.USER + "@")), () -> tls)) {
                    stub.follow(request -> request.is("GET", "document") ? StubS3.Answer.of("content") : null);

                    assertThat(await(store.get("document"))).asString().isEqualTo("content");
                }
                awaitLog("CONNECT 127.0.0.1:" + stub.endpoint().getPort());
            }
        }
    }

    /// The forms of NO_PROXY that programs agree on, shown by which requests the proxy has seen.
    @Test
    void serversThatNoProxyListsAreReachedWithoutIt() throws Exception {
        start(USER);
        StoreConfig byAddress = TestS3.config();
        int server = byAddress.endpoint().getPort();
        StoreConfig byName = TestS3.config(URI.create("http://localhost:" + server));
        Map<String, Boolean> addresses = new LinkedHashMap<>();
        List.of("*", "127.0.0.1", "127.0.0.0/8", "127.0.0.1:" + server, "example.org, 127.0.0.1", "::1 127.0.0.1")
                .forEach(exempt -> addresses.put(exempt, false));
        List.of("", "10.0.0.0/8", "127.0.0.1:1", "127.0.0.10").forEach(other -> addresses.put(other, true));
        Map<String, Boolean> names = new LinkedHashMap<>();
        List.of("localhost", ".localhost", "LocalHost", "localhost:" + server, "example.org,localhost")
                .forEach(exempt -> names.put(exempt, false));
        List.of("host", "127.0.0.2", "localhost:1", "local").forEach(other -> names.put(other, true));

        addresses.forEach((list, proxied) -> put(byAddress, list, keyOf(list, proxied)));
        names.forEach((list, proxied) -> put(byName, list, keyOf(list, proxied)));

        Set<String> expected = Stream.of(addresses, names)
                .flatMap(lists -> lists.entrySet().stream())
                .filter(Map.Entry::getValue)
                .map(list -> keyOf(list.getKey(), true))
                .collect(Collectors.toSet());
        Awaitility.await()
                .atMost(TestS3.PROMPTLY)
                .untilAsserted(() -> assertThat(keysInLog()).containsAll(expected));
        stop(); // and so has written its last line
        assertThat(keysInLog()).isEqualTo(expected);
    }

    private static String keyOf(String list, boolean proxied) {
        return "%s-%s".formatted(proxied ? "proxied" : "direct", HexFormat.of().formatHex(list.getBytes(UTF_8)));
    }

    private Set<String> keysInLog() throws IOException {
        return Pattern.compile("(proxied|direct)-[0-9a-f]*")
                .matcher(log())
                .results()
                .map(MatchResult::group)
                .collect(Collectors.toSet());
    }

    private void put(StoreConfig config, String noProxy, String key) {
        Map<String, String> environment = Map.of("http_proxy", url(ProxyProgram.USER + "@"), "no_proxy", noProxy);
        try (S3Store store = S3Store.open(config.over(Network.DEFAULT), environment::get)) {
            store.put(key, new byte[3]).block(TestS3.PROMPTLY);
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
        start(new Rules(false, false));

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
        start(new Rules(false, true));
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
