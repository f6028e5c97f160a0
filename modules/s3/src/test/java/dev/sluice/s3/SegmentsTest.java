package dev.sluice.s3;

import static dev.sluice.s3.StripeUploadTest.flush;
import static dev.sluice.s3.StripeUploadTest.write;
import static dev.sluice.s3.TestS3.PROMPTLY;
import static dev.sluice.s3.TestS3.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.testsupport.FaultyProxy;
import dev.sluice.testsupport.Reaction.Fault;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// A stripe that is longer than one upload may be: in segments, back from them, and joined.
class SegmentsTest {
    private static final int MIB = 1 << 20;
    private static final PartPlan PLAN = new PartPlan(5 * MIB, PartPlan.MAX_PARTS, MIB, MIB);
    private static final ProviderProfile EQUAL = new ProviderProfile(true, true, true, PartPlan.MAX_PARTS, true);
    private static final byte[] BYTES = TestS3.random(23 * MIB + 4321, 5);

    private final FaultyProxy proxy = new FaultyProxy(TestS3.endpoint());
    private final S3Store store =
            S3Store.open(TestS3.config(proxy.endpoint()).with(new ProviderProfile(true, true, true, 2)));
    private final MemoryBudget budget = MemoryBudget.of(40L * MIB);
    private final Admission admission = await(budget.admit(1, PLAN.memoryPerStripe()));

    @AfterEach
    void nothingIsLeft() throws IOException {
        admission.close();
        assertThat(budget.inUse()).isZero();
        assertThat(await(store.uploads("").collectList())).isEmpty();
        store.close();
        proxy.close();
    }

    @Test
    void segmentsAreRestoredAsOneStream() {
        List<StoredSegment> segments = upload(BYTES);

        assertThat(segments).extracting(StoredSegment::bytes).containsExactly(10L * MIB, 10L * MIB, 3L * MIB + 4321);
        assertThat(read(segments)).isEqualTo(BYTES);
    }

    @Test
    void segmentsAreJoinedInTheBucketWithoutAByteTravelling() {
        List<StoredSegment> segments = upload(BYTES);
        long sent = proxy.count("PUT", "partNumber");

        StoredSegment whole = await(store.join(segments, "whole", ObjectOptions.NONE));

        assertThat(await(store.get("whole"))).isEqualTo(BYTES);
        assertThat(whole.bytes()).isEqualTo(BYTES.length);
        assertThat(whole.crc32c()).isEqualTo(Crc32cTest.sum(BYTES, 0, BYTES.length));
        assertThat(read(List.of(whole))).isEqualTo(BYTES);
        assertThat(proxy.count("PUT", "partNumber") - sent).isEqualTo(3);
        assertThat(proxy.bytes("PUT", "/whole")).isZero();
    }

    @Test
    void aJoinThatFailsLeavesTheSegmentsAndNothingElse() {
        List<StoredSegment> segments = upload(BYTES);
        proxy.follow((request, _) -> request.is("PUT", "/whole") ? Fault.ERROR_500 : Fault.NONE);

        assertThatThrownBy(
                        () -> store.join(segments, "whole", ObjectOptions.NONE).block(PROMPTLY))
                .isInstanceOf(S3Failure.class)
                .hasMessageContaining("UploadPartCopy");

        assertThat(await(store.list("").map(ObjectInfo::key).collectList()))
                .containsExactly("stripe.1", "stripe.2", "stripe.3");
    }

    @Test
    void aJoinWhoseCompletionLostItsAnswerIsLookedUp() {
        List<StoredSegment> segments = upload(BYTES);
        proxy.follow((request, times) ->
                request.is("POST", "/whole?uploadId") && times == 1 ? Fault.LOST_ANSWER : Fault.NONE);

        await(store.join(segments, "whole", ObjectOptions.NONE));

        assertThat(await(store.get("whole"))).isEqualTo(BYTES);
    }

    @Test
    void refusesJoinsWhoseBlocksCouldNotBeChecked() {
        StripeUpload upload = store.upload(admission.stripe(0), PLAN, n -> "stripe." + n);
        write(upload, TestS3.random(6 * MIB + 1, 1), MIB);
        flush(upload);
        write(upload, TestS3.random(6 * MIB, 2), MIB);
        List<StoredSegment> segments = flush(upload);

        assertThatThrownBy(
                        () -> store.join(segments, "whole", ObjectOptions.NONE).block(PROMPTLY))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("stripe.1");
        assertThat(proxy.count("POST", "/whole")).isZero();
    }

    @Test
    void aJoinCopiesPiecesOfOneLengthWhereTheServerWantsThem() {
        List<StoredSegment> segments = uploadOf(5, 10, 6);
        try (S3Store equal = S3Store.open(store.config().with(EQUAL))) {
            StoredSegment whole = await(equal.join(segments, "whole", ObjectOptions.NONE));

            assertThat(whole.bytes()).isEqualTo(21L * MIB);
            // 5; 5 and 5; 5 and 1: the last piece alone may be shorter.
            assertThat(proxy.count("PUT", "/whole?")).isEqualTo(5);
        }
    }

    @Test
    void aJoinThatNeedsPiecesOfOtherLengthsIsRefusedWhereTheServerWantsOne() {
        List<StoredSegment> segments = uploadOf(10, 5, 5);
        try (S3Store equal = S3Store.open(store.config().with(EQUAL))) {
            assertThatThrownBy(() ->
                            equal.join(segments, "whole", ObjectOptions.NONE).block(PROMPTLY))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("cannot be divided into parts of equal length");
        }
        assertThat(proxy.count("POST", "/whole")).isZero();
    }

    /// A segment of each length.
    private List<StoredSegment> uploadOf(int... mebibytes) {
        StripeUpload upload = store.upload(admission.stripe(0), PLAN, n -> "stripe." + n);
        List<StoredSegment> segments = List.of();
        for (int length : mebibytes) {
            write(upload, TestS3.random(length * MIB, length), MIB);
            segments = flush(upload);
        }
        return segments;
    }

    private List<StoredSegment> upload(byte[] bytes) {
        StripeUpload upload = store.upload(admission.stripe(0), PLAN, n -> "stripe." + n);
        write(upload, bytes, MIB);
        return flush(upload);
    }

    private byte[] read(List<StoredSegment> segments) {
        try (StripeDownload download = store.download(
                admission.stripe(0),
                new DownloadPlan(MIB, MIB, 3),
                segments.stream().map(DownloadSource::of).toList())) {
            return StripeDownloadTest.readAll(download, MIB);
        }
    }
}
