package dev.sluice.s3;

import static dev.sluice.s3.TestS3.PROMPTLY;
import static dev.sluice.s3.TestS3.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

/// Downloads block by block, and four blocks for each request.
@ParameterizedClass
@ValueSource(ints = {3, 12})
class StripeDownloadTest {
    private static final int MIB = 1 << 20;

    private final DownloadPlan plan;

    private S3Store store;
    private MemoryBudget budget;
    private Admission admission;

    StripeDownloadTest(int readAhead) {
        plan = new DownloadPlan(2 * MIB, MIB, readAhead);
    }

    @BeforeEach
    void open() {
        store = TestS3.store();
        budget = MemoryBudget.of(20L * MIB);
        admission = await(budget.admit(1, plan.memoryPerStripe()));
    }

    @AfterEach
    void nothingIsLeft() {
        admission.close();
        assertThat(budget.inUse()).isZero();
        assertThat(budget.committed()).isZero();
        store.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 65_536, 2 * MIB, 2 * MIB + 1, 7 * MIB + 12_345})
    void readsExactlyTheBytesThatWereStored(int size) {
        byte[] bytes = TestS3.random(size, size);

        try (StripeDownload download = download(0, stored("object", bytes, 2 * MIB))) {
            assertThat(readAll(download, 700_001)).isEqualTo(bytes);

            assertThat(await(download.await(MIB))).isZero();
            assertThat(download.read(MemorySegment.ofArray(new byte[1]))).isEqualTo(-1);
        }
    }

    @Test
    void readsSegmentsAsOneStreamInTheSmallestBudgetThatAdmitsIt() {
        admission.close();
        budget = MemoryBudget.of(plan.memoryPerStripe());
        admission = await(budget.admit(1, plan.memoryPerStripe()));
        byte[] bytes = TestS3.random(11 * MIB + 99, 3);

        try (StripeDownload download = download(
                0,
                stored("a", Arrays.copyOfRange(bytes, 0, 5 * MIB + 1), 2 * MIB),
                stored("b", new byte[0], 2 * MIB),
                stored("c", Arrays.copyOfRange(bytes, 5 * MIB + 1, 6 * MIB), MIB / 3),
                stored("d", Arrays.copyOfRange(bytes, 6 * MIB, bytes.length), 2 * MIB))) {
            assertThat(readAll(download, MIB)).isEqualTo(bytes);
        }
        assertThat(budget.peak()).isLessThanOrEqualTo(budget.capacity());
    }

    @Test
    void readsAnObjectThatIsInNoCatalog() {
        byte[] bytes = TestS3.random(5 * MIB + 7, 4);
        store.put("plain.bak", bytes).block(PROMPTLY);

        try (StripeDownload download = download(0, await(store.source("plain.bak")))) {
            assertThat(readAll(download, MIB)).isEqualTo(bytes);
        }
    }

    @Test
    void noticesThatAnObjectWithoutSumsWasReplacedMeanwhile() {
        store.put("plain.bak", TestS3.random(5 * MIB, 5)).block(PROMPTLY);
        DownloadSource source = await(store.source("plain.bak"));
        store.put("plain.bak", TestS3.random(5 * MIB, 6)).block(PROMPTLY);

        try (StripeDownload download = download(0, source)) {
            assertThatThrownBy(() -> await(download.await(MIB)))
                    .isInstanceOf(S3Failure.class)
                    .hasMessageContaining("412");
        }
    }

    @Test
    void namesTheCorruptBlockAndHandsOutTheBlocksBeforeIt() {
        byte[] bytes = TestS3.random(7 * MIB, 7);
        DownloadSource source = stored("object", bytes, 2 * MIB);
        byte[] damaged = bytes.clone();
        damaged[5 * MIB] ^= 1;
        store.put("object", damaged).block(PROMPTLY);

        try (StripeDownload download = download(0, source)) {
            for (int i = 0; i < 4; i++) {
                byte[] piece = read(download, MIB);
                assertThat(piece).isEqualTo(Arrays.copyOfRange(bytes, i * MIB, (i + 1) * MIB));
            }
            assertThatThrownBy(() -> await(download.await(MIB)))
                    .isInstanceOfSatisfying(CorruptBlockException.class, corrupt -> {
                        assertThat(corrupt.key()).isEqualTo("object");
                        assertThat(corrupt.block()).isEqualTo(2);
                        assertThat(corrupt.offset()).isEqualTo(4L * MIB);
                    })
                    .hasMessageContaining("Block 2 of object");
        }
    }

    @Test
    void noticesThatAnObjectIsShorterThanItWas() {
        byte[] bytes = TestS3.random(7 * MIB, 8);
        DownloadSource source = stored("object", bytes, 2 * MIB);
        store.put("object", Arrays.copyOf(bytes, 6 * MIB)).block(PROMPTLY);

        try (StripeDownload download = download(0, source)) {
            assertThatThrownBy(() -> await(download.await(MIB)))
                    .isInstanceOf(S3Failure.class)
                    .hasMessageContaining("should have " + 7 * MIB);
        }
    }

    @Test
    void aRequestThatCannotEvenBeginFailsTheWaitingReader() {
        DownloadSource source = stored("object", TestS3.random(7 * MIB, 13), 2 * MIB);
        S3Store closed = TestS3.store();
        closed.close();

        try (StripeDownload download = closed.download(admission.stripe(0), plan, List.of(source))) {
            assertThatThrownBy(() -> await(download.await(MIB))).isInstanceOf(S3Failure.class);
        }
    }

    @Test
    void saysWhichObjectIsMissing() {
        DownloadSource source = stored("object", TestS3.random(MIB, 9), 2 * MIB);
        store.delete("object").block(PROMPTLY);

        try (StripeDownload download = download(0, source)) {
            assertThatThrownBy(() -> await(download.await(MIB)))
                    .isInstanceOf(S3Failure.class)
                    .hasMessageContaining("/object")
                    .hasMessageContaining("404");
        }
    }

    @Test
    void closingAtAnyMomentReturnsAllMemoryAndFailsTheWaitingReader() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        DownloadSource source = stored("object", TestS3.random(16 * MIB, 10), 2 * MIB);
        for (int round = 0; round < 20; round++) {
            StripeDownload download = download(0, source);
            for (int i = random.nextInt(8); i > 0; i--) {
                read(download, MIB);
            }
            Mono<Integer> waiting = download.await(MIB).onErrorReturn(-1).cache();
            waiting.subscribe();

            download.close();
            download.close();

            assertThat(await(waiting)).as("seed %d", seed).isIn(-1, MIB);
            assertThat(budget.inUse()).as("seed %d", seed).isZero();
            assertThatThrownBy(() -> download.read(MemorySegment.ofArray(new byte[1])))
                    .hasMessageContaining("closed");
        }
    }

    @Test
    void readsAheadWithFreeMemoryAndGivesItBackToAStripeThatHasLess() {
        admission.close();
        DownloadPlan plan = new DownloadPlan(2 * MIB, MIB, 20); // more than there is
        budget = MemoryBudget.of(2 * plan.memoryPerStripe() + 8L * MIB);
        admission = await(budget.admit(2, plan.memoryPerStripe()));
        byte[] bytes = TestS3.random(20 * MIB, 11);
        DownloadSource source = stored("object", bytes, 2 * MIB);
        StripeDownload idle = store.download(admission.stripe(0), plan, List.of(source));
        StripeDownload busy = store.download(admission.stripe(1), plan, List.of(source));

        try (idle;
                busy) {
            byte[] head = read(idle, MIB);
            Awaitility.await().atMost(PROMPTLY).until(() -> admission.stripe(0).borrowed() >= 6);
            assertThat(readAll(busy, MIB)).isEqualTo(bytes);
            assertThat(admission.stripe(0).borrowed()).isLessThan(6);

            byte[] rest = readAll(idle, MIB);
            assertThat(head).isEqualTo(Arrays.copyOf(bytes, MIB));
            assertThat(rest).isEqualTo(Arrays.copyOfRange(bytes, MIB, bytes.length));
        }
        assertThat(budget.peak()).isLessThanOrEqualTo(budget.capacity());
    }

    @Test
    void givesItsReadAheadToARunThatWaitsForAdmission() {
        DownloadPlan plan = new DownloadPlan(2 * MIB, MIB, 20); // more than there is
        byte[] bytes = TestS3.random(20 * MIB, 12);
        DownloadSource source = stored("object", bytes, 2 * MIB);
        try (StripeDownload download = store.download(admission.stripe(0), plan, List.of(source))) {
            byte[] head = read(download, MIB);
            Awaitility.await().atMost(PROMPTLY).until(() -> budget.inUse() >= 16L * MIB);

            Admission second = await(budget.admit(1, 14L * MIB));

            byte[] rest = readAll(download, MIB);
            second.close();
            assertThat(head).isEqualTo(Arrays.copyOf(bytes, MIB));
            assertThat(rest).isEqualTo(Arrays.copyOfRange(bytes, MIB, bytes.length));
        }
    }

    private StripeDownload download(int stripe, DownloadSource... sources) {
        return store.download(admission.stripe(stripe), plan, List.of(sources));
    }

    private DownloadSource stored(String key, byte[] bytes, int blockSize) {
        store.put(key, bytes).block(PROMPTLY);
        return DownloadSource.verified(key, bytes.length, sums(bytes, blockSize));
    }

    static BlockSums sums(byte[] bytes, int blockSize) {
        List<Integer> sums = new ArrayList<>();
        for (int offset = 0; offset < bytes.length; offset += blockSize) {
            sums.add(Crc32cTest.sum(bytes, offset, Math.min(blockSize, bytes.length - offset)));
        }
        return new BlockSums(
                blockSize, sums.stream().mapToInt(Integer::intValue).toArray());
    }

    static byte[] readAll(StripeDownload download, int transfer) {
        byte[] all = new byte[(int) download.remaining()];
        int position = 0;
        while (position < all.length) {
            byte[] piece = read(download, transfer);
            System.arraycopy(piece, 0, all, position, piece.length);
            position += piece.length;
        }
        return all;
    }

    private static byte[] read(StripeDownload download, int transfer) {
        int available = await(download.await(transfer));
        byte[] piece = new byte[available];
        assertThat(download.read(MemorySegment.ofArray(piece))).isEqualTo(available);
        return piece;
    }
}
