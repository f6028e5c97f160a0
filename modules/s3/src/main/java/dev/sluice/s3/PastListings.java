package dev.sluice.s3;

import reactor.core.publisher.Flux;

/// The objects that a bucket had at an instant.
final class PastListings implements ObjectListing {

    private final S3Store store;
    private final ObjectVersions versions;

    PastListings(S3Store store, ObjectVersions versions) {
        this.store = store;
        this.versions = versions;
    }

    @Override
    public Flux<ObjectInfo> objects(String prefix) {
        return versions.list(store.absolute(prefix))
                .map(version -> new ObjectInfo(
                        store.relative(prefix, version.key()),
                        version.bytes(),
                        version.eTag(),
                        version.modified(),
                        version.storageClass()));
    }

    /// From the keys of all objects: a directory that S3 itself shows may have had nothing at the instant.
    @Override
    public Flux<String> directories(String prefix) {
        int begin = store.absolute(prefix).length();
        return versions.list(store.absolute(prefix))
                .map(version -> version.key().substring(begin))
                .filter(key -> key.indexOf('/') > 0)
                .map(key -> key.substring(0, key.indexOf('/')))
                .distinctUntilChanged();
    }

    @Override
    public Flux<String> firstDirectories(String prefix) {
        return directories(prefix);
    }
}
