package dev.sluice.vdi.inprocess;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/// Memory of this process with a limit, which counts reservations.
final class CountingMemory implements BufferMemory {

    final AtomicInteger reserved = new AtomicInteger();
    final AtomicInteger released = new AtomicInteger();

    /// All that was reserved, as the memory's owner sees it.
    final List<MemorySegment> segments = new CopyOnWriteArrayList<>();

    private volatile long limit = Long.MAX_VALUE;

    /// Refuses to reserve more than this at once.
    void limitTo(long bytes) {
        limit = bytes;
    }

    @Override
    public Optional<Reservation> reserve(long bytes) {
        if (bytes > limit) {
            return Optional.empty();
        }
        return BufferMemory.ofProcess().reserve(bytes).map(reservation -> {
            reserved.incrementAndGet();
            segments.add(reservation.segment());
            return new Reservation() {
                @Override
                public MemorySegment segment() {
                    return reservation.segment();
                }

                @Override
                public void release() {
                    released.incrementAndGet();
                    reservation.release();
                }
            };
        });
    }
}
