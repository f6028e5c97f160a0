package dev.sluice.s3;

import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.core.async.ResponsePublisher;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;

/// Finds out whether an object can be read, at the cost of its first byte.
///
/// A HEAD is not enough: it succeeds without the key that the object is encrypted with. A GET is not enough either:
/// its refusal of an archived object does not say whether the object is being restored from the archive.
///
/// **Errors:** [S3Failure] for a failure that is not about this one object.
final class AccessProbe {
    /// S3's error code for a GET of an archived object.
    private static final String ARCHIVED = "InvalidObjectState";

    private static final int RANGE_NOT_SATISFIABLE = 416; // of an empty object

    private static final Pattern SIZE = Pattern.compile("bytes \\d+-\\d+/(\\d+)");

    private static final Pattern EXPIRY = Pattern.compile("expiry-date=\"([^\"]+)\"");

    private final S3Store store;
    private final String key;

    AccessProbe(S3Store store, String key) {
        this.store = store;
        this.key = key;
    }

    /// @param archived whether the object may be in an archive, by its storage class in a listing
    Mono<ObjectAccess> run(boolean archived) {
        Mono<ObjectAccess> probe = archived ? head().flatMap(this::afterHead) : firstByte(null);
        return probe.onErrorResume(S3Failure.class, this::explained);
    }

    private Mono<ObjectAccess> afterHead(HeadObjectResponse head) {
        return isArchived(head) ? Mono.just(archived(head)) : firstByte(thawedUntil(head));
    }

    /// A restored copy of an object in GLACIER keeps its storage class, and its metadata says when the copy
    /// expires.
    private static boolean isArchived(HeadObjectResponse head) {
        if (head.archiveStatusAsString() != null) {
            return true;
        }
        boolean frozen = storageClass(head.storageClassAsString()).equals("GLACIER")
                || storageClass(head.storageClassAsString()).equals("DEEP_ARCHIVE");
        return frozen && (head.restore() == null || isThawing(head));
    }

    private static boolean isThawing(HeadObjectResponse head) {
        return head.restore() != null && head.restore().contains("ongoing-request=\"true\"");
    }

    private ObjectAccess archived(HeadObjectResponse head) {
        boolean tiered = head.archiveStatusAsString() != null;
        return new ObjectAccess.Archived(
                key,
                tiered ? head.archiveStatusAsString() : storageClass(head.storageClassAsString()),
                tiered,
                isThawing(head));
    }

    private static @Nullable Instant thawedUntil(HeadObjectResponse head) {
        Matcher expiry = EXPIRY.matcher(head.restore() == null ? "" : head.restore());
        if (!expiry.find()) {
            return null;
        }
        try {
            return ZonedDateTime.parse(expiry.group(1), DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant();
        } catch (DateTimeException _) {
            return null; // the server writes the date in a format of its own
        }
    }

    private Mono<HeadObjectResponse> head() {
        return store.calls()
                .call(
                        store.calls().target("HeadObject", "", key),
                        () -> store.client()
                                .headObject(request ->
                                        request.bucket(store.config().bucket()).key(store.absolute(key))));
    }

    private Mono<ObjectAccess> firstByte(@Nullable Instant thawedUntil) {
        return store.calls()
                .call(
                        store.calls().target("GetObject", "bytes 0 to 0", key),
                        () -> store.client()
                                .getObject(
                                        request -> request.bucket(store.config().bucket())
                                                .key(store.absolute(key))
                                                .range("bytes=0-0"),
                                        AsyncResponseTransformer.toPublisher())
                                .thenCompose(answer -> read(answer).toFuture()))
                .map(answer -> new ObjectAccess.Available(object(answer), thawedUntil));
    }

    /// A server that ignores the range begins to send the whole object; the client ends the request.
    private static Mono<GetObjectResponse> read(ResponsePublisher<GetObjectResponse> publisher) {
        Flux<ByteBuffer> bytes = Flux.from(publisher);
        GetObjectResponse answer = publisher.response();
        return (answer.contentRange() == null ? bytes.take(1) : bytes).then(Mono.just(answer));
    }

    private ObjectInfo object(GetObjectResponse answer) {
        return new ObjectInfo(
                key,
                size(answer.contentRange()).orElseGet(answer::contentLength),
                answer.eTag() == null ? "" : answer.eTag(),
                answer.lastModified() == null ? Instant.EPOCH : answer.lastModified(),
                storageClass(answer.storageClassAsString()));
    }

    private static Optional<Long> size(@Nullable String range) {
        Matcher matcher = SIZE.matcher(range == null ? "" : range);
        return matcher.matches() ? Optional.of(Long.valueOf(matcher.group(1))) : Optional.empty();
    }

    static String storageClass(@Nullable String said) {
        return said == null || said.isEmpty() ? ObjectInfo.STANDARD : said;
    }

    private Mono<ObjectAccess> explained(S3Failure failure) {
        if (failure.code().equals(ARCHIVED)) {
            return head().map(this::archived)
                    // Also when the HEAD failed: the GET's refusal has said that the object is archived.
                    .onErrorResume(
                            S3Failure.class,
                            _ -> Mono.just(new ObjectAccess.Archived(key, "an archive", false, false)));
        }
        if (failure.status() == RANGE_NOT_SATISFIABLE) {
            return store.head(key)
                    .<ObjectAccess>map(object -> new ObjectAccess.Available(object, null))
                    .defaultIfEmpty(new ObjectAccess.Absent(key));
        }
        if (S3Store.isNotFound(failure) && !failure.code().equals("NoSuchBucket")) {
            return Mono.just(new ObjectAccess.Absent(key));
        }
        // Without keys the request was not sent, and with wrong ones the server refuses every object.
        boolean ofThisObject = failure.status() >= 400 && failure.status() < 500 && !failure.retryable();
        return ofThisObject ? Mono.just(new ObjectAccess.Refused(key, failure)) : Mono.error(failure);
    }
}
