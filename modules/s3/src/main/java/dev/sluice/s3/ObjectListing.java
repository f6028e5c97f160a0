package dev.sluice.s3;

import reactor.core.publisher.Flux;

/// Tells which objects a bucket has: those of now ([Listings]), or those of an instant ([PastListings]).
///
/// **Backpressure:** the next page is requested when the subscriber has taken the one before.
interface ObjectListing {

    /// The objects whose keys begin with `prefix`, in the order of their keys.
    Flux<ObjectInfo> objects(String prefix);

    /// The names of the directories directly below `prefix`, without their slashes.
    Flux<String> directories(String prefix);

    /// Those of them that the first page shows.
    Flux<String> firstDirectories(String prefix);
}
