package dev.sluice.s3;

import static dev.sluice.s3.StripeUploadTest.flush;
import static dev.sluice.s3.TestS3.PROMPTLY;
import static dev.sluice.s3.TestS3.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The bytes that uploads and downloads allocate on the heap, counted for each thread that handles them: the one that
/// writes or reads, and the client's event loops.
class HeapUseTest {
    private static final int MIB = 1 << 20;
    private static final PartPlan PLAN = new PartPlan(8 * MIB, PartPlan.MAX_PARTS, 8 * MIB, MIB);
    private static final int SIZE = 128;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @Test
    void noPayloadGetsOntoTheHeapOnItsWayUp() {
        try (StubS3 stub = new StubS3()) {
            noPayloadGetsOntoTheHeap(stub.config());
        }
    }

    @Test
    void norWhenItIsEncrypted(@TempDir Path directory) throws Exception {
        TestCertificate certificate = TestCertificate.create(directory);
        try (StubS3 stub = new StubS3(certificate.context())) {
            noPayloadGetsOntoTheHeap(TestS3.patient(stub.config()).over(certificate.trusted()));
        }
    }

    private void noPayloadGetsOntoTheHeap(StoreConfig config) {
        try (S3Store store = S3Store.open(config);
                Arena arena = Arena.ofConfined();
                Admission admission = await(MemoryBudget.of(48L * MIB).admit(1, PLAN.memoryPerStripe()))) {
            MemorySegment transfer = arena.allocate(MIB).fill((byte) 7);
            upload(store, admission, transfer, "warm-up"); // loads the classes
            long before = allocated();

            upload(store, admission, transfer, "measured");

            // One copy of the payload would be 128 MiB; requests and responses take a few.
            assertThat(allocated() - before).isLessThan(SIZE / 4 * (long) MIB);
        }
    }

    private static void upload(S3Store store, Admission admission, MemorySegment transfer, String key) {
        StripeUpload upload = store.upload(admission.stripe(0), PLAN, n -> key + "." + n);
        for (int i = 0; i < SIZE; i++) {
            upload.reserve(MIB).block(PROMPTLY);
            upload.write(transfer);
        }
        assertThat(flush(upload))
                .singleElement()
                .extracting(StoredSegment::bytes)
                .isEqualTo((long) SIZE * MIB);
    }

    @Test
    void noPayloadGetsOntoTheHeapOnItsWayDown() {
        try (StubS3 stub = new StubS3()) {
            noPayloadGetsOntoTheHeapFrom(stub, stub.config());
        }
    }

    @Test
    void norWhenItWasEncrypted(@TempDir Path directory) throws Exception {
        TestCertificate certificate = TestCertificate.create(directory);
        try (StubS3 stub = new StubS3(certificate.context())) {
            noPayloadGetsOntoTheHeapFrom(stub, TestS3.patient(stub.config()).over(certificate.trusted()));
        }
    }

    private void noPayloadGetsOntoTheHeapFrom(StubS3 stub, StoreConfig config) {
        stub.follow(HeapUseTest::range);
        DownloadPlan plan = new DownloadPlan(2 * MIB, MIB, 12);
        try (S3Store store = S3Store.open(config);
                Arena arena = Arena.ofConfined();
                Admission admission = await(MemoryBudget.of(48L * MIB).admit(1, 4L * MIB))) {
            MemorySegment transfer = arena.allocate(MIB);
            download(store, admission, plan, transfer); // loads the classes
            long before = allocated();

            download(store, admission, plan, transfer);

            assertThat(allocated() - before).isLessThan(SIZE / 4 * (long) MIB);
        }
    }

    private static StubS3.Answer range(StubS3.Request request) {
        String[] ends = request.headers().get("range").replace("bytes=", "").split("-", -1);
        int length = Integer.parseInt(ends[1]) - Integer.parseInt(ends[0]) + 1;
        String range = String.format(Locale.ROOT, "bytes %s-%s/%d", ends[0], ends[1], SIZE * MIB);
        return new StubS3.Answer(206, Map.of("Content-Range", range), "x".repeat(length));
    }

    private static void download(S3Store store, Admission admission, DownloadPlan plan, MemorySegment transfer) {
        DownloadSource source = new DownloadSource("object", (long) SIZE * MIB, null, "etag");
        try (StripeDownload download = store.download(admission.stripe(0), plan, List.of(source))) {
            for (int i = 0; i < SIZE; i++) {
                download.await(MIB).block(PROMPTLY);
                assertThat(download.read(transfer)).isEqualTo(MIB);
            }
        }
    }

    private long allocated() {
        long bytes = threads.getThreadAllocatedBytes(Thread.currentThread().threadId());
        int loops = 0;
        for (ThreadInfo thread : threads.getThreadInfo(threads.getAllThreadIds())) {
            if (thread != null && thread.getThreadName().startsWith("sluice-s3")) {
                bytes += threads.getThreadAllocatedBytes(thread.getThreadId());
                loops++;
            }
        }
        assertThat(loops).isPositive();
        return bytes;
    }
}
