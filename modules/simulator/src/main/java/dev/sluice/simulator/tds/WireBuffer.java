package dev.sluice.simulator.tds;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Bytes being written, little-endian unless a method says otherwise.
final class WireBuffer {

    private static final int FIRST_CAPACITY = 256;

    private byte[] bytes = new byte[FIRST_CAPACITY];
    private int size;

    int size() {
        return size;
    }

    void clear() {
        size = 0;
    }

    byte[] array() {
        return bytes;
    }

    byte[] toByteArray() {
        return Arrays.copyOf(bytes, size);
    }

    WireBuffer u8(int value) {
        room(1);
        bytes[size++] = (byte) value;
        return this;
    }

    WireBuffer u16(int value) {
        return u8(value).u8(value >> 8);
    }

    WireBuffer u16BigEndian(int value) {
        return u8(value >> 8).u8(value);
    }

    WireBuffer i32(int value) {
        return u16(value).u16(value >> 16);
    }

    WireBuffer i32BigEndian(int value) {
        return u16BigEndian(value >> 16).u16BigEndian(value);
    }

    WireBuffer i64(long value) {
        return i32((int) value).i32((int) (value >> 32));
    }

    /// The lowest `count` bytes of the value.
    WireBuffer lowBytes(long value, int count) {
        for (int i = 0; i < count; i++) {
            u8((int) (value >> (8 * i)));
        }
        return this;
    }

    WireBuffer bytes(byte[] source) {
        return bytes(source, 0, source.length);
    }

    WireBuffer bytes(byte[] source, int offset, int length) {
        room(length);
        System.arraycopy(source, offset, bytes, size, length);
        size += length;
        return this;
    }

    WireBuffer utf16(String text) {
        return bytes(text.getBytes(StandardCharsets.UTF_16LE));
    }

    /// A count of characters in one byte, then the text, cut if it is longer than that.
    WireBuffer shortText(String text) {
        String fitting = text.substring(0, Math.min(text.length(), 0xFF));
        return u8(fitting.length()).utf16(fitting);
    }

    /// A count of characters in two bytes, then the text.
    WireBuffer longText(String text) {
        return u16(text.length()).utf16(text);
    }

    /// Leaves two bytes to be filled by [#endLength].
    int beginLength() {
        u16(0);
        return size;
    }

    /// Fills in how many bytes were written since `begin`.
    void endLength(int begin) {
        int length = size - begin;
        if (length > 0xFFFF) {
            throw new IllegalArgumentException("a token has at most 65535 bytes, this one " + length);
        }
        bytes[begin - 2] = (byte) length;
        bytes[begin - 1] = (byte) (length >> 8);
    }

    private void room(int more) {
        if (bytes.length - size < more) {
            bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(size, more), bytes.length + (bytes.length >> 1)));
        }
    }
}
