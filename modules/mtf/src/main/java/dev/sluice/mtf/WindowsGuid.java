package dev.sluice.mtf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.UUID;

/// GUIDs as Windows stores them: the first three fields little-endian, the last eight bytes in the order they
/// are written.
public final class WindowsGuid {
    /// Stored size in bytes.
    public static final int BYTES = 16;

    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong BIG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private WindowsGuid() {}

    /// The GUID stored at `offset`; sixteen zero bytes are the nil UUID.
    public static UUID read(MemorySegment memory, long offset) {
        long high = (Integer.toUnsignedLong(memory.get(U32, offset)) << 32)
                | (Short.toUnsignedLong(memory.get(U16, offset + 4)) << 16)
                | Short.toUnsignedLong(memory.get(U16, offset + 6));
        return new UUID(high, memory.get(BIG, offset + 8));
    }

    /// Stores `guid` at `offset`.
    public static void write(UUID guid, MemorySegment memory, long offset) {
        long high = guid.getMostSignificantBits();
        memory.set(U32, offset, (int) (high >>> 32));
        memory.set(U16, offset + 4, (short) (high >>> 16));
        memory.set(U16, offset + 6, (short) high);
        memory.set(BIG, offset + 8, guid.getLeastSignificantBits());
    }
}
