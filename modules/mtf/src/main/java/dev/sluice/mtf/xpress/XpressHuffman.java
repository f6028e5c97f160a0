package dev.sluice.mtf.xpress;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/// Decompresses XPRESS with Huffman coding.
///
/// Output is cut into blocks of 64 KiB. Each has a table of 256 bytes, two code lengths of four bits in each,
/// for 512 symbols; then a stream of 16-bit little-endian units, read from the top. Symbols below 256 are
/// bytes. The others are matches: four bits of length, four bits saying how many bits of distance follow; long
/// lengths continue in bytes that are taken from between the units.
///
/// **Errors:** the input may be anything. Reading stays inside it, every step produces output, and output is
/// bounded: there is no input on which this throws or does not end.
///
/// **Source:** MS-XCA, LZ77+Huffman.
public final class XpressHuffman {
    static final int TABLE = 256;
    static final int SYMBOLS = 512;
    static final int MAX_CODE = 15;
    static final int BLOCK = 1 << 16;

    private static final int LITERALS = 256;
    private static final int MIN_MATCH = 3;
    private static final int LONG_LENGTH = 15;
    private static final int LONGER_LENGTH = 255;
    private static final int LOOKAHEAD = 4; // the last units are read ahead of need, beyond the end
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final MemorySegment in;
    private final byte[] out;
    private final short[] symbols = new short[1 << MAX_CODE]; // by the next 15 bits
    private final byte[] lengths = new byte[SYMBOLS];

    private long at; // in the input
    private int bits; // left-aligned
    private int spare; // bits beyond the upper sixteen
    private int done; // bytes of output

    private XpressHuffman(MemorySegment in, byte[] out) {
        this.in = in;
        this.out = out;
    }

    /// Fills `out` from `in`; output beyond it is cut off. False if the input is damaged or too short.
    public static boolean decompress(MemorySegment in, byte[] out) {
        XpressHuffman decoder = new XpressHuffman(in, out);
        while (decoder.done < out.length) {
            if (!decoder.block()) {
                return false;
            }
        }
        return true;
    }

    private boolean block() {
        if (in.byteSize() - at < TABLE || !readTable()) {
            return false;
        }
        at += TABLE;
        bits = (unit() << 16) | unit();
        spare = 16;
        int end = (int) Math.min((long) done + BLOCK, out.length);
        while (done < end) {
            if (at > in.byteSize() + LOOKAHEAD || !symbol()) {
                return false;
            }
        }
        return true;
    }

    private boolean readTable() {
        for (int i = 0; i < TABLE; i++) {
            int pair = in.get(ValueLayout.JAVA_BYTE, at + i);
            lengths[2 * i] = (byte) (pair & 0xF);
            lengths[2 * i + 1] = (byte) ((pair >>> 4) & 0xF);
        }
        int filled = 0;
        for (int length = 1; length <= MAX_CODE; length++) {
            int slots = 1 << (MAX_CODE - length);
            for (int symbol = 0; symbol < SYMBOLS; symbol++) {
                if (lengths[symbol] != length) {
                    continue;
                }
                if (filled + slots > symbols.length) {
                    return false; // more codes than there are
                }
                Arrays.fill(symbols, filled, filled + slots, (short) symbol);
                filled += slots;
            }
        }
        return filled == symbols.length;
    }

    private boolean symbol() {
        int symbol = symbols[bits >>> (Integer.SIZE - MAX_CODE)];
        consume(lengths[symbol]);
        if (symbol < LITERALS) {
            out[done++] = (byte) symbol;
            return true;
        }
        int length = symbol & 0xF;
        int distanceBits = (symbol >>> 4) & 0xF;
        if (length == LONG_LENGTH) {
            length = longLength();
            if (length < LONG_LENGTH) {
                return false;
            }
        }
        int distance = (1 << distanceBits) + (distanceBits == 0 ? 0 : bits >>> (Integer.SIZE - distanceBits));
        consume(distanceBits);
        if (distance > done) {
            return false;
        }
        int n = (int) Math.min((long) length + MIN_MATCH, out.length - done);
        for (int i = 0; i < n; i++) { // may overlap itself, so byte by byte
            out[done] = out[done - distance];
            done++;
        }
        return true;
    }

    /// The length minus three, or something below fifteen if it makes no sense.
    private int longLength() {
        int more = octet();
        if (more != LONGER_LENGTH) {
            return LONG_LENGTH + more;
        }
        int whole = unit();
        if (whole == 0) {
            whole = unit() | (unit() << 16);
        }
        return whole;
    }

    private void consume(int count) {
        bits <<= count;
        spare -= count;
        if (spare < 0) {
            bits |= unit() << -spare;
            spare += 16;
        }
    }

    private int unit() {
        int unit = at + Short.BYTES <= in.byteSize() ? Short.toUnsignedInt(in.get(U16, at)) : 0;
        at += Short.BYTES;
        return unit;
    }

    private int octet() {
        int octet = at < in.byteSize() ? Byte.toUnsignedInt(in.get(ValueLayout.JAVA_BYTE, at)) : 0;
        at++;
        return octet;
    }
}
