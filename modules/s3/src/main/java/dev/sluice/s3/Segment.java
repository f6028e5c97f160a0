package dev.sluice.s3;

import reactor.core.publisher.Mono;

/// Stores the bytes of one segment as one object: by a multipart upload, or by a single PutObject when all of them
/// are in the first part.
///
/// **Threading:** any thread; [#add(PartUpload)] and [#complete(BlockSums)] under the stripe's lock.
sealed interface Segment permits SegmentUpload, SegmentPut {

    /// Adds a part. The caller sends it afterwards, without locks held.
    ///
    /// @return the number of parts so far
    int add(PartUpload part);

    /// Sends a part that was added.
    void send(PartUpload part);

    /// Emits the stored segment. The first subscription starts the completion; every subscription gets the same
    /// result, and a cancel does not stop the completion.
    Mono<StoredSegment> complete(BlockSums blocks);

    /// Leaves nothing unfinished behind. If a request that may create the object cannot be cancelled any more,
    /// this waits for it; if it succeeds, the object stays, and the caller decides about it.
    Mono<Void> abort();
}
