package dev.sluice.s3;

import java.util.Locale;

/// How a stripe is fetched.
///
/// @param blockSize   bytes of one request: the size of the blocks whose sums are known, or any where none are
/// @param maxTransfer the most that is read at once
/// @param readAhead   blocks fetched beyond the one that is being read, memory permitting
public record DownloadPlan(int blockSize, int maxTransfer, int readAhead) {
    /// For objects without known sums.
    public static final int DEFAULT_BLOCK_SIZE = PartPlan.MAX_BLOCK_SIZE;

    /// Enough for three connections to be busy while a fourth one's blocks are read.
    public static final int DEFAULT_READ_AHEAD = 24;

    /// A request costs the client, as long as it is young, as much as some mebibytes of its answer.
    private static final int MOST_BLOCKS_PER_REQUEST = 8;

    public DownloadPlan {
        if (blockSize < 1 || blockSize > PartPlan.MAX_BLOCK_SIZE) {
            throw new IllegalArgumentException(
                    String.format(Locale.ROOT, "A block has up to 8 MiB, got %d bytes", blockSize));
        }
        if (maxTransfer < 1 || readAhead < 0) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT,
                    "A transfer has at least one byte, and read-ahead is not negative; got %d and %d",
                    maxTransfer,
                    readAhead));
        }
    }

    /// Blocks that are asked for together where there is memory for all of them.
    int blocksPerRequest() {
        return Math.clamp(readAhead / 3, 1, MOST_BLOCKS_PER_REQUEST);
    }

    /// What a stripe needs in any case: the rest of one block, which is less than a transfer or it would be read
    /// from, and the blocks that complete the transfer.
    public long memoryPerStripe() {
        long slab = MemoryBudget.SLAB_SIZE;
        long rest = (maxTransfer + slab - 1) / slab + 1;
        long blocks = (maxTransfer + blockSize - 1) / blockSize * ((blockSize + slab - 1) / slab);
        return (rest + blocks) * slab;
    }
}
