package dev.sluice.engine;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import reactor.core.publisher.Mono;

/// Keeps data backups from taking all of the memory budget for themselves, so that a log backup always finds its
/// place: a full backup may run for hours, and the log cannot wait for it.
///
/// Data backups pass in the order in which they came. One that is too large to leave the room runs when no other
/// does.
///
/// **Threading:** any thread.
final class DataGate {

    private final long capacity;
    private final Deque<Waiter> waiting = new ArrayDeque<>();
    private long taken;

    private record Waiter(long bytes, CompletableFuture<Place> place) {}

    /// @param budget of the installation, in bytes
    /// @param log    what a log backup of one stripe needs of it
    DataGate(long budget, long log) {
        this.capacity = budget - log;
    }

    /// Room for one data backup, from here until it is closed.
    final class Place implements AutoCloseable {

        private final long bytes;
        private boolean closed;

        private Place(long bytes) {
            this.bytes = bytes;
        }

        @Override
        public void close() {
            synchronized (DataGate.this) {
                if (closed) {
                    return;
                }
                closed = true;
                taken -= bytes;
            }
            letIn();
        }
    }

    /// Emits when there is room; a cancel gives up the place in the queue.
    ///
    /// @param bytes the run's minimum
    Mono<Place> enter(long bytes) {
        return Mono.fromFuture(() -> {
            Waiter waiter = new Waiter(bytes, new CompletableFuture<>());
            synchronized (this) {
                waiting.add(waiter);
            }
            // Whoever gives up may have been the one that the others wait behind.
            var _ = waiter.place().exceptionally(_ -> {
                letIn();
                return null;
            });
            letIn();
            return waiter.place();
        });
    }

    /// Completes futures outside of the lock: who waits may go on at once, on this thread.
    private void letIn() {
        while (true) {
            Waiter next;
            Place place;
            synchronized (this) {
                waiting.removeIf(waiter -> waiter.place().isDone());
                next = waiting.peek();
                if (next == null || (taken > 0 && taken + next.bytes() > capacity)) {
                    return;
                }
                waiting.remove();
                taken += next.bytes();
                place = new Place(next.bytes());
            }
            if (!next.place().complete(place)) {
                place.close();
            }
        }
    }
}
