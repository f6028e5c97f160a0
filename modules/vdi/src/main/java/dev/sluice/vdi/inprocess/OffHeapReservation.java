package dev.sluice.vdi.inprocess;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/// A reservation in this process's memory, outside the Java heap.
final class OffHeapReservation implements BufferMemory.Reservation {

    private final Arena arena = Arena.ofShared();
    private final MemorySegment segment;

    private OffHeapReservation(long bytes) {
        segment = arena.allocate(bytes, BufferMemory.ALIGNMENT);
    }

    static Optional<BufferMemory.Reservation> reserve(long bytes) {
        try {
            return Optional.of(new OffHeapReservation(bytes));
        } catch (OutOfMemoryError e) {
            return Optional.empty();
        }
    }

    @Override
    public MemorySegment segment() {
        return segment;
    }

    @Override
    public void release() {
        arena.close();
    }
}
