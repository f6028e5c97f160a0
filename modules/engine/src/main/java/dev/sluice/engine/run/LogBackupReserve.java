package dev.sluice.engine.run;

import dev.sluice.s3.Handover;
import java.util.ArrayDeque;
import java.util.Deque;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/// Keeps a part of the memory budget for log backups: data backups, restores and verifications may run for
/// hours, and the log cannot wait for them.
///
/// They pass in the order in which they came. One that is too large to leave the room runs when no other does.
///
/// **Threading:** any thread.
public final class LogBackupReserve {

    private final long capacity;

    // Both are guarded by this object's monitor.
    private final Deque<Waiter> waiting = new ArrayDeque<>();
    private long taken;

    private record Waiter(long bytes, MonoSink<Place> sink) {}

    /// @param budget of the installation, in bytes
    /// @param log    what a log backup of one stripe needs of it
    public LogBackupReserve(long budget, long log) {
        this.capacity = budget - log;
    }

    /// Room for one run, from here until it is closed.
    public final class Place extends Handover implements AutoCloseable {

        private final long bytes;

        private Place(long bytes) {
            this.bytes = bytes;
        }

        @Override
        public void close() {
            returnOnce();
        }

        @Override
        protected void giveBack() {
            synchronized (LogBackupReserve.this) {
                taken -= bytes;
            }
            letIn();
        }
    }

    /// Emits when there is room. A cancel leaves the queue, or returns the place that was on its way.
    ///
    /// **Ownership:** as with [dev.sluice.s3.MemoryBudget#admit]: a bare `subscribe` that is disposed in the
    /// moment of the handover may lose the place; `Mono.usingWhen` and [Blocking#take] do
    /// not.
    ///
    /// @param bytes the run's minimum
    Mono<Place> enter(long bytes) {
        return Mono.<Place>create(sink -> {
                    Waiter waiter = new Waiter(bytes, sink);
                    synchronized (this) {
                        waiting.add(waiter);
                    }
                    sink.onCancel(() -> leave(waiter));
                    letIn();
                })
                .filter(Handover::accept);
    }

    /// The waiter that gives up may have been the one that the others wait behind.
    private void leave(Waiter waiter) {
        synchronized (this) {
            waiting.remove(waiter);
        }
        letIn();
    }

    /// Signals leave without the lock held: a subscriber may go on at once, on this thread.
    private void letIn() {
        while (true) {
            Waiter next;
            Place place;
            synchronized (this) {
                next = waiting.peek();
                if (next == null || (taken > 0 && taken + next.bytes() > capacity)) {
                    return;
                }
                waiting.remove();
                taken += next.bytes();
                place = new Place(next.bytes());
            }
            // The subscriber may cancel before it sees the place; then it comes back.
            next.sink().onDispose(place::withdraw);
            next.sink().success(place);
        }
    }
}
