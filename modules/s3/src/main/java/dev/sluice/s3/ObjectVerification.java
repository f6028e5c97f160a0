package dev.sluice.s3;

import dev.sluice.s3.S3Failure.Target;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import software.amazon.awssdk.services.s3.model.ChecksumMode;
import software.amazon.awssdk.services.s3.model.ChecksumType;

/// Checks that the object under a key is the one that was sent, by its size and, where the server tells it, its
/// checksum.
///
/// @param target the request that created the object, or may have; named in failures
/// @param parts  the parts in which it was sent
record ObjectVerification(S3Store store, String key, Target target, long bytes, int crc32c, int parts) {

    /// The object's ETag if it is ours; empty if there is no object.
    ///
    /// **Errors:** [S3Failure], final, when it is another object.
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

    /// Checks a clear response: emits its ETag, if its checksum is ours. Otherwise the server has stored other
    /// bytes than were sent, and the object is deleted.
    Mono<String> checkedOrDeleted(@Nullable String sum, @Nullable ChecksumType type, String eTag) {
        return checked(sum, type, eTag).onErrorResume(failure -> discard(eTag).then(Mono.error(failure)));
    }

    /// Deletes the object if its ETag is still the response's. Another object under this key is not ours, and
    /// stays.
    private Mono<Void> discard(String eTag) {
        return store.head(key)
                .filter(there -> there.eTag().equals(eTag))
                .flatMap(_ -> store.delete(key))
                .onErrorComplete();
    }

    private Mono<String> checked(@Nullable String sum, @Nullable ChecksumType type, String eTag) {
        // A composite checksum (computed from the parts' checksums) tells nothing beyond those of the parts.
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
