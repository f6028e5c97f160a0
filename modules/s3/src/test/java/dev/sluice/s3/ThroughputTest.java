package dev.sluice.s3;

import static dev.sluice.s3.TestS3.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.slf4j.LoggerFactory;

/// Rough numbers against the embedded server, which is the bottleneck: `-Dsluice.s3.throughput=<MiB>` runs it.
@EnabledIfSystemProperty(named = "sluice.s3.throughput", matches = "\\d+", disabledReason = "a measurement, not a test")
class ThroughputTest {
    private static final int MIB = 1 << 20;

    @Test
    void uploadsAndDownloads() {
        int size = Integer.getInteger("sluice.s3.throughput");
        MemoryBudget budget = MemoryBudget.of(256L * MIB);
        PartPlan plan = PartPlan.forStripe((long) size * MIB, 4 * MIB, 256L * MIB);
        DownloadPlan downloadPlan = new DownloadPlan(plan.blockSize(), 4 * MIB, DownloadPlan.DEFAULT_READ_AHEAD);
        try (S3Store store = TestS3.store();
                Arena arena = Arena.ofConfined();
                Admission admission = await(budget.admit(1, downloadPlan.memoryPerStripe()))) {
            MemorySegment transfer = arena.allocate(4 * MIB);
            transfer.copyFrom(MemorySegment.ofArray(TestS3.random(4 * MIB, 1)));
            for (int round = 0; round < 3; round++) {
                String key = "round" + round;
                StripeUpload upload = store.upload(admission.stripe(0), plan, _ -> key);
                long started = System.nanoTime();
                for (int written = 0; written < size; written += 4) {
                    upload.reserve(4 * MIB).block(Duration.ofMinutes(1));
                    upload.write(transfer);
                }
                List<StoredSegment> stored =
                        upload.flush().blockOptional(Duration.ofMinutes(5)).orElseThrow();
                report("upload", size, started);
                assertThat(stored).hasSize(1);

                started = System.nanoTime();
                try (StripeDownload download = store.download(
                        admission.stripe(0),
                        downloadPlan,
                        stored.stream().map(DownloadSource::of).toList())) {
                    while (await(download.await(4 * MIB)) > 0) {
                        download.read(transfer);
                    }
                }
                report("download", size, started);
                store.delete(key).block(Duration.ofMinutes(1));
            }
        }
    }

    private static void report(String what, int mebibytes, long started) {
        double seconds = (System.nanoTime() - started) / 1e9;
        LoggerFactory.getLogger(ThroughputTest.class)
                .atError() // the only level that this module's tests show
                .log("%s: %.2f GiB/s, load %.1f"
                        .formatted(
                                what,
                                mebibytes / 1024.0 / seconds,
                                ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage()));
    }
}
