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
    Mono<Void> removeAll() {
        return store.uploads(key)
                .filter(upload -> upload.key().equals(key))
                .concatMap(upload -> remove(upload.uploadId()))
                .then();
    }

    Mono<Void> remove(String uploadId) {
        return remove(uploadId, 1);
    }

    private Mono<Void> remove(String uploadId, int round) {
        return abort(uploadId)
                .filter(wasKnown -> wasKnown)
                .flatMap(_ -> hasParts(uploadId))
                .filter(hasParts -> hasParts)
                .flatMap(_ -> {
                    if (round == ROUNDS) {
                        Target target = store.calls().target("AbortMultipartUpload", "", key);
                        return Mono.error(S3Failure.of(
                                target,
                                String.format(
                                        Locale.ROOT, "upload %s still has parts after %d aborts", uploadId, ROUNDS),
                                true));
                    }
                    return Mono.delay(store.calls().policy().pauseAfter(round)).then(remove(uploadId, round + 1));
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
