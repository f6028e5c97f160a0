package dev.sluice.mtf;

import java.util.Locale;
import java.util.Set;

/// The four-letter names of blocks, streams and metadata records, as the little-endian integers they are in
/// memory.
public final class Tag {
    // Descriptor blocks.
    public static final int TAPE = of("TAPE");
    public static final int SFMB = of("SFMB");
    public static final int SSET = of("SSET");
    public static final int VOLB = of("VOLB");
    public static final int MSCI = of("MSCI");
    public static final int MSDA = of("MSDA");
    public static final int MSTL = of("MSTL");
    public static final int MSLS = of("MSLS");
    public static final int ESET = of("ESET");

    // Data streams.
    public static final int RAID = of("RAID");
    public static final int SPAD = of("SPAD");
    public static final int APAD = of("APAD");
    public static final int OTCP = of("OTCP");
    public static final int MQCI = of("MQCI");
    public static final int MQDA = of("MQDA");
    public static final int MQTL = of("MQTL");
    public static final int CSUM = of("CSUM");
    public static final int TSMP = of("TSMP");

    // Records in an MQCI stream.
    static final int SCIN = of("SCIN");
    static final int SFGI = of("SFGI");
    static final int SFIN = of("SFIN");

    private static final Set<Integer> BLOCKS = Set.of(TAPE, SFMB, SSET, VOLB, MSCI, MSDA, MSTL, MSLS, ESET);
    private static final Set<Integer> STREAMS = Set.of(RAID, SPAD, APAD, OTCP, MQCI, MQDA, MQTL, CSUM, TSMP);

    private Tag() {}

    /// Whether a descriptor block of this name is known.
    public static boolean isBlock(int tag) {
        return BLOCKS.contains(tag);
    }

    /// Whether a data stream of this name is known.
    public static boolean isStream(int tag) {
        return STREAMS.contains(tag);
    }

    private static int of(String letters) {
        return letters.charAt(0) | (letters.charAt(1) << 8) | (letters.charAt(2) << 16) | (letters.charAt(3) << 24);
    }

    /// The letters, or hexadecimal digits where the tag is not made of printable ASCII.
    public static String name(int tag) {
        StringBuilder letters = new StringBuilder(Integer.BYTES);
        for (int i = 0; i < Integer.BYTES; i++) {
            char letter = (char) ((tag >>> (8 * i)) & 0xFF);
            if (letter < ' ' || letter > '~') {
                return String.format(Locale.ROOT, "0x%08x", tag);
            }
            letters.append(letter);
        }
        return letters.toString();
    }
}
