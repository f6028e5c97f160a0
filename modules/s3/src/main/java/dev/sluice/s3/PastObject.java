package dev.sluice.s3;

import java.time.Instant;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// What the versions of one object tell about the instant of a store ([S3Store#openAsOf]).
public sealed interface PastObject {

    /// The object was there, and the bucket made versions when it was written.
    record There() implements PastObject {}

    /// The object was there, and was written while the bucket made no versions. Other objects may have been
    /// replaced or removed without a trace until the bucket had versions.
    ///
    /// @param modified when it was written
    record WithoutVersions(Instant modified) implements PastObject {}

    /// The object was not there, or its version of that instant has been removed since.
    ///
    /// @param oldest the time of its oldest version that is left; null for none
    record Absent(@Nullable Instant oldest) implements PastObject {}

    /// **Errors:** [S3Failure]; [IllegalArgumentException] for a store that shows the bucket as it is.
    static Mono<PastObject> of(S3Store store, String key) {
        ObjectVersions versions =
                store.past().orElseThrow(() -> new IllegalArgumentException("The store shows the bucket as it is"));
        String whole = store.absolute(key);
        return versions.list(whole)
                .filter(version -> version.key().equals(whole))
                .next()
                .<PastObject>map(version ->
                        version.isOfTimeWithoutVersions() ? new WithoutVersions(version.modified()) : new There())
                .switchIfEmpty(versions.oldest(whole)
                        .<PastObject>map(version -> new Absent(version.modified()))
                        .defaultIfEmpty(new Absent(null)));
    }
}
