package dev.sluice.s3;

import dev.sluice.s3.S3Failure.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import software.amazon.awssdk.services.s3.model.CompletedMultipartUpload;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;

/// Joins the segments of a stripe into one object inside the bucket, by UploadPartCopy: no byte leaves the server.
///
/// The segments stay; the caller may delete them once a document names the new object. On a failure the upload is
/// aborted.
///
/// A copy carries no checksum of ours, and a server need not compute one. So three things verify the result: its
/// size, the ETags that the sources had when they were stored, and every block's sum when the object is read.
final class SegmentJoin {
    /// S3 copies up to 5 GiB in one request, which takes minutes; smaller copies run side by side.
    private static final long COPY = 1L << 30;

    private static final int COPIES_AT_ONCE = 4;

    private final S3Store store;
    private final List<StoredSegment> segments;
    private final String key;
    private final ObjectOptions options;
    private final long bytes;

    private record Copy(int number, StoredSegment source, long from, long to) {}

    SegmentJoin(S3Store store, List<StoredSegment> segments, String key, ObjectOptions options) {
        this.store = store;
        this.segments = List.copyOf(segments);
        this.key = key;
        this.options = options;
        this.bytes = segments.stream().mapToLong(StoredSegment::bytes).sum();
    }

    Mono<StoredSegment> run() {
        List<Copy> copies;
        BlockSums blocks;
        try {
            copies = copies();
            blocks = blocks();
        } catch (IllegalArgumentException e) {
            return Mono.error(e);
        }
        return Mono.usingWhen(
                begin(),
                uploadId -> Flux.fromIterable(copies)
                        .flatMapSequential(copy -> copy(uploadId, copy), COPIES_AT_ONCE)
                        .collectList()
                        .flatMap(parts -> complete(uploadId, parts))
                        .map(eTag -> new StoredSegment(key, bytes, blocks.combined(bytes), eTag, parts(), blocks)),
                _ -> Mono.empty(),
                (uploadId, _) -> abort(uploadId),
                this::abort);
    }

    private Mono<Void> abort(String uploadId) {
        return new UploadRemoval(store, key).remove(uploadId);
    }

    /// **Errors:** [IllegalArgumentException] when the result would break a rule of S3's.
    private List<Copy> copies() {
        if (store.config().profile().equalParts()) {
            return equalCopies();
        }
        List<Copy> copies = new ArrayList<>();
        for (StoredSegment segment : segments) {
            // As even as possible, so that no piece is shorter than S3's minimum for a part.
            long pieces = (segment.bytes() + COPY - 1) / COPY;
            for (long piece = 0; piece < pieces; piece++) {
                long from = segment.bytes() * piece / pieces;
                copies.add(new Copy(copies.size() + 1, segment, from, segment.bytes() * (piece + 1) / pieces - 1));
            }
        }
        if (copies.isEmpty() || copies.size() > PartPlan.MAX_PARTS) {
            throw new IllegalArgumentException(
                    String.format(Locale.ROOT, "A join needs 1 to 10,000 copies, got %d", copies.size()));
        }
        for (Copy copy : copies.subList(0, copies.size() - 1)) {
            if (copy.to - copy.from + 1 < PartPlan.MIN_PART_SIZE) {
                throw new IllegalArgumentException(String.format(
                        Locale.ROOT,
                        "%s has %d bytes, but S3 accepts no part below 5 MiB except the last",
                        copy.source.key(),
                        copy.source.bytes()));
            }
        }
        return copies;
    }

    /// Pieces of one length, which must divide every segment but the last.
    private List<Copy> equalCopies() {
        long first = segments.getFirst().bytes();
        long pieces = (first + COPY - 1) / COPY;
        while (pieces < PartPlan.MAX_PARTS && first % pieces != 0) {
            pieces++;
        }
        long length = segments.size() == 1 ? COPY : first / pieces;
        List<Copy> copies = new ArrayList<>();
        for (StoredSegment segment : segments) {
            boolean last = segment.equals(segments.getLast());
            if (!last && (segment.bytes() % length != 0 || length < PartPlan.MIN_PART_SIZE)) {
                throw new IllegalArgumentException(
                        "%s has %s bytes, which cannot be divided into parts of equal length, as the profile r2 requires"
                                .formatted(segment.key(), Long.toString(segment.bytes())));
            }
            for (long from = 0; from < segment.bytes(); from += length) {
                copies.add(new Copy(copies.size() + 1, segment, from, Math.min(from + length, segment.bytes()) - 1));
            }
        }
        if (copies.isEmpty() || copies.size() > PartPlan.MAX_PARTS) {
            throw new IllegalArgumentException(
                    "A join needs 1 to 10,000 copies, got " + Integer.toString(copies.size()));
        }
        return copies;
    }

    /// The blocks of all segments, in order, are the blocks of the joined object only if no segment ends within a
    /// block.
    private BlockSums blocks() {
        int size = segments.getFirst().blocks().blockSize();
        List<String> sums = new ArrayList<>();
        for (int i = 0; i < segments.size(); i++) {
            StoredSegment segment = segments.get(i);
            boolean last = i == segments.size() - 1;
            if (segment.blocks().blockSize() != size || (!last && segment.bytes() % size != 0)) {
                throw new IllegalArgumentException(String.format(
                        Locale.ROOT,
                        "%s does not end where a block of %d bytes ends, so the joined object could not be checked",
                        segment.key(),
                        size));
            }
            sums.addAll(segment.blocks().toHex());
        }
        return BlockSums.ofHex(size, sums);
    }

    private List<StoredSegment.Part> parts() {
        List<StoredSegment.Part> parts = new ArrayList<>();
        for (StoredSegment segment : segments) {
            for (StoredSegment.Part part : segment.parts()) {
                parts.add(new StoredSegment.Part(parts.size() + 1, part.bytes(), part.crc32c()));
            }
        }
        return parts;
    }

    private Mono<String> begin() {
        CreateMultipartUploadRequest.Builder request = CreateMultipartUploadRequest.builder()
                .bucket(store.config().bucket())
                .key(store.absolute(key));
        // No checksum algorithm: a server that is asked for one wants each part's in the completion, and not every
        // server
        // tells a copy's.
        options.applyTo(request);
        return store.calls()
                .call(
                        store.calls().target("CreateMultipartUpload", "to join", key),
                        () -> store.client().createMultipartUpload(request.build()))
                .map(answer -> answer.uploadId());
    }

    private Mono<CompletedPart> copy(String uploadId, Copy copy) {
        Target target = store.calls().target("UploadPartCopy", "part " + copy.number, key);
        return store.calls()
                .call(
                        target,
                        () -> store.client()
                                .uploadPartCopy(request -> request.sourceBucket(
                                                store.config().bucket())
                                        .sourceKey(store.absolute(copy.source.key()))
                                        .copySourceIfMatch(copy.source.eTag())
                                        .copySourceRange(String.format(Locale.ROOT, "bytes=%d-%d", copy.from, copy.to))
                                        .destinationBucket(store.config().bucket())
                                        .destinationKey(store.absolute(key))
                                        .uploadId(uploadId)
                                        .partNumber(copy.number)))
                .map(answer -> CompletedPart.builder()
                        .partNumber(copy.number)
                        .eTag(answer.copyPartResult().eTag())
                        .build());
    }

    private Mono<String> complete(String uploadId, List<CompletedPart> parts) {
        Target target = store.calls().target("CompleteMultipartUpload", "to join", key);
        return store.calls()
                .call(
                        target,
                        () -> store.client()
                                .completeMultipartUpload(
                                        request -> request.bucket(store.config().bucket())
                                                .key(store.absolute(key))
                                                .uploadId(uploadId)
                                                .multipartUpload(CompletedMultipartUpload.builder()
                                                        .parts(parts)
                                                        .build())))
                .then()
                // An attempt whose response was lost may have succeeded: then the server does not know the upload any
                // more.
                .onErrorResume(S3Store::isNotFound, _ -> Mono.empty())
                .then(store.head(key))
                .switchIfEmpty(
                        Mono.error(() -> S3Failure.of(target, "the server does not have the object afterwards", false)))
                .flatMap(there -> there.bytes() == bytes
                        ? Mono.just(there.eTag())
                        : Mono.error(S3Failure.of(
                                target,
                                String.format(
                                        Locale.ROOT, "the object has %d bytes instead of %d", there.bytes(), bytes),
                                false)));
    }
}
