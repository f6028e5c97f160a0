package dev.sluice.simulator.tds;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/// The body of a message being read, little-endian unless a method says otherwise. Whatever lengths the peer
/// claims, nothing beyond the body is touched.
final class WireInput {

    private final byte[] bytes;
    private final int end;
    private int position;

    WireInput(byte[] bytes) {
        this(bytes, 0, bytes.length);
    }

    private WireInput(byte[] bytes, int begin, int end) {
        this.bytes = bytes;
        this.position = begin;
        this.end = end;
    }

    int remaining() {
        return end - position;
    }

    /// The next byte, left where it is.
    int peek() throws ProtocolException {
        need(1);
        return bytes[position] & 0xFF;
    }

    int u8() throws ProtocolException {
        need(1);
        return bytes[position++] & 0xFF;
    }

    int u16() throws ProtocolException {
        return u8() | u8() << 8;
    }

    int u16BigEndian() throws ProtocolException {
        return u8() << 8 | u8();
    }

    int i32() throws ProtocolException {
        return u16() | u16() << 16;
    }

    long u32() throws ProtocolException {
        return i32() & 0xFFFF_FFFFL;
    }

    long i64() throws ProtocolException {
        return u32() | (long) i32() << 32;
    }

    /// An unsigned number of fewer than eight bytes.
    long unsigned(int byteCount) throws ProtocolException {
        long value = 0;
        for (int i = 0; i < byteCount; i++) {
            value |= (long) u8() << (8 * i);
        }
        return value;
    }

    byte[] bytes(long count) throws ProtocolException {
        need(count);
        byte[] copy = Arrays.copyOfRange(bytes, position, position + (int) count);
        position += (int) count;
        return copy;
    }

    String utf16(int characters) throws ProtocolException {
        int length = 2 * characters;
        need(length);
        String text = new String(bytes, position, length, StandardCharsets.UTF_16LE);
        position += length;
        return text;
    }

    void skip(long count) throws ProtocolException {
        need(count);
        position += (int) count;
    }

    /// A view of a part of the whole body, wherever this one stands.
    WireInput slice(long offset, long length) throws ProtocolException {
        if (offset < 0 || length < 0 || offset + length > end) {
            throw new ProtocolException(String.format(
                    Locale.ROOT,
                    "the message points to bytes %d to %d of itself but ends at %d",
                    offset,
                    offset + length,
                    end));
        }
        return new WireInput(bytes, (int) offset, (int) (offset + length));
    }

    private void need(long count) throws ProtocolException {
        if (count < 0 || count > remaining()) {
            throw new ProtocolException(String.format(
                    Locale.ROOT,
                    "the message ends %d bytes into a field of %d, at byte %d",
                    remaining(),
                    count,
                    position));
        }
    }
}
