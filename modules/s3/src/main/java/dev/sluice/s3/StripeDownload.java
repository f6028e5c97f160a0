package dev.sluice.s3;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/// The download of one stripe of a backup: the bytes of its segments, in order. Each block is checked before any of
/// its bytes is handed out.
///
/// The caller calls [#await(int)], waits for it, calls [#read(MemorySegment)], and repeats both until no bytes
/// remain. Blocks are fetched ahead, in parallel, in the order in which the reader needs them. The blocks that the
/// reader waits for use the stripe's own memory; further blocks, up to the plan's read-ahead, use memory that the
/// budget lends. The stripe gives that back when another stripe or a run needs it, and borrows again only after its
/// reader has moved on. A reader may pause for as long as it likes.
///
/// **Ownership:** the caller closes it. That stops all requests at once and returns all memory.
///
/// **Threading:** one thread at a time awaits and reads; [#close()] may come from anywhere at any time. Results
/// arrive on the store's threads.
///
/// **Errors:** a block that cannot be fetched, or is corrupt, fails the [#await(int)] that needs it, with
/// [S3Failure] or [CorruptBlockException]; the bytes before it can still be read.
public final class StripeDownload implements AutoCloseable {
    private final S3Store store;
    private final StripeMemory memory;
    private final DownloadPlan plan;
    private final List<DownloadSource> sources;
    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by the lock.
    private final Deque<DownloadBlock> blocks = new ArrayDeque<>();
    private long remaining;
    private long held; // bytes not taken of all blocks in the queue
    private long awaited;
    private boolean frugal = true;
    private boolean closed;
    private @Nullable Ask ask;
    private @Nullable MonoSink<Integer> reader;

    // Where the block after the last one in the queue begins.
    private int nextSource;
    private long nextOffset;

    /// A request for the next block's memory, which the download may not need any more when it is granted.
    private static final class Ask {
        private final int slabs;
        private final Disposable.Swap pending = Disposables.swap();

        Ask(int slabs) {
            this.slabs = slabs;
        }
    }

    StripeDownload(S3Store store, StripeMemory memory, DownloadPlan plan, List<DownloadSource> sources) {
        this.store = store;
        this.memory = memory;
        this.plan = plan;
        this.sources = sources.stream().filter(source -> source.bytes() > 0).toList();
        this.remaining = sources.stream().mapToLong(DownloadSource::bytes).sum();
        for (DownloadSource source : sources) {
            if (blockSize(source) > plan.blockSize()) {
                throw new IllegalArgumentException(String.format(
                        Locale.ROOT,
                        "%s has blocks of %d bytes, but the plan is for blocks of %d",
                        source.key(),
                        blockSize(source),
                        plan.blockSize()));
            }
        }
        memory.onReclaim(this::giveBack);
    }

    /// Bytes that were not read yet.
    public long remaining() {
        lock.lock();
        try {
            return remaining;
        } finally {
            lock.unlock();
        }
    }

    /// Completes when `bytes` can be read, or all that remain if they are fewer; emits their number, 0 at the end
    /// of data. A cancel changes nothing.
    ///
    /// @param bytes up to the plan's [DownloadPlan#maxTransfer()]
    public Mono<Integer> await(int bytes) {
        if (bytes > plan.maxTransfer()) {
            return Mono.error(new IllegalArgumentException(String.format(
                    Locale.ROOT, "The plan allows transfers of up to %d bytes, got %d", plan.maxTransfer(), bytes)));
        }
        return Mono.create(sink -> {
            sink.onCancel(() -> forget(sink));
            lock.lock();
            try {
                frugal = frugal && awaited > 0;
                awaited = bytes;
                reader = sink;
            } finally {
                lock.unlock();
            }
            tellReader();
            fetchAhead();
        });
    }

    /// Copies the next bytes into `destination`, as many as it holds or as remain. Returns their number, or -1 at
    /// the end of data.
    ///
    /// **Errors:** [IllegalStateException] when these bytes were not awaited.
    public int read(MemorySegment destination) {
        List<Slab> free = new ArrayList<>(4);
        int count;
        lock.lock();
        try {
            requireOpen();
            if (remaining == 0) {
                return -1;
            }
            count = (int) Math.min(destination.byteSize(), remaining);
            for (int done = 0; done < count; ) {
                DownloadBlock block = blocks.peek();
                if (block == null || !block.ready()) {
                    throw new IllegalStateException(
                            "These bytes were not awaited: call await() first, and wait for it");
                }
                int piece = Math.min(count - done, block.rest());
                block.take(destination, done, piece, free);
                done += piece;
                remaining -= piece;
                held -= piece;
                if (block.rest() == 0) {
                    blocks.remove();
                    frugal = false;
                }
            }
        } finally {
            lock.unlock();
        }
        if (!free.isEmpty()) {
            memory.release(free);
            fetchAhead();
        }
        return count;
    }

    /// Stops all requests at once and returns all memory; a waiting reader fails.
    @Override
    public void close() {
        List<DownloadBlock> dropped;
        @Nullable Ask asking;
        @Nullable MonoSink<Integer> waiting;
        lock.lock();
        try {
            closed = true;
            dropped = List.copyOf(blocks);
            blocks.clear();
            asking = ask;
            ask = null;
            waiting = reader;
            reader = null;
        } finally {
            lock.unlock();
        }
        withdraw(asking);
        dropped.forEach(block -> memory.release(block.drop()));
        memory.trim();
        if (waiting != null) {
            waiting.error(closedFailure());
        }
    }

    // ---- the reader ----

    private void forget(MonoSink<Integer> sink) {
        lock.lock();
        try {
            if (sink.equals(reader)) {
                reader = null;
            }
        } finally {
            lock.unlock();
        }
    }

    private void tellReader() {
        @Nullable MonoSink<Integer> waiting;
        @Nullable Throwable problem = null;
        int available;
        lock.lock();
        try {
            waiting = reader;
            long needed = Math.min(awaited, remaining);
            long there = 0;
            for (DownloadBlock block : blocks) {
                if (there >= needed || (!block.ready() && block.failure() == null)) {
                    break;
                }
                problem = block.failure();
                if (problem != null) {
                    break;
                }
                there += block.rest();
            }
            if (closed) {
                problem = closedFailure();
            }
            if (waiting == null || (problem == null && there < needed)) {
                return;
            }
            reader = null;
            available = (int) needed;
        } finally {
            lock.unlock();
        }
        if (problem != null) {
            waiting.error(problem);
        } else {
            waiting.success(available);
        }
    }

    // ---- fetching ----

    /// Asks for memory, block by block, as long as the reader needs more or there may be more in store.
    private void fetchAhead() {
        while (true) {
            Ask asking;
            lock.lock();
            try {
                if (closed || ask != null || nextSource == sources.size() || !wantsMore()) {
                    return;
                }
                asking = new Ask(memory.slabsFor(nextLength()));
                ask = asking;
            } finally {
                lock.unlock();
            }
            if (!memory.tryReserve(asking.slabs)) {
                asking.pending.update(memory.reserve(asking.slabs).subscribe(null, problem -> refused(asking), () -> {
                    granted(asking);
                    fetchAhead();
                }));
                return;
            }
            granted(asking);
        }
    }

    private boolean wantsMore() {
        return held < Math.min(awaited, remaining)
                || (!frugal && blocks.size() + plan.blocksPerRequest() - 1 <= plan.readAhead());
    }

    private void granted(Ask asking) {
        DownloadSource source;
        long from;
        List<DownloadBlock> row;
        lock.lock();
        try {
            if (!asking.equals(ask)) {
                return; // a later step has returned the memory, or uses it
            }
            ask = null;
            List<Slab> slabs = memory.tryTake(asking.slabs);
            if (slabs == null) {
                return;
            }
            source = sources.get(nextSource);
            from = nextOffset;
            row = new ArrayList<>(plan.blocksPerRequest());
            row.add(add(source, slabs));
            while (row.size() < plan.blocksPerRequest() && !frugal && nextOffset > 0) {
                slabs = takeNow(memory.slabsFor(nextLength()));
                if (slabs == null) {
                    break;
                }
                row.add(add(source, slabs));
            }
        } finally {
            lock.unlock();
        }
        if (row.size() == 1) {
            fetch(row.getFirst());
        } else {
            new RangeFetch(store, source, row, from, block -> settled(block, null), this::fetch).start();
        }
    }

    private @Nullable List<Slab> takeNow(int slabs) {
        return memory.tryReserve(slabs) ? memory.tryTake(slabs) : null;
    }

    /// The next block, in memory of its own. Under the lock.
    private DownloadBlock add(DownloadSource source, List<Slab> slabs) {
        int length = nextLength();
        int index = Math.toIntExact(nextOffset / blockSize(source));
        DownloadBlock block = new DownloadBlock(store, source, index, nextOffset, length, slabs, memory.slabSize());
        blocks.add(block);
        held += length;
        nextOffset += length;
        if (nextOffset == source.bytes()) {
            nextSource++;
            nextOffset = 0;
        }
        return block;
    }

    private void fetch(DownloadBlock block) {
        block.fetch(() -> settled(block, null), problem -> settled(block, problem));
    }

    private void refused(Ask asking) {
        lock.lock();
        try {
            if (asking.equals(ask)) {
                ask = null;
                closed = true; // only the end of the run refuses memory
            }
        } finally {
            lock.unlock();
        }
        tellReader();
    }

    private void settled(DownloadBlock block, @Nullable Throwable problem) {
        lock.lock();
        try {
            if (problem == null) {
                block.arrived();
            } else {
                block.failed(problem);
            }
        } finally {
            lock.unlock();
        }
        tellReader();
    }

    /// Drops the blocks that the reader will need last; they are fetched again when the reader comes to them.
    private void giveBack(boolean everything) {
        @Nullable Ask asking;
        lock.lock();
        try {
            frugal = true;
            asking = ask;
            ask = null;
        } finally {
            lock.unlock();
        }
        withdraw(asking);
        memory.trim();
        while (memory.beyondQuota()) {
            @Nullable DownloadBlock last;
            lock.lock();
            try {
                last = blocks.peekLast();
                if (last == null || held - last.rest() < Math.min(awaited, remaining)) {
                    break; // the reader is waiting for it
                }
                blocks.removeLast();
                held -= last.rest();
                stepBack(last.length());
            } finally {
                lock.unlock();
            }
            memory.release(last.drop());
            if (!everything) {
                break;
            }
        }
        fetchAhead(); // if the reader still needs the blocks
    }

    private static void withdraw(@Nullable Ask asking) {
        if (asking != null) {
            asking.pending.dispose();
        }
    }

    private void stepBack(int length) {
        if (nextOffset == 0) {
            nextSource--;
            nextOffset = sources.get(nextSource).bytes();
        }
        nextOffset -= length;
    }

    private int nextLength() {
        DownloadSource source = sources.get(nextSource);
        return (int) Math.min(blockSize(source), source.bytes() - nextOffset);
    }

    private int blockSize(DownloadSource source) {
        BlockSums sums = source.sums();
        return sums == null ? plan.blockSize() : sums.blockSize();
    }

    private void requireOpen() {
        if (closed) {
            throw closedFailure();
        }
    }

    private static IllegalStateException closedFailure() {
        return new IllegalStateException("The download is closed");
    }
}
