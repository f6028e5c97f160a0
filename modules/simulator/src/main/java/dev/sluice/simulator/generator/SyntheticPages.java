package dev.sluice.simulator.generator;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Pages whose every byte follows from seed, file, page number and version.
///
/// The first 96 bytes are a page header: version and type of the format, the page's number, its file, and the
/// version of its content in the place of its LSN. The rest looks random: every fourth word is mixed, and the three
/// behind it are the same one turned, which no compressor finds and which costs no multiplication.
public final class SyntheticPages implements PageSource {
    private static final int HEADER = 96;
    private static final int OFFSET_OF_NUMBER = 32;
    private static final int OFFSET_OF_FILE = 36;
    private static final int OFFSET_OF_VERSION = 40;
    private static final byte DATA_PAGE = 1;
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final long seed;
    private final long version;

    /// All pages in the same version.
    public SyntheticPages(long seed, long version) {
        this.seed = seed;
        this.version = version;
    }

    @Override
    public void page(int fileId, long pageNumber, MemorySegment memory, long offset) {
        fill(seed, fileId, pageNumber, version, memory, offset);
    }

    /// Writes one page in one version.
    public static void fill(long seed, int fileId, long pageNumber, long version, MemorySegment memory, long offset) {
        for (int at = 0; at < HEADER; at += Long.BYTES) {
            memory.set(U64, offset + at, 0);
        }
        memory.set(ValueLayout.JAVA_BYTE, offset, (byte) 1);
        memory.set(ValueLayout.JAVA_BYTE, offset + 1, DATA_PAGE);
        memory.set(U32, offset + OFFSET_OF_NUMBER, (int) pageNumber);
        memory.set(U16, offset + OFFSET_OF_FILE, (short) fileId);
        memory.set(U64, offset + OFFSET_OF_VERSION, version);
        long key = key(seed, fileId, pageNumber, version);
        for (int at = HEADER; at < PAGE; at += 4 * Long.BYTES) {
            long word = Mixing.word(key, at);
            memory.set(U64, offset + at, word);
            memory.set(U64, offset + at + 8, Long.rotateLeft(word, 13) + key);
            memory.set(U64, offset + at + 16, Long.rotateLeft(word, 29) ^ key);
            memory.set(U64, offset + at + 24, Long.rotateLeft(word, 43) - key);
        }
    }

    /// Whether the bytes are this page in this version, every one of them.
    public static boolean matches(
            long seed, int fileId, long pageNumber, long version, MemorySegment memory, long offset) {
        byte[] expected = new byte[PAGE];
        MemorySegment page = MemorySegment.ofArray(expected);
        fill(seed, fileId, pageNumber, version, page, 0);
        return MemorySegment.mismatch(page, 0, PAGE, memory, offset, offset + PAGE) < 0;
    }

    private static long key(long seed, int fileId, long pageNumber, long version) {
        return Mixing.key(Mixing.key(Mixing.key(seed, fileId), pageNumber), version);
    }
}
