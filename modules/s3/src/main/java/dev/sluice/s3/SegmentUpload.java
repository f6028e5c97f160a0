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

/// The multipart upload of one segment: created with its first part, and then completed or aborted.
///
/// *Completing* is the one request whose lost answer matters: the object may exist or not. Then the object is
/// looked up: there, with our size and (where the server knows it) our sum, it is ours, since no other backup
/// writes this key. Not there, the same completion is sent again, which S3 takes as often as it likes. An upload
/// that the server does not know and no object is an error.
final class SegmentUpload implements Segment {
    /// A server may need a while to put many parts together; a second completion while the first one runs helps
    /// nobody.
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
            // Bytes that nobody can take back must come with a sum.
            request.contentMD5(part.md5());
        }
        PartBody body = part.open();
        Target target = store.calls().target("UploadPart", "part " + part.number(), key);
        return Mono.fromFuture(() -> store.client().uploadPart(request.build(), body))
                .map(answer -> Answers.eTag(target, answer))
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
                                .thenApply(answer -> Answers.upload(target, answer)))
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
        private final ObjectLook look;
        private final CompleteMultipartUploadRequest request;

        Completion(String id, List<PartUpload> all, long bytes, int crc32c) {
            this.target = store.calls().target("CompleteMultipartUpload", all.size() + " parts", key);
            this.look = new ObjectLook(store, key, target, bytes, crc32c, all.size());
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

        /// @param failing since when, by [System#nanoTime()]; without meaning for the first attempt
        /// @param unclear whether the server may be at work on an attempt before this one
        private Mono<String> attempt(int number, long failing, boolean unclear) {
            return store.calls()
                    .once(
                            target,
                            () -> store.client()
                                    .completeMultipartUpload(request)
                                    .thenApply(answer -> Answers.completion(target, answer)))
                    // A verdict on a clear answer, yet to be carried out.
                    .map(answer -> look.judged(answer.checksumCRC32C(), answer.checksumType(), answer.eTag()))
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
                    // Only now, so that a clear answer which is wrong is not taken for an unclear one.
                    .flatMap(verdict -> verdict);
        }

        private Mono<String> again(int number, long failing, boolean unclear, S3Failure failure) {
            if (store.calls().policy().isOver(number, failing, Duration.ZERO)) {
                return Mono.error(failure.after(number, target));
            }
            store.calls().retrying(failure);
            return attempt(number + 1, failing, unclear);
        }

        /// Looks for the object until it is there, or one attempt's time is over. A server that puts many parts
        /// together may be silent for minutes, and does not know the upload any more while it does so: to a
        /// second completion it says NoSuchUpload although the first one is about to succeed.
        private Mono<String> lookUpUntil(long failing) {
            long patience = store.config().limits().attempt().toNanos();
            return look.lookUp()
                    .repeatWhenEmpty(looks -> looks.takeWhile(_ -> System.nanoTime() - failing < patience)
                            .concatMap(look ->
                                    Mono.delay(store.calls().policy().pauseAfter((int) Math.min(20, look + 1)))));
        }
    }

    // ---- the other end ----

    /// Leaves no upload behind. A completion that is under way is waited for, since its outcome could not be known
    /// otherwise; if it succeeds, the object stays, and to delete it is somebody else's decision.
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
        // An answer to CreateMultipartUpload that got lost leaves an upload whose id we never saw: hence the search.
        return uploadId.onErrorComplete().flatMap(removal::remove).then(removal.removeAll());
    }
}
