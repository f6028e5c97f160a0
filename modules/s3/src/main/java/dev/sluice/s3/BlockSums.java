package dev.sluice.s3;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/// CRC32C of every block of an object: block `i` covers the bytes from `i × blockSize`, the last one as many as
/// there are.
///
/// A download checks each block on its own, so that it hands over no corrupt byte, and names the corrupt block.
public final class BlockSums {
    private final int blockSize;
    private final int[] sums;

    BlockSums(int blockSize, int[] sums) {
        if (blockSize <= 0) {
            throw new IllegalArgumentException("The block size must be at least 1 byte, got " + blockSize);
        }
        this.blockSize = blockSize;
        this.sums = sums;
    }

    /// The sums as a document holds them: eight hexadecimal digits each.
    ///
    /// **Errors:** [IllegalArgumentException] for anything else.
    public static BlockSums ofHex(int blockSize, List<String> sums) {
        return new BlockSums(
                blockSize, sums.stream().mapToInt(HexFormat::fromHexDigits).toArray());
    }

    public List<String> toHex() {
        return IntStream.of(sums).mapToObj(HexFormat.of()::toHexDigits).toList();
    }

    public int blockSize() {
        return blockSize;
    }

    public int count() {
        return sums.length;
    }

    public int sum(int block) {
        return sums[block];
    }

    /// The sum of the whole object of `size` bytes.
    public int combined(long size) {
        int crc = 0;
        for (int block = 0; block < sums.length; block++) {
            crc = Crc32c.combine(crc, sums[block], Math.min(blockSize, size - (long) block * blockSize));
        }
        return crc;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof BlockSums that && blockSize == that.blockSize && Arrays.equals(sums, that.sums);
    }

    @Override
    public int hashCode() {
        return 31 * blockSize + Arrays.hashCode(sums);
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "BlockSums[%d blocks of %d bytes]", sums.length, blockSize);
    }
}
