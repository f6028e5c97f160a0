package dev.sluice.s3;

import dev.sluice.s3.S3Failure.Target;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.ChecksumType;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompletedMultipartUpload;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;

/// The multipart upload of one segment: its first part creates it, and then it is completed or aborted.
///
/// *Completing.* If the response to a completion is lost, the object may exist or not, so it is looked up. An
/// object with our size and (where the server tells it) our checksum is ours, since no other backup writes this
/// key. If there is no object, the same completion is sent again, which S3 allows. If the server knows neither the
/// upload nor the object, the completion has failed.
final class SegmentUpload implements Segment {
    /// A server may need a while to assemble many parts; a second completion while the first one runs does not
    /// help.
    private static final int LOOKS = 3;

    private final S3Store store;
    private final String key;
    private final ObjectOptions options;
    private final Mono<String> uploadId;

    // Guarded by this.
    private final List<PartUpload> parts = new ArrayList<>();
    private boolean begun;
    private boolean aborted;
    private @Nullable Mono<StoredSegment> completion;

    SegmentUpload(S3Store store, String key, ObjectOptions options) {
        this.store = store;
        this.key = key;
        this.options = options;
        this.uploadId = Mono.defer(this::begin).cache();
    }

    // ---- parts ----

    @Override
    public synchronized int add(PartUpload part) {
        parts.add(part);
        return parts.size();
    }

    @Override
    public void send(PartUpload part) {
        Target target = store.calls().target("UploadPart", "part " + part.number(), key);
        part.send(uploadId.flatMap(id -> store.calls().upload(target, Mono.defer(() -> attempt(id, part)))));
    }

    private Mono<String> attempt(String id, PartUpload part) {
        UploadPartRequest.Builder request = UploadPartRequest.builder()
                .bucket(store.config().bucket())
                .key(store.absolute(key))
                .uploadId(id)
                .partNumber(part.number())
                .contentLength((long) part.length());
        if (store.config().profile().partChecksums()) {
            request.checksumCRC32C(Crc32c.base64(part.crc32c()));
        } else if (options.lock() != null || store.calls().integrityWanted()) {
            // S3 requires a checksum for objects that get a lock.
            request.contentMD5(part.md5());
        }
        PartBody body = part.open();
        Target target = store.calls().target("UploadPart", "part " + part.number(), key);
        return Mono.fromFuture(() -> store.client().uploadPart(request.build(), body))
                .map(answer -> ResponseChecks.eTag(target, answer))
                .doFinally(_ -> body.shut());
    }

    private Mono<String> begin() {
        synchronized (this) {
            if (aborted) {
                return Mono.error(new CancellationException("The upload was aborted"));
            }
            begun = true;
        }
        ProviderProfile profile = store.config().profile();
        CreateMultipartUploadRequest.Builder request = CreateMultipartUploadRequest.builder()
                .bucket(store.config().bucket())
                .key(store.absolute(key));
        if (profile.partChecksums()) {
            request.checksumAlgorithm(ChecksumAlgorithm.CRC32_C);
        }
        if (profile.fullObjectChecksums()) {
            request.checksumType(ChecksumType.FULL_OBJECT);
        }
        options.applyTo(request);
        Target target = store.calls().target("CreateMultipartUpload", "", key);
        return store.calls()
                .call(
                        target,
                        () -> store.client()
                                .createMultipartUpload(request.build())
                                .thenApply(answer -> ResponseChecks.upload(target, answer)))
                .map(answer -> answer.uploadId());
    }

    // ---- completion ----

    /// Completes the object once all parts are stored.
    @Override
    public synchronized Mono<StoredSegment> complete(BlockSums blocks) {
        List<PartUpload> all = List.copyOf(parts);
        long bytes = all.stream().mapToLong(PartUpload::length).sum();
        Mono<StoredSegment> result = Mono.when(
                        all.stream().map(PartUpload::stored).toList())
                .then(uploadId)
                .flatMap(id -> new Completion(id, all, bytes, blocks.combined(bytes)).attempt())
                .map(eTag -> new StoredSegment(
                        key,
                        bytes,
                        blocks.combined(bytes),
                        eTag,
                        all.stream()
                                .map(part -> new StoredSegment.Part(part.number(), part.length(), part.crc32c()))
                                .toList(),
                        blocks))
                .cache();
        completion = result;
        return result;
    }

    private final class Completion {
        private final Target target;
        private final ObjectVerification look;
        private final CompleteMultipartUploadRequest request;

        Completion(String id, List<PartUpload> all, long bytes, int crc32c) {
            this.target = store.calls().target("CompleteMultipartUpload", all.size() + " parts", key);
            this.look = new ObjectVerification(store, key, target, bytes, crc32c, all.size());
            ProviderProfile profile = store.config().profile();
            CompleteMultipartUploadRequest.Builder builder = CompleteMultipartUploadRequest.builder()
                    .bucket(store.config().bucket())
                    .key(store.absolute(key))
                    .uploadId(id)
                    .multipartUpload(CompletedMultipartUpload.builder()
                            .parts(all.stream().map(this::completed).toList())
                            .build());
            if (profile.fullObjectChecksums()) {
                builder.checksumType(ChecksumType.FULL_OBJECT)
                        .checksumCRC32C(Crc32c.base64(crc32c))
                        .mpuObjectSize(bytes);
            }
            this.request = builder.build();
        }

        private CompletedPart completed(PartUpload part) {
            CompletedPart.Builder completed =
                    CompletedPart.builder().partNumber(part.number()).eTag(part.eTag());
            if (store.config().profile().partChecksums()) {
                completed.checksumCRC32C(Crc32c.base64(part.crc32c()));
            }
            return completed.build();
        }

        /// Emits the object's ETag.
        Mono<String> attempt() {
            return attempt(1, Long.MIN_VALUE, false);
        }

        /// @param failing when the first attempt failed, by [System#nanoTime()]; without meaning for the first
        ///                attempt
        /// @param unclear whether the server may still be working on an earlier attempt
        private Mono<String> attempt(int number, long failing, boolean unclear) {
            return store.calls()
                    .once(
                            target,
                            () -> store.client()
                                    .completeMultipartUpload(request)
                                    .thenApply(answer -> ResponseChecks.completion(target, answer)))
                    // The response is clear; its check is still to be done.
                    .map(answer -> look.checkedOrDeleted(answer.checksumCRC32C(), answer.checksumType(), answer.eTag()))
                    .onErrorResume(S3Failure.class, failure -> {
                        if (S3Store.isNotFound(failure)) {
                            return (unclear ? lookUpUntil(failing) : look.lookUp())
                                    .switchIfEmpty(Mono.error(failure))
                                    .map(Mono::just);
                        }
                        long since = number == 1 ? System.nanoTime() : failing;
                        Duration pause = store.calls().policy().pauseAfter(number);
                        Mono<String> again =
                                Mono.defer(() -> again(number, since, unclear || failure.unclear(), failure));
                        if (!failure.unclear()) {
                            // The server has done nothing, so there is nothing to look for.
                            return failure.retryable()
                                    ? Mono.delay(pause).then(again).map(Mono::just)
                                    : Mono.error(failure.after(number, target));
                        }
                        return Mono.delay(pause)
                                .then(look.lookUp())
                                .repeatWhenEmpty(looks -> looks.take(LOOKS - 1).delayElements(pause))
                                .switchIfEmpty(again)
                                .map(Mono::just);
                    })
                    // Only now, so that a clear response with a wrong checksum does not count as an unclear one.
                    .flatMap(verdict -> verdict);
        }

        private Mono<String> again(int number, long failing, boolean unclear, S3Failure failure) {
            if (store.calls().policy().isOver(number, failing, Duration.ZERO)) {
                return Mono.error(failure.after(number, target));
            }
            store.calls().retrying(failure);
            return attempt(number + 1, failing, unclear);
        }

        /// Looks for the object until it exists, or one attempt's time is over. A server that assembles many
        /// parts may be silent for minutes, and may not know the upload any more meanwhile: it answers
        /// NoSuchUpload to a second completion although the first one is about to succeed.
        private Mono<String> lookUpUntil(long failing) {
            long patience = store.config().limits().attempt().toNanos();
            return look.lookUp()
                    .repeatWhenEmpty(looks -> looks.takeWhile(_ -> System.nanoTime() - failing < patience)
                            .concatMap(look ->
                                    Mono.delay(store.calls().policy().pauseAfter((int) Math.min(20, look + 1)))));
        }
    }

    // ---- abort ----

    /// Leaves no upload behind. It waits for a completion that is under way, since its outcome would be unknown
    /// otherwise. If the completion succeeds, the object stays, and the caller decides whether to delete it.
    @Override
    public Mono<Void> abort() {
        List<PartUpload> all;
        @Nullable Mono<StoredSegment> completing;
        synchronized (this) {
            aborted = true;
            all = List.copyOf(parts);
            completing = completion;
        }
        all.forEach(PartUpload::cancel);
        Mono<Void> memoryBack = Mono.when(all.stream().map(PartUpload::returned).toList());
        Mono<Boolean> completed = completing == null
                ? Mono.just(false)
                : completing.map(_ -> true).onErrorReturn(false);
        return memoryBack.then(completed).flatMap(done -> done ? Mono.empty() : removal());
    }

    private Mono<Void> removal() {
        synchronized (this) {
            if (!begun) {
                return Mono.empty();
            }
        }
        UploadRemoval removal = new UploadRemoval(store, key);
        // A lost response to CreateMultipartUpload leaves an upload whose id we never saw, so this searches for
        // uploads.
        return uploadId.onErrorComplete().flatMap(removal::remove).then(removal.removeAll());
    }
}
