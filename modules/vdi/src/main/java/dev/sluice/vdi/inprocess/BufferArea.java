package dev.sluice.vdi.inprocess;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The shared memory of one set: chunks reserved by the server, cut into buffers on demand, first fit.
///
/// Every side sees the memory through an arena of its own. Closing that arena is this implementation's unmapping:
/// from then on each access of that side throws, while the other side goes on. The memory itself goes when the
/// last side has let go.
///
/// **Threading:** under the set's lock.
final class BufferArea {

    private final int prefix;
    private final List<Chunk> chunks = new ArrayList<>();
    private final Arena serverArena = Arena.ofShared();
    private int users;

    /// @param prefix bytes before each buffer that are the client's
    BufferArea(int prefix) {
        this.prefix = prefix;
    }

    /// Bytes that `count` buffers of this shape need at most.
    long bytesFor(int size, int alignment, int count) {
        return Math.multiplyExact(alignUp((long) prefix + size, alignment), (long) count) + alignUp(prefix, alignment);
    }

    /// Adds a chunk; false when there is not that much memory.
    boolean reserve(BufferMemory memory, long bytes) {
        if (bytes == 0) {
            return true;
        }
        Optional<BufferMemory.Reservation> reservation = memory.reserve(bytes);
        reservation.ifPresent(r -> chunks.add(new Chunk(chunks.size(), r, bytes, serverArena)));
        return reservation.isPresent();
    }

    long reservedBytes() {
        return chunks.stream().mapToLong(chunk -> chunk.bytes).sum();
    }

    @Nullable
    MemorySegment allocate(int size, int alignment) {
        for (Chunk chunk : chunks) {
            Allocation allocation = chunk.allocate(prefix, size, alignment);
            if (allocation != null) {
                return chunk.serverView.asSlice(allocation.offset, size);
            }
        }
        return null;
    }

    /// How many buffers of this shape would still fit: counted by doing it and undoing it.
    int available(int size, int alignment) {
        int count = 0;
        for (Chunk chunk : chunks) {
            List<Allocation> tried = new ArrayList<>();
            for (Allocation a = chunk.allocate(prefix, size, alignment);
                    a != null;
                    a = chunk.allocate(prefix, size, alignment)) {
                tried.add(a);
            }
            tried.forEach(chunk::free);
            count += tried.size();
        }
        return count;
    }

    /// Whether the buffer was allocated here and no command holds it; then it is free.
    boolean free(MemorySegment buffer) {
        Allocation allocation = find(buffer);
        if (allocation == null
                || allocation.inFlight > 0
                || buffer.address() != allocation.chunk.serverView.address() + allocation.offset) {
            return false;
        }
        allocation.chunk.free(allocation);
        return true;
    }

    /// The allocated buffer that the segment's address is in.
    @Nullable
    Allocation find(MemorySegment buffer) {
        long address = buffer.address();
        for (Chunk chunk : chunks) {
            long offset = address - chunk.serverView.address();
            if (offset >= 0 && offset < chunk.bytes) {
                Map.Entry<Long, Allocation> below = chunk.allocated.floorEntry(offset);
                return below != null && offset < below.getKey() + below.getValue().size ? below.getValue() : null;
            }
        }
        return null;
    }

    /// The handle of the buffer that this place of a chunk belongs to, or -1. A handle is valid on every side of
    /// the set.
    int handleAt(int chunk, long offset) {
        Map.Entry<Long, Allocation> below = chunks.get(chunk).allocated.floorEntry(offset);
        return below != null && offset < below.getKey() + below.getValue().size ? below.getValue().handle : -1;
    }

    @Nullable
    Allocation byHandle(int handle) {
        for (Chunk chunk : chunks) {
            for (Allocation allocation : chunk.allocated.values()) {
                if (allocation.handle == handle) {
                    return allocation;
                }
            }
        }
        return null;
    }

    Chunk chunk(int index) {
        return chunks.get(index);
    }

    int chunkCount() {
        return chunks.size();
    }

    /// Another side starts to use the memory; it calls [#leave()] once.
    void enter() {
        users++;
    }

    void leave() {
        users--;
        if (users == 0) {
            chunks.forEach(chunk -> chunk.reservation.release());
        }
    }

    /// The server's side is unmapped: every segment it ever got throws from here on.
    void unmapServer() {
        serverArena.close();
        leave();
    }

    private static long alignUp(long value, int alignment) {
        return (value + alignment - 1) & -alignment;
    }

    static final class Allocation {
        final Chunk chunk;
        final long regionStart;
        final long regionEnd;
        final long offset;
        final int size;
        final int handle;
        int inFlight;

        Allocation(Chunk chunk, long regionStart, long regionEnd, long offset, int size, int handle) {
            this.chunk = chunk;
            this.regionStart = regionStart;
            this.regionEnd = regionEnd;
            this.offset = offset;
            this.size = size;
            this.handle = handle;
        }
    }

    static final class Chunk {
        final int index;
        final BufferMemory.Reservation reservation;
        final long bytes;
        final MemorySegment serverView;

        /// Free ranges by start, with their end; neighbours are always joined.
        private final TreeMap<Long, Long> free = new TreeMap<>();

        private final TreeMap<Long, Allocation> allocated = new TreeMap<>();

        private int buffersCut;

        Chunk(int index, BufferMemory.Reservation reservation, long bytes, Arena serverArena) {
            this.index = index;
            this.reservation = reservation;
            this.bytes = bytes;
            this.serverView = view(serverArena);
            free.put(0L, bytes);
        }

        MemorySegment view(Arena arena) {
            return MemorySegment.ofAddress(reservation.segment().address()).reinterpret(bytes, arena, null);
        }

        /// Never used twice, so that a stale handle is not taken for another buffer.
        private int handle() {
            return index << 24 | ++buffersCut;
        }

        private @Nullable Allocation allocate(int prefix, int size, int alignment) {
            Map.Entry<Long, Long> range = firstFit(prefix, size, alignment);
            if (range == null) {
                return null;
            }
            long start = range.getKey();
            long offset = alignUp(start + prefix, alignment);
            long end = offset + size;
            free.remove(start);
            if (end < range.getValue()) {
                free.put(end, range.getValue());
            }
            Allocation allocation = new Allocation(this, start, end, offset, size, handle());
            allocated.put(offset, allocation);
            return allocation;
        }

        private Map.@Nullable Entry<Long, Long> firstFit(int prefix, int size, int alignment) {
            for (Map.Entry<Long, Long> range : free.entrySet()) {
                if (alignUp(range.getKey() + prefix, alignment) + size <= range.getValue()) {
                    return Map.entry(range.getKey(), range.getValue());
                }
            }
            return null;
        }

        private void free(Allocation allocation) {
            allocated.remove(allocation.offset);
            long start = allocation.regionStart;
            long end = allocation.regionEnd;
            Map.Entry<Long, Long> before = free.lowerEntry(start);
            if (before != null && before.getValue() == start) {
                start = before.getKey();
                free.remove(start);
            }
            Long joinedEnd = free.remove(end);
            free.put(start, joinedEnd != null ? joinedEnd : end);
        }
    }
}
