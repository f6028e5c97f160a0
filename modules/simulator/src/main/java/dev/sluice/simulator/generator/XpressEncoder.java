package dev.sluice.simulator.generator;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/// Writes valid XPRESS with Huffman coding, with codes fixed beforehand instead of fitted to the data.
///
/// Two codes: one with every byte in eight bits, whose output has a known size; and one in which repeating the
/// last byte is short, for headers, which are mostly zeros. Data of one call is one block, so at most 64 KiB.
final class XpressEncoder {
    /// Bytes of output before the first bit of data.
    static final int TABLE_SIZE = 256;

    private static final int MAX_BLOCK = 1 << 16;
    private static final int LITERAL_BITS = 9;
    private static final int RUN_BITS = 5;
    private static final int MIN_RUN = 3;
    private static final int MAX_RUN = 17; // beyond it lengths take extra bytes
    private static final int UNIT_BITS = 16;
    private static final byte EIGHT_AND_EIGHT = (byte) 0x88;
    private static final byte NINE_AND_NINE = (byte) 0x99;
    private static final byte FIVE_AND_FIVE = 0x55;
    private static final int LITERALS = 256;
    private static final int RUNS = 16;

    private XpressEncoder() {}

    /// Bytes that [#literals(byte[], int, byte[], int)] makes of `size` bytes.
    static int literalsSize(int size) {
        return TABLE_SIZE + size;
    }

    /// Encodes the first `size` bytes, an even number, into `out` at `offset`.
    ///
    /// Codes of eight bits are the bytes themselves; a unit of sixteen bits is read from the top and stored
    /// little-endian, so pairs are swapped.
    static void literals(byte[] data, int size, byte[] out, int offset) {
        checkSize(size);
        if (size % 2 != 0) {
            throw new IllegalArgumentException("bytes come in pairs here, got " + size);
        }
        Arrays.fill(out, offset, offset + LITERALS / 2, EIGHT_AND_EIGHT);
        Arrays.fill(out, offset + LITERALS / 2, offset + TABLE_SIZE, (byte) 0);
        int to = offset + TABLE_SIZE;
        for (int i = 0; i < size; i += 2) {
            out[to + i] = data[i + 1];
            out[to + i + 1] = data[i];
        }
    }

    /// Encodes bytes that repeat themselves.
    static byte[] runs(byte[] data) {
        checkSize(data.length);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] table = new byte[TABLE_SIZE];
        Arrays.fill(table, 0, LITERALS / 2, NINE_AND_NINE);
        Arrays.fill(table, LITERALS / 2, (LITERALS + RUNS) / 2, FIVE_AND_FIVE);
        out.writeBytes(table);
        Bits bits = new Bits(out);
        int at = 0;
        while (at < data.length) {
            int run = runAt(data, at);
            if (run >= MIN_RUN) {
                bits.write(run - MIN_RUN, RUN_BITS);
                at += run;
            } else {
                bits.write(LITERALS + Byte.toUnsignedInt(data[at]), LITERAL_BITS); // behind the shorter codes
                at++;
            }
        }
        bits.flush();
        return out.toByteArray();
    }

    private static int runAt(byte[] data, int at) {
        int run = 0;
        while (at > 0 && run < MAX_RUN && at + run < data.length && data[at + run] == data[at - 1]) {
            run++;
        }
        return run;
    }

    private static void checkSize(int size) {
        if (size > MAX_BLOCK) {
            throw new IllegalArgumentException("a block has at most 65536 bytes, got " + size);
        }
    }

    private static final class Bits {
        private final ByteArrayOutputStream out;
        private int pending;
        private int count;

        Bits(ByteArrayOutputStream out) {
            this.out = out;
        }

        void write(int code, int length) {
            pending = (pending << length) | code;
            count += length;
            if (count >= UNIT_BITS) {
                count -= UNIT_BITS;
                unit(pending >>> count);
                pending &= (1 << count) - 1;
            }
        }

        void flush() {
            if (count > 0) {
                unit(pending << (UNIT_BITS - count));
            }
        }

        private void unit(int unit) {
            out.write(unit);
            out.write(unit >>> Byte.SIZE);
        }
    }
}
