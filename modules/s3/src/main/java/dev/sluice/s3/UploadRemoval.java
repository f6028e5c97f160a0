package dev.sluice.s3;

import dev.sluice.s3.S3Failure.Target;
import java.util.Locale;
import reactor.core.publisher.Mono;

/// Removes multipart uploads of one key, with all of their parts.
///
/// One AbortMultipartUpload is not enough: a part that was under way may arrive after it, and then stays and is
/// billed. So this lists the parts afterwards, and repeats the abort until there are none, or the server does not
/// know the upload any more.
///
/// **Source:** S3 API reference, AbortMultipartUpload ("it might be necessary to abort a given multipart upload
/// multiple times").
final class UploadRemoval {
    private static final int ROUNDS = 5;

    private final S3Store store;
    private final String key;

    UploadRemoval(S3Store store, String key) {
        this.store = store;
        this.key = key;
    }

    /// Removes every upload of this key, also those whose id never reached us.
    ///
    /// An upload that is listed, and that the server then does not know, is being removed by another request, for
    /// instance by an abort whose connection broke. It is over when the listing is empty.
    Mono<Void> removeAll() {
        return removeAll(1);
    }

    private Mono<Void> removeAll(int round) {
        return store.uploads(key)
                .filter(upload -> upload.key().equals(key))
                .concatMap(upload -> removeKnown(upload.uploadId(), 1))
                .reduce(true, Boolean::logicalAnd)
                .filter(known -> !known && round < ROUNDS)
                .flatMap(_ ->
                        Mono.delay(store.calls().policy().pauseAfter(round)).then(removeAll(round + 1)));
    }

    Mono<Void> remove(String uploadId) {
        return removeKnown(uploadId, 1).then();
    }

    /// Emits whether the server knew the upload.
    private Mono<Boolean> removeKnown(String uploadId, int round) {
        return abort(uploadId)
                .flatMap(known -> known ? partsGone(uploadId, round).thenReturn(true) : Mono.just(false));
    }

    private Mono<Void> partsGone(String uploadId, int round) {
        return hasParts(uploadId).filter(hasParts -> hasParts).flatMap(_ -> {
            if (round == ROUNDS) {
                Target target = store.calls().target("AbortMultipartUpload", "", key);
                return Mono.error(S3Failure.of(
                        target,
                        String.format(Locale.ROOT, "upload %s still has parts after %d aborts", uploadId, ROUNDS),
                        true));
            }
            return Mono.delay(store.calls().policy().pauseAfter(round))
                    .then(removeKnown(uploadId, round + 1))
                    .then();
        });
    }

    /// Emits whether the server knew the upload.
    private Mono<Boolean> abort(String uploadId) {
        return store.calls()
                .call(
                        store.calls().target("AbortMultipartUpload", "", key),
                        () -> store.client()
                                .abortMultipartUpload(
                                        request -> request.bucket(store.config().bucket())
                                                .key(store.absolute(key))
                                                .uploadId(uploadId)))
                .map(_ -> true)
                .onErrorReturn(S3Store::isNotFound, false);
    }

    private Mono<Boolean> hasParts(String uploadId) {
        Target target = store.calls().target("ListParts", "", key);
        return store.calls()
                .call(
                        target,
                        () -> store.client()
                                .listParts(
                                        request -> request.bucket(store.config().bucket())
                                                .key(store.absolute(key))
                                                .uploadId(uploadId)
                                                .maxParts(1))
                                .thenApply(answer -> ResponseChecks.parts(target, answer)))
                .map(answer -> !answer.parts().isEmpty())
                .onErrorReturn(S3Store::isNotFound, false);
    }
}
