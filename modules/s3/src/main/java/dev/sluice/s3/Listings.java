package dev.sluice.s3;

import dev.sluice.s3.S3Failure.Target;
import java.time.Instant;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import software.amazon.awssdk.services.s3.model.CommonPrefix;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;

/// Listings of a store's bucket as it is, page by page.
final class Listings implements ObjectListing {

    private static final String SLASH = "/";

    private final S3Store store;

    Listings(S3Store store) {
        this.store = store;
    }

    @Override
    public Flux<ObjectInfo> objects(String prefix) {
        return pages(prefix, null)
                .concatMapIterable(ListObjectsV2Response::contents, 1)
                .map(object -> new ObjectInfo(
                        store.relative(prefix, object.key()),
                        object.size(),
                        Objects.requireNonNullElse(object.eTag(), ""),
                        Objects.requireNonNullElse(object.lastModified(), Instant.EPOCH),
                        AccessProbe.storageClass(object.storageClassAsString())));
    }

    /// Names without their slashes. A server that does not know delimiters lists every object instead; then the
    /// names come from the keys.
    @Override
    public Flux<String> directories(String prefix) {
        return directories(prefix, pages(prefix, SLASH));
    }

    @Override
    public Flux<String> firstDirectories(String prefix) {
        return directories(prefix, page(prefix, SLASH, null).flux());
    }

    private Flux<String> directories(String prefix, Flux<ListObjectsV2Response> pages) {
        int begin = store.absolute(prefix).length();
        return pages.concatMapIterable(
                        page -> Stream.concat(
                                        page.commonPrefixes().stream().map(CommonPrefix::prefix),
                                        page.contents().stream().map(S3Object::key))
                                .map(key -> key.substring(begin))
                                .filter(key -> key.indexOf('/') > 0)
                                .map(key -> key.substring(0, key.indexOf('/')))
                                .toList(),
                        1)
                .distinctUntilChanged();
    }

    private Flux<ListObjectsV2Response> pages(String prefix, @Nullable String delimiter) {
        return Flux.defer(() -> {
            ContinuationTokens places = new ContinuationTokens(store.calls().target("ListObjectsV2", "", prefix));
            return page(prefix, delimiter, null)
                    .expand(page -> Boolean.TRUE.equals(page.isTruncated())
                            ? page(prefix, delimiter, places.next(page.nextContinuationToken()))
                            : Mono.empty());
        });
    }

    private Mono<ListObjectsV2Response> page(String prefix, @Nullable String delimiter, @Nullable String token) {
        Target target = store.calls().target("ListObjectsV2", "", prefix);
        String absolute = store.absolute(prefix);
        return store.calls()
                .call(
                        target,
                        () -> store.client()
                                .listObjectsV2(
                                        request -> request.bucket(store.config().bucket())
                                                .prefix(absolute)
                                                .delimiter(delimiter)
                                                .continuationToken(token))
                                .thenApply(answer -> ResponseChecks.listing(target, absolute, answer)));
    }
}
