package dev.sluice.s3;

import static dev.sluice.s3.FailureKind.BUCKET_REFUSED;
import static dev.sluice.s3.FailureKind.OBJECT_ABSENT;
import static dev.sluice.s3.FailureKind.OBJECT_REFUSED;
import static dev.sluice.s3.FailureKind.OUTAGE;
import static dev.sluice.s3.TestS3.PROMPTLY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.s3.StubS3.Answer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;

/// What an answer says, and about what, as the SDK brings it.
class FailureKindTest {

    private StubS3 server;
    private S3Store store;

    @BeforeEach
    void open() {
        server = new StubS3();
        store = S3Store.open(server.config());
    }

    @AfterEach
    void close() {
        store.close();
        server.close();
    }

    private static final Function<S3Store, Mono<?>> CHECK = S3Store::check;
    private static final Function<S3Store, Mono<?>> GET = store -> store.get("a/key");
    private static final Function<S3Store, Mono<?>> HEAD = store -> store.head("a/key");
    private static final Function<S3Store, Mono<?>> PUT = store -> store.put("a/key", new byte[1]);
    private static final Function<S3Store, Mono<?>> DELETE = store -> store.delete("a/key");
    private static final Function<S3Store, Mono<?>> LIST =
            store -> store.list("a/key").collectList();
    private static final Function<S3Store, Mono<?>> UPLOADS =
            store -> store.uploads("a/key").collectList();

    private static Answer page(int status) {
        return new Answer(status, Map.of(), "<html><body>Blocked by the proxy</body></html>");
    }

    private static Answer text(int status) {
        return new Answer(status, Map.of("Content-Type", "text/plain"), "no document");
    }

    static Stream<Arguments> answers() {
        return Stream.of(
                Arguments.of("ListBucket is denied", CHECK, Answer.error(403, ""), BUCKET_REFUSED),
                Arguments.of("there is no bucket", CHECK, Answer.error(404, "NoSuchBucket"), BUCKET_REFUSED),
                Arguments.of("no bucket, asked for an object", GET, Answer.error(404, "NoSuchBucket"), BUCKET_REFUSED),
                Arguments.of("no bucket, asked for a list", LIST, Answer.error(404, "NoSuchBucket"), BUCKET_REFUSED),
                Arguments.of("unknown key", GET, Answer.error(403, "InvalidAccessKeyId"), BUCKET_REFUSED),
                Arguments.of("wrong secret", LIST, Answer.error(403, "SignatureDoesNotMatch"), BUCKET_REFUSED),
                Arguments.of("wrong clock", PUT, Answer.error(403, "RequestTimeTooSkewed"), BUCKET_REFUSED),
                Arguments.of("keys have run out", GET, Answer.error(400, "ExpiredToken"), BUCKET_REFUSED),
                Arguments.of("the proxy wants a password", GET, page(407), BUCKET_REFUSED),
                Arguments.of("throttled", GET, Answer.error(503, "SlowDown"), OUTAGE),
                Arguments.of("broken", DELETE, Answer.error(500, "InternalError"), OUTAGE),
                Arguments.of("denied to read", GET, Answer.error(403, "AccessDenied"), OBJECT_REFUSED),
                Arguments.of("denied to look", HEAD, Answer.error(403, "AccessDenied"), OBJECT_REFUSED),
                Arguments.of("denied to write", PUT, Answer.error(403, "AccessDenied"), OBJECT_REFUSED),
                Arguments.of("denied to delete", DELETE, Answer.error(403, "AccessDenied"), OBJECT_REFUSED),
                Arguments.of("denied to list a prefix", LIST, Answer.error(403, "AccessDenied"), OBJECT_REFUSED),
                Arguments.of("denied to list uploads", UPLOADS, Answer.error(403, "AccessDenied"), OBJECT_REFUSED),
                Arguments.of("archived", GET, Answer.error(403, "InvalidObjectState"), OBJECT_REFUSED),
                Arguments.of("key of encryption gone", GET, Answer.error(400, "KMS.DisabledException"), OBJECT_REFUSED),
                Arguments.of("delete marker", GET, Answer.error(405, "MethodNotAllowed"), OBJECT_REFUSED),
                Arguments.of("locked", DELETE, Answer.error(409, "InvalidObjectState"), OBJECT_REFUSED),
                Arguments.of("not built in", PUT, Answer.error(501, "NotImplemented"), OBJECT_REFUSED),
                Arguments.of("a proxy's 403", GET, page(403), OBJECT_REFUSED),
                Arguments.of("a proxy's 404", GET, page(404), OBJECT_REFUSED),
                Arguments.of("a proxy's 404 in text", GET, text(404), OBJECT_REFUSED),
                Arguments.of("a proxy's page for a list", LIST, page(200), OBJECT_REFUSED),
                Arguments.of("text for a list", LIST, text(200), OBJECT_REFUSED),
                Arguments.of("nothing for a list", LIST, Answer.of(""), OBJECT_REFUSED),
                Arguments.of(
                        "a list that ends in the middle", LIST, Answer.of("<ListBucketResult><IsTr"), OBJECT_REFUSED),
                Arguments.of("a proxy's page for uploads", UPLOADS, page(200), OBJECT_REFUSED));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("answers")
    void anAnswerIsAboutTheStoreOrUsOrOneObject(
            String name, Function<S3Store, Mono<?>> request, Answer answer, FailureKind kind) {
        server.follow(_ -> answer);

        assertThatThrownBy(() -> request.apply(store).block(PROMPTLY))
                .as(name)
                .isInstanceOfSatisfying(S3Failure.class, failure -> {
                    assertThat(failure.kind()).as(failure.getMessage()).isEqualTo(kind);
                    assertThat(failure.getMessage()).contains(request == CHECK ? "HeadBucket" : "a/key");
                });
        assertThat(store.refusals() > 0).isEqualTo(kind == OBJECT_REFUSED);
    }

    @Test
    void onlyTheStoresOwnWordIsTakenForAbsence() {
        assertThat(store.get("absent").blockOptional(PROMPTLY)).isEmpty();
        assertThat(store.head("absent").blockOptional(PROMPTLY)).isEmpty();

        server.follow(_ -> Answer.error(404, "NoSuchUpload"));
        store.abort(new OngoingUpload("absent", "u1", Instant.EPOCH)).block(PROMPTLY);
        assertThat(OBJECT_ABSENT.isOfObject()).isTrue();
    }

    @Test
    void nobodyAtThePortIsAnOutage() {
        server.close();

        assertThatThrownBy(() -> store.get("a/key").block(PROMPTLY))
                .isInstanceOfSatisfying(
                        S3Failure.class, failure -> assertThat(failure.kind()).isEqualTo(OUTAGE));
    }

    @Test
    void anUploadThatMayNotBeAbortedHoldsUpNoOther() {
        String two = """
                <ListMultipartUploadsResult><IsTruncated>false</IsTruncated>
                <Upload><Key>left/locked</Key><UploadId>u1</UploadId><Initiated>2026-01-01T00:00:00Z</Initiated></Upload>
                <Upload><Key>left/open</Key><UploadId>u2</UploadId><Initiated>2026-01-01T00:00:00Z</Initiated></Upload>
                </ListMultipartUploadsResult>""";
        server.follow(request -> request.is("GET", "uploads")
                ? Answer.of(two)
                : request.is("DELETE", "locked")
                        ? Answer.error(403, "AccessDenied")
                        : request.is("HEAD", "") ? new Answer(200, Map.of(), "") : null);
        List<String> refused = new CopyOnWriteArrayList<>();

        List<OngoingUpload> gone = store.abortOlderThan(
                        "left/", Duration.ofDays(1), _ -> true, e -> refused.add(e.key()))
                .collectList()
                .block(PROMPTLY);

        assertThat(gone).extracting(OngoingUpload::key).containsExactly("left/open");
        assertThat(refused).containsExactly("left/locked");
    }
}
