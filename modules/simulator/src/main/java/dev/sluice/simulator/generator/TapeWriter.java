package dev.sluice.simulator.generator;

import dev.sluice.mtf.FieldWriter;
import dev.sluice.mtf.HeaderChecksum;
import dev.sluice.mtf.Tag;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// Blocks and streams one after another, with their headers, checksums, addresses and padding.
final class TapeWriter {
    private static final int LOGICAL_BLOCK = 1024;
    private static final int WINDOWS_NT = 14;
    private static final int UTF_16 = 2;
    private static final int ALIGNMENT = 4;
    private static final int LEADING_ZEROS = 2;

    private final List<Piece> pieces = new ArrayList<>();
    private final ByteArrayOutputStream fixed = new ByteArrayOutputStream();
    private long fixedStart;
    private long position;
    private long base; // padding is counted from here
    private boolean inSet;
    private long number; // of the next block in the set

    long position() {
        return position;
    }

    List<Piece> pieces() {
        closeFixed();
        return List.copyOf(pieces);
    }

    /// Addresses and numbers of blocks are counted from here.
    void startSet() {
        alignFromHere();
        inSet = true;
        number = 0;
    }

    /// Blocks have neither address nor number from here on.
    void leaveSet() {
        inSet = false;
    }

    /// Padding is counted from here on.
    void alignFromHere() {
        base = position;
    }

    void block(int tag, long attributes, FieldWriter fields, boolean strings) {
        int size = (fields.size() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        fields.u32(0, tag)
                .u32(4, attributes)
                .u16(8, size)
                .u8(10, WINDOWS_NT)
                .u8(11, 1)
                .u8(48, strings ? UTF_16 : 0);
        if (inSet) {
            fields.i64(20, (position - base) / LOGICAL_BLOCK).u32(36, number);
            number++;
        }
        byte[] bytes = fields.toBytes();
        HeaderChecksum.put(MemorySegment.ofArray(bytes), 0, HeaderChecksum.BLOCK_HEADER);
        append(bytes);
        zeros(size - bytes.length);
    }

    void stream(int tag, int attributes, byte[] data) {
        header(tag, attributes, data.length);
        append(data);
        zeros(-position & (ALIGNMENT - 1));
    }

    /// Pages or log, which begin with two zero bytes and are produced while reading.
    void covered(int tag, int attributes, Piece piece) {
        header(tag, attributes, piece.length() + LEADING_ZEROS);
        zeros(LEADING_ZEROS);
        closeFixed();
        Piece placed = switch (piece) {
            case Piece.Pages pages -> new Piece.Pages(position, pages.length(), pages.extents());
            case Piece.Log log -> new Piece.Log(position, log.length(), log.used());
            case Piece.Fixed _, Piece.Checksum _ -> throw new IllegalArgumentException("neither pages nor log");
        };
        pieces.add(placed);
        position += placed.length();
        fixedStart = position;
    }

    void checksum() {
        header(Tag.CSUM, 0, Integer.BYTES);
        closeFixed();
        pieces.add(new Piece.Checksum(position));
        position += Integer.BYTES;
        fixedStart = position;
        zeros(-position & (ALIGNMENT - 1));
    }

    /// Fills up so that the content of the next stream, behind its header and two zero bytes, begins on a
    /// boundary.
    void align(int attributes, int boundary) {
        int behind = HeaderChecksum.STREAM_HEADER + LEADING_ZEROS;
        long content = roundUp(position + HeaderChecksum.STREAM_HEADER + behind, boundary);
        pad(Tag.APAD, attributes, content - behind);
    }

    /// Ends a block on a boundary.
    void padTo(int boundary) {
        pad(Tag.SPAD, 0, roundUp(position + HeaderChecksum.STREAM_HEADER, boundary));
    }

    private void pad(int tag, int attributes, long end) {
        long length = end - position - HeaderChecksum.STREAM_HEADER;
        header(tag, attributes, length);
        zeros(length);
    }

    private long roundUp(long place, int boundary) {
        long inside = (place - base + boundary - 1) / boundary * boundary;
        return base + inside;
    }

    private void header(int tag, int attributes, long length) {
        byte[] bytes = new FieldWriter(HeaderChecksum.STREAM_HEADER)
                .u32(0, tag)
                .u16(6, attributes)
                .i64(8, length)
                .toBytes();
        HeaderChecksum.put(MemorySegment.ofArray(bytes), 0, HeaderChecksum.STREAM_HEADER);
        append(bytes);
    }

    private void zeros(long count) {
        append(new byte[Math.toIntExact(count)]);
    }

    private void append(byte[] bytes) {
        fixed.writeBytes(bytes);
        position += bytes.length;
    }

    private void closeFixed() {
        if (fixed.size() > 0) {
            pieces.add(new Piece.Fixed(fixedStart, fixed.toByteArray()));
            fixed.reset();
        }
        fixedStart = position;
    }
}
