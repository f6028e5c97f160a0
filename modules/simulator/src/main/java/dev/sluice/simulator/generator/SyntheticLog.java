package dev.sluice.simulator.generator;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Locale;

/// Log whose every byte follows from a seed and its place in the log file.
public record SyntheticLog(long seed, int fileId, long start, long length) implements LogSource {
    public SyntheticLog {
        if (start < 0 || length < 0) {
            throw new IllegalArgumentException(
                    String.format(Locale.ROOT, "no such stretch of a log file: %d bytes from %d", length, start));
        }
    }

    @Override
    public void read(long at, MemorySegment memory, long offset, long count) {
        for (long i = 0; i < count; i++) {
            memory.set(ValueLayout.JAVA_BYTE, offset + i, byteAt(seed, fileId, start + at + i));
        }
    }

    /// The byte at this place of the log file.
    public static byte byteAt(long seed, int fileId, long place) {
        long word = Mixing.word(seed ^ fileId, place / Long.BYTES);
        return (byte) (word >>> (8 * (place % Long.BYTES)));
    }
}
