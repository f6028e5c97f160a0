package dev.sluice.s3;

import static dev.sluice.s3.StripeUploadTest.flush;
import static dev.sluice.s3.StripeUploadTest.write;
import static dev.sluice.s3.TestS3.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.sluice.s3.StubS3.Answer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Responses with status 200 that do not answer the request, as from a proxy, a gateway or a sign-in page.
class WrongResponsesTest {
    private static final int MIB = 1 << 20;
    private static final PartPlan PLAN = new PartPlan(5 * MIB, PartPlan.MAX_PARTS, MIB, MIB);
    private static final byte[] BYTES = TestS3.random(6 * MIB, 3);
    private static final String LISTED = """
            <ListBucketResult><IsTruncated>false</IsTruncated>\
            <Contents><Key>%s</Key><Size>%d</Size><ETag>"whole-1"</ETag>\
            <LastModified>2026-11-25T00:00:00.000Z</LastModified></Contents></ListBucketResult>""";

    private final StubS3 stub = new StubS3();
    private final S3Store store = S3Store.open(stub.config());
    private final MemoryBudget budget = MemoryBudget.of(24L * MIB);
    private final Admission admission = await(budget.admit(1, PLAN.memoryPerStripe()));

    @AfterEach
    void close() {
        admission.close();
        store.close();
        stub.close();
    }

    /// Sluice deletes or claims what a listing lacks, so a page of HTML must not count as a listing.
    @ParameterizedTest
    @ValueSource(strings = {"", "<html><body>Please sign in</body></html>", "<ListBucketResult/>"})
    void aPageThatIsNoListingIsNeverAnEmptyBucket(String body) {
        stub.follow(request -> request.is("GET", "list-type") ? Answer.of(body) : null);

        assertThatThrownBy(() -> await(store.list("").collectList()))
                .isInstanceOfSatisfying(
                        S3Failure.class,
                        failure -> assertThat(failure.retryable()).isTrue())
                .hasMessageContaining("ListObjectsV2");

        stub.follow(request -> request.is("GET", "uploads") ? Answer.of(body) : null);
        assertThatThrownBy(() -> await(store.uploads("").collectList())).isInstanceOf(S3Failure.class);
    }

    @Test
    void aListingThatComesAfterAWrongAnswerCounts() {
        stub.follow(request -> !request.is("GET", "list-type")
                ? null
                : stub.seen("GET", "list-type").size() == 1 ? Answer.of("") : Answer.of(LISTED.formatted("a", 5)));

        assertThat(await(store.list("").collectList()))
                .extracting(ObjectInfo::key, ObjectInfo::bytes)
                .containsExactly(tuple("a", 5L));
    }

    /// Sluice aborts uploads that a listing has.
    @Test
    void uploadsThatWereNotAskedForMakeNoListing() {
        stub.follow(request -> request.is("GET", "uploads") ? Answer.of("""
                <ListMultipartUploadsResult><IsTruncated>false</IsTruncated>\
                <Upload><Key>b/1</Key><UploadId>u</UploadId>\
                <Initiated>2026-11-25T00:00:00.000Z</Initiated></Upload></ListMultipartUploadsResult>""") : null);

        assertThatThrownBy(() -> await(store.uploads("a/").collectList()))
                .hasMessageContaining("is not a listing of uploads of a/");
        assertThat(await(store.uploads("b/").collectList())).hasSize(1);
    }

    @Test
    void keysThatWereNotAskedForMakeNoListing() {
        stub.follow(request -> request.is("GET", "list-type") ? Answer.of(LISTED.formatted("b/1", 5)) : null);

        assertThatThrownBy(() -> await(store.list("a/").collectList())).hasMessageContaining("is not a listing of a/");
    }

    @Test
    void aPartWithoutAnETagEndsTheUploadWithTheFirstPart() {
        stub.follow(request -> request.is("PUT", "partNumber") ? new Answer(200, Map.of(), "") : null);
        StripeUpload upload = store.upload(admission.stripe(0), PLAN, n -> "stripe." + n);
        write(upload, BYTES, MIB);

        assertThatThrownBy(() -> flush(upload)).hasMessageContaining("no ETag").hasMessageContaining("UploadPart");

        assertThat(stub.seen("POST", "uploadId")).isEmpty();
        upload.abort().block(TestS3.PROMPTLY);
    }

    @Test
    void aHeadThatTellsNoSizeIsAnsweredByTheListing() {
        stub.follow(request -> {
            if (request.is("HEAD", "stripe.1")) {
                return new Answer(200, Map.of("ETag", "\"whole-1\"", "Content-Length", ""), "");
            }
            return request.is("GET", "list-type") ? Answer.of(LISTED.formatted("stripe.1", BYTES.length)) : null;
        });

        assertThat(await(store.head("stripe.1")).bytes()).isEqualTo(BYTES.length);
    }

    /// The first completion is silent for longer than a connection may be, and the server does not know the upload
    /// while it works.
    @Test
    void aCompletionThatTakesLongIsWaitedForAlthoughTheUploadIsNotKnownAnyMore() {
        List<String> looks = new CopyOnWriteArrayList<>();
        stub.follow(request -> {
            if (request.is("POST", "uploadId")) {
                return stub.seen("POST", "uploadId").size() == 1
                        ? Answer.error(504, "GatewayTimeout")
                        : Answer.error(404, "NoSuchUpload");
            }
            if (request.is("HEAD", "stripe.1")) {
                looks.add(request.target());
                // More look-ups of the object than Sluice used to make.
                return looks.size() < 8
                        ? new Answer(404, Map.of(), "")
                        : new Answer(
                                200,
                                Map.of("ETag", "\"whole-1\"", "Last-Modified", "Wed, 25 Nov 2026 00:00:00 GMT"),
                                "");
            }
            return null;
        });
        StripeUpload upload = store.upload(admission.stripe(0), PLAN, n -> "stripe." + n);
        write(upload, BYTES, MIB);

        assertThat(flush(upload)).extracting(StoredSegment::eTag).containsExactly("\"whole-1\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ConditionalRequestConflict", "OperationAborted"})
    void aConditionalWriteThatMeetsAnotherRequestIsSentAgain(String code) {
        stub.follow(request -> !request.is("PUT", "entry")
                ? null
                : stub.seen("PUT", "entry").size() == 1
                        ? Answer.error(409, code)
                        : new Answer(200, Map.of("ETag", "\"e\""), ""));

        assertThat(await(store.putIfAbsent("entry", new byte[3]))).isTrue();
    }
}
