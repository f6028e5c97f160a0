package dev.sluice.s3;

import dev.sluice.s3.S3Failure.Target;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

/// One segment whose bytes are all in its first part: one PutObject, where a multipart upload would take three
/// requests, each waiting for the one before it.
///
/// *Trying again.* Each attempt sends the same bytes under the same key, so it does not matter which of them
/// arrives. But only one should arrive: a server that encrypts gives each object another ETag, and one that keeps
/// or locks versions would keep both. So where the server knows conditions, the request says that the object must
/// not exist. If the server refuses a later attempt for that, an earlier one whose response was lost has arrived.
/// The object is then checked: with our size and checksum it is ours.
///
/// *Aborting.* A request that has not sent its last byte creates no object, and is cut off. A server may still
/// carry out a request that has, even if its connection is closed, and later than requests sent afterwards. So the
/// abort waits for its response, as long as a working server may take for one. If the request succeeded, the object
/// stays, as with a completed upload. If the outcome stays unknown, the object is looked for and deleted: no
/// document describes it, so nothing relies on it. The abort ends when the upload is removed, too, that a refusal
/// was asked for with.
final class SegmentPut implements Segment {
    private static final int PRECONDITION_FAILED = 412;

    /// How long an abort waits for the response to a request that cannot be cancelled any more. SQL Server does
    /// not wait for it: the devices are closed by then.
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final S3Store store;
    private final String key;
    private final ObjectOptions options;
    private final Target target;

    // Guarded by this.
    private @Nullable PartUpload only;
    private int attempts;
    private boolean aborted;

    /// Whether another writer's object is under the key.
    private boolean taken;

    /// Whether the bucket may hold an upload that [#explained(Throwable)] has created.
    private boolean asked;

    SegmentPut(S3Store store, String key, ObjectOptions options) {
        this.store = store;
        this.key = key;
        this.options = options;
        this.target = store.calls().target("PutObject", "", key);
    }

    @Override
    public synchronized int add(PartUpload part) {
        if (only != null) {
            throw new IllegalStateException("there is one part, and it was added");
        }
        only = part;
        return 1;
    }

    @Override
    public void send(PartUpload part) {
        ObjectVerification look = new ObjectVerification(store, key, target, part.length(), part.crc32c(), 1);
        part.send(store.calls()
                .upload(target, Mono.defer(() -> attempt(part, look)))
                .onErrorResume(SegmentPut::isTaken, refusal -> lookAtWhatIsThere(look, refusal)));
    }

    private Mono<String> attempt(PartUpload part, ObjectVerification look) {
        synchronized (this) {
            if (aborted) {
                return Mono.error(new CancellationException("The upload was aborted"));
            }
            attempts++;
        }
        ProviderProfile profile = store.config().profile();
        PutObjectRequest.Builder request = PutObjectRequest.builder()
                .bucket(store.config().bucket())
                .key(store.absolute(key))
                .contentLength((long) part.length());
        if (profile.partChecksums()) {
            request.checksumCRC32C(Crc32c.base64(part.crc32c()));
        } else if (options.lock() != null || store.calls().integrityWanted()) {
            // S3 requires a checksum for objects that get a lock.
            request.contentMD5(part.md5());
        }
        if (profile.conditionalWrites()) {
            request.ifNoneMatch("*");
        }
        options.applyTo(request);
        PartBody body = part.open();
        return Mono.fromFuture(() -> store.client().putObject(request.build(), body))
                .doFinally(_ -> body.shut())
                .onErrorResume(failure -> explained(failure).then(Mono.error(failure)))
                .flatMap(answer -> look.checkedOrDeleted(
                        answer.checksumCRC32C(), answer.checksumType(), ResponseChecks.eTag(target, answer)));
    }

    /// A server that refuses the object's properties may end the connection before it has read all bytes, and then
    /// its response is lost on every attempt. So after the second loss this asks without bytes, by creating an
    /// upload with the same properties. Empty when the server accepts it, or does not answer.
    ///
    /// The upload is aborted at once. If that fails, or the response to its creation is lost, [#removeUpload()]
    /// looks for it at the segment's end.
    ///
    /// **Errors:** [S3Failure], final, with the refusal.
    private Mono<Void> explained(Throwable failure) {
        synchronized (this) {
            if (aborted || attempts != 2 || S3Failure.translate(target, failure).status() != 0) {
                return Mono.empty();
            }
            asked = true;
        }
        CreateMultipartUploadRequest.Builder request = CreateMultipartUploadRequest.builder()
                .bucket(store.config().bucket())
                .key(store.absolute(key));
        options.applyTo(request);
        return store.calls()
                .once(
                        store.calls().target("CreateMultipartUpload", "after two PutObjects without an answer", key),
                        () -> store.client().createMultipartUpload(request.build()))
                .onErrorResume(S3Failure.class, refusal -> {
                    if (refusal.retryable()) {
                        return Mono.empty();
                    }
                    uploadIsGone();
                    return Mono.error(refusal);
                })
                .flatMap(answer -> abortUpload(answer.uploadId()));
    }

    /// Tried once and without a look for parts: the upload has none, and the next attempt of the PutObject waits.
    /// The right to abort may lack where that to create is there, and the object does not need either.
    private Mono<Void> abortUpload(String uploadId) {
        return store.calls()
                .once(
                        store.calls().target("AbortMultipartUpload", "", key),
                        () -> store.client()
                                .abortMultipartUpload(
                                        abort -> abort.bucket(store.config().bucket())
                                                .key(store.absolute(key))
                                                .uploadId(uploadId)))
                .doOnNext(_ -> uploadIsGone())
                .then()
                .onErrorComplete(S3Failure.class);
    }

    private synchronized void uploadIsGone() {
        asked = false;
    }

    /// Removes what [#explained(Throwable)] may have left.
    private Mono<Void> removeUpload() {
        synchronized (this) {
            if (!asked) {
                return Mono.empty();
            }
        }
        return new UploadRemoval(store, key).removeAll().doOnSuccess(_ -> uploadIsGone());
    }

    private static boolean isTaken(Throwable failure) {
        return failure instanceof S3Failure s3 && s3.status() == PRECONDITION_FAILED;
    }

    /// If there was an attempt of ours before the refusal, only that one can have created the object.
    private Mono<String> lookAtWhatIsThere(ObjectVerification look, Throwable refusal) {
        synchronized (this) {
            if (attempts == 1) {
                taken = true;
                return Mono.error(refusal);
            }
        }
        return look.lookUp().switchIfEmpty(Mono.error(refusal));
    }

    @Override
    public Mono<StoredSegment> complete(BlockSums blocks) {
        PartUpload part = part();
        return part.stored()
                // The object is stored in any case; `recover` removes an upload that stays.
                .then(Mono.defer(this::removeUpload).onErrorComplete(S3Failure.class))
                .then(Mono.fromSupplier(() -> new StoredSegment(
                        key,
                        part.length(),
                        part.crc32c(),
                        part.eTag(),
                        List.of(new StoredSegment.Part(1, part.length(), part.crc32c())),
                        blocks)))
                .cache();
    }

    @Override
    public Mono<Void> abort() {
        synchronized (this) {
            aborted = true;
        }
        PartUpload part = part();
        part.cancelUnlessSent();
        return part.stored()
                .onErrorComplete()
                .timeout(PATIENCE, Mono.fromRunnable(part::cancel))
                .then(part.returned())
                .then(part.stored().thenReturn(true).onErrorReturn(false))
                .flatMap(stored -> stored ? Mono.empty() : removal(part))
                .then(Mono.defer(this::removeUpload));
    }

    private Mono<Void> removal(PartUpload part) {
        synchronized (this) {
            if (attempts == 0 || taken) {
                return Mono.empty();
            }
        }
        return store.head(key).filter(there -> there.bytes() == part.length()).flatMap(_ -> store.delete(key));
    }

    private synchronized PartUpload part() {
        if (only == null) {
            throw new IllegalStateException("there is no part yet");
        }
        return only;
    }
}
