package dev.sluice.s3;

import dev.sluice.s3.S3Failure.Target;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.ListObjectVersionsResponse;

/// The versions of a bucket's objects that were current at an instant, by ListObjectVersions.
///
/// A version that a listing has shown is remembered, so that reading its object needs no further listing. Keys
/// are whole keys, without a slash in front.
///
/// **Errors:** [S3Failure].
///
/// **Threading:** safe for any thread.
final class ObjectVersions {

    /// At most about 40 MiB of heap. An object that is forgotten is looked up again.
    private static final int REMEMBERED = 100_000;

    private final S3AsyncClient client;
    private final S3Calls calls;
    private final String bucket;
    private final Instant instant;
    private final Map<String, Optional<VersionEntry.Version>> known = Collections.synchronizedMap(new Newest());

    /// @param client sends requests unchanged
    ObjectVersions(S3AsyncClient client, S3Calls calls, String bucket, Instant instant) {
        this.client = client;
        this.calls = calls;
        this.bucket = bucket;
        this.instant = instant;
    }

    /// How the pages of a listing are requested.
    private interface Asking {
        Mono<ListObjectVersionsResponse> page(
                Target target, Supplier<CompletableFuture<ListObjectVersionsResponse>> request);
    }

    Instant instant() {
        return instant;
    }

    /// The objects of the instant whose keys begin with `prefix`, in the order of their keys.
    Flux<VersionEntry.Version> list(String prefix) {
        return choices(prefix, calls::call)
                .concatMap(choice -> settled(choice, calls::call))
                .mapNotNull(found -> found.orElse(null));
    }

    /// The version of one object; empty when there was no such object.
    ///
    /// It belongs to a request that is about to read the object: it has no permit and no retries of its own,
    /// because
    /// the request has them.
    Mono<Optional<VersionEntry.Version>> find(String key) {
        return Mono.defer(() -> {
            Optional<VersionEntry.Version> before = known.get(key);
            return before == null ? lookedUp(key) : Mono.just(before);
        });
    }

    private Mono<Optional<VersionEntry.Version>> lookedUp(String key) {
        Asking once = (_, request) -> Mono.fromFuture(request);
        return choices(key, once)
                .takeWhile(choice -> choice.key().equals(key))
                .next()
                .flatMap(choice -> settled(choice, once))
                .switchIfEmpty(Mono.fromSupplier(() -> remembered(key, Optional.empty())))
                .onErrorMap(e -> S3Failure.translate(target(key), e));
    }

    /// The oldest version of one object that the bucket still has, whenever it was made; empty when it has
    /// none.
    Mono<VersionEntry.Version> oldest(String key) {
        return pages(key, calls::call)
                .concatMapIterable(page -> VersionEntry.of(page).getOrDefault(key, List.of()), 1)
                .ofType(VersionEntry.Version.class)
                .reduce((one, other) -> other.modified().isAfter(one.modified()) ? one : other);
    }

    private Optional<VersionEntry.Version> remembered(String key, Optional<VersionEntry.Version> found) {
        known.put(key, found);
        return found;
    }

    private Mono<Optional<VersionEntry.Version>> settled(VersionChoice choice, Asking asking) {
        return switch (choice.outcome()) {
            case VersionChoice.Present(var version) -> Mono.just(remembered(choice.key(), Optional.of(version)));
            case VersionChoice.Absent() -> Mono.just(remembered(choice.key(), Optional.empty()));
            case VersionChoice.SameSecond(var version, var marker) ->
                isBehind(marker, version, asking)
                        .map(present -> remembered(
                                choice.key(), present ? Optional.of(version) : Optional.<VersionEntry.Version>empty()));
        };
    }

    /// Whether the version is newer than the marker. S3 lists the versions of an object from the newest to the
    /// oldest, but the SDK has versions and markers in two lists, without their common order.
    private Mono<Boolean> isBehind(VersionEntry.DeleteMarker marker, VersionEntry.Version version, Asking asking) {
        return page(version.key(), version.key(), version.versionId(), asking)
                .map(behind -> VersionEntry.of(behind)
                        .getOrDefault(version.key(), List.of())
                        .contains(marker));
    }

    private Flux<VersionChoice> choices(String prefix, Asking asking) {
        return Flux.defer(() -> {
            VersionChoices choices = new VersionChoices(instant);
            return pages(prefix, asking).concatMapIterable(choices::add, 1);
        });
    }

    private Flux<ListObjectVersionsResponse> pages(String prefix, Asking asking) {
        return Flux.defer(() -> {
            ContinuationTokens places = new ContinuationTokens(target(prefix));
            return page(prefix, null, null, asking).expand(page -> {
                if (!Boolean.TRUE.equals(page.isTruncated())) {
                    return Mono.empty();
                }
                String key = page.nextKeyMarker();
                places.next(key == null ? null : key + " " + page.nextVersionIdMarker());
                return page(prefix, key, page.nextVersionIdMarker(), asking);
            });
        });
    }

    /// @param keyMarker       begins behind this key, or within it where there is a version, too
    /// @param versionIdMarker begins behind this version of it
    private Mono<ListObjectVersionsResponse> page(
            String prefix, @Nullable String keyMarker, @Nullable String versionIdMarker, Asking asking) {
        Target target = target(prefix);
        return asking.page(
                target,
                () -> client.listObjectVersions(request -> request.bucket(bucket)
                                .prefix(prefix)
                                .keyMarker(keyMarker)
                                .versionIdMarker(versionIdMarker))
                        .thenApply(answer -> ResponseChecks.versions(target, prefix, answer)));
    }

    private Target target(String prefix) {
        return calls.target("ListObjectVersions", "", "/" + prefix);
    }

    /// Forgets what was learnt first.
    private static final class Newest extends LinkedHashMap<String, Optional<VersionEntry.Version>> {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Optional<VersionEntry.Version>> eldest) {
            return size() > REMEMBERED;
        }
    }
}
