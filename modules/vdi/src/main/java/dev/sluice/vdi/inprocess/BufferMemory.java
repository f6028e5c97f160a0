package dev.sluice.vdi.inprocess;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/// Where the shared buffers of a set live.
public interface BufferMemory {

    /// The alignment that every reservation has, in bytes: the largest that the interface allows for a buffer.
    int ALIGNMENT = 65_536;

    /// Reserves memory and backs it with pages at once, so that a later access cannot fail.
    ///
    /// @return empty when there is not that much
    Optional<Reservation> reserve(long bytes);

    /// One reservation, used by both sides until both have closed the set.
    interface Reservation {

        /// All of it, aligned to [#ALIGNMENT].
        MemorySegment segment();

        /// Called once, when neither side can reach it any more.
        void release();
    }

    /// Memory of this process, outside the Java heap.
    @SuppressWarnings("MustBeClosed") // the reservation closes its arena
    static BufferMemory ofProcess() {
        return bytes -> {
            Arena arena = Arena.ofShared();
            try {
                MemorySegment segment = arena.allocate(bytes, ALIGNMENT);
                return Optional.of(new Reservation() {
                    @Override
                    public MemorySegment segment() {
                        return segment;
                    }

                    @Override
                    public void release() {
                        arena.close();
                    }
                });
            } catch (OutOfMemoryError e) {
                arena.close();
                return Optional.empty();
            }
        };
    }
}
