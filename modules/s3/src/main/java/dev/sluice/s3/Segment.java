package dev.sluice.s3;

import reactor.core.publisher.Mono;

/// How the bytes of one segment become one object: by a multipart upload, or by a single request when all of them
/// are in the first part.
///
/// **Threading:** any thread; [#add(PartUpload)] and [#complete(BlockSums)] under the stripe's lock.
sealed interface Segment permits SegmentUpload, SegmentPut {

    /// Takes note of a part. The caller sends it afterwards, without locks held.
    ///
    /// @return how many parts there are by now
    int add(PartUpload part);

    /// Sends a part that was added.
    void send(PartUpload part);

    /// Emits what is stored, once it is. Starts when it is subscribed to for the first time; the result can be had
    /// as often as wanted, and a subscriber that cancels does not stop it.
    Mono<StoredSegment> complete(BlockSums blocks);

    /// Leaves nothing unfinished behind. A request that may make the object and cannot be taken back any more is
    /// waited for; if it succeeds, the object stays, and the caller decides about it.
    Mono<Void> abort();
}
