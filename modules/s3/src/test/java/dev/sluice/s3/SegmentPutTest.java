package dev.sluice.s3;

import static dev.sluice.s3.StripeUploadTest.flush;
import static dev.sluice.s3.StripeUploadTest.write;
import static dev.sluice.s3.TestS3.PROMPTLY;
import static dev.sluice.s3.TestS3.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.s3.StubS3.Answer;
import dev.sluice.testsupport.FaultyProxy;
import dev.sluice.testsupport.Reaction.Fault;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

/// A segment that fits into its first part is sent in one request. With every outcome of that request, either the
/// bytes are right, or nothing is left.
class SegmentPutTest {
    private static final int MIB = 1 << 20;
    private static final PartPlan PLAN = new PartPlan(5 * MIB, PartPlan.MAX_PARTS, 2 * MIB, MIB);
    private static final byte[] BYTES = TestS3.random(3 * MIB + 345, 1);

    private final MemoryBudget budget = MemoryBudget.of(24L * MIB);
    private final Admission admission = await(budget.admit(1, PLAN.memoryPerStripe()));
    private final FaultyProxy proxy = new FaultyProxy(TestS3.endpoint());
    private final S3Store store = S3Store.open(TestS3.config(proxy.endpoint()));
    private final S3Store direct = TestS3.direct(store.config());

    @AfterEach
    void nothingIsLeft() throws IOException {
        admission.close();
        assertThat(await(direct.uploads("").collectList())).isEmpty();
        // The memory of a part that was refused before all of it was sent comes back when its connection is closed.
        Awaitility.await()
                .atMost(PROMPTLY)
                .untilAsserted(() -> assertThat(budget.inUse()).isZero());
        store.close();
        direct.close();
        proxy.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, MIB, 5 * MIB - 1})
    void isOneRequest(int size) {
        StripeUpload upload = upload(store);
        byte[] bytes = TestS3.random(size, 2);
        write(upload, bytes, MIB);

        StoredSegment segment = flush(upload).getFirst();

        assertThat(await(direct.get(segment.key()))).isEqualTo(bytes);
        assertThat(segment.parts()).containsExactly(new StoredSegment.Part(1, size, segment.crc32c()));
        assertThat(segment.eTag()).isEqualTo(await(direct.head(segment.key())).eTag());
        assertThat(store.requests()).isEqualTo(1);
    }

    @Test
    void isJoinedWithOthersLikeAnUpload() {
        StripeUpload upload = upload(store);
        write(upload, TestS3.random(6 * MIB, 3), MIB);
        flush(upload);
        write(upload, TestS3.random(MIB, 4), MIB);
        List<StoredSegment> segments = flush(upload);

        StoredSegment joined = await(store.join(segments, "joined", ObjectOptions.NONE));

        assertThat(joined.bytes()).isEqualTo(7L * MIB);
        assertThat(await(direct.head("joined")).bytes()).isEqualTo(7L * MIB);
    }

    // ---- trying again ----

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
    void thatFailsAtFirstIsSentAgainWithTheSameBytes(Fault fault) {
        proxy.follow((request, times) -> request.is("PUT", "/stripe.1") && times == 1 ? fault : Fault.NONE);
        StripeUpload upload = upload(store);
        write(upload, BYTES, MIB);

        StoredSegment segment = flush(upload).getFirst();

        assertThat(await(direct.get(segment.key()))).isEqualTo(BYTES);
        assertThat(segment.eTag()).isEqualTo(await(direct.head(segment.key())).eTag());
        assertThat(proxy.count("PUT", "/stripe.1")).isEqualTo(2);
    }

    /// A server that ignores conditions takes the same bytes twice.
    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"ERROR_500", "RESET_IN_BODY", "LOST_ANSWER", "DONE_BUT_500"})
    void isSentAgainToAServerWithoutConditions(Fault fault) {
        proxy.follow((request, times) -> request.is("PUT", "/stripe.1") && times == 1 ? fault : Fault.NONE);
        try (S3Store generic = S3Store.open(store.config().with(ProviderProfile.GENERIC))) {
            StripeUpload upload = upload(generic);
            write(upload, BYTES, MIB);

            StoredSegment segment = flush(upload).getFirst();

            assertThat(await(direct.get(segment.key()))).isEqualTo(BYTES);
            assertThat(proxy.count("PUT", "/stripe.1")).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"ERROR_500", "RESET_IN_BODY", "LOST_ANSWER", "DONE_BUT_500", "FLIPPED_BIT"})
    void thatAlwaysFailsFailsTheStripeAndAnAbortLeavesNothing(Fault fault) {
        proxy.follow((request, _) -> request.is("PUT", "/stripe.1") ? fault : Fault.NONE);
        StripeUpload upload = upload(store);
        write(upload, BYTES, MIB);

        assertThatThrownBy(() -> flush(upload))
                .isInstanceOf(S3Failure.class)
                .hasMessageContaining("PutObject")
                .hasMessageContaining("/stripe.1")
                .hasMessageContaining("attempt 4, given up");
        assertThatThrownBy(() -> upload.reserve(MIB).block(PROMPTLY)).isInstanceOf(S3Failure.class);
        upload.abort().block(PROMPTLY);

        assertThat(keys()).isEmpty();
        assertThat(proxy.count("PUT", "/stripe.1")).isEqualTo(4);
    }

    @Test
    void neverReplacesAnExistingObjectAndAnAbortLeavesIt() {
        direct.put("stripe.1", BYTES).block(PROMPTLY);
        StripeUpload upload = upload(store);
        write(upload, BYTES, MIB);

        assertThatThrownBy(() -> flush(upload)).isInstanceOf(S3Failure.class).hasMessageContaining("412");
        upload.abort().block(PROMPTLY);

        assertThat(keys()).containsExactly("stripe.1");
        assertThat(proxy.count("PUT", "/stripe.1")).isEqualTo(1);
    }

    /// The first attempt had no effect, and meanwhile another writer has stored an object.
    @Test
    void anObjectAfterAnUnclearAttemptIsCheckedBeforeItCountsAsOurs() {
        proxy.follow((request, times) -> {
            if (request.is("PUT", "/stripe.1") && times == 1) {
                direct.put("stripe.1", new byte[7]).block(PROMPTLY);
                return Fault.ERROR_500;
            }
            return Fault.NONE;
        });
        StripeUpload upload = upload(store);
        write(upload, BYTES, MIB);

        assertThatThrownBy(() -> flush(upload))
                .isInstanceOf(S3Failure.class)
                .hasMessageContaining("the object has 7 bytes instead of " + BYTES.length);
        upload.abort().block(PROMPTLY);

        assertThat(await(direct.get("stripe.1"))).hasSize(7);
    }

    // ---- answers ----

    @Test
    void anObjectWithAnotherChecksumOfTheServersIsAFailureAndDeleted() {
        try (StubS3 stub = new StubS3();
                S3Store there = S3Store.open(stub.config())) {
            stub.follow(request -> {
                if (!request.is("PUT", "/stripe.1")) {
                    return null;
                }
                stub.store(request);
                return new Answer(200, Map.of("ETag", "\"whole-1\"", "x-amz-checksum-crc32c", "AAAAAA=="), "");
            });
            StripeUpload upload = upload(there);
            write(upload, BYTES, MIB);

            assertThatThrownBy(() -> flush(upload))
                    .isInstanceOf(S3Failure.class)
                    .hasMessageContaining("the server's CRC32C of the object is AAAAAA==");
            upload.abort().block(PROMPTLY);

            assertThat(stub.seen("PUT", "/stripe.1")).hasSize(1);
            assertThat(stub.seen("DELETE", "/stripe.1")).isNotEmpty();
            assertThat(stub.has("/stripe.1")).isFalse();
        }
    }

    @Test
    void anAnswerWithoutAnETagIsAFailureAndTheObjectIsDeleted() {
        try (StubS3 stub = new StubS3();
                S3Store there = S3Store.open(stub.config())) {
            stub.follow(request -> {
                if (!request.is("PUT", "/stripe.1")) {
                    return null;
                }
                stub.store(request);
                return Answer.of("<html><body>Please sign in</body></html>");
            });
            StripeUpload upload = upload(there);
            write(upload, BYTES, MIB);

            assertThatThrownBy(() -> flush(upload))
                    .hasMessageContaining("no ETag")
                    .hasMessageContaining("PutObject");
            upload.abort().block(PROMPTLY);

            assertThat(stub.seen("PUT", "/stripe.1")).hasSize(1);
            assertThat(stub.has("/stripe.1")).isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource({"403, QuotaExceeded", "400, XMinioAdminBucketQuotaExceeded", "507, XMinioStorageFull"})
    void thatFindsNoRoomIsToldSo(int status, String code) {
        try (StubS3 stub = new StubS3();
                S3Store there = S3Store.open(stub.config())) {
            stub.follow(request -> request.is("PUT", "/stripe.1") ? Answer.error(status, code) : null);
            StripeUpload upload = upload(there);
            write(upload, BYTES, MIB);

            assertThatThrownBy(() -> flush(upload))
                    .isInstanceOfSatisfying(
                            S3Failure.class,
                            failure -> assertThat(failure.remedy().orElse("")).contains("is used up"));
            upload.abort().block(PROMPTLY);
        }
    }

    // ---- a refusal that gets lost ----

    /// What the server does to PutObjects and to the upload by which their refusal is asked for.
    ///
    /// @param lost how many PutObjects get no answer; the connection is closed instead
    private static StubS3.Script losing(StubS3 stub, int lost, StubS3.Script upload) {
        return request -> {
            if (request.is("PUT", "/stripe.1") && stub.seen("PUT", "/stripe.1").size() <= lost) {
                throw new IllegalStateException("no answer");
            }
            return upload.decide(request);
        };
    }

    private static Answer listing(String... uploads) {
        return Answer.of("<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>"
                + Stream.of(uploads)
                        .map(
                                "<Upload><Key>stripe.1</Key><UploadId>%s</UploadId><Initiated>2026-11-25T00:00:00Z</Initiated></Upload>"
                                        ::formatted)
                        .collect(Collectors.joining())
                + "</ListMultipartUploadsResult>");
    }

    /// A server may refuse the properties before it has read the bytes, and close the connection.
    @Test
    void thatGetsNoAnswerTwiceIsExplainedByTheRefusalOfAnUpload() {
        try (StubS3 stub = new StubS3();
                S3Store there = S3Store.open(stub.config())) {
            stub.follow(losing(
                    stub, 9, request -> request.is("POST", "?uploads") ? Answer.error(403, "AccessDenied") : null));
            StripeUpload upload = upload(there);
            write(upload, BYTES, MIB);

            assertThatThrownBy(() -> flush(upload))
                    .isInstanceOfSatisfying(
                            S3Failure.class,
                            failure -> assertThat(failure.code()).isEqualTo("AccessDenied"))
                    .hasMessageContaining("CreateMultipartUpload (after two PutObjects without an answer)");
            upload.abort().block(PROMPTLY);

            assertThat(stub.seen("PUT", "/stripe.1")).hasSize(2);
            assertThat(stub.requests)
                    .as("no upload was created")
                    .filteredOn(request -> request.target().contains("upload"))
                    .hasSize(1);
        }
    }

    @Test
    void thatGetsNoAnswerTwiceGoesOnWhenAnUploadIsAcceptedAndLeavesNone() {
        try (StubS3 stub = new StubS3();
                S3Store there = S3Store.open(stub.config())) {
            stub.follow(losing(stub, 2, _ -> null));
            StripeUpload upload = upload(there);
            write(upload, BYTES, MIB);

            assertThat(flush(upload)).extracting(StoredSegment::key).containsExactly("stripe.1");

            assertThat(stub.seen("PUT", "/stripe.1")).hasSize(3);
            assertThat(stub.seen("POST", "?uploads")).hasSize(1);
            assertThat(stub.seen("DELETE", "uploadId=u1")).hasSize(1);
            assertThat(stub.seen("GET", "")).isEmpty();
        }
    }

    /// A policy may allow to create uploads and not to abort them: the object needs neither.
    @Test
    void goesOnWhenTheUploadThatExplainsMayNotBeAborted() {
        try (StubS3 stub = new StubS3();
                S3Store there = S3Store.open(stub.config())) {
            stub.follow(losing(
                    stub, 2, request -> request.is("DELETE", "uploadId") ? Answer.error(403, "AccessDenied") : null));
            StripeUpload upload = upload(there);
            write(upload, BYTES, MIB);

            assertThat(flush(upload)).extracting(StoredSegment::key).containsExactly("stripe.1");
        }
    }

    /// The answer to the upload's creation is lost as well.
    @ParameterizedTest
    @ValueSource(ints = {2, 9})
    void looksAtItsEndForAnUploadWhoseAnswerWasLost(int lost) {
        AtomicBoolean there = new AtomicBoolean();
        try (StubS3 stub = new StubS3();
                S3Store to = S3Store.open(stub.config())) {
            stub.follow(losing(stub, lost, request -> {
                if (request.is("POST", "?uploads")) {
                    there.set(true);
                    throw new IllegalStateException("no answer");
                }
                if (request.is("DELETE", "uploadId=u7")) {
                    there.set(false);
                }
                return request.is("GET", "uploads&") || request.is("GET", "&uploads")
                        ? listing(there.get() ? new String[] {"u7"} : new String[0])
                        : null;
            }));
            StripeUpload upload = upload(to);
            write(upload, BYTES, MIB);

            if (lost == 2) {
                assertThat(flush(upload)).extracting(StoredSegment::key).containsExactly("stripe.1");
            } else {
                assertThatThrownBy(() -> flush(upload)).hasMessageContaining("PutObject");
                upload.abort().block(PROMPTLY);
            }

            assertThat(stub.seen("POST", "?uploads")).hasSize(1);
            assertThat(there).isFalse();
        }
    }

    // ---- the other end ----

    @Test
    void anAbortBeforeItIsSentAsksNothingOfTheStore() {
        StripeUpload upload = upload(store);
        write(upload, BYTES, MIB);

        upload.abort().block(PROMPTLY);

        assertThat(store.requests()).isZero();
        assertThat(budget.inUse()).isZero();
    }

    @Test
    void anAbortCutsOffARequestThatHasNotSentItsLastByte() {
        proxy.follow((request, _) -> request.is("PUT", "/stripe.1") ? Fault.FROZEN : Fault.NONE);
        PartPlan plan = new PartPlan(48 * MIB, PartPlan.MAX_PARTS, 2 * MIB, MIB);
        try (S3Store enduring = S3Store.open(TestS3.enduring(store.config()));
                MemoryBudget memory = MemoryBudget.of(64L * MIB);
                Admission place = await(memory.admit(1, plan.memoryPerStripe()))) {
            StripeUpload upload = enduring.upload(place.stripe(0), plan, n -> "stripe." + n);
            // More than the client reads ahead beyond the buffers of the sockets.
            write(upload, new byte[40 * MIB], MIB);
            Mono<List<StoredSegment>> flush = flushing(upload);
            Awaitility.await().atMost(PROMPTLY).until(() -> proxy.count("PUT", "/stripe.1") == 1);

            upload.abort().block(Duration.ofSeconds(8));

            assertThat(await(flush)).isEmpty();
            assertThat(memory.inUse()).isZero();
        }
        assertThat(keys()).isEmpty();
    }

    @Test
    void anAbortDoesNotWaitForEverForAnAnswer() {
        proxy.follow((request, _) -> request.is("PUT", "/stripe.1") ? Fault.BLACK_HOLE : Fault.NONE);
        try (S3Store enduring = S3Store.open(TestS3.enduring(store.config()))) {
            StripeUpload upload = upload(enduring);
            write(upload, BYTES, MIB);
            Mono<List<StoredSegment>> flush = flushing(upload);
            Awaitility.await().atMost(PROMPTLY).until(() -> proxy.count("PUT", "/stripe.1") == 1);

            upload.abort().block(PROMPTLY);

            assertThat(await(flush)).isEmpty();
            assertThat(budget.inUse()).isZero();
        }
        assertThat(keys()).isEmpty();
    }

    /// The server may carry out the request after later ones, so its response decides.
    @Test
    void anAbortWaitsForARequestThatHasSentEverythingAndLeavesItsObject() {
        CompletableFuture<Boolean> released = new CompletableFuture<>();
        try (StubS3 stub = new StubS3();
                S3Store there = S3Store.open(TestS3.patient(stub.config()))) {
            stub.follow(request -> {
                if (request.is("PUT", "/stripe.1")) {
                    released.join();
                }
                return null;
            });
            StripeUpload upload = upload(there);
            write(upload, BYTES, MIB);
            Mono<List<StoredSegment>> flush = flushing(upload);
            Awaitility.await()
                    .atMost(PROMPTLY)
                    .until(() -> !stub.seen("PUT", "/stripe.1").isEmpty());

            CompletableFuture<Void> abort = upload.abort().toFuture();
            assertThat(abort).isNotDone();
            released.complete(true);

            assertThat(abort).succeedsWithin(PROMPTLY);
            assertThat(await(flush)).extracting(StoredSegment::key).containsExactly("stripe.1");
            assertThat(stub.has("/stripe.1")).isTrue();
            assertThat(stub.seen("DELETE", "")).isEmpty();
        }
    }

    /// The response does not tell whether the object exists.
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anAbortAfterAnUnclearAnswerRemovesTheObjectAndSendsNothingAgain(boolean done) {
        CompletableFuture<Boolean> released = new CompletableFuture<>();
        try (StubS3 stub = new StubS3();
                S3Store there = S3Store.open(TestS3.patient(stub.config()))) {
            stub.follow(request -> {
                if (!request.is("PUT", "/stripe.1")) {
                    return null;
                }
                if (released.join() && done) {
                    stub.store(request);
                }
                return Answer.error(500, "InternalError");
            });
            StripeUpload upload = upload(there);
            write(upload, BYTES, MIB);
            Mono<List<StoredSegment>> flush = flushing(upload);
            Awaitility.await()
                    .atMost(PROMPTLY)
                    .until(() -> !stub.seen("PUT", "/stripe.1").isEmpty());
            CompletableFuture<Void> abort = upload.abort().toFuture();

            released.complete(true);

            assertThat(abort).succeedsWithin(PROMPTLY);
            assertThat(await(flush)).isEmpty();
            assertThat(stub.has("/stripe.1")).isFalse();
            assertThat(stub.seen("PUT", "/stripe.1")).hasSize(1);
        }
    }

    @Test
    void anAbortAtAnyMomentEndsInOneOfTheTwoOutcomes() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 20; round++) {
            String key = "round-" + round;
            try (MemoryBudget memory = MemoryBudget.of(12L * MIB);
                    Admission place = await(memory.admit(1, PLAN.memoryPerStripe()))) {
                StripeUpload upload = store.upload(place.stripe(0), PLAN, _ -> key);
                write(upload, TestS3.random(random.nextInt(1, 4 * MIB), seed), MIB);
                Mono<List<StoredSegment>> flush = flushing(upload);
                Thread.sleep(random.nextInt(8)); // not a wait: any moment will do

                upload.abort().block(PROMPTLY);

                assertThat(await(flush))
                        .as("seed %d, round %d", seed, round)
                        .extracting(StoredSegment::key)
                        .containsExactlyElementsOf(
                                keys().stream().filter(key::equals).toList());
                assertThat(memory.inUse()).as("seed %d, round %d", seed, round).isZero();
            }
        }
    }

    private static Mono<List<StoredSegment>> flushing(StripeUpload upload) {
        Mono<List<StoredSegment>> flush =
                upload.flush().onErrorReturn(List.of()).cache();
        flush.subscribe();
        return flush;
    }

    private StripeUpload upload(S3Store to) {
        return to.upload(admission.stripe(0), PLAN, n -> "stripe." + n);
    }

    private List<String> keys() {
        return await(direct.list("").map(ObjectInfo::key).collectList());
    }
}
