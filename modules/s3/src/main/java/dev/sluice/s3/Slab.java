package dev.sluice.s3;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/// One piece of off-heap memory, the unit in which memory is reserved and reused.
///
/// It lives in an automatic arena: if ever a buffer made of it outlived the budget, the memory stays as long as
/// the buffer. That turns the worst mistake this module could make from a crash of the process into a late garbage
/// collection.
final class Slab {
    private final MemorySegment segment;
    private final ByteBuffer buffer;

    Slab(int size) {
        this.segment = Arena.ofAuto().allocate(size, 64);
        this.buffer = segment.asByteBuffer();
    }

    MemorySegment segment() {
        return segment;
    }

    /// The bytes from `offset` to `offset + length` in the slab's own buffer, for whoever has the slab to himself.
    ByteBuffer window(int offset, int length) {
        return buffer.limit(offset + length).position(offset);
    }

    /// A read-only view with positions of its own, for the wire.
    ByteBuffer view(int offset, int length) {
        return segment.asSlice(offset, length).asByteBuffer().asReadOnlyBuffer();
    }
}
