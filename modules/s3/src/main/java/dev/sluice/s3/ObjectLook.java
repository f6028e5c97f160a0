package dev.sluice.s3;

import dev.sluice.s3.S3Failure.Target;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import software.amazon.awssdk.services.s3.model.ChecksumMode;
import software.amazon.awssdk.services.s3.model.ChecksumType;

/// Whether the object under a key is what was sent there, by its size and, where the server tells it, its sum.
///
/// @param target of the request that made the object, or may have made it; named in failures
/// @param parts  in which it was sent
record ObjectLook(S3Store store, String key, Target target, long bytes, int crc32c, int parts) {

    /// The object's ETag if it is there and ours; empty if there is none.
    ///
    /// **Errors:** [S3Failure], final, when it is something else.
    Mono<String> lookUp() {
        return store.calls()
                .call(
                        store.calls().target("HeadObject", "after an unclear " + target.operation(), key),
                        () -> store.client()
                                .headObject(head -> head.bucket(store.config().bucket())
                                        .key(store.absolute(key))
                                        .checksumMode(ChecksumMode.ENABLED)))
                .flatMap(there -> Mono.justOrEmpty(there.contentLength())
                        .filter(_ -> there.eTag() != null)
                        .map(length -> new ObjectInfo(key, length, there.eTag(), Instant.EPOCH, ""))
                        .switchIfEmpty(Mono.defer(() -> store.listed(key)))
                        .flatMap(info -> info.bytes() == bytes
                                ? checked(there.checksumCRC32C(), there.checksumType(), info.eTag())
                                : Mono.error(S3Failure.of(
                                        target,
                                        String.format(
                                                Locale.ROOT,
                                                "the object has %d bytes instead of %d",
                                                info.bytes(),
                                                bytes),
                                        false))))
                .onErrorResume(S3Store::isNotFound, _ -> Mono.empty());
    }

    /// The verdict on a clear answer: its ETag, if its sum is ours. An object that the server has made of something
    /// else than was sent is deleted.
    Mono<String> judged(@Nullable String sum, @Nullable ChecksumType type, String eTag) {
        return checked(sum, type, eTag).onErrorResume(failure -> discard(eTag).then(Mono.error(failure)));
    }

    /// What the server answered for is deleted if it is still what is there; anything else under this key is not
    /// ours to touch.
    private Mono<Void> discard(String eTag) {
        return store.head(key)
                .filter(there -> there.eTag().equals(eTag))
                .flatMap(_ -> store.delete(key))
                .onErrorComplete();
    }

    private Mono<String> checked(@Nullable String sum, @Nullable ChecksumType type, String eTag) {
        // A composite sum (a sum of the parts' sums, written with their number) says nothing beyond the parts' own.
        boolean ofTheWhole = sum != null && type != ChecksumType.COMPOSITE && sum.indexOf('-') < 0;
        if (ofTheWhole && !Crc32c.base64(crc32c).equals(sum)) {
            return Mono.error(S3Failure.of(
                    target,
                    String.format(
                            Locale.ROOT,
                            "the server's CRC32C of the object is %s, but what was sent has %s (%d bytes in %d parts)",
                            sum,
                            Crc32c.base64(crc32c),
                            bytes,
                            parts),
                    false));
        }
        return Mono.just(eTag);
    }
}
