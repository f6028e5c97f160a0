package dev.sluice.s3;

import static dev.sluice.s3.TestS3.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.simulator.s3.EmbeddedS3;
import dev.sluice.testsupport.FaultyProxy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A machine whose clock is off by more than the 15 minutes that S3 tolerates.
class ClockTest {
    private static final int MIB = 1 << 20;
    private static final PartPlan PLAN = new PartPlan(5 * MIB, PartPlan.MAX_PARTS, 2 * MIB, MIB);
    private static final EmbeddedS3 PATIENT = TestS3.start(new EmbeddedS3.Manner("", Duration.ofDays(1)));

    private final FaultyProxy proxy = new FaultyProxy(PATIENT.endpoint());

    @AfterEach
    void close() throws Exception {
        proxy.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {-60, 60})
    void everyKindOfRequestIsSignedByTheServersClockOnceItIsKnown(int minutes) {
        proxy.setClock(Duration.ofMinutes(minutes));
        MemoryBudget budget = MemoryBudget.of(24L * MIB);
        byte[] bytes = TestS3.random(12 * MIB, 3);

        try (S3Store store = S3Store.open(TestS3.config(PATIENT, proxy.endpoint()));
                Admission admission = await(budget.admit(1, PLAN.memoryPerStripe()))) {
            assertThat(await(store.check()))
                    .isBetween(
                            Instant.now().plus(Duration.ofMinutes(minutes - 1)),
                            Instant.now().plus(Duration.ofMinutes(minutes + 1)));
            StripeUpload upload = store.upload(admission.stripe(0), PLAN, n -> "stripe." + n);
            StripeUploadTest.write(upload, bytes, MIB);
            List<StoredSegment> segments = StripeUploadTest.flush(upload);
            store.put("document", new byte[3]).block(TestS3.PROMPTLY);

            assertThat(await(store.get(segments.getFirst().key()))).isEqualTo(bytes);
            assertThat(await(store.list("").collectList())).hasSize(2);
            assertThat(store.retries())
                    .as("the first request alone was made twice")
                    .isEqualTo(1);
        }
    }

    @Test
    void aDocumentIsTheFirstThatIsAskedFor() {
        proxy.setClock(Duration.ofHours(1));

        try (S3Store store = S3Store.open(TestS3.config(PATIENT, proxy.endpoint()))) {
            assertThat(await(store.putIfAbsent("document", new byte[3]))).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 12})
    void aDownloadIsTheFirstThatIsAskedFor(int readAhead) {
        byte[] bytes = TestS3.random(3 * MIB, 4);
        StoreConfig config = TestS3.config(PATIENT, proxy.endpoint());
        try (S3Store direct = S3Store.open(config)) {
            direct.put("object", bytes).block(TestS3.PROMPTLY);
        }
        proxy.setClock(Duration.ofHours(1));

        try (S3Store store = S3Store.open(config);
                Admission admission = await(MemoryBudget.of(24L * MIB).admit(1, 4L * MIB));
                StripeDownload download = store.download(
                        admission.stripe(0),
                        new DownloadPlan(MIB, MIB, readAhead),
                        List.of(DownloadSource.verified(
                                "object", bytes.length, StripeDownloadTest.sums(bytes, MIB))))) {
            assertThat(StripeDownloadTest.readAll(download, MIB)).isEqualTo(bytes);
        }
    }

    @Test
    void aServerThatDoesNotSayTheTimeIsAskedNoMoreThanTwice() {
        proxy.setClock(null);

        try (S3Store store = S3Store.open(TestS3.config(PATIENT, proxy.endpoint()))) {
            assertThatThrownBy(() -> await(store.get("document")))
                    .isInstanceOfSatisfying(
                            S3Failure.class,
                            failure -> assertThat(failure.remedy())
                                    .hasValueSatisfying(
                                            remedy -> assertThat(remedy).contains("clock")))
                    .hasMessageContaining("RequestTimeTooSkewed");
        }
        assertThat(proxy.count("GET", "document")).isEqualTo(1);
    }
}
