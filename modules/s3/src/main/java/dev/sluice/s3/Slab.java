package dev.sluice.s3;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/// One piece of off-heap memory, the unit in which memory is reserved and reused.
///
/// It lives in an automatic arena, so that its memory exists as long as any buffer of it. If a buffer outlived the
/// budget by mistake, the process would free the memory late instead of crashing.
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

    /// The bytes from `offset` to `offset + length` in the slab's own buffer, for a caller that has the slab to
    /// itself.
    ByteBuffer window(int offset, int length) {
        return buffer.limit(offset + length).position(offset);
    }

    /// A read-only view with positions of its own, for a request's body.
    ByteBuffer view(int offset, int length) {
        return segment.asSlice(offset, length).asByteBuffer().asReadOnlyBuffer();
    }
}
