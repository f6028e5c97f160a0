package dev.sluice.s3;

import dev.sluice.s3.S3Failure.Target;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsResponse;
import software.amazon.awssdk.services.s3.model.ListPartsResponse;
import software.amazon.awssdk.services.s3.model.Part;

/// The multipart uploads of a store's bucket that are neither completed nor aborted.
///
/// **Errors:** [S3Failure].
final class UnfinishedUploads {

    private final S3Store store;

    UnfinishedUploads(S3Store store) {
        this.store = store;
    }

    /// For keys that begin with `prefix`, under way or abandoned.
    Flux<OngoingUpload> list(String prefix) {
        return Flux.defer(() -> {
                    ContinuationTokens places =
                            new ContinuationTokens(store.calls().target("ListMultipartUploads", "", prefix));
                    return uploadsPage(prefix, null, null).expand(page -> {
                        if (!Boolean.TRUE.equals(page.isTruncated())) {
                            return Mono.empty();
                        }
                        // A server may omit the upload marker, and begin the next page behind the key.
                        places.next(page.nextKeyMarker() + " " + page.nextUploadIdMarker());
                        return uploadsPage(prefix, page.nextKeyMarker(), page.nextUploadIdMarker());
                    });
                })
                .concatMapIterable(ListMultipartUploadsResponse::uploads, 1)
                .map(upload ->
                        new OngoingUpload(store.relative(prefix, upload.key()), upload.uploadId(), upload.initiated()));
    }

    private Mono<ListMultipartUploadsResponse> uploadsPage(
            String prefix, @Nullable String keyMarker, @Nullable String uploadIdMarker) {
        Target target = store.calls().target("ListMultipartUploads", "", prefix);
        return store.calls()
                .call(
                        target,
                        () -> store.client()
                                .listMultipartUploads(
                                        request -> request.bucket(store.config().bucket())
                                                .prefix(store.absolute(prefix))
                                                .keyMarker(keyMarker)
                                                .uploadIdMarker(uploadIdMarker))
                                .thenApply(answer -> ResponseChecks.uploads(target, store.absolute(prefix), answer)));
    }

    /// See [S3Store#abortOlderThan(String, Duration, Predicate, Consumer)].
    Flux<OngoingUpload> abortOlderThan(
            String prefix, Duration age, Predicate<OngoingUpload> orphaned, Consumer<S3Failure> refused) {
        return store.check().flatMapMany(now -> {
            Instant limit = now.minus(age);
            return list(prefix)
                    .filter(upload -> upload.initiated().isBefore(limit))
                    .filter(orphaned)
                    .concatMap(upload -> lastPart(upload)
                            .filter(last -> last.isBefore(limit))
                            .flatMap(_ -> store.abort(upload).thenReturn(upload))
                            .onErrorResume(S3Failure.class, e -> {
                                if (!e.kind().isOfObject()) {
                                    return Mono.error(e);
                                }
                                refused.accept(e);
                                return Mono.empty();
                            }));
        });
    }

    /// The time of the upload's newest part, or of its creation if it has no part or is gone.
    private Mono<Instant> lastPart(OngoingUpload upload) {
        return partsPage(upload, null)
                .expand(page -> Boolean.TRUE.equals(page.isTruncated())
                        ? partsPage(upload, page.nextPartNumberMarker())
                        : Mono.empty())
                .concatMapIterable(ListPartsResponse::parts, 1)
                .map(Part::lastModified)
                .reduce(upload.initiated(), (one, other) -> one.isAfter(other) ? one : other);
    }

    private Mono<ListPartsResponse> partsPage(OngoingUpload upload, @Nullable Integer marker) {
        Target target = store.calls().target("ListParts", "", upload.key());
        return S3Store.absentAsEmpty(store.calls()
                .call(
                        target,
                        () -> store.client()
                                .listParts(
                                        request -> request.bucket(store.config().bucket())
                                                .key(store.absolute(upload.key()))
                                                .uploadId(upload.uploadId())
                                                .partNumberMarker(marker))
                                .thenApply(answer -> ResponseChecks.parts(target, answer))));
    }
}
