package dev.sluice.s3;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.core.async.ResponsePublisher;
import software.amazon.awssdk.services.s3.model.ChecksumMode;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;

/// Reads an object that no document describes: the server's facts about it, and a piece of its bytes.
///
/// **Errors:** [S3Failure].
final class RangeRead {
    private static final int CRC_BYTES = 4;

    private final S3Store store;
    private final String key;

    RangeRead(S3Store store, String key) {
        this.store = store;
        this.key = key;
    }

    Mono<ObjectFacts> facts() {
        return store.calls()
                .call(
                        store.calls().target("HeadObject", "", key),
                        () -> store.client()
                                .headObject(
                                        request -> request.bucket(store.config().bucket())
                                                .key(store.absolute(key))
                                                .checksumMode(ChecksumMode.ENABLED)))
                .flatMap(head -> head.contentLength() == null || head.eTag() == null
                        ? store.listed(key).map(object -> facts(object, head))
                        : Mono.just(facts(
                                new ObjectInfo(
                                        key,
                                        head.contentLength(),
                                        head.eTag(),
                                        Objects.requireNonNullElse(head.lastModified(), Instant.EPOCH),
                                        AccessProbe.storageClass(head.storageClassAsString())),
                                head)));
    }

    private static ObjectFacts facts(ObjectInfo object, HeadObjectResponse head) {
        Map<String, String> metadata = new HashMap<>();
        head.metadata().forEach((name, value) -> metadata.put(name.toLowerCase(Locale.ROOT), value));
        return new ObjectFacts(object, metadata, sum(head.checksumCRC32C()));
    }

    /// A composite checksum, as multipart uploads have had before full-object ones, ends in a dash and a number.
    private static @Nullable Integer sum(@Nullable String base64) {
        if (base64 == null || base64.indexOf('-') >= 0) {
            return null;
        }
        try {
            byte[] bytes = Base64.getDecoder().decode(base64);
            return bytes.length == CRC_BYTES ? ByteBuffer.wrap(bytes).getInt() : null;
        } catch (IllegalArgumentException _) {
            return null;
        }
    }

    /// @param eTag the ETag that the object must have
    Mono<byte[]> bytes(long offset, int length, String eTag) {
        return store.calls()
                .call(
                        store.calls()
                                .target(
                                        "GetObject",
                                        String.format(Locale.ROOT, "bytes %d to %d", offset, offset + length - 1),
                                        key),
                        () -> store.client()
                                .getObject(
                                        request -> request.bucket(store.config().bucket())
                                                .key(store.absolute(key))
                                                .ifMatch(eTag)
                                                .range(String.format(
                                                        Locale.ROOT, "bytes=%d-%d", offset, offset + length - 1)),
                                        AsyncResponseTransformer.toPublisher())
                                .thenCompose(answer ->
                                        collected(answer, offset, length).toFuture()));
    }

    /// If the server ignores the range, this skips the bytes before the piece and does not read those behind it.
    private static Mono<byte[]> collected(ResponsePublisher<GetObjectResponse> answer, long offset, int length) {
        long[] before = {answer.response().contentRange() == null ? offset : 0};
        byte[] piece = new byte[length];
        int[] have = {0};
        return Flux.from(answer)
                .doOnNext(bytes -> {
                    ByteBuffer rest = bytes.duplicate();
                    int passed = (int) Math.min(before[0], rest.remaining());
                    before[0] -= passed;
                    rest.position(rest.position() + passed);
                    int count = Math.min(rest.remaining(), length - have[0]);
                    rest.get(piece, have[0], count);
                    have[0] += count;
                })
                .takeUntil(_ -> have[0] >= length)
                .then(Mono.fromSupplier(() -> have[0] == length ? piece : Arrays.copyOf(piece, have[0])));
    }
}
