package dev.sluice.s3;

import java.util.HexFormat;
import java.util.Locale;

/// The store delivered, repeatedly, other bytes than were stored. The download did not hand them over.
public final class CorruptBlockException extends RuntimeException {
    private final String key;
    private final int block;
    private final long offset;

    CorruptBlockException(String key, int block, long offset, int length, int expected, int actual) {
        super(String.format(
                Locale.ROOT,
                "Block %d of %s (%d bytes from offset %d) is corrupt: its CRC32C is %s, and was %s when it was stored",
                block,
                key,
                length,
                offset,
                HexFormat.of().toHexDigits(actual),
                HexFormat.of().toHexDigits(expected)));
        this.key = key;
        this.block = block;
        this.offset = offset;
    }

    public String key() {
        return key;
    }

    /// Index of the block in the object, from 0.
    public int block() {
        return block;
    }

    /// Where the block begins in the object.
    public long offset() {
        return offset;
    }
}
