package dev.sluice.s3;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/// The off-heap memory of this process for backup bytes in transit, one budget for all runs.
///
/// A run is admitted with a quota for each of its stripes, all at once or not at all, in order of arrival. Inside
/// its quota a stripe gets memory at once. Memory that no quota claims is lent to the first stripe in the queue. So
/// half-filled parts cannot use up all memory: each stripe can always finish one part, or fetch one block, out of
/// its own quota.
///
/// A stripe counts with the greater of its quota and the memory that it holds; the sum over all stripes never
/// exceeds the capacity. One queue serves runs and borrowers in order; memory inside a quota does not queue. When a
/// run has to wait for admission, the budget asks stripes to give back all that they borrowed. When a stripe has to
/// wait, the budget asks one that has borrowed more to give back one block.
///
/// When no run has been admitted for 70 seconds, the budget gives memory back to the operating system. It keeps 64
/// MiB, enough for the next log backup.
///
/// **Threading:** safe for any thread. Signals are sent without locks held, on the thread that returned the
/// memory.
///
/// **Units:** memory comes in slabs of one mebibyte.
public final class MemoryBudget implements AutoCloseable {
    static final int SLAB_SIZE = 1 << 20;

    /// How long no run is admitted before memory is given back. A service that takes log backups every minute then
    /// allocates nothing in its steady state.
    static final Duration IDLE = Duration.ofSeconds(70);

    /// The slabs that an idle budget keeps.
    static final int KEPT = 64;

    private final int slabSize;
    private final int capacity;
    private final Scheduler scheduler;
    private final Disposable.Swap idle = Disposables.swap();
    private final ReentrantLock lock = new ReentrantLock();

    // All below is guarded by the lock.
    private final Deque<Slab> free = new ArrayDeque<>();
    private final Deque<Waiter> queue = new ArrayDeque<>();
    private final Set<StripeMemory> stripes = new LinkedHashSet<>();
    private int committed;
    private int held;
    private int peak;
    private boolean closed;

    private sealed interface Waiter {}

    private record Run(int stripes, int quota, MonoSink<Admission> sink) implements Waiter {}

    private record Borrower(StripeMemory stripe, int wanted, MonoSink<Void> sink) implements Waiter {}

    MemoryBudget(int slabSize, int slabs) {
        this(slabSize, slabs, Schedulers.parallel());
    }

    MemoryBudget(int slabSize, int slabs, Scheduler scheduler) {
        if (slabs < 1) {
            throw new IllegalArgumentException(
                    String.format(Locale.ROOT, "A memory budget holds at least one slab of %d bytes", slabSize));
        }
        this.slabSize = slabSize;
        this.capacity = slabs;
        this.scheduler = scheduler;
    }

    /// @param bytes the most that is held at any time; rounded down to whole mebibytes
    public static MemoryBudget of(long bytes) {
        return new MemoryBudget(SLAB_SIZE, Math.toIntExact(bytes / SLAB_SIZE));
    }

    /// Emits the run's admission as soon as there is memory for all of its stripes.
    ///
    /// **Backpressure:** runs are admitted in the order in which they subscribed. A cancel takes the run out of
    /// the queue, or returns memory that was just granted.
    ///
    /// **Ownership:** a subscriber that cancels while the admission is on its way may never see it, and then
    /// cannot return it. [#whileAdmitted] and `Mono.usingWhen` do not have that gap; a bare `subscribe` does.
    ///
    /// **Errors:** [IllegalArgumentException] when the whole budget is too small for the run; the message says how
    /// many bytes it takes.
    ///
    /// @param bytesPerStripe see [PartPlan#memoryPerStripe()] and [DownloadPlan#memoryPerStripe()]
    public Mono<Admission> admit(int stripes, long bytesPerStripe) {
        try {
            requireRoom(stripes, bytesPerStripe);
        } catch (IllegalArgumentException e) {
            return Mono.error(e);
        }
        return Mono.<Admission>create(sink -> enqueue(new Run(stripes, quota(bytesPerStripe), sink), sink))
                .filter(Handover::accept);
    }

    /// Checks that the budget is large enough for a run, without waiting for its turn.
    ///
    /// **Errors:** [IllegalArgumentException] when it never would.
    public void requireRoom(int stripes, long bytesPerStripe) {
        int quota = quota(bytesPerStripe);
        if (stripes < 1 || (long) stripes * quota > capacity) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT,
                    "%d stripes of %d bytes each take %d bytes of memory, but the budget is"
                            + " %d bytes. Give it more memory, or use fewer stripes or smaller transfers.",
                    stripes,
                    bytesPerStripe,
                    (long) stripes * quota * slabSize,
                    capacity()));
        }
    }

    private int quota(long bytesPerStripe) {
        return Math.toIntExact((bytesPerStripe + slabSize - 1) / slabSize);
    }

    /// Runs `work` with a run's admission, and returns the admission when the work has completed, failed or was
    /// cancelled.
    ///
    /// **Errors:** those of [#admit] and of the work.
    public <T> Mono<T> whileAdmitted(int stripes, long bytesPerStripe, Function<Admission, Mono<T>> work) {
        return Mono.usingWhen(admit(stripes, bytesPerStripe), work, admission -> Mono.fromRunnable(admission::close));
    }

    public long capacity() {
        return (long) capacity * slabSize;
    }

    /// Bytes that are held now, including reserved memory that is not in use.
    public long inUse() {
        lock.lock();
        try {
            return (long) held * slabSize;
        } finally {
            lock.unlock();
        }
    }

    /// The most that was ever held.
    public long peak() {
        lock.lock();
        try {
            return (long) peak * slabSize;
        } finally {
            lock.unlock();
        }
    }

    /// Bytes that exist: held ones, and those that wait for the next run.
    long allocated() {
        lock.lock();
        try {
            return (long) (held + free.size()) * slabSize;
        } finally {
            lock.unlock();
        }
    }

    /// Bytes that are held or promised to admitted runs.
    public long committed() {
        lock.lock();
        try {
            return (long) committed * slabSize;
        } finally {
            lock.unlock();
        }
    }

    /// Fails every waiting run and stripe. Memory that is still held stays valid until its holder returns it.
    @Override
    public void close() {
        List<Waiter> waiting;
        lock.lock();
        try {
            closed = true;
            waiting = List.copyOf(queue);
            queue.clear();
            free.clear();
        } finally {
            lock.unlock();
        }
        idle.dispose();
        waiting.forEach(waiter -> fail(waiter, closedFailure()));
    }

    // ---- called by StripeMemory and Admission ----

    int slabSize() {
        return slabSize;
    }

    void listen(StripeMemory stripe, StripeMemory.Reclaim listener) {
        lock.lock();
        try {
            stripe.reclaim = listener;
        } finally {
            lock.unlock();
        }
    }

    boolean tryReserve(StripeMemory stripe, int slabs) {
        lock.lock();
        try {
            if (closed || !stripe.open || stripe.refusal != null) {
                return false; // reserve() throws the reason
            }
            int missing = slabs - stripe.reserved.size();
            if (missing <= 0) {
                return true;
            }
            if (extra(stripe, missing) > 0 && (!queue.isEmpty() || committed + extra(stripe, missing) > capacity)) {
                return false;
            }
            fill(stripe, missing);
            return true;
        } finally {
            lock.unlock();
        }
    }

    Mono<Void> reserve(StripeMemory stripe, int slabs) {
        return Mono.create(sink -> enqueue(new Borrower(stripe, slabs, sink), sink));
    }

    Slab take(StripeMemory stripe) {
        lock.lock();
        try {
            Slab slab = stripe.reserved.poll();
            if (slab == null) {
                throw new IllegalStateException(
                        "No memory is reserved for these bytes: call reserve() first, and wait for it");
            }
            return slab;
        } finally {
            lock.unlock();
        }
    }

    @Nullable
    List<Slab> tryTake(StripeMemory stripe, int slabs) {
        lock.lock();
        try {
            if (stripe.reserved.size() < slabs) {
                return null;
            }
            List<Slab> taken = new ArrayList<>(slabs);
            for (int i = 0; i < slabs; i++) {
                taken.add(stripe.reserved.remove());
            }
            return taken;
        } finally {
            lock.unlock();
        }
    }

    void release(StripeMemory stripe, Collection<Slab> slabs) {
        update(() -> shrink(stripe, slabs));
    }

    void trim(StripeMemory stripe) {
        update(() -> {
            shrink(stripe, stripe.reserved);
            stripe.reserved.clear();
        });
    }

    void refuse(StripeMemory stripe, Throwable cause) {
        List<Waiter> refused;
        lock.lock();
        try {
            if (stripe.refusal == null) {
                stripe.refusal = cause;
            }
            refused = leave(stripe);
        } finally {
            lock.unlock();
        }
        refused.forEach(waiter -> fail(waiter, cause));
        update(() -> {});
    }

    boolean isBeyondQuota(StripeMemory stripe) {
        lock.lock();
        try {
            return stripe.held > stripe.quota;
        } finally {
            lock.unlock();
        }
    }

    void dismiss(List<StripeMemory> run) {
        run.forEach(stripe -> refuse(stripe, new IllegalStateException("The run's memory was returned")));
        update(() -> {
            for (StripeMemory stripe : run) {
                shrink(stripe, stripe.reserved);
                stripe.reserved.clear();
                committed -= stripe.commitment();
                stripe.open = false;
                committed += stripe.commitment();
                stripes.remove(stripe);
            }
            if (stripes.isEmpty() && free.size() > KEPT) {
                idle.update(scheduler.schedule(this::giveBack, IDLE.toMillis(), TimeUnit.MILLISECONDS));
            }
        });
    }

    private void giveBack() {
        lock.lock();
        try {
            if (!stripes.isEmpty() || free.size() <= KEPT) {
                return;
            }
            while (free.size() > KEPT) {
                free.removeLast();
            }
        } finally {
            lock.unlock();
        }
        // A slab's memory goes with its last buffer, so a collection frees it. An idle process may not make one for
        // days. No run is admitted that a pause of a small heap would hold up.
        System.gc();
    }

    // ---- the queue ----

    private void enqueue(Waiter waiter, MonoSink<?> sink) {
        sink.onCancel(() -> cancel(waiter));
        List<Runnable> signals = new ArrayList<>();
        lock.lock();
        try {
            Throwable refusal = refusal(waiter);
            if (refusal != null) {
                signals.add(() -> sink.error(refusal));
            } else {
                queue.add(waiter);
                serve(signals);
                if (queue.contains(waiter)) {
                    askForMemory(waiter, signals);
                }
            }
        } finally {
            lock.unlock();
        }
        signals.forEach(Runnable::run);
    }

    private void cancel(Waiter waiter) {
        update(() -> queue.remove(waiter));
    }

    private void update(Runnable change) {
        List<Runnable> signals = new ArrayList<>();
        lock.lock();
        try {
            change.run();
            serve(signals);
        } finally {
            lock.unlock();
        }
        signals.forEach(Runnable::run);
    }

    /// Grants every request that can be granted now, in order. The first that does not fit holds back all later
    /// requests for memory beyond a quota.
    private void serve(List<Runnable> signals) {
        boolean blocked = false;
        for (Iterator<Waiter> waiters = queue.iterator(); waiters.hasNext(); ) {
            Waiter waiter = waiters.next();
            int extra = switch (waiter) {
                case Run run -> run.stripes * run.quota;
                case Borrower borrower -> extra(borrower.stripe, missing(borrower));
            };
            if (extra > 0 && (blocked || committed + extra > capacity)) {
                blocked = true;
                continue;
            }
            waiters.remove();
            switch (waiter) {
                case Run run -> {
                    Admission admission = admission(run);
                    // The subscriber may cancel before it sees this; then the admission is returned.
                    signals.add(() -> {
                        run.sink.onDispose(admission::withdraw);
                        run.sink.success(admission);
                    });
                }
                case Borrower borrower -> {
                    fill(borrower.stripe, missing(borrower));
                    signals.add(borrower.sink::success);
                }
            }
        }
    }

    private Admission admission(Run run) {
        List<StripeMemory> places = Stream.generate(() -> new StripeMemory(this, run.quota))
                .limit(run.stripes)
                .toList();
        stripes.addAll(places);
        idle.update(Disposables.disposed());
        committed += run.stripes * run.quota;
        return new Admission(this, places);
    }

    private void askForMemory(Waiter waiter, List<Runnable> signals) {
        switch (waiter) {
            case Run _ ->
                stripes.stream()
                        .filter(stripe -> stripe.borrowed() > 0)
                        .map(stripe -> stripe.reclaim)
                        .forEach(reclaim -> signals.add(() -> reclaim.giveBack(true)));
            case Borrower borrower ->
                stripes.stream()
                        .filter(stripe -> stripe != borrower.stripe)
                        .max(Comparator.comparingInt(StripeMemory::borrowed))
                        // Taking from a stripe that has hardly more would only make that one wait.
                        .filter(stripe -> stripe.borrowed() >= borrower.stripe.borrowed() + 2 * missing(borrower))
                        .map(stripe -> stripe.reclaim)
                        .ifPresent(reclaim -> signals.add(() -> reclaim.giveBack(false)));
        }
    }

    private List<Waiter> leave(StripeMemory stripe) {
        List<Waiter> leaving = queue.stream()
                .filter(waiter -> waiter instanceof Borrower borrower && borrower.stripe == stripe)
                .toList();
        queue.removeAll(leaving);
        return leaving;
    }

    private @Nullable Throwable refusal(Waiter waiter) {
        if (closed) {
            return closedFailure();
        }
        return waiter instanceof Borrower borrower ? borrower.stripe.refusal : null;
    }

    private static IllegalStateException closedFailure() {
        return new IllegalStateException("The memory budget is closed");
    }

    private static void fail(Waiter waiter, Throwable cause) {
        switch (waiter) {
            case Run run -> run.sink.error(cause);
            case Borrower borrower -> borrower.sink.error(cause);
        }
    }

    // ---- accounting ----

    private static int missing(Borrower borrower) {
        return Math.max(0, borrower.wanted - borrower.stripe.reserved.size());
    }

    /// The memory that the budget would have left beyond its promises if the stripe held `more`.
    private static int extra(StripeMemory stripe, int more) {
        return Math.max(stripe.quota, stripe.held + more) - Math.max(stripe.quota, stripe.held);
    }

    private void fill(StripeMemory stripe, int slabs) {
        committed += extra(stripe, slabs);
        stripe.held += slabs;
        held += slabs;
        peak = Math.max(peak, held);
        for (int i = 0; i < slabs; i++) {
            Slab slab = free.poll();
            stripe.reserved.add(slab != null ? slab : new Slab(slabSize));
        }
    }

    private void shrink(StripeMemory stripe, Collection<Slab> slabs) {
        committed -= stripe.commitment();
        stripe.held -= slabs.size();
        held -= slabs.size();
        committed += stripe.commitment();
        if (!closed) {
            free.addAll(slabs);
        }
    }
}
