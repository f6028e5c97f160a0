package dev.sluice.s3;

import dev.sluice.s3.S3Failure.Target;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/// One block of a stripe: being fetched, or there and checked, or failed.
///
/// **Threading:** the state is guarded by the download's lock; [#fetch] runs without it.
final class DownloadBlock {
    /// Memory or a switch on the way may have flipped a bit, so a few more attempts are worthwhile.
    private static final int LOOKS_AT_A_CORRUPT_BLOCK = 2;

    private final S3Store store;
    private final DownloadSource source;
    private final int index;
    private final long offset;
    private final int length;
    private final int slabSize;
    private final Disposable.Swap request = Disposables.swap();

    private final List<Slab> lent;

    // Guarded by the download's lock.
    private final List<@Nullable Slab> slabs;
    private boolean ready;
    private @Nullable Throwable failure;
    private int taken;

    // Guarded by this: attempts begin and are given up on different threads.
    private @Nullable BlockSink sink;
    private boolean cancelled;

    DownloadBlock(
            S3Store store, DownloadSource source, int index, long offset, int length, List<Slab> slabs, int slabSize) {
        this.store = store;
        this.source = source;
        this.index = index;
        this.offset = offset;
        this.length = length;
        this.lent = slabs;
        this.slabs = new ArrayList<>(slabs);
        this.slabSize = slabSize;
    }

    int length() {
        return length;
    }

    /// Bytes that the reader has not taken yet.
    int rest() {
        return length - taken;
    }

    boolean ready() {
        return ready;
    }

    @Nullable
    Throwable failure() {
        return failure;
    }

    void arrived() {
        ready = true;
    }

    void failed(Throwable cause) {
        failure = cause;
    }

    /// Copies the next bytes out, and adds the slabs that are not needed any more to `free`.
    void take(MemorySegment destination, long at, int count, List<Slab> free) {
        for (int done = 0; done < count; ) {
            int slab = taken / slabSize;
            int position = taken % slabSize;
            int piece = Math.min(count - done, slabSize - position);
            MemorySegment.copy(present(slab).segment(), position, destination, at + done, piece);
            done += piece;
            taken += piece;
            if (taken == length || taken % slabSize == 0) {
                free.add(present(slab));
                slabs.set(slab, null);
            }
        }
    }

    private Slab present(int slab) {
        Slab present = slabs.get(slab);
        if (present == null) {
            throw new IllegalStateException(
                    String.format(Locale.ROOT, "Slab %d of block %d was returned already", slab, index));
        }
        return present;
    }

    /// Stops the fetch and returns the memory; no attempt writes to it from here on. Called without locks held,
    /// once the block is in no queue any more.
    List<Slab> drop() {
        synchronized (this) {
            cancelled = true;
            if (sink != null) {
                sink.shut();
            }
        }
        request.dispose();
        List<Slab> all = new ArrayList<>();
        for (Slab slab : slabs) {
            if (slab != null) {
                all.add(slab);
            }
        }
        slabs.clear();
        return all;
    }

    private synchronized boolean dropped() {
        return cancelled;
    }

    void fetch(Runnable done, Consumer<Throwable> failed) {
        Target target = store.calls()
                .target(
                        "GetObject",
                        String.format(Locale.ROOT, "bytes %d to %d", offset, offset + length - 1),
                        source.key());
        Mono<Void> verified = store.calls()
                .retrying(target, Mono.defer(() -> attempt(target)))
                .retryWhen(Retry.max(LOOKS_AT_A_CORRUPT_BLOCK)
                        .filter(CorruptBlockException.class::isInstance)
                        .onRetryExhaustedThrow((_, last) -> last.failure()));
        request.update(verified.subscribe(null, failed, done));
    }

    /// Lets the block dispose of `share` when it is dropped, unless a fetch of its own has begun.
    void sharing(Disposable share) {
        request.update(share);
    }

    /// A sink for the next attempt's bytes; it shuts the sink before it. Null once the block was dropped.
    synchronized @Nullable BlockSink open() {
        if (cancelled) {
            return null;
        }
        if (sink != null) {
            sink.shut();
        }
        sink = new BlockSink(lent, slabSize, length);
        return sink;
    }

    /// Whether all bytes came in through `into`, and are those that were stored.
    boolean complete(BlockSink into) {
        BlockSums sums = source.sums();
        return into.received() == length && (sums == null || sums.sum(index) == into.crc32c());
    }

    /// What one request has brought.
    private record Received(GetObjectResponse answer, BlockSink into) {}

    private Mono<Void> attempt(Target target) {
        return store.calls()
                // A refusal may say how the request succeeds, and then it is made again: into a sink of its own.
                .transfer(target, Mono.defer(this::received))
                // The sink of a dropped block is shut a moment before its request ends.
                .flatMap(received -> dropped() ? Mono.never() : check(target, received.answer(), received.into()));
    }

    private Mono<Received> received() {
        BlockSink into = open();
        if (into == null) {
            return Mono.never(); // dropped: there is no subscriber
        }
        GetObjectRequest get = GetObjectRequest.builder()
                .bucket(store.config().bucket())
                .key(store.absolute(source.key()))
                .range(String.format(Locale.ROOT, "bytes=%d-%d", offset, offset + length - 1))
                .ifMatch(source.eTag())
                .build();
        return store.bodies()
                .get(store.client(), get, into, into::receive)
                .map(answer -> new Received(answer, into))
                .doFinally(_ -> into.shut());
    }

    private Mono<Void> check(Target target, GetObjectResponse answer, BlockSink into) {
        String range = answer.contentRange();
        if (range != null && !range.endsWith("/" + source.bytes())) {
            return Mono.error(S3Failure.of(
                    target,
                    String.format(
                            Locale.ROOT,
                            "the object should have %d bytes, but the server sent '%s'",
                            source.bytes(),
                            range),
                    false));
        }
        if (into.received() != length) {
            return Mono.error(S3Failure.of(
                    target, String.format(Locale.ROOT, "only %d of %d bytes arrived", into.received(), length), true));
        }
        BlockSums sums = source.sums();
        if (sums != null && sums.sum(index) != into.crc32c()) {
            return Mono.error(
                    new CorruptBlockException(source.key(), index, offset, length, sums.sum(index), into.crc32c()));
        }
        return Mono.empty();
    }
}
