package dev.sluice.s3;

import static dev.sluice.s3.TestS3.PROMPTLY;
import static dev.sluice.s3.TestS3.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

class StripeUploadTest {
    private static final int MIB = 1 << 20;
    private static final PartPlan PLAN = new PartPlan(5 * MIB, PartPlan.MAX_PARTS, 2 * MIB, MIB);

    private S3Store store;
    private MemoryBudget budget;
    private Admission admission;

    @BeforeEach
    void open() {
        store = TestS3.store();
        budget = MemoryBudget.of(40L * MIB);
        admission = admit(1);
    }

    @AfterEach
    void nothingIsLeft() {
        admission.close();
        assertThat(budget.inUse()).isZero();
        assertThat(budget.committed()).isZero();
        assertThat(await(store.uploads("").collectList())).isEmpty();
        store.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 65_536, 2 * MIB, 5 * MIB - 1, 5 * MIB, 5 * MIB + 1, 12 * MIB + 12_345})
    void storesExactlyTheBytesThatWereWritten(int size) {
        byte[] bytes = TestS3.random(size, size);
        StripeUpload upload = upload(0, PLAN);

        write(upload, bytes, 700_001);
        List<StoredSegment> segments = flush(upload);

        assertThat(segments).hasSize(1);
        StoredSegment segment = segments.getFirst();
        assertThat(await(store.get(segment.key()))).isEqualTo(bytes);
        assertThat(segment.bytes()).isEqualTo(size);
        assertThat(segment.crc32c()).isEqualTo(Crc32cTest.sum(bytes, 0, size));
        assertThat(segment.blocks().combined(size)).isEqualTo(segment.crc32c());
        for (int block = 0; block < segment.blocks().count(); block++) {
            int from = block * PLAN.blockSize();
            assertThat(segment.blocks().sum(block))
                    .isEqualTo(Crc32cTest.sum(bytes, from, Math.min(PLAN.blockSize(), size - from)));
        }
        assertThat(segment.parts().stream().mapToLong(StoredSegment.Part::bytes).sum())
                .isEqualTo(size);
    }

    @Test
    void leavesNothingInTheBucketForAStripeWithoutBytes() {
        StripeUpload upload = upload(0, PLAN);

        assertThat(flush(upload)).isEmpty();

        assertThat(keys()).isEmpty();
    }

    @Test
    void writesStripesSideBySideInTheSmallestBudgetThatAdmitsThem() throws Exception {
        admission.close();
        budget = MemoryBudget.of(4 * PLAN.memoryPerStripe());
        admission = admit(4);
        List<Thread> threads = new ArrayList<>();
        List<StripeUpload> uploads = new ArrayList<>();

        for (int stripe = 0; stripe < 4; stripe++) {
            StripeUpload upload = upload(stripe, PLAN);
            byte[] bytes = TestS3.random(11 * MIB + stripe, stripe);
            uploads.add(upload);
            threads.add(Thread.ofPlatform().start(() -> write(upload, bytes, MIB)));
        }
        for (Thread thread : threads) {
            thread.join(PROMPTLY);
        }

        for (int stripe = 0; stripe < 4; stripe++) {
            StoredSegment segment = flush(uploads.get(stripe)).getFirst();
            assertThat(await(store.get(segment.key()))).isEqualTo(TestS3.random(11 * MIB + stripe, stripe));
        }
        assertThat(budget.peak()).isLessThanOrEqualTo(budget.capacity());
    }

    @Test
    void beginsANewSegmentForBytesAfterAFlush() {
        byte[] bytes = TestS3.random(3 * MIB, 7);
        StripeUpload upload = upload(0, PLAN);

        write(upload, slice(bytes, 0, MIB), MIB);
        List<StoredSegment> first = flush(upload);
        write(upload, slice(bytes, MIB, 2 * MIB), MIB);
        List<StoredSegment> both = flush(upload);

        assertThat(first).hasSize(1);
        assertThat(both).hasSize(2).startsWith(first.getFirst());
        assertThat(both).extracting(StoredSegment::key).containsExactly("stripe-0.1", "stripe-0.2");
        assertThat(concatenation(both)).isEqualTo(bytes);
        assertThat(flush(upload)).isEqualTo(both);
    }

    @Test
    void rollsToTheNextSegmentWhenAnUploadHasAllItsParts() {
        PartPlan plan = new PartPlan(5 * MIB, 2, 4 * MIB, MIB);
        byte[] bytes = TestS3.random(26 * MIB, 8);
        StripeUpload upload = upload(0, plan);

        write(upload, bytes, MIB);
        List<StoredSegment> segments = flush(upload);

        assertThat(segments).extracting(StoredSegment::bytes).containsExactly(10L * MIB, 10L * MIB, 6L * MIB);
        assertThat(concatenation(segments)).isEqualTo(bytes);
    }

    @Test
    void cutsPartsEarlyWhenNoMemoryWillComeBack() {
        admission.close();
        PartPlan plan = new PartPlan(16 * MIB, PartPlan.MAX_PARTS, 8 * MIB, MIB);
        budget = MemoryBudget.of(plan.memoryPerStripe());
        admission = await(budget.admit(1, plan.memoryPerStripe()));
        byte[] bytes = TestS3.random(20 * MIB, 9);
        StripeUpload upload = upload(0, plan);

        write(upload, bytes, MIB);
        StoredSegment segment = flush(upload).getFirst();

        assertThat(segment.parts()).hasSizeGreaterThan(2).allMatch(part -> part.bytes() < 16 * MIB);
        assertThat(await(store.get(segment.key()))).isEqualTo(bytes);
    }

    @Test
    void givesBorrowedMemoryToARunThatWaitsForAdmission() {
        PartPlan plan = new PartPlan(32 * MIB, PartPlan.MAX_PARTS, 8 * MIB, MIB);
        StripeUpload upload = upload(0, plan);
        byte[] bytes = TestS3.random(30 * MIB, 10);
        write(upload, bytes, MIB); // all of it in one open part, most of it borrowed
        assertThat(keys()).isEmpty();

        Admission second = await(budget.admit(4, plan.memoryPerStripe()));

        second.close();
        assertThat(await(store.get(flush(upload).getFirst().key()))).isEqualTo(bytes);
    }

    @Test
    void refusesBytesWithoutReservedMemory() {
        StripeUpload upload = upload(0, PLAN);

        assertThatThrownBy(() -> upload.write(MemorySegment.ofArray(new byte[MIB])))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("reserve() first");
        upload.abort().block(PROMPTLY);
    }

    @Test
    void abortBeforeTheFirstByteAsksNothingOfTheStore() {
        StripeUpload upload = upload(0, PLAN);
        upload.reserve(MIB).block(PROMPTLY);

        upload.abort().block(PROMPTLY);
        upload.abort().block(PROMPTLY);

        assertThatThrownBy(() -> upload.reserve(MIB).block(PROMPTLY)).hasMessageContaining("aborted");
        assertThat(keys()).isEmpty();
    }

    @Test
    void abortWithPartsUnderWayLeavesNoUploadAndNoMemory() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 8; round++) {
            StripeUpload upload = upload(0, PLAN);
            write(upload, TestS3.random(random.nextInt(5 * MIB, 25 * MIB), seed), MIB);

            upload.abort().block(PROMPTLY);

            assertThat(budget.inUse()).as("seed %d", seed).isZero();
            assertThat(await(store.uploads("").collectList()))
                    .as("seed %d", seed)
                    .isEmpty();
            assertThat(keys()).isEmpty();
            admission.close();
            admission = admit(1);
        }
    }

    @Test
    void abortAfterCompletionLeavesTheObject() {
        StripeUpload upload = upload(0, PLAN);
        write(upload, new byte[6 * MIB], MIB);
        flush(upload);

        upload.abort().block(PROMPTLY);

        assertThat(keys()).containsExactly("stripe-0.1");
    }

    @Test
    void abortDuringCompletionEndsInOneOfTheTwoOutcomes() {
        StripeUpload upload = upload(0, PLAN);
        write(upload, new byte[6 * MIB], MIB);
        Mono<List<StoredSegment>> flush =
                upload.flush().onErrorReturn(List.of()).cache();
        flush.subscribe();

        upload.abort().block(PROMPTLY);

        assertThat(await(flush)).extracting(StoredSegment::key).containsExactlyElementsOf(keys());
    }

    private Admission admit(int stripes) {
        return await(budget.admit(stripes, PLAN.memoryPerStripe()));
    }

    private StripeUpload upload(int stripe, PartPlan plan) {
        return store.upload(admission.stripe(stripe), plan, n -> "stripe-" + stripe + "." + n);
    }

    static void write(StripeUpload upload, byte[] bytes, int transfer) {
        for (int offset = 0; offset < bytes.length; offset += transfer) {
            int count = Math.min(transfer, bytes.length - offset);
            upload.reserve(count).block(PROMPTLY);
            upload.write(MemorySegment.ofArray(bytes).asSlice(offset, count));
        }
    }

    static List<StoredSegment> flush(StripeUpload upload) {
        return await(upload.flush());
    }

    private List<String> keys() {
        return await(store.list("").map(ObjectInfo::key).collectList());
    }

    private byte[] concatenation(List<StoredSegment> segments) {
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        segments.forEach(segment -> whole.writeBytes(await(store.get(segment.key()))));
        return whole.toByteArray();
    }

    private static byte[] slice(byte[] bytes, int offset, int length) {
        return Arrays.copyOfRange(bytes, offset, offset + length);
    }
}
