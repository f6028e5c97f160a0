package dev.sluice.vdi.inprocess;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// The shared memory of one set: chunks reserved by the server, cut into buffers on demand.
///
/// Each RequestBuffers gets a [Zone] of its own, and AllocateBuffer looks into the zones of its own shape first. So
/// a server that announced n buffers can allocate n of them, in any order of allocating and freeing.
///
/// Every side sees the memory through a [Mapping] of its own. The memory itself is freed when the last mapping has
/// ended.
///
/// **Threading:** under the set's lock, but for [#leave()].
final class BufferArea {

    private final int prefix;
    private final List<Chunk> chunks = new ArrayList<>();
    private final List<Zone> zones = new ArrayList<>();
    private final Map<Integer, Allocation> byHandle = new HashMap<>();
    private final Mapping server = new Mapping();
    private final AtomicInteger users = new AtomicInteger();
    private int lastHandle;

    /// @param prefix bytes before each buffer that are the client's
    BufferArea(int prefix) {
        this.prefix = prefix;
    }

    /// The arguments of one RequestBuffers.
    record Shape(int size, int alignment, int count) {}

    /// Adds a chunk with a zone for each shape; returns false when there is not enough memory.
    boolean reserve(BufferMemory memory, List<Shape> shapes) {
        List<Zone> planned = new ArrayList<>();
        long end = 0;
        try {
            for (Shape shape : shapes) {
                long start = alignUp(end, shape.alignment);
                end = Math.addExact(start, bytesFor(shape));
                planned.add(new Zone(chunks.size(), shape, start, end));
            }
        } catch (ArithmeticException moreThanThereIs) {
            return false;
        }
        if (end == 0) {
            return true;
        }
        Optional<BufferMemory.Reservation> reservation = memory.reserve(end);
        if (reservation.isEmpty()) {
            return false;
        }
        chunks.add(new Chunk(reservation.get(), end, server));
        zones.addAll(planned);
        return true;
    }

    /// Bytes that the shape's buffers need, each with the client's prefix before it.
    private long bytesFor(Shape shape) {
        if (shape.count == 0) {
            return 0;
        }
        long stride = alignUp((long) prefix + shape.size, shape.alignment);
        return Math.addExact(Math.multiplyExact(stride, (long) shape.count), alignUp(prefix, shape.alignment));
    }

    long reservedBytes() {
        return chunks.stream().mapToLong(chunk -> chunk.bytes).sum();
    }

    /// Null when no buffer of this shape is free.
    @Nullable
    MemorySegment allocate(int size, int alignment) {
        for (Zone zone : zonesFor(size)) {
            Allocation allocation = allocateIn(zone, size, alignment);
            if (allocation != null) {
                allocation.handle = nextHandle();
                byHandle.put(allocation.handle, allocation);
                return chunks.get(zone.chunk).serverView.asSlice(allocation.offset, size);
            }
        }
        return null;
    }

    private @Nullable Allocation allocateIn(Zone zone, int size, int alignment) {
        Allocation allocation = zone.allocate(prefix, size, alignment);
        if (allocation != null) {
            chunks.get(zone.chunk).allocated.put(allocation.offset, allocation);
        }
        return allocation;
    }

    /// First the zones whose buffers are large enough, the tightest first; then those where the size takes several
    /// buffers in a row.
    private List<Zone> zonesFor(int size) {
        return zones.stream()
                .sorted(Comparator.comparing((Zone zone) -> zone.shape.size < size)
                        .thenComparingInt(zone -> zone.shape.size))
                .toList();
    }

    /// A handle is unique among the buffers that exist. It is not reused soon, so that a stale handle does not
    /// name another buffer.
    private int nextHandle() {
        do {
            lastHandle = lastHandle == Integer.MAX_VALUE ? 1 : lastHandle + 1;
        } while (byHandle.containsKey(lastHandle));
        return lastHandle;
    }

    /// How many more buffers of this shape AllocateBuffer could hand out. The method allocates them, counts them
    /// and frees them again.
    int available(int size, int alignment) {
        List<Allocation> tried = new ArrayList<>();
        for (Zone zone : zones) {
            for (Allocation a = allocateIn(zone, size, alignment); a != null; a = allocateIn(zone, size, alignment)) {
                tried.add(a);
            }
        }
        tried.forEach(this::release);
        return tried.size();
    }

    /// Frees the buffer if it was allocated here and no command holds it; returns whether it did.
    boolean free(MemorySegment buffer) {
        Allocation allocation = find(buffer);
        if (allocation == null
                || allocation.inFlight > 0
                || buffer.address() != chunk(allocation.zone.chunk).serverView.address() + allocation.offset) {
            return false;
        }
        byHandle.remove(allocation.handle);
        release(allocation);
        return true;
    }

    private void release(Allocation allocation) {
        chunk(allocation.zone.chunk).allocated.remove(allocation.offset);
        allocation.zone.free(allocation);
    }

    /// The allocated buffer that the segment's address is in.
    @Nullable
    Allocation find(MemorySegment buffer) {
        for (int i = 0; i < chunks.size(); i++) {
            long offset = buffer.address() - chunks.get(i).serverView.address();
            if (offset >= 0 && offset < chunks.get(i).bytes) {
                return allocationAt(i, offset);
            }
        }
        return null;
    }

    /// The allocated buffer at this place of a chunk.
    @Nullable
    Allocation allocationAt(int chunk, long offset) {
        Map.Entry<Long, Allocation> below = chunks.get(chunk).allocated.floorEntry(offset);
        return below != null && offset < below.getKey() + below.getValue().size ? below.getValue() : null;
    }

    @Nullable
    Allocation byHandle(int handle) {
        return byHandle.get(handle);
    }

    Chunk chunk(int index) {
        return chunks.get(index);
    }

    int chunkCount() {
        return chunks.size();
    }

    /// Another side starts to use the memory; it calls [#leave()] once.
    void enter() {
        users.incrementAndGet();
    }

    /// A side's mapping has ended.
    void leave() {
        if (users.decrementAndGet() == 0) {
            chunks.forEach(chunk -> chunk.reservation.release());
        }
    }

    /// The server's side is unmapped: every segment it ever got throws from here on.
    void unmapServer() {
        server.end(this::leave);
    }

    static long alignUp(long value, int alignment) {
        return Math.addExact(value, alignment - 1L) & -alignment;
    }

    /// One reservation of memory, and the buffers that are in it.
    static final class Chunk {
        private final BufferMemory.Reservation reservation;
        private final long bytes;
        private final TreeMap<Long, Allocation> allocated = new TreeMap<>();
        final MemorySegment serverView;

        Chunk(BufferMemory.Reservation reservation, long bytes, Mapping server) {
            this.reservation = reservation;
            this.bytes = bytes;
            this.serverView = view(server);
        }

        MemorySegment view(Mapping side) {
            return side.of(reservation.segment().asSlice(0, bytes));
        }
    }

    /// The part of a chunk that one RequestBuffers reserved.
    static final class Zone {
        private final int chunk;
        private final Shape shape;

        /// Free ranges by start, with their end; neighbours are always joined.
        private final TreeMap<Long, Long> free = new TreeMap<>();

        Zone(int chunk, Shape shape, long start, long end) {
            this.chunk = chunk;
            this.shape = shape;
            if (start < end) {
                free.put(start, end);
            }
        }

        /// First fit. Buffers of the zone's own shape thus always fall on the same places.
        private @Nullable Allocation allocate(int prefix, int size, int alignment) {
            Allocation fit = firstFit(prefix, size, alignment);
            if (fit != null) {
                free.remove(fit.start);
                if (fit.end < fit.rangeEnd) {
                    free.put(fit.end, fit.rangeEnd);
                }
            }
            return fit;
        }

        private @Nullable Allocation firstFit(int prefix, int size, int alignment) {
            for (Map.Entry<Long, Long> range : free.entrySet()) {
                long start = range.getKey();
                long offset = alignUp(start + prefix, alignment);
                long end = offset + size;
                if (end <= range.getValue()) {
                    return new Allocation(this, start, offset, size, range.getValue());
                }
            }
            return null;
        }

        private void free(Allocation allocation) {
            long start = allocation.start;
            long end = allocation.end;
            Map.Entry<Long, Long> before = free.lowerEntry(start);
            if (before != null && before.getValue() == start) {
                start = before.getKey();
            }
            Long joinedEnd = free.remove(end);
            free.put(start, joinedEnd != null ? joinedEnd : end);
        }
    }

    /// A buffer that the server has: its bytes, and the padding and the client's prefix before them.
    static final class Allocation {
        final Zone zone;
        final long offset;
        final int size;
        private final long start;
        private final long end;
        private final long rangeEnd;
        private int handle;

        /// Commands that were sent with it and are not settled.
        int inFlight;

        Allocation(Zone zone, long start, long offset, int size, long rangeEnd) {
            this.zone = zone;
            this.start = start;
            this.offset = offset;
            this.size = size;
            this.end = offset + size;
            this.rangeEnd = rangeEnd;
        }

        int chunk() {
            return zone.chunk;
        }

        int handle() {
            return handle;
        }
    }
}
