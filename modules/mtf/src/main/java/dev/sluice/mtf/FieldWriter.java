package dev.sluice.mtf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A structure of the stream under construction: fixed fields by offset, strings behind them.
public final class FieldWriter {
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int MAX_U16 = 0xFFFF;

    private byte[] bytes;

    /// @param fixed bytes before the first string
    public FieldWriter(int fixed) {
        this.bytes = new byte[fixed];
    }

    public FieldWriter u8(int offset, int value) {
        bytes[offset] = (byte) value;
        return this;
    }

    public FieldWriter u16(int offset, int value) {
        memory().set(U16, offset, (short) value);
        return this;
    }

    public FieldWriter u32(int offset, long value) {
        memory().set(U32, offset, (int) value);
        return this;
    }

    public FieldWriter i64(int offset, long value) {
        memory().set(U64, offset, value);
        return this;
    }

    public FieldWriter lsn(int offset, Lsn lsn) {
        return u32(offset, lsn.vlf()).u32(offset + 4, lsn.block()).u16(offset + 8, lsn.slot());
    }

    public FieldWriter guid(int offset, @Nullable UUID guid) {
        if (guid != null) {
            WindowsGuid.write(guid, memory(), offset);
        }
        return this;
    }

    public FieldWriter date(int offset, @Nullable LocalDateTime date) {
        MtfDate.write(date, memory(), offset);
        return this;
    }

    /// Appends `text` in UTF-16 and stores its tape address at `offset`.
    public FieldWriter text(int offset, String text) {
        byte[] encoded = text.getBytes(StandardCharsets.UTF_16LE);
        int place = bytes.length;
        if (encoded.length == 0) {
            return this;
        }
        if (place + encoded.length > MAX_U16) {
            throw new IllegalArgumentException("the strings of one structure do not fit into 65535 bytes");
        }
        bytes = Arrays.copyOf(bytes, place + encoded.length);
        System.arraycopy(encoded, 0, bytes, place, encoded.length);
        return u16(offset, encoded.length).u16(offset + 2, place);
    }

    public int size() {
        return bytes.length;
    }

    /// The structure as it is now.
    public byte[] toBytes() {
        return bytes.clone();
    }

    private MemorySegment memory() {
        return MemorySegment.ofArray(bytes);
    }
}
