package dev.sluice.sidecar.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.sluice.s3.Network;
import dev.sluice.s3.ObjectOptions;
import dev.sluice.s3.ProviderProfile;
import dev.sluice.s3.ProxyChoice;
import dev.sluice.s3.RetryPolicy;
import dev.sluice.s3.S3Store;
import dev.sluice.s3.StoreConfig;
import dev.sluice.sidecar.doctor.DoctorFinding.Level;
import dev.sluice.simulator.s3.EmbeddedS3;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Each finding about a bucket, provoked: the embedded S3 for what it checks itself, and a server in front that refuses
/// or forgets for the rest.
class BucketCheckTest {

    @TempDir
    Path directory;

    private final Map<String, Integer> refused = new ConcurrentHashMap<>();
    private final Map<String, byte[]> objects = new ConcurrentHashMap<>();
    private HttpServer stub;
    private boolean carefree;
    private String lifecycle = "";
    private boolean versioned;
    private String server = "";
    private String region = "";

    @BeforeEach
    void startStub() throws IOException {
        stub = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        stub.createContext("/", this::answer);
        stub.start();
    }

    @AfterEach
    void stopStub() {
        stub.stop(0);
    }

    private static String operation(HttpExchange exchange) {
        String query = exchange.getRequestURI().getQuery() == null
                ? ""
                : exchange.getRequestURI().getQuery();
        boolean object = exchange.getRequestURI().getPath().length() > "/backups/".length();
        return switch (exchange.getRequestMethod()) {
            case "HEAD" -> "HeadBucket";
            case "POST" -> "CreateMultipartUpload";
            case "PUT" -> query.contains("partNumber") ? "UploadPart" : "PutObject";
            case "DELETE" -> query.contains("uploadId") ? "AbortMultipartUpload" : "DeleteObject";
            default ->
                object
                        ? query.contains("uploadId") ? "ListParts" : "GetObject"
                        : query.contains("lifecycle")
                                ? "GetBucketLifecycleConfiguration"
                                : query.contains("uploads") ? "ListMultipartUploads" : "ListObjectsV2";
        };
    }

    private void answer(HttpExchange exchange) throws IOException {
        // The JDK's server may end an idle connection just as the next request is on its way through it.
        exchange.getResponseHeaders().set("Connection", "close");
        if (!server.isEmpty()) {
            exchange.getResponseHeaders().set("Server", server);
        }
        if (!region.isEmpty()) {
            exchange.getResponseHeaders().set("x-amz-bucket-region", region);
            respond(exchange, 400, "<Error><Code>AuthorizationHeaderMalformed</Code></Error>");
            return;
        }
        String operation = operation(exchange);
        String key = exchange.getRequestURI().getPath();
        byte[] body = exchange.getRequestBody().readAllBytes();
        Integer status = exchange.getRequestHeaders().keySet().stream()
                .map(name -> refused.get(name.toLowerCase(Locale.ROOT)))
                .filter(Objects::nonNull)
                .findFirst()
                .orElseGet(() -> refused.get(operation));
        if (status != null) {
            respond(exchange, status, "<Error><Code>AccessDenied</Code><Message>no</Message></Error>");
            return;
        }
        switch (operation) {
            case "CreateMultipartUpload" ->
                respond(
                        exchange,
                        200,
                        "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>");
            case "PutObject" -> {
                if (!carefree
                        && exchange.getRequestHeaders().containsKey("If-None-Match")
                        && objects.containsKey(key)) {
                    respond(exchange, 412, "<Error><Code>PreconditionFailed</Code></Error>");
                } else if (!carefree && key.endsWith(".sum")) {
                    respond(exchange, 400, "<Error><Code>InvalidRequest</Code></Error>");
                } else {
                    objects.put(key, body);
                    exchange.getResponseHeaders().add("ETag", "\"e\"");
                    respond(exchange, 200, "");
                }
            }
            case "UploadPart" -> {
                exchange.getResponseHeaders().add("ETag", "\"e\"");
                respond(exchange, 200, "");
            }
            case "GetObject" -> {
                byte[] bytes = objects.getOrDefault(key, new byte[0]);
                exchange.sendResponseHeaders(200, bytes.length);
                exchange.getResponseBody().write(bytes);
                exchange.close();
            }
            case "ListObjectsV2" ->
                respond(exchange, 200, "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>");
            case "ListMultipartUploads" ->
                respond(
                        exchange,
                        200,
                        "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>");
            case "ListParts" -> respond(exchange, 404, "<Error><Code>NoSuchUpload</Code></Error>");
            case "GetBucketLifecycleConfiguration" ->
                respond(
                        exchange,
                        lifecycle.isEmpty() ? 404 : 200,
                        lifecycle.isEmpty() ? "<Error><Code>NoSuchLifecycleConfiguration</Code></Error>" : lifecycle);
            case "AbortMultipartUpload", "DeleteObject" -> {
                objects.remove(key);
                if (versioned) {
                    exchange.getResponseHeaders().set("x-amz-delete-marker", "true");
                }
                respond(exchange, 204, "");
            }
            default -> respond(exchange, 200, "");
        }
    }

    private static void respond(HttpExchange exchange, int status, String xml) throws IOException {
        byte[] bytes = xml.getBytes(StandardCharsets.UTF_8);
        boolean none = bytes.length == 0 || exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, none ? -1 : bytes.length);
        if (!none) {
            exchange.getResponseBody().write(bytes);
        }
        exchange.close();
    }

    private static StoreConfig config(URI endpoint, String bucket, String key, String secret, ProviderProfile profile) {
        return new StoreConfig(
                endpoint,
                "us-east-1",
                bucket,
                "prod/",
                true,
                new StoreConfig.Credentials(key, secret, null),
                profile,
                new StoreConfig.Limits(1, 1, Duration.ofSeconds(5), Duration.ofSeconds(20), Duration.ofSeconds(30)),
                new RetryPolicy(3, Duration.ofMillis(1), Duration.ofMillis(1), Duration.ofSeconds(1)));
    }

    private static List<DoctorFinding> check(StoreConfig config, InstantSource clock) {
        return check(config, ObjectOptions.NONE, clock);
    }

    private static List<DoctorFinding> check(StoreConfig config, ObjectOptions options, InstantSource clock) {
        try (S3Store store = S3Store.open(config)) {
            return new BucketCheck(store, "one/doctor", options, clock).findings();
        }
    }

    private List<DoctorFinding> stubbed(ProviderProfile profile) {
        URI endpoint = URI.create("http://127.0.0.1:" + stub.getAddress().getPort());
        return check(config(endpoint, "backups", "key", "secret", profile), InstantSource.system());
    }

    private static DoctorFinding finding(List<DoctorFinding> findings, String id) {
        return findings.stream()
                .filter(found -> found.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aBucketThatWillDoIsLeftAsItWas() throws Exception {
        try (EmbeddedS3 s3 = EmbeddedS3.start(directory, "backups")) {
            List<DoctorFinding> findings = check(
                    config(s3.endpoint(), "backups", s3.accessKeyId(), s3.secretAccessKey(), ProviderProfile.AWS),
                    InstantSource.system());

            assertThat(findings).hasSize(14);
            assertThat(findings.stream().filter(found -> found.level() != Level.OK))
                    .as("S3Proxy knows no lifecycle rules: %s", findings)
                    .extracting(DoctorFinding::id)
                    .containsExactly("bucket-lifecycle");
            try (Stream<Path> left = Files.walk(directory)) {
                assertThat(left.filter(Files::isRegularFile)).isEmpty();
            }
        }
    }

    @Test
    void aWrongKeyIsToldOnce() throws Exception {
        try (EmbeddedS3 s3 = EmbeddedS3.start(directory, "backups")) {
            List<DoctorFinding> findings = check(
                    config(s3.endpoint(), "backups", s3.accessKeyId(), "wrong", ProviderProfile.AWS),
                    InstantSource.system());

            assertThat(findings).hasSize(1);
            assertThat(findings.getFirst().level()).isEqualTo(Level.FAIL);
            assertThat(findings.getFirst().fix()).contains("store.credentials");
        }
    }

    @Test
    void aBucketThatIsNotThere() throws Exception {
        try (EmbeddedS3 s3 = EmbeddedS3.start(directory, "backups")) {
            List<DoctorFinding> findings = check(
                    config(s3.endpoint(), "others", s3.accessKeyId(), s3.secretAccessKey(), ProviderProfile.AWS),
                    InstantSource.system());

            assertThat(findings).hasSize(1);
            assertThat(findings.getFirst().fix()).contains("store.bucket");
        }
    }

    /// A bucket without Object Lock, or a key that this login may not use, refuses the upload of a backup and
    /// nothing else.
    @Test
    void whatBackupsAskOfTheirObjectsIsAskedHereToo() {
        refused.put("x-amz-object-lock-mode", 400);
        refused.put("x-amz-server-side-encryption", 403);
        URI endpoint = URI.create("http://127.0.0.1:" + stub.getAddress().getPort());
        StoreConfig config = config(endpoint, "backups", "key", "secret", ProviderProfile.AWS);
        ObjectOptions locked = new ObjectOptions(
                null,
                null,
                Map.of(),
                new ObjectOptions.Lock(ObjectOptions.LockMode.GOVERNANCE, Instant.parse("2099-01-01T00:00:00Z")));
        ObjectOptions encrypted =
                new ObjectOptions(null, new ObjectOptions.Encryption.Kms("alias/sql", false), Map.of(), null);

        for (ObjectOptions options : List.of(locked, encrypted)) {
            List<DoctorFinding> findings = check(config, options, InstantSource.system());
            DoctorFinding upload = finding(findings, "bucket-create-multipart-upload");
            assertThat(upload.level()).isEqualTo(Level.FAIL);
            assertThat(upload.fix()).contains(options.lock() != null ? "store.object-lock" : "kms:GenerateDataKey");
            assertThat(finding(findings, "bucket-put-object").level()).isEqualTo(Level.OK);
        }
    }

    @Test
    void anEndpointThatDoesNotAnswer() {
        stub.stop(0);

        DoctorFinding finding = stubbed(ProviderProfile.AWS).getFirst();

        assertThat(finding.level()).isEqualTo(Level.FAIL);
        assertThat(finding.fix()).contains("store.endpoint");
    }

    @ParameterizedTest
    @CsvSource({
        "CreateMultipartUpload, bucket-create-multipart-upload, s3:PutObject",
        "UploadPart, bucket-upload-part, s3:PutObject",
        "AbortMultipartUpload, bucket-abort-multipart-upload, s3:AbortMultipartUpload",
        "ListMultipartUploads, bucket-list-multipart-uploads, s3:ListBucketMultipartUploads",
        "PutObject, bucket-put-object, s3:PutObject",
        "GetObject, bucket-get-object, s3:GetObject",
        "ListObjectsV2, bucket-list-objects, s3:ListBucket",
        "DeleteObject, bucket-delete-object, s3:DeleteObject"
    })
    void aRightThatIsMissingIsNamed(String operation, String id, String right) {
        refused.put(operation, 403);

        List<DoctorFinding> findings = stubbed(ProviderProfile.AWS);

        assertThat(findings.stream().filter(found -> found.level() == Level.FAIL))
                .extracting(DoctorFinding::id)
                .containsExactly(id);
        assertThat(finding(findings, id).fix()).contains(right);
        assertThat(finding(findings, id).evidence()).contains("403");
    }

    @Test
    void aServerThatIgnoresConditionsAndChecksums() {
        carefree = true;

        List<DoctorFinding> relied = stubbed(ProviderProfile.AWS);
        assertThat(finding(relied, "bucket-conditional-write").level()).isEqualTo(Level.WARN);
        assertThat(finding(relied, "bucket-checksum").level()).isEqualTo(Level.WARN);
        assertThat(finding(relied, "bucket-checksum").fix()).contains("store.profile");

        List<DoctorFinding> known = stubbed(ProviderProfile.GENERIC);
        assertThat(finding(known, "bucket-conditional-write").level()).isEqualTo(Level.OK);
        assertThat(finding(known, "bucket-checksum").level()).isEqualTo(Level.OK);
    }

    @ParameterizedTest
    @CsvSource({"'', OK", "AmazonS3, OK", "nginx, OK", "MinIO, WARN", "Ceph Object Gateway (squid), WARN"})
    void aServerThatSaysItIsSomethingElse(String name, Level level) {
        server = name;

        DoctorFinding finding = finding(stubbed(ProviderProfile.AWS), "bucket-profile");

        assertThat(finding.level()).isEqualTo(level);
        if (level == Level.WARN) {
            assertThat(name.toLowerCase(Locale.ROOT)).startsWith(finding.fix().replaceAll("(?s).* to (\\w+),.*", "$1"));
        }
    }

    @Test
    void aRuleForUnfinishedUploads() {
        assertThat(finding(stubbed(ProviderProfile.AWS), "bucket-lifecycle").level())
                .isEqualTo(Level.WARN);

        lifecycle = "<LifecycleConfiguration><Rule><ID>a</ID><Status>Enabled</Status><Filter><Prefix></Prefix></Filter>"
                + "<AbortIncompleteMultipartUpload><DaysAfterInitiation>2</DaysAfterInitiation>"
                + "</AbortIncompleteMultipartUpload></Rule></LifecycleConfiguration>";

        DoctorFinding finding = finding(stubbed(ProviderProfile.AWS), "bucket-lifecycle");
        assertThat(finding.level()).isEqualTo(Level.OK);
        assertThat(finding.evidence()).contains("2 days");
    }

    @Test
    void rulesThatTakeBackupsAwayAreNamed() {
        lifecycle = "<LifecycleConfiguration>"
                + rule("ours", "prod/", "<Expiration><Days>30</Days></Expiration>")
                + rule("cold", "", "<Transition><Days>7</Days><StorageClass>GLACIER</StorageClass></Transition>")
                + rule("readable", "", "<Transition><Days>7</Days><StorageClass>GLACIER_IR</StorageClass></Transition>")
                + rule("another", "logs/", "<Expiration><Days>1</Days></Expiration>")
                + rule(
                        "markers",
                        "",
                        "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>")
                + "</LifecycleConfiguration>";

        DoctorFinding finding = finding(stubbed(ProviderProfile.AWS), "bucket-lifecycle-objects");

        assertThat(finding.level()).isEqualTo(Level.WARN);
        assertThat(finding.evidence())
                .isEqualTo(
                        "rule 'ours' deletes objects after 30 days; rule 'cold' moves objects to GLACIER after 7 days");
    }

    @Test
    void aBucketThatKeepsVersionsWantsARuleForOldOnes() {
        assertThat(finding(stubbed(ProviderProfile.AWS), "bucket-lifecycle-objects")
                        .level())
                .isEqualTo(Level.OK);

        versioned = true;
        DoctorFinding without = finding(stubbed(ProviderProfile.AWS), "bucket-lifecycle-objects");
        lifecycle = "<LifecycleConfiguration>"
                + rule(
                        "old",
                        "",
                        "<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>")
                + "</LifecycleConfiguration>";

        assertThat(without.level()).isEqualTo(Level.WARN);
        assertThat(without.evidence()).contains("keeps versions");
        assertThat(finding(stubbed(ProviderProfile.AWS), "bucket-lifecycle-objects")
                        .level())
                .isEqualTo(Level.OK);
    }

    private static String rule(String id, String prefix, String action) {
        return "<Rule><ID>%s</ID><Status>Enabled</Status><Filter><Prefix>%s</Prefix></Filter>%s</Rule>"
                .formatted(id, prefix, action);
    }

    /// Not a check less, but none at all: without conditions every backup fails.
    @ParameterizedTest
    @ValueSource(ints = {501, 400, 403})
    void aServerThatRefusesConditionsRefusesEveryBackup(int status) {
        refused.put("if-none-match", status);

        DoctorFinding relied = finding(stubbed(ProviderProfile.AWS), "bucket-conditional-write");
        assertThat(relied.level()).isEqualTo(Level.FAIL);
        assertThat(relied.fix()).contains("store.profile", "generic");

        DoctorFinding known = finding(stubbed(ProviderProfile.GENERIC), "bucket-conditional-write");
        assertThat(known.level()).isEqualTo(Level.OK);
    }

    @Test
    void whatAServerHasNotImplementedIsNoMatterOfRights() {
        refused.put("x-amz-checksum-crc32c", 501);

        DoctorFinding part = finding(stubbed(ProviderProfile.AWS), "bucket-upload-part");

        assertThat(part.level()).isEqualTo(Level.FAIL);
        assertThat(part.fix()).contains("store.profile").doesNotContain("s3:PutObject");
    }

    @Test
    void anotherRegionIsNamed() {
        region = "eu-west-3";

        DoctorFinding finding = stubbed(ProviderProfile.AWS).getFirst();

        assertThat(finding.level()).isEqualTo(Level.FAIL);
        assertThat(finding.fix()).contains("store.region to eu-west-3");
    }

    @Test
    void notEveryBadRequestIsAMatterOfTheRegion() {
        refused.put("UploadPart", 400);

        assertThat(finding(stubbed(ProviderProfile.AWS), "bucket-upload-part").fix())
                .doesNotContain("store.region");
    }

    @Test
    void aProxyOrThatThereIsNoneIsTold() {
        URI endpoint = URI.create("http://127.0.0.1:" + stub.getAddress().getPort());
        StoreConfig config = config(endpoint, "backups", "key", "secret", ProviderProfile.AWS)
                .over(new Network(null, new ProxyChoice.None(), 0));

        DoctorFinding finding = finding(check(config, InstantSource.system()), "bucket-proxy");

        assertThat(finding.level()).isEqualTo(Level.OK);
        assertThat(finding.evidence()).contains("store.proxy");
    }

    /// Requests are signed by the bucket's clock then, so that backups go on.
    @ParameterizedTest
    @CsvSource({"0, OK", "-180, WARN", "180, WARN", "1200, WARN", "-1200, WARN"})
    void aClockThatIsOff(long seconds, Level level) {
        URI endpoint = URI.create("http://127.0.0.1:" + stub.getAddress().getPort());
        StoreConfig config = config(endpoint, "backups", "key", "secret", ProviderProfile.AWS);

        DoctorFinding finding = finding(check(config, () -> Instant.now().plusSeconds(seconds)), "clock");

        assertThat(finding.level()).isEqualTo(level);
        if (level == Level.WARN) {
            assertThat(finding.evidence()).contains(seconds < 0 ? " s behind" : " s before");
            assertThat(Long.parseLong(finding.evidence().replaceAll("\\D*(\\d+) s .*", "$1")))
                    .isBetween(Math.abs(seconds) - 60, Math.abs(seconds) + 60);
        }
    }
}
