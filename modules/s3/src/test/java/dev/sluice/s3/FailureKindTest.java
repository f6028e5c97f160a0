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
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;

/// The scope of each response of the server, as the SDK reports it.
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

    /// A request to the store.
    enum Ask {
        CHECK,
        GET,
        HEAD,
        PUT,
        DELETE,
        LIST,
        UPLOADS;

        Mono<?> of(S3Store store) {
            return switch (this) {
                case CHECK -> store.check();
                case GET -> store.get("a/key");
                case HEAD -> store.head("a/key");
                case PUT -> store.put("a/key", new byte[1]);
                case DELETE -> store.delete("a/key");
                case LIST -> store.list("a/key").collectList();
                case UPLOADS -> store.uploads("a/key").collectList();
            };
        }
    }

    private static Answer page(int status) {
        return new Answer(status, Map.of(), "<html><body>Blocked by the proxy</body></html>");
    }

    private static Answer text(int status) {
        return new Answer(status, Map.of("Content-Type", "text/plain"), "no document");
    }

    static Stream<Arguments> answers() {
        return Stream.of(
                Arguments.of("ListBucket is denied", Ask.CHECK, Answer.error(403, ""), BUCKET_REFUSED),
                Arguments.of("there is no bucket", Ask.CHECK, Answer.error(404, "NoSuchBucket"), BUCKET_REFUSED),
                Arguments.of(
                        "no bucket, asked for an object", Ask.GET, Answer.error(404, "NoSuchBucket"), BUCKET_REFUSED),
                Arguments.of(
                        "no bucket, asked for a list", Ask.LIST, Answer.error(404, "NoSuchBucket"), BUCKET_REFUSED),
                Arguments.of("unknown key", Ask.GET, Answer.error(403, "InvalidAccessKeyId"), BUCKET_REFUSED),
                Arguments.of("wrong secret", Ask.LIST, Answer.error(403, "SignatureDoesNotMatch"), BUCKET_REFUSED),
                Arguments.of("wrong clock", Ask.PUT, Answer.error(403, "RequestTimeTooSkewed"), BUCKET_REFUSED),
                Arguments.of("keys have run out", Ask.GET, Answer.error(400, "ExpiredToken"), BUCKET_REFUSED),
                Arguments.of("the proxy wants a password", Ask.GET, page(407), BUCKET_REFUSED),
                Arguments.of("throttled", Ask.GET, Answer.error(503, "SlowDown"), OUTAGE),
                Arguments.of("broken", Ask.DELETE, Answer.error(500, "InternalError"), OUTAGE),
                Arguments.of("denied to read", Ask.GET, Answer.error(403, "AccessDenied"), OBJECT_REFUSED),
                Arguments.of("denied to look", Ask.HEAD, Answer.error(403, "AccessDenied"), OBJECT_REFUSED),
                Arguments.of("denied to write", Ask.PUT, Answer.error(403, "AccessDenied"), OBJECT_REFUSED),
                Arguments.of("denied to delete", Ask.DELETE, Answer.error(403, "AccessDenied"), OBJECT_REFUSED),
                Arguments.of("denied to list a prefix", Ask.LIST, Answer.error(403, "AccessDenied"), OBJECT_REFUSED),
                Arguments.of("denied to list uploads", Ask.UPLOADS, Answer.error(403, "AccessDenied"), OBJECT_REFUSED),
                Arguments.of("archived", Ask.GET, Answer.error(403, "InvalidObjectState"), OBJECT_REFUSED),
                Arguments.of(
                        "key of encryption gone", Ask.GET, Answer.error(400, "KMS.DisabledException"), OBJECT_REFUSED),
                Arguments.of("delete marker", Ask.GET, Answer.error(405, "MethodNotAllowed"), OBJECT_REFUSED),
                Arguments.of("locked", Ask.DELETE, Answer.error(409, "InvalidObjectState"), OBJECT_REFUSED),
                Arguments.of("not built in", Ask.PUT, Answer.error(501, "NotImplemented"), OBJECT_REFUSED),
                Arguments.of("a proxy's 403", Ask.GET, page(403), OBJECT_REFUSED),
                Arguments.of("a proxy's 404", Ask.GET, page(404), OBJECT_REFUSED),
                Arguments.of("a proxy's 404 in text", Ask.GET, text(404), OBJECT_REFUSED),
                Arguments.of("a proxy's page for a list", Ask.LIST, page(200), OBJECT_REFUSED),
                Arguments.of("text for a list", Ask.LIST, text(200), OBJECT_REFUSED),
                Arguments.of("nothing for a list", Ask.LIST, Answer.of(""), OBJECT_REFUSED),
                Arguments.of(
                        "a list that ends in the middle",
                        Ask.LIST,
                        Answer.of("<ListBucketResult><IsTr"),
                        OBJECT_REFUSED),
                Arguments.of("a proxy's page for uploads", Ask.UPLOADS, page(200), OBJECT_REFUSED));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("answers")
    void anAnswerIsAboutTheStoreOrUsOrOneObject(String name, Ask request, Answer answer, FailureKind kind) {
        server.follow(_ -> answer);

        assertThatThrownBy(() -> request.of(store).block(PROMPTLY))
                .as(name)
                .isInstanceOfSatisfying(S3Failure.class, failure -> {
                    assertThat(failure.kind()).as(failure.getMessage()).isEqualTo(kind);
                    assertThat(failure.getMessage()).contains(request == Ask.CHECK ? "HeadBucket" : "a/key");
                });
        assertThat(store.refusals() > 0).isEqualTo(kind == OBJECT_REFUSED);
    }

    @Test
    void onlyS3sOwnErrorCodeCountsAsAbsence() {
        assertThat(store.get("absent").blockOptional(PROMPTLY)).isEmpty();
        assertThat(store.head("absent").blockOptional(PROMPTLY)).isEmpty();

        server.follow(_ -> Answer.error(404, "NoSuchUpload"));
        store.abort(new OngoingUpload("absent", "u1", Instant.EPOCH)).block(PROMPTLY);
        assertThat(OBJECT_ABSENT.isOfObject()).isTrue();
    }

    @Test
    void aRefusedConnectionIsAnOutage() {
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
