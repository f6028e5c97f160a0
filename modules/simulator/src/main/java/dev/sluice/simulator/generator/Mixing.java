package dev.sluice.simulator.generator;

/// Numbers that look random and follow from a key and a counter, so that any of them can be had without the
/// ones before.
final class Mixing {
    private static final long GOLDEN = 0x9E37_79B9_7F4A_7C15L;

    private Mixing() {}

    /// A thorough mix, for keys.
    static long key(long key, long next) {
        long x = key + (next + 1) * GOLDEN;
        x = (x ^ (x >>> 30)) * 0xBF58_476D_1CE4_E5B9L;
        x = (x ^ (x >>> 27)) * 0x94D0_49BB_1331_11EBL;
        return x ^ (x >>> 31);
    }

    /// A quick mix, for content: one multiplication, because it is what limits the speed of the generator.
    static long word(long key, long counter) {
        long x = key + counter * GOLDEN;
        x = (x ^ (x >>> 32)) * 0xD6E8_FEB8_6659_FD93L;
        return x ^ (x >>> 32);
    }
}
