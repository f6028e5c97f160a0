package dev.sluice.mtf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A structure of the stream, read by field offset.
///
/// Reading is total: what lies outside the structure is zero, null or empty. The bytes come from the program that
/// wrote
/// the stream and may be damaged; inspecting them must not fail.
///
/// **Ownership:** a view; it reads `memory` when asked, so copy what has to stay.
public final class StoredFields {
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int LSN_BYTES = 10;
    private static final UUID NIL = new UUID(0, 0);

    private final MemorySegment memory;
    private final Charset charset;

    /// @param memory the structure, from its first byte to its last
    public StoredFields(MemorySegment memory) {
        this(memory, StandardCharsets.UTF_16LE);
    }

    /// @param charset what its strings are written in
    public StoredFields(MemorySegment memory, Charset charset) {
        this.memory = memory;
        this.charset = charset;
    }

    public long size() {
        return memory.byteSize();
    }

    public int u8(long offset) {
        return holds(offset, 1) ? Byte.toUnsignedInt(memory.get(ValueLayout.JAVA_BYTE, offset)) : 0;
    }

    public int u16(long offset) {
        return holds(offset, Short.BYTES) ? Short.toUnsignedInt(memory.get(U16, offset)) : 0;
    }

    public int i32(long offset) {
        return holds(offset, Integer.BYTES) ? memory.get(U32, offset) : 0;
    }

    public long u32(long offset) {
        return Integer.toUnsignedLong(i32(offset));
    }

    public long i64(long offset) {
        return holds(offset, Long.BYTES) ? memory.get(U64, offset) : 0;
    }

    public Lsn lsn(long offset) {
        return holds(offset, LSN_BYTES) ? new Lsn(u32(offset), u32(offset + 4), u16(offset + 8)) : Lsn.ZERO;
    }

    /// The GUID, or null where the stream has sixteen zeros.
    public @Nullable UUID guid(long offset) {
        if (!holds(offset, WindowsGuid.BYTES)) {
            return null;
        }
        UUID guid = WindowsGuid.read(memory, offset);
        return guid.equals(NIL) ? null : guid;
    }

    public @Nullable LocalDateTime date(long offset) {
        return holds(offset, MtfDate.BYTES) ? MtfDate.read(memory, offset) : null;
    }

    /// The string that the tape address (size and place, two bytes each) at `offset` points at.
    public String text(long offset) {
        int size = u16(offset);
        int place = u16(offset + 2);
        if (size == 0 || !holds(place, size)) {
            return "";
        }
        byte[] bytes = memory.asSlice(place, size).toArray(ValueLayout.JAVA_BYTE);
        String text = new String(bytes, charset);
        int end = text.length();
        while (end > 0 && text.charAt(end - 1) == 0) { // software and machine names come with terminators
            end--;
        }
        return text.substring(0, end);
    }

    /// The `size` bytes at `offset` as a structure of their own.
    public StoredFields part(long offset, long size) {
        return holds(offset, size)
                ? new StoredFields(memory.asSlice(offset, size), charset)
                : new StoredFields(MemorySegment.NULL, charset);
    }

    /// Copies the structure, or as much of it as fits.
    public void copyTo(byte[] into) {
        MemorySegment.copy(memory, 0, MemorySegment.ofArray(into), 0, Math.min(size(), into.length));
    }

    private boolean holds(long offset, long size) {
        return offset >= 0 && size >= 0 && offset <= memory.byteSize() - size;
    }
}
