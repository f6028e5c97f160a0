package dev.sluice.s3;

import static dev.sluice.s3.StripeUploadTest.flush;
import static dev.sluice.s3.StripeUploadTest.write;
import static dev.sluice.s3.TestS3.PROMPTLY;
import static dev.sluice.s3.TestS3.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.simulator.s3.EmbeddedS3;
import dev.sluice.testsupport.FaultyProxy;
import dev.sluice.testsupport.Reaction.Fault;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/// Uploads and downloads with faults of the network and the server: either the bytes are right, or nothing is left.
abstract class FaultContract {
    private static final int MIB = 1 << 20;
    private static final PartPlan PLAN = new PartPlan(5 * MIB, PartPlan.MAX_PARTS, 2 * MIB, MIB);
    private static final byte[] BYTES = TestS3.random(12 * MIB + 345, 1);

    private final MemoryBudget budget = MemoryBudget.of(24L * MIB);
    private final Admission admission = await(budget.admit(1, PLAN.memoryPerStripe()));
    private final FaultyProxy proxy = new FaultyProxy(TestS3.endpoint());
    private final TlsFront front;
    private final S3Store store;
    private final S3Store direct;

    @TempDir
    private static Path certificates;

    private static TestCertificate certificate;

    @BeforeAll
    static void certify() throws Exception {
        certificate = TestCertificate.create(Files.createTempDirectory(certificates, "server"));
    }

    /// Over https there is TLS in front of the proxy, so that the faults are in what is encrypted.
    FaultContract(String scheme) {
        StoreConfig plain = TestS3.config(proxy.endpoint());
        front = new TlsFront(proxy.endpoint(), certificate);
        store = S3Store.open(scheme.equals("https") ? front.to(plain) : plain);
        direct = TestS3.direct(store.config());
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        admission.close();
        assertThat(await(direct.uploads("").collectList())).isEmpty();
        assertThat(budget.inUse()).isZero();
        store.close();
        direct.close();
        front.close();
        proxy.close();
    }

    // ---- parts ----

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {
                "ERROR_500",
                "SLOW_DOWN",
                "RESET_IN_BODY",
                "BLACK_HOLE",
                "LOST_ANSWER",
                "DONE_BUT_500",
                "FLIPPED_BIT"
            })
    void aPartThatFailsAtFirstIsSentAgainWithTheSameBytes(Fault fault) {
        proxy.follow((request, times) -> request.is("PUT", "partNumber=2") && times == 1 ? fault : Fault.NONE);
        StripeUpload upload = upload();

        write(upload, BYTES, MIB);
        StoredSegment segment = flush(upload).getFirst();

        assertThat(await(direct.get(segment.key()))).isEqualTo(BYTES);
        assertThat(proxy.count("PUT", "partNumber=2")).isEqualTo(2);
        assertThat(proxy.count("PUT", "partNumber=1")).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"ERROR_500", "RESET_IN_BODY", "LOST_ANSWER"})
    void aPartThatAlwaysFailsFailsTheStripeAndAnAbortLeavesNothing(Fault fault) {
        proxy.follow((request, _) -> request.is("PUT", "partNumber=2") ? fault : Fault.NONE);
        StripeUpload upload = upload();

        assertThatThrownBy(() -> {
                    write(upload, BYTES, MIB);
                    flush(upload);
                })
                .isInstanceOf(S3Failure.class)
                .hasMessageContaining("UploadPart (part 2)")
                .hasMessageContaining("/stripe.1")
                .hasMessageContaining("attempt 4, given up");
        assertThatThrownBy(() -> upload.reserve(MIB).block(PROMPTLY)).isInstanceOf(S3Failure.class);
        assertThatThrownBy(() -> upload.write(MemorySegment.ofArray(new byte[1])))
                .isInstanceOf(S3Failure.class);
        upload.abort().block(PROMPTLY);

        assertThat(keys()).isEmpty();
        assertThat(proxy.count("PUT", "partNumber=2")).isEqualTo(4);
    }

    @Test
    void anErrorThatWillNotPassIsNotTriedAgain() {
        StoreConfig config = store.config();
        StoreConfig elsewhere = new StoreConfig(
                config.endpoint(),
                config.region(),
                "no-such-bucket",
                "",
                true,
                config.credentials(),
                config.profile(),
                config.limits(),
                config.retries(),
                config.network());
        try (S3Store nowhere = S3Store.open(elsewhere)) {
            StripeUpload upload = nowhere.upload(admission.stripe(0), PLAN, n -> "stripe." + n);

            assertThatThrownBy(() -> {
                        write(upload, BYTES, MIB);
                        flush(upload);
                    })
                    .isInstanceOf(S3Failure.class)
                    .hasMessageContaining("CreateMultipartUpload")
                    .hasMessageContaining("NoSuchBucket");
            upload.abort().onErrorComplete().block(PROMPTLY);
        }

        assertThat(proxy.count("POST", "uploads")).isEqualTo(1);
    }

    // ---- create, abort ----

    @Test
    void anUploadWhoseIdGotLostIsFoundAndAborted() {
        proxy.follow((request, times) -> request.is("POST", "?uploads") && times == 1 ? Fault.LOST_ANSWER : Fault.NONE);
        StripeUpload upload = upload();
        write(upload, BYTES, MIB);

        upload.abort().block(PROMPTLY);

        assertThat(keys()).isEmpty();
    }

    @Test
    void anAbortWhosePartsHangDoesNotWaitForThem() {
        proxy.follow((request, _) -> request.is("PUT", "partNumber") ? Fault.BLACK_HOLE : Fault.NONE);
        try (S3Store enduring = S3Store.open(TestS3.enduring(store.config()))) {
            StripeUpload upload = enduring.upload(admission.stripe(0), PLAN, n -> "stripe." + n);
            write(upload, BYTES, MIB);

            upload.abort().block(PROMPTLY);
        }

        assertThat(keys()).isEmpty();
    }

    @Test
    void memoryIsInUseAsLongAsAConnectionMayReadItAndNoLonger() {
        proxy.follow((request, _) -> request.is("PUT", "partNumber") ? Fault.FROZEN : Fault.NONE);
        // More than the sockets on the way take: those of the client, of TLS and of the proxy.
        PartPlan large = new PartPlan(16 * MIB, PartPlan.MAX_PARTS, 2 * MIB, MIB, 16 * MIB);
        try (S3Store enduring = S3Store.open(TestS3.enduring(store.config()));
                Admission room = await(budget.admit(1, large.memoryPerStripe()))) {
            StripeUpload upload = enduring.upload(room.stripe(0), large, n -> "stripe." + n);
            write(upload, TestS3.random(17 * MIB, 1), MIB);
            Awaitility.await().atMost(PROMPTLY).until(() -> proxy.count("PUT", "partNumber") == 1);
            // The head arrives before the body begins. From then on the part is neither sent nor failed: until its
            // connection is closed, the client may still read its memory.
            Awaitility.await().atMost(PROMPTLY).until(() -> isSending(enduring));
            CompletableFuture<?> quiet = enduring.wire().quiet().toFuture();
            upload.abort().block(PROMPTLY);

            assertThat(quiet).succeedsWithin(PROMPTLY);
        }
        assertThat(budget.inUse()).isZero();
        assertThat(keys()).isEmpty();
    }

    private static boolean isSending(S3Store store) {
        return Boolean.TRUE.equals(store.wire()
                .quiet()
                .thenReturn(false)
                .timeout(Duration.ofMillis(200), Mono.just(true))
                .block(PROMPTLY));
    }

    @Test
    void anAbortIsRetriedWhenItsAnswerGetsLost() {
        proxy.follow(
                (request, times) -> request.is("DELETE", "uploadId") && times == 1 ? Fault.LOST_ANSWER : Fault.NONE);
        StripeUpload upload = upload();
        write(upload, BYTES, MIB);

        upload.abort().block(PROMPTLY);

        assertThat(keys()).isEmpty();
    }

    // ---- completion ----

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"ERROR_500", "SLOW_DOWN", "BLACK_HOLE", "LOST_ANSWER", "DONE_BUT_500", "OK_WITH_ERROR"})
    void aCompletionWithAnUnclearAnswerIsLookedUp(Fault fault) {
        proxy.follow((request, times) -> request.is("POST", "uploadId") && times == 1 ? fault : Fault.NONE);
        StripeUpload upload = upload();

        write(upload, BYTES, MIB);
        StoredSegment segment = flush(upload).getFirst();

        assertThat(await(direct.get(segment.key()))).isEqualTo(BYTES);
        assertThat(segment.eTag()).isEqualTo(await(direct.head(segment.key())).eTag());
        boolean done = fault == Fault.LOST_ANSWER || fault == Fault.DONE_BUT_500;
        assertThat(proxy.count("POST", "uploadId")).isEqualTo(done ? 1 : 2);
    }

    @Test
    void aCompletionThatNeverSucceedsIsAnErrorAndCanBeAborted() {
        proxy.follow((request, _) -> request.is("POST", "uploadId") ? Fault.OK_WITH_ERROR : Fault.NONE);
        StripeUpload upload = upload();
        write(upload, BYTES, MIB);

        assertThatThrownBy(() -> flush(upload))
                .isInstanceOf(S3Failure.class)
                .hasMessageContaining("CompleteMultipartUpload")
                .hasMessageContaining("InternalError");
        upload.abort().block(PROMPTLY);

        assertThat(keys()).isEmpty();
    }

    @Test
    void anUploadThatAnotherClientAbortedIsAnErrorNotASuccess() {
        StripeUpload upload = upload();
        write(upload, BYTES, MIB);
        Awaitility.await()
                .atMost(PROMPTLY)
                .until(() -> !await(direct.uploads("").collectList()).isEmpty());
        direct.uploads("").concatMap(direct::abort).blockLast(PROMPTLY);

        assertThatThrownBy(() -> flush(upload)).isInstanceOf(S3Failure.class);
        upload.abort().block(PROMPTLY);

        assertThat(keys()).isEmpty();
    }

    // ---- slowness ----

    @Test
    void aSlowStoreMakesReservationsWaitAndMemoryStaysWithinTheBudget() {
        proxy.slowDownTo(16 * MIB);
        StripeUpload upload = upload();

        int written = 0;
        boolean waited = false;
        for (; written < 32; written++) {
            Disposable reservation = upload.reserve(MIB).subscribe();
            waited |= !reservation.isDisposed();
            reservation.dispose();
            upload.reserve(MIB).block(PROMPTLY);
            upload.write(MemorySegment.ofArray(new byte[MIB]));
        }
        flush(upload);

        assertThat(waited).isTrue();
        assertThat(budget.peak()).isLessThanOrEqualTo(budget.capacity());
    }

    @Test
    void aServerThatGoesAwayForAWhileIsWaitedFor(@TempDir Path directory) throws Exception {
        try (EmbeddedS3 server = EmbeddedS3.start(directory, "backups");
                S3Store there = S3Store.open(patient(TestS3.config(server, server.endpoint())))) {
            StripeUpload upload = there.upload(admission.stripe(0), PLAN, n -> "stripe." + n);
            write(upload, slice(0, 6 * MIB), MIB);

            server.stop();
            write(upload, slice(6 * MIB, 6 * MIB), MIB);
            Thread restart = Thread.ofVirtual().start(server::restart);
            List<StoredSegment> segments = flush(upload);
            restart.join();

            assertThat(await(there.get(segments.getFirst().key()))).isEqualTo(slice(0, 12 * MIB));
        }
    }

    @Test
    void aServerThatStaysAwayIsNamed(@TempDir Path directory) {
        try (EmbeddedS3 server = EmbeddedS3.start(directory, "backups");
                S3Store there = S3Store.open(TestS3.config(server, server.endpoint()))) {
            StripeUpload upload = there.upload(admission.stripe(0), PLAN, n -> "stripe." + n);
            write(upload, slice(0, 6 * MIB), MIB);
            server.stop();

            assertThatThrownBy(() -> flush(upload))
                    .isInstanceOf(S3Failure.class)
                    .hasMessageContaining(server.endpoint().toString())
                    .hasMessageContaining("s3://backups/");
            assertThatThrownBy(() -> upload.abort().block(PROMPTLY))
                    .isInstanceOf(S3Failure.class)
                    // On a busy machine the connection may be refused, or time out before that.
                    .hasMessageMatching("(?s).*(cannot connect|no connection could be made in time).*");
            assertThat(budget.inUse()).isZero();
        }
    }

    // ---- downloads ----

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"ERROR_500", "SLOW_DOWN", "LOST_ANSWER", "CUT_ANSWER", "STALLED_ANSWER", "BLACK_HOLE"})
    void aRangeThatBreaksOffIsFetchedAgain(Fault fault) {
        direct.put("object", BYTES).block(PROMPTLY);
        BlockSums sums = StripeDownloadTest.sums(BYTES, 2 * MIB);
        proxy.follow((request, times) -> request.is("GET", "/object") && times % 3 == 2 ? fault : Fault.NONE);
        DownloadPlan plan = new DownloadPlan(2 * MIB, MIB, 3);

        try (StripeDownload download = store.download(
                admission.stripe(0), plan, List.of(DownloadSource.verified("object", BYTES.length, sums)))) {
            assertThat(StripeDownloadTest.readAll(download, MIB)).isEqualTo(BYTES);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"ERROR_500", "SLOW_DOWN", "CUT_ANSWER", "STALLED_ANSWER"})
    void blocksThatARequestForManyDoesNotBringAreFetchedOneByOne(Fault fault) {
        direct.put("object", BYTES).block(PROMPTLY);
        proxy.follow((request, times) -> request.is("GET", "/object") && times == 1 ? fault : Fault.NONE);

        long requests = requestsOfAWholeDownload();

        long blocks = Math.ceilDiv(BYTES.length, 2 * MIB);
        assertThat(requests).isBetween(Math.ceilDiv(blocks, 8L) + 1, blocks + 1);
    }

    @Test
    void eightBlocksAreAskedForTogetherWhereThereIsMemory() {
        direct.put("object", BYTES).block(PROMPTLY);

        assertThat(requestsOfAWholeDownload()).isEqualTo(Math.ceilDiv(Math.ceilDiv(BYTES.length, 2 * MIB), 8));
    }

    @Test
    void aServerThatAnswersWithOtherBytesThanItWasAskedForIsNotBelieved() {
        // Not larger: the stand-in keeps a few copies of each response that the client does not read to its end.
        byte[] whole = TestS3.random(MIB, 1);
        try (StubS3 stub = new StubS3();
                S3Store there = S3Store.open(stub.config());
                MemoryBudget memory = MemoryBudget.of(64L * MIB);
                Admission place = await(memory.admit(1, 4L * MIB))) {
            // A server that ignores ranges.
            stub.follow(_ -> new StubS3.Answer(200, Map.of(), new String(whole, StandardCharsets.ISO_8859_1)));
            DownloadPlan plan = new DownloadPlan(MIB, MIB, 12);
            DownloadSource source = new DownloadSource("object", 16L * MIB, null, "etag");

            try (StripeDownload download = there.download(place.stripe(0), plan, List.of(source))) {
                assertThatThrownBy(() -> await(download.await(MIB))).isInstanceOf(S3Failure.class);
            }
        }
    }

    private long requestsOfAWholeDownload() {
        DownloadSource source =
                DownloadSource.verified("object", BYTES.length, StripeDownloadTest.sums(BYTES, 2 * MIB));
        try (MemoryBudget memory = MemoryBudget.of(2L * BYTES.length);
                Admission place = await(memory.admit(1, 4L * MIB));
                StripeDownload download =
                        store.download(place.stripe(0), new DownloadPlan(2 * MIB, MIB, 40), List.of(source))) {
            assertThat(StripeDownloadTest.readAll(download, MIB)).isEqualTo(BYTES);
        }
        return proxy.count("GET", "/object");
    }

    @Test
    void connectionsThatWereCutDuringALongSilenceAreReplaced() throws IOException {
        direct.put("object", BYTES).block(PROMPTLY);
        BlockSums sums = StripeDownloadTest.sums(BYTES, 2 * MIB);
        try (StripeDownload download = store.download(
                admission.stripe(0),
                new DownloadPlan(2 * MIB, MIB, 0),
                List.of(DownloadSource.verified("object", BYTES.length, sums)))) {
            byte[] first = new byte[MIB];
            await(download.await(MIB));
            download.read(MemorySegment.ofArray(first));

            proxy.cutConnections();

            assertThat(first).isEqualTo(slice(0, MIB));
            assertThat(StripeDownloadTest.readAll(download, MIB))
                    .isEqualTo(Arrays.copyOfRange(BYTES, MIB, BYTES.length));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 12})
    void closingADownloadThatHangsReturnsItsMemoryAndItsConnectionsAtOnce(int readAhead) {
        direct.put("object", BYTES).block(PROMPTLY);
        BlockSums sums = StripeDownloadTest.sums(BYTES, 2 * MIB);
        proxy.follow((request, _) -> request.is("GET", "/object") ? Fault.STALLED_ANSWER : Fault.NONE);
        try (S3Store enduring = S3Store.open(TestS3.enduring(store.config()))) {
            StripeDownload download = enduring.download(
                    admission.stripe(0),
                    new DownloadPlan(2 * MIB, MIB, readAhead),
                    List.of(DownloadSource.verified("object", BYTES.length, sums)));
            Disposable waiting = download.await(MIB).subscribe(_ -> {}, _ -> {});
            Awaitility.await().atMost(PROMPTLY).until(() -> proxy.count("GET", "/object") > 0);
            assertThat(enduring.wire().openConnections()).isPositive();

            download.close();

            assertThat(waiting.isDisposed()).isTrue();
            assertThat(budget.inUse()).isZero();
            Awaitility.await().atMost(PROMPTLY).until(() -> enduring.wire().openConnections() == 0);
        }
    }

    private static StoreConfig patient(StoreConfig config) {
        return new StoreConfig(
                config.endpoint(),
                config.region(),
                config.bucket(),
                config.prefix(),
                config.pathStyle(),
                config.credentials(),
                config.profile(),
                config.limits(),
                new RetryPolicy(50, Duration.ofMillis(50), Duration.ofMillis(200), Duration.ofSeconds(15)),
                config.network());
    }

    private StripeUpload upload() {
        return store.upload(admission.stripe(0), PLAN, n -> "stripe." + n);
    }

    private List<String> keys() {
        return await(direct.list("").map(ObjectInfo::key).collectList());
    }

    private static byte[] slice(int offset, int length) {
        return Arrays.copyOfRange(BYTES, offset, offset + length);
    }
}
