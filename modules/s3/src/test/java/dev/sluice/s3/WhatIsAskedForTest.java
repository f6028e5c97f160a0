package dev.sluice.s3;

import static dev.sluice.s3.StripeUploadTest.flush;
import static dev.sluice.s3.StripeUploadTest.write;
import static dev.sluice.s3.TestS3.PROMPTLY;
import static dev.sluice.s3.TestS3.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.sluice.s3.ObjectOptions.Encryption;
import dev.sluice.s3.StubS3.Answer;
import dev.sluice.s3.StubS3.Request;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;

/// What goes over the wire besides the bytes, read off a server that only listens.
class WhatIsAskedForTest {
    private static final int MIB = 1 << 20;
    private static final PartPlan PLAN = new PartPlan(5 * MIB, PartPlan.MAX_PARTS, 2 * MIB, MIB);

    private final StubS3 stub = new StubS3();
    private final MemoryBudget budget = MemoryBudget.of(24L * MIB);
    private final Admission admission = await(budget.admit(1, PLAN.memoryPerStripe()));

    @AfterEach
    void close() {
        admission.close();
        // What was sent more than once is back when the wire is quiet, or down.
        Awaitility.await()
                .atMost(PROMPTLY)
                .untilAsserted(() -> assertThat(budget.inUse()).isZero());
        stub.close();
    }

    @Test
    void anUploadAsksForItsOptionsOnceWhenItIsCreated() {
        Instant until = Instant.parse("2030-01-02T03:04:05Z");
        ObjectOptions options = new ObjectOptions(
                "STANDARD_IA",
                new Encryption.Kms("alias/sql", true),
                Map.of("team", "data & ops", "kind", "full"),
                new ObjectOptions.Lock(ObjectOptions.LockMode.COMPLIANCE, until));

        upload(stub.config(), options);

        Request created = stub.seen("POST", "?uploads").getFirst();
        assertThat(created.headers())
                .containsEntry("x-amz-storage-class", "STANDARD_IA")
                .containsEntry("x-amz-server-side-encryption", "aws:kms")
                .containsEntry("x-amz-server-side-encryption-aws-kms-key-id", "alias/sql")
                .containsEntry("x-amz-server-side-encryption-bucket-key-enabled", "true")
                .containsEntry("x-amz-tagging", "kind=full&team=data+%26+ops")
                .containsEntry("x-amz-object-lock-mode", "COMPLIANCE")
                .containsEntry("x-amz-object-lock-retain-until-date", "2030-01-02T03:04:05Z");
        assertThat(stub.seen("PUT", "partNumber").getFirst().headers()).doesNotContainKey("x-amz-storage-class");
    }

    @Test
    void aSegmentThatIsOneRequestAsksForTheSame() {
        ObjectOptions options = new ObjectOptions(
                "STANDARD_IA",
                new Encryption.Kms("alias/sql", true),
                Map.of("team", "data & ops", "kind", "full"),
                new ObjectOptions.Lock(ObjectOptions.LockMode.COMPLIANCE, Instant.parse("2030-01-02T03:04:05Z")),
                Map.of("sluice-database", "Sales%20%C3%A4"));

        put(stub.config(), options);

        assertThat(stub.requests).hasSize(1);
        assertThat(stub.requests.getFirst().headers())
                .containsEntry("x-amz-storage-class", "STANDARD_IA")
                .containsEntry("x-amz-server-side-encryption", "aws:kms")
                .containsEntry("x-amz-server-side-encryption-aws-kms-key-id", "alias/sql")
                .containsEntry("x-amz-server-side-encryption-bucket-key-enabled", "true")
                .containsEntry("x-amz-tagging", "kind=full&team=data+%26+ops")
                .containsEntry("x-amz-object-lock-mode", "COMPLIANCE")
                .containsEntry("x-amz-object-lock-retain-until-date", "2030-01-02T03:04:05Z")
                .containsEntry("x-amz-meta-sluice-database", "Sales%20%C3%A4")
                .containsEntry("if-none-match", "*")
                .containsEntry("x-amz-checksum-crc32c", Crc32c.base64(Crc32cTest.sum(new byte[MIB], 0, MIB)))
                .containsEntry("content-length", Integer.toString(MIB))
                .doesNotContainKey("content-md5")
                .doesNotContainKey("x-amz-trailer")
                .doesNotContainKey("transfer-encoding");
    }

    @Test
    void aSegmentThatIsOneRequestLeavesTheRestToTheBucket() {
        put(stub.config().with(ProviderProfile.GENERIC), ObjectOptions.NONE);

        assertThat(stub.requests.getFirst().headers().keySet())
                .noneMatch(name -> name.contains("storage-class")
                        || name.contains("encryption")
                        || name.contains("tagging")
                        || name.contains("object-lock")
                        || name.contains("x-amz-meta")
                        || name.contains("checksum")
                        || name.equals("if-none-match")
                        || name.equals("content-md5"));
    }

    @Test
    void anUploadSaysOfItselfWhatItIsTold() {
        ObjectOptions options = ObjectOptions.NONE.withMetadata(Map.of("sluice-stripe", "1/4", "sluice-type", "full"));

        upload(stub.config(), options);

        assertThat(stub.seen("POST", "?uploads").getFirst().headers())
                .containsEntry("x-amz-meta-sluice-stripe", "1/4")
                .containsEntry("x-amz-meta-sluice-type", "full");
        assertThat(stub.seen("PUT", "partNumber"))
                .noneMatch(part -> part.headers().keySet().stream().anyMatch(name -> name.startsWith("x-amz-meta-")));
    }

    @Test
    void refusesMetadataThatDoesNotTravelEverywhere() {
        assertThatThrownBy(() -> ObjectOptions.NONE.withMetadata(Map.of("name", "Größe")))
                .hasMessageContaining("ASCII");
        assertThatThrownBy(() -> ObjectOptions.NONE.withMetadata(Map.of("Name", "x")))
                .hasMessageContaining("ASCII");
        assertThatThrownBy(() -> ObjectOptions.NONE.withMetadata(Map.of("name", " x")))
                .hasMessageContaining("ASCII");
        assertThatThrownBy(() -> ObjectOptions.NONE.withMetadata(Map.of("name", "x".repeat(2_045))))
                .hasMessageContaining("2048 bytes");
    }

    @Test
    void anUploadWithoutOptionsLeavesEverythingToTheBucket() {
        upload(stub.config(), ObjectOptions.NONE);

        assertThat(stub.seen("POST", "?uploads").getFirst().headers().keySet())
                .noneMatch(name -> name.contains("storage-class")
                        || name.contains("encryption")
                        || name.contains("tagging")
                        || name.contains("object-lock"));
    }

    @Test
    void encryptionByS3ItselfHasNoKey() {
        upload(stub.config(), new ObjectOptions(null, new Encryption.S3Managed(), Map.of(), null));

        assertThat(stub.seen("POST", "?uploads").getFirst().headers())
                .containsEntry("x-amz-server-side-encryption", "AES256")
                .doesNotContainKey("x-amz-server-side-encryption-aws-kms-key-id");
    }

    @Test
    void whatAServerHasNotImplementedIsNotAskedForAgain() {
        stub.follow(_ -> Answer.error(501, "NotImplemented"));

        try (S3Store store = S3Store.open(stub.config())) {
            assertThatThrownBy(() -> await(store.get("key")))
                    .isInstanceOfSatisfying(
                            S3Failure.class,
                            failure -> assertThat(failure.retryable()).isFalse())
                    .hasMessageContaining("NotImplemented");
        }
        assertThat(stub.requests).hasSize(1);
    }

    @Test
    void refusesMoreTagsThanS3Takes() {
        Map<String, String> eleven = IntStream.range(0, 11).boxed().collect(Collectors.toMap(i -> "k" + i, _ -> "v"));

        assertThatThrownBy(() -> new ObjectOptions(null, null, eleven, null)).hasMessageContaining("10 tags");
    }

    @Test
    void aPartIsSentUnhashedWithItsOwnSum() {
        upload(stub.config(), ObjectOptions.NONE);

        Request part = stub.seen("PUT", "partNumber=1").getFirst();
        assertThat(part.headers())
                .containsEntry("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
                .containsEntry("x-amz-checksum-crc32c", Crc32c.base64(Crc32cTest.sum(new byte[5 * MIB], 0, 5 * MIB)))
                .doesNotContainKey("content-encoding")
                .doesNotContainKey("x-amz-trailer");
        assertThat(part.bytes()).isEqualTo(5 * MIB);
    }

    @Test
    void aProfileWithoutChecksumsSendsNone() {
        upload(stub.config().with(ProviderProfile.CEPH), ObjectOptions.NONE);

        assertThat(stub.requests)
                .allSatisfy(
                        request -> assertThat(request.headers().keySet()).noneMatch(name -> name.contains("checksum")));
    }

    @Test
    void aProfileWithFewerPartsMakesMoreSegments() {
        ProviderProfile two = new ProviderProfile(true, true, true, 2);

        List<StoredSegment> segments = upload(stub.config().with(two), ObjectOptions.NONE);

        assertThat(segments).extracting(StoredSegment::bytes).containsExactly(10L * MIB, 2L * MIB);
    }

    @Test
    void theBucketIsInThePathIfAskedFor() {
        upload(stub.config(), ObjectOptions.NONE);

        assertThat(stub.requests).allMatch(request -> request.target().startsWith("/bucket/stripe"));
    }

    @Test
    void otherwiseTheBucketIsInTheHostAndAProxyIsAskedForThatHost() throws Exception {
        StoreConfig config = stub.config();
        try (ServerSocket proxy = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                S3Store store = S3Store.open(new StoreConfig(
                        URI.create("http://store.invalid:9000"),
                        config.region(),
                        config.bucket(),
                        "",
                        false,
                        config.credentials(),
                        config.profile(),
                        config.limits(),
                        config.retries(),
                        new Network(
                                null,
                                new ProxyChoice.Named(URI.create("http://127.0.0.1:" + proxy.getLocalPort())),
                                0)))) {
            Disposable request = store.put("key", new byte[1]).subscribe(_ -> {}, _ -> {});

            try (Socket asked = proxy.accept();
                    BufferedReader lines = new BufferedReader(
                            new InputStreamReader(asked.getInputStream(), StandardCharsets.US_ASCII))) {
                assertThat(lines.readLine()).isEqualTo("PUT http://bucket.store.invalid:9000/key HTTP/1.1");
            }
            request.dispose();
        }
    }

    // ---- credentials ----

    @Test
    void keysThatExpireInMidBackupAreRenewed() {
        AtomicInteger generation = new AtomicInteger(1);
        stub.follow(request -> {
            // The third part's first attempt is signed with keys that expire on the way.
            if (request.is("PUT", "partNumber=3") && generation.compareAndSet(1, 2)) {
                return Answer.error(400, "ExpiredToken");
            }
            return request.signer().equals("key-" + generation.get())
                            || request.is("PUT", "partNumber=1&")
                            || request.is("PUT", "partNumber=2&")
                    ? null
                    : Answer.error(403, "InvalidAccessKeyId");
        });
        try (S3Store store =
                S3Store.open(stub.config(), () -> AwsBasicCredentials.create("key-" + generation.get(), "secret"))) {
            StripeUpload upload = store.upload(admission.stripe(0), PLAN, n -> "stripe." + n);
            write(upload, new byte[12 * MIB], MIB);

            assertThat(flush(upload)).hasSize(1);
        }
        assertThat(stub.seen("PUT", "partNumber=3")).extracting(Request::signer).containsExactly("key-1", "key-2");
        assertThat(stub.seen("POST", "uploadId")).extracting(Request::signer).containsExactly("key-2");
    }

    // ---- time ----

    /// How long a part waits for its turn, or takes, is no reason to give it up when the store then says that it
    /// is busy. Nor does it wait again for a turn.
    @Test
    void thePolicysTimeBeginsWithTheFirstFailure() {
        stub.follow(request -> {
            int firsts = stub.seen("PUT", "partNumber=1&").size();
            if (request.is("PUT", "partNumber=1&") && firsts <= 2) {
                if (firsts == 1) {
                    // Longer than the policy's time: a slow network, not a wait for something to happen.
                    LockSupport.parkNanos(Duration.ofMillis(2500).toNanos());
                }
                return Answer.error(503, "SlowDown");
            }
            boolean second = request.is("PUT", "partNumber=2&");
            return second && stub.seen("PUT", "partNumber=2&").size() == 1 ? Answer.error(503, "SlowDown") : null;
        });
        try (S3Store store = S3Store.open(oneTransferAtATime(Duration.ofSeconds(2)))) {
            StripeUpload upload = store.upload(admission.stripe(0), PLAN, n -> "stripe." + n);
            write(upload, new byte[12 * MIB], MIB);

            assertThat(flush(upload)).hasSize(1);
        }
        // The one of the other two that was first in the queue.
        assertThat(stub.seen("PUT", "partNumber"))
                .extracting(request -> request.target().replaceAll(".*partNumber=(\\d+).*", "$1"))
                .isIn(List.of("1", "1", "1", "2", "2", "3"), List.of("1", "1", "1", "3", "2", "2"));
    }

    private StoreConfig oneTransferAtATime(Duration maxElapsed) {
        StoreConfig config = stub.config();
        StoreConfig.Limits limits = config.limits();
        RetryPolicy retries = config.retries();
        return new StoreConfig(
                config.endpoint(),
                config.region(),
                config.bucket(),
                config.prefix(),
                true,
                config.credentials(),
                config.profile(),
                new StoreConfig.Limits(1, limits.calls(), limits.connect(), PROMPTLY, PROMPTLY),
                new RetryPolicy(retries.maxAttempts(), retries.firstBackoff(), retries.maxBackoff(), maxElapsed));
    }

    // ---- completion ----

    /// The last request of hours: what may pass is waited for, as with every other.
    @ParameterizedTest
    @CsvSource({"400, ExpiredToken", "400, RequestTimeout", "400, SlowDown", "408, RequestTimeout", "429, SlowDown"})
    void aCompletionThatIsRefusedForNowIsSentAgain(int status, String code) {
        stub.follow(request ->
                request.is("POST", "uploadId") && stub.seen("POST", "uploadId").size() < 3
                        ? Answer.error(status, code)
                        : null);

        assertThat(upload(stub.config(), ObjectOptions.NONE)).hasSize(1);

        assertThat(stub.seen("POST", "uploadId")).hasSize(3);
        assertThat(stub.seen("HEAD", "")).as("nothing is unclear").isEmpty();
    }

    @Test
    void aCompletionThatIsRefusedForEverIsNot() {
        stub.follow(request -> request.is("POST", "uploadId") ? Answer.error(400, "InvalidPart") : null);

        assertRefused("InvalidPart");

        assertThat(stub.seen("POST", "uploadId")).hasSize(1);
    }

    @Test
    void aCompletionIsRefusedNoMoreOftenThanThePolicyAllows() {
        stub.follow(request -> request.is("POST", "uploadId") ? Answer.error(400, "ExpiredToken") : null);

        assertRefused("attempt 4, given up");

        assertThat(stub.seen("POST", "uploadId")).hasSize(4);
    }

    @Test
    void aWrongSumOfTheWholeIsRefusedAndTheObjectGoes() {
        stub.follow(request -> request.is("POST", "uploadId")
                ? completed()
                : request.is("HEAD", "stripe.1") ? new Answer(200, Map.of("ETag", "\"whole-1\""), "") : null);

        assertRefused("CRC32C");

        assertThat(stub.seen("DELETE", "/bucket/stripe.1"))
                .extracting(Request::target)
                .contains("/bucket/stripe.1");
    }

    @Test
    void aWrongSumOfAnObjectThatAnotherWriterHasReplacedDeletesNothing() {
        stub.follow(request -> request.is("POST", "uploadId")
                ? completed()
                : request.is("HEAD", "stripe.1") ? new Answer(200, Map.of("ETag", "\"other\""), "") : null);

        assertRefused("CRC32C");

        assertThat(stub.seen("DELETE", "/bucket/stripe.1"))
                .extracting(Request::target)
                .doesNotContain("/bucket/stripe.1");
    }

    private static Answer completed() {
        return Answer.of(
                "<CompleteMultipartUploadResult><ETag>\"whole-1\"</ETag><ChecksumCRC32C>AAAAAA==</ChecksumCRC32C>"
                        + "<ChecksumType>FULL_OBJECT</ChecksumType></CompleteMultipartUploadResult>");
    }

    private void assertRefused(String why) {
        try (S3Store store = S3Store.open(stub.config())) {
            StripeUpload upload = store.upload(admission.stripe(0), PLAN, n -> "stripe." + n);
            write(upload, TestS3.random(6 * MIB, 1), MIB);

            assertThatThrownBy(() -> flush(upload))
                    .isInstanceOf(S3Failure.class)
                    .hasMessageContaining(why);
            upload.abort().block(PROMPTLY);
        }
    }

    // ---- the network ----

    @Test
    void trustsThePrivateAuthorityThatIsConfiguredAndNoOther(@TempDir Path directory) throws Exception {
        TestCertificate certificate = TestCertificate.create(directory);
        try (StubS3 secure = new StubS3(certificate.context())) {
            StoreConfig config = secure.config();

            List<StoredSegment> stored = upload(config.over(certificate.trusted()), ObjectOptions.NONE);
            assertThat(stored).hasSize(1);

            try (S3Store distrusting = S3Store.open(config)) {
                assertThatThrownBy(() -> distrusting.put("key", new byte[1]).block(PROMPTLY))
                        .isInstanceOf(S3Failure.class)
                        .hasMessageContaining("certificate is not trusted");
            }
        }
    }

    @Test
    void saysWhichCertificatesCannotBeRead(@TempDir Path directory) throws IOException {
        Path empty = Files.createFile(directory.resolve("empty.pem"));

        assertThatThrownBy(() -> S3Store.open(stub.config().over(trusting(empty))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("empty.pem");
    }

    @Test
    void doesNotShowTheProxysPassword() {
        assertThat(new Network(null, new ProxyChoice.Named(URI.create("http://user:pass@proxy:3128")), 0).toString())
                .contains("proxy:3128")
                .doesNotContain("pass");
    }

    @Test
    void theRateLimitHoldsOverAllPartsAndUploadsTogether() {
        long rate = 16L * MIB;
        try (S3Store store = S3Store.open(stub.config().over(new Network(null, new ProxyChoice.OfTheMachine(), rate)));
                Admission two = await(MemoryBudget.of(48L * MIB).admit(2, PLAN.memoryPerStripe()))) {
            long started = System.nanoTime();
            List<Thread> threads = new ArrayList<>();
            for (int stripe = 0; stripe < 2; stripe++) {
                StripeUpload upload = store.upload(two.stripe(stripe), PLAN, n -> "stripe." + n);
                threads.add(Thread.ofPlatform().start(() -> {
                    write(upload, new byte[10 * MIB], MIB);
                    flush(upload);
                }));
            }
            for (Thread thread : threads) {
                assertThat(join(thread)).isTrue();
            }

            // 20 MiB at 16 MiB/s are 1.25 s, less the tenth that may be saved up.
            assertThat(Duration.ofNanos(System.nanoTime() - started)).isGreaterThan(Duration.ofMillis(1100));
        }
    }

    private static boolean join(Thread thread) {
        try {
            return thread.join(PROMPTLY);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    // ---- integrity ----

    @Test
    void bytesThatAreToBeLockedComeWithASumThatEveryServerKnows() {
        ObjectOptions locked = new ObjectOptions(
                null,
                null,
                Map.of(),
                new ObjectOptions.Lock(ObjectOptions.LockMode.GOVERNANCE, Instant.parse("2030-01-02T03:04:05Z")));

        upload(stub.config().with(ProviderProfile.GENERIC), locked);
        upload(stub.config().with(ProviderProfile.AWS), locked);

        assertThat(stub.seen("PUT", "partNumber"))
                .hasSize(6)
                .allMatch(part -> part.headers().containsKey("content-md5")
                        != part.headers().containsKey("x-amz-checksum-crc32c"));

        put(stub.config().with(ProviderProfile.GENERIC), locked);
        put(stub.config().with(ProviderProfile.AWS), locked);

        assertThat(stub.seen("PUT", "/whole"))
                .hasSize(2)
                .allMatch(put -> put.headers().containsKey("content-md5")
                        != put.headers().containsKey("x-amz-checksum-crc32c"));
    }

    @Test
    void aBucketThatLocksByDefaultIsUnderstoodFromItsRefusal() {
        stub.follow(
                request -> request.method().equals("PUT") && !request.headers().containsKey("content-md5")
                        ? new Answer(
                                400,
                                Map.of(),
                                "<Error><Code>InvalidRequest</Code><Message>Content-MD5 OR x-amz-checksum- HTTP header is required"
                                        + " for Put Part requests with Object Lock parameters</Message></Error>")
                        : request.is("PUT", "document") ? Answer.of("") : null);

        List<StoredSegment> segments = upload(stub.config().with(ProviderProfile.GENERIC), ObjectOptions.NONE);

        assertThat(segments.getFirst().parts()).hasSize(3);
        put(stub.config().with(ProviderProfile.GENERIC), ObjectOptions.NONE);
        assertThat(stub.seen("PUT", "/whole"))
                .extracting(put -> put.headers().containsKey("content-md5"))
                .containsExactly(false, true);
        try (S3Store store = S3Store.open(stub.config().with(ProviderProfile.GENERIC))) {
            store.put("document", "hello".getBytes(StandardCharsets.UTF_8)).block(PROMPTLY);
        }
        assertThat(stub.seen("PUT", "document").getLast().headers())
                .containsEntry("content-md5", "XUFAKrxLKna5cZ2REBfFkg==");
    }

    // ---- what a refusal says ----

    @ParameterizedTest
    @CsvSource({"x-amz-bucket-region, ''", "'', <Region>eu-west-3</Region>"})
    void theBucketsRegionIsToldWhereTheServerTellsIt(String header, String element) {
        stub.follow(_ -> new Answer(
                400,
                header.isEmpty() ? Map.of() : Map.of(header, "eu-west-3"),
                "<Error><Code>AuthorizationHeaderMalformed</Code><Message>no</Message>%s</Error>".formatted(element)));

        try (S3Store store = S3Store.open(stub.config())) {
            assertThatThrownBy(() -> await(store.get("key")))
                    .isInstanceOfSatisfying(S3Failure.class, failure -> {
                        assertThat(failure.region()).hasValue("eu-west-3");
                        assertThat(failure.remedy())
                                .hasValueSatisfying(remedy -> assertThat(remedy).contains("store.region to eu-west-3"));
                    })
                    .hasMessageContaining("the bucket is in the region eu-west-3");
        }
    }

    @Test
    void aRegionThatIsTheRightOneIsNoNews() {
        stub.follow(_ -> new Answer(
                403, Map.of("x-amz-bucket-region", "us-east-1"), "<Error><Code>AccessDenied</Code></Error>"));

        try (S3Store store = S3Store.open(stub.config())) {
            assertThatThrownBy(() -> await(store.get("key")))
                    .isInstanceOfSatisfying(
                            S3Failure.class,
                            failure -> assertThat(failure.region()).isEmpty());
        }
    }

    @Test
    void eachRetryIsOneLine() {
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        Logger log = (Logger) LoggerFactory.getLogger(S3Calls.class);
        Level before = log.getLevel();
        log.setLevel(Level.WARN);
        log.addAppender(lines);
        AtomicInteger left = new AtomicInteger(2);
        stub.follow(_ -> left.getAndDecrement() > 0 ? Answer.error(503, "SlowDown") : Answer.of("content"));

        try (S3Store store = S3Store.open(stub.config())) {
            assertThat(await(store.get("key"))).isNotEmpty();
        } finally {
            log.detachAppender(lines);
            log.setLevel(before);
        }

        assertThat(lines.list).hasSize(2).allSatisfy(line -> {
            assertThat(line.getThrowableProxy()).isNull();
            assertThat(line.getFormattedMessage() + line.getKeyValuePairs())
                    .contains("is made again", "SlowDown", "bucket/key")
                    .doesNotContain("\n");
        });
    }

    // ---- profiles ----

    @Test
    void cloudflaresStoreIsRecognisedByItsAddress() {
        assertThat(ProviderProfile.recognised(URI.create("https://abc.eu.R2.cloudflarestorage.com")))
                .hasValue(ProviderProfile.R2);
        assertThat(ProviderProfile.recognised(URI.create("https://r2.cloudflarestorage.com.example.org")))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "AmazonS3, , true, true, true, 10000",
        "MinIO, , true, false, false, 10000",
        "Ceph Object Gateway (squid), , false, false, false, 10000",
        "nginx, x-rgw-object-type, false, false, false, 10000",
        "nginx, , false, false, false, 1000"
    })
    void recognisesOnlyWhatNamesItself(
            String server, String header, boolean parts, boolean whole, boolean conditions, int maxParts) {
        stub.follow(_ -> new Answer(
                200, header == null ? Map.of("Server", server) : Map.of("Server", server, header, "Normal"), ""));

        try (S3Store store = S3Store.open(stub.config())) {
            assertThat(await(store.recognise())).isEqualTo(new ProviderProfile(parts, whole, conditions, maxParts));
        }
    }

    /// The same place, one that comes again later, and none at all: each listing would go on for ever.
    @ParameterizedTest
    @ValueSource(strings = {"a a", "a b a", "a b b", "-"})
    void aListingThatWouldNeverEndIsAFailure(String places) {
        Iterator<String> next = List.of(places.split(" ")).iterator();
        stub.follow(_ -> {
            String place = next.next(); // a request too many ends the test here
            String token =
                    place.equals("-") ? "" : "<NextContinuationToken>%s</NextContinuationToken>".formatted(place);
            return Answer.of("<ListBucketResult><IsTruncated>true</IsTruncated>%s</ListBucketResult>".formatted(token));
        });

        try (S3Store store = S3Store.open(stub.config())) {
            assertThatThrownBy(() -> await(store.list("").collectList()))
                    .isInstanceOfSatisfying(
                            S3Failure.class,
                            failure -> assertThat(failure.retryable()).isFalse())
                    .hasMessageContaining("ListObjectsV2")
                    .hasMessageContaining(places.equals("-") ? "no continuation token" : "twice");
        }
    }

    @Test
    void uploadsThatWouldNeverAllBeListedAreAFailure() {
        stub.follow(_ -> Answer.of("<ListMultipartUploadsResult><IsTruncated>true</IsTruncated>"
                + "<NextKeyMarker>k</NextKeyMarker></ListMultipartUploadsResult>"));

        try (S3Store store = S3Store.open(stub.config())) {
            assertThatThrownBy(() -> await(store.uploads("").collectList()))
                    .isInstanceOf(S3Failure.class)
                    .hasMessageContaining("ListMultipartUploads");
        }
        assertThat(stub.requests).hasSize(2);
    }

    private void put(StoreConfig config, ObjectOptions options) {
        try (S3Store store = S3Store.open(config)) {
            StripeUpload upload = store.upload(admission.stripe(0), PLAN, _ -> "whole", options);
            StripeUploadTest.write(upload, new byte[MIB], MIB);
            StripeUploadTest.flush(upload);
        }
    }

    private List<StoredSegment> upload(StoreConfig config, ObjectOptions options) {
        try (S3Store store = S3Store.open(config)) {
            StripeUpload upload = store.upload(admission.stripe(0), PLAN, n -> "stripe." + n, options);
            write(upload, new byte[12 * MIB], MIB);
            return flush(upload);
        }
    }

    private static Network trusting(Path pem) {
        return new Network(pem, new ProxyChoice.OfTheMachine(), 0);
    }
}
