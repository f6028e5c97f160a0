package dev.sluice.mtf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// The checksum in the last two bytes of a block header or stream header: the exclusive or of all 16-bit words
/// before it.
///
/// It finds every change within one byte. Two changes that cancel out in the same bit of different words pass
/// unnoticed.
public final class HeaderChecksum {
    /// Bytes of the common header of a descriptor block, checksum included.
    public static final int BLOCK_HEADER = 52;
    /// Bytes of a stream header, checksum included.
    public static final int STREAM_HEADER = 22;

    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private HeaderChecksum() {}

    /// What the checksum of the `size` header bytes at `offset` must be.
    public static int of(MemorySegment memory, long offset, int size) {
        int sum = 0;
        for (int i = 0; i < size - Short.BYTES; i += Short.BYTES) {
            sum ^= memory.get(U16, offset + i);
        }
        return sum & 0xFFFF;
    }

    /// Whether the header carries the right checksum.
    public static boolean holds(MemorySegment memory, long offset, int size) {
        return of(memory, offset, size) == Short.toUnsignedInt(memory.get(U16, offset + size - Short.BYTES));
    }

    /// Puts the checksum in its place.
    public static void put(MemorySegment memory, long offset, int size) {
        memory.set(U16, offset + size - Short.BYTES, (short) of(memory, offset, size));
    }
}
