package dev.sluice.s3;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// The upload of one stripe of a backup: it takes bytes and stores objects.
///
/// The caller calls [#reserve(int)], waits for it, calls [#write(MemorySegment)], repeats both, and then calls
/// [#flush()]. Bytes are copied once, into parts; a full part goes out while the next one fills. [#flush()]
/// finishes the object; a write after it begins the stripe's next segment, and so does a part beyond the limit of
/// one upload. The segments' concatenation is the stripe. A stripe without a byte leaves no object. A segment that
/// ends before its first part has gone out is one PutObject; any other is a multipart upload.
///
/// **Ownership:** the caller ends it by a successful [#flush()] or by [#abort()]; the memory itself belongs to the
/// [Admission].
///
/// **Threading:** one thread at a time reserves, writes and flushes; [#abort()] may come from anywhere at any
/// time. Results arrive on the store's threads.
///
/// **Backpressure:** [#reserve(int)] completes when there is memory. Memory comes back when S3 has acknowledged a
/// part, so a slow store makes slow reservations. When the budget has no free memory and no part of this stripe is
/// under way, the bytes so far are sent as a part, if they reach the plan's [PartPlan#shortestPart()]; fewer bytes
/// always fit beside one transfer.
///
/// **Errors:** the first part that cannot be stored, after all its attempts, fails the stripe: reservations
/// (waiting ones too) and flushes fail with its [S3Failure], and writes throw it. The caller then calls [#abort()].
public final class StripeUpload {
    private final S3Store store;
    private final StripeMemory memory;
    private final PartPlan plan;
    private final IntFunction<String> keys;
    private final ObjectOptions options;
    private final int maxParts;
    private final Sinks.One<List<StoredSegment>> broken = Sinks.one(); // never has a value, only an error
    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by the lock.
    private final OpenPart open;
    private final List<Segment> segments = new ArrayList<>();
    private final List<Mono<StoredSegment>> completions = new ArrayList<>();
    private @Nullable Segment segment;
    private int underWay;
    private int waiting; // a count: the end of one reservation may arrive after the next one has begun
    private @Nullable Throwable failure;
    private @Nullable Mono<Void> abort;
    private long written;

    /// Work that is decided under the lock and done after its release, because it may call other objects.
    private final class Work {
        private final List<PartUpload> parts = new ArrayList<>(1);
        private final List<Segment> owners = new ArrayList<>(1);
        private final List<Mono<StoredSegment>> completions = new ArrayList<>(0);

        void start() {
            for (int i = 0; i < parts.size(); i++) {
                PartUpload part = parts.get(i);
                part.stored().subscribe(null, StripeUpload.this::fail);
                part.returned().subscribe(null, null, StripeUpload.this::partReturned);
                owners.get(i).send(part);
            }
            completions.forEach(completion -> completion.subscribe(_ -> {}, StripeUpload.this::fail));
        }
    }

    StripeUpload(S3Store store, StripeMemory memory, PartPlan plan, IntFunction<String> keys, ObjectOptions options) {
        this.store = store;
        this.memory = memory;
        this.plan = plan;
        this.keys = keys;
        this.options = options;
        this.maxParts = Math.min(plan.maxParts(), store.config().profile().maxParts());
        this.open = new OpenPart(memory, plan.blockSize());
        memory.onReclaim(this::giveBack);
    }

    /// Bytes written so far.
    public long written() {
        lock.lock();
        try {
            return written;
        } finally {
            lock.unlock();
        }
    }

    /// Completes when the next `bytes` can be written. Memory that is reserved and not written stays reserved, and
    /// counts for the next reservation; so a cancel loses nothing.
    ///
    /// @param bytes up to the plan's [PartPlan#maxTransfer()]
    public Mono<Void> reserve(int bytes) {
        if (bytes > plan.maxTransfer()) {
            return Mono.error(new IllegalArgumentException(String.format(
                    Locale.ROOT, "The plan allows transfers of up to %d bytes, got %d", plan.maxTransfer(), bytes)));
        }
        return Mono.defer(() -> {
            Throwable failed = failure();
            if (failed != null) {
                return Mono.error(failed);
            }
            int slabs = memory.slabsFor(bytes);
            if (memory.tryReserve(slabs)) {
                return Mono.empty();
            }
            return memory.reserve(slabs).doOnSubscribe(_ -> waits(1)).doFinally(_ -> waits(-1));
        });
    }

    /// Copies `bytes`; the caller may change them when this returns.
    ///
    /// **Errors:** [IllegalStateException] when the caller reserved less; the stripe's failure when it has failed.
    public void write(MemorySegment bytes) {
        @Nullable Work work = null; // most calls fill no part
        lock.lock();
        try {
            requireUsable();
            long offset = 0;
            while (offset < bytes.byteSize()) {
                int room = plan.partSize() - open.length();
                int count = (int) Math.min(room, bytes.byteSize() - offset);
                open.append(bytes, offset, count);
                offset += count;
                if (open.length() == plan.partSize()) {
                    work = work == null ? new Work() : work;
                    cut(work, false);
                }
            }
            written += bytes.byteSize();
        } catch (IllegalStateException e) {
            failure = failure == null ? e : failure;
            throw e;
        } finally {
            lock.unlock();
        }
        if (work != null) {
            work.start();
        }
    }

    /// Makes everything written so far durable: emits all segments of the stripe, from its beginning, when every
    /// one is complete and its sums are checked. An empty list means that nothing was ever written.
    ///
    /// A cancel does not stop the flush.
    public Mono<List<StoredSegment>> flush() {
        return Mono.defer(() -> {
            Work work = new Work();
            List<Mono<StoredSegment>> all;
            lock.lock();
            try {
                if (failure != null) {
                    return Mono.error(failure);
                }
                if (open.length() > 0) {
                    cut(work, true);
                }
                if (segment != null) {
                    seal(segment, work);
                }
                all = List.copyOf(completions);
            } finally {
                lock.unlock();
            }
            work.start();
            // A failed part fails the flush at once, even if earlier parts are still under way.
            Sinks.One<List<StoredSegment>> answer = Sinks.one();
            broken.asMono().subscribe(null, answer::tryEmitError);
            Flux.concat(all).collectList().subscribe(answer::tryEmitValue, answer::tryEmitError);
            return answer.asMono();
        });
    }

    /// Ends the upload and leaves no unfinished upload behind: it sends nothing more, cancels requests under way,
    /// and aborts uploads until the server does not know them. Complete objects stay. An object whose existence is
    /// unknown is deleted. If a request has sent all bytes of an object, this waits for its response.
    ///
    /// Completes when all of this is done and all memory is back. Further calls share the first one's result.
    /// After a successful flush there is nothing to abort, and this completes at once.
    ///
    /// **Errors:** [S3Failure] when the store does not answer. Then the upload may still exist, and
    /// [S3Store#abortOlderThan] will find it; or the object may exist, and the caller decides about it.
    public Mono<Void> abort() {
        lock.lock();
        try {
            Mono<Void> running = abort;
            if (running == null) {
                running = Mono.defer(this::end).cache();
                abort = running;
            }
            return running;
        } finally {
            lock.unlock();
        }
    }

    private Mono<Void> end() {
        List<Slab> unsent;
        List<Segment> all;
        Throwable cause;
        lock.lock();
        try {
            if (failure == null) {
                failure = new CancellationException("The upload was aborted");
            }
            cause = failure;
            unsent = open.discard();
            all = List.copyOf(segments);
        } finally {
            lock.unlock();
        }
        memory.refuse(cause);
        memory.release(unsent);
        return Mono.whenDelayError(all.stream().map(Segment::abort).toList()).doFinally(_ -> memory.trim());
    }

    // ---- parts and segments; under the lock unless stated otherwise ----

    /// @param last whether the segment ends with this part
    private void cut(Work work, boolean last) {
        Segment current = segment;
        if (current == null) {
            String key = keys.apply(segments.size() + 1);
            current = last || maxParts == 1
                    ? new SegmentPut(store, key, options)
                    : new SegmentUpload(store, key, options);
            segments.add(current);
            segment = current;
        }
        PartUpload part = open.cut(store.wire(), store.limit());
        int parts = current.add(part);
        underWay++;
        work.parts.add(part);
        work.owners.add(current);
        if (parts == maxParts) {
            seal(current, work);
        }
    }

    private void seal(Segment current, Work work) {
        Mono<StoredSegment> completion = current.complete(open.sealBlocks());
        completions.add(completion);
        work.completions.add(completion);
        segment = null;
    }

    private void partReturned() {
        lock.lock();
        try {
            underWay--;
        } finally {
            lock.unlock();
        }
        cutIfStuck();
    }

    private void waits(int change) {
        lock.lock();
        try {
            waiting += change;
        } finally {
            lock.unlock();
        }
        cutIfStuck();
    }

    /// A reservation waits and no part under way will return memory, so this sends the open part early.
    private void cutIfStuck() {
        cutEarlyIf(() -> waiting > 0 && underWay == 0);
    }

    private void giveBack(boolean everything) {
        if (everything && memory.beyondQuota()) {
            cutEarlyIf(() -> true);
        }
    }

    private void cutEarlyIf(BooleanSupplier condition) {
        Work work = new Work();
        lock.lock();
        try {
            if (failure == null && open.length() >= plan.shortestPart() && condition.getAsBoolean()) {
                cut(work, false);
            }
        } finally {
            lock.unlock();
        }
        work.start();
    }

    private void fail(Throwable cause) {
        lock.lock();
        try {
            if (failure != null) {
                return;
            }
            failure = cause;
        } finally {
            lock.unlock();
        }
        broken.tryEmitError(cause);
        memory.refuse(cause);
    }

    private @Nullable Throwable failure() {
        lock.lock();
        try {
            return failure;
        } finally {
            lock.unlock();
        }
    }

    private void requireUsable() {
        switch (failure) {
            case null -> {}
            case RuntimeException e -> throw e;
            case Throwable e -> throw new IllegalStateException("The upload has failed", e);
        }
    }
}
