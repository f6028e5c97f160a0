package dev.sluice.s3;

import java.util.Locale;

/// The sizes with which a stripe is downloaded.
///
/// @param blockSize   bytes of one request: the size of the blocks whose sums are known, or any where none are
/// @param maxTransfer the most that is read at once
/// @param readAhead   blocks fetched beyond the one that is being read, memory permitting
public record DownloadPlan(int blockSize, int maxTransfer, int readAhead) {
    /// For objects without known sums.
    public static final int DEFAULT_BLOCK_SIZE = PartPlan.MAX_BLOCK_SIZE;

    /// Enough for three connections to be busy while a fourth one's blocks are read.
    public static final int DEFAULT_READ_AHEAD = 24;

    /// The start of a request costs the client as much as some mebibytes of its response.
    private static final int MOST_BLOCKS_PER_REQUEST = 8;

    public DownloadPlan {
        if (blockSize < 1 || blockSize > PartPlan.MAX_BLOCK_SIZE) {
            throw new IllegalArgumentException(
                    String.format(Locale.ROOT, "A block has at most 8 MiB, got %d bytes", blockSize));
        }
        if (maxTransfer < 1 || readAhead < 0) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT,
                    "maxTransfer must be at least 1 and readAhead at least 0; got %d and %d",
                    maxTransfer,
                    readAhead));
        }
    }

    /// The number of blocks that one request fetches where there is memory for all of them.
    int blocksPerRequest() {
        return Math.clamp(readAhead / 3, 1, MOST_BLOCKS_PER_REQUEST);
    }

    /// The memory that a stripe needs in any case: the rest of one block, which is less than a transfer, and the
    /// blocks that complete the transfer.
    public long memoryPerStripe() {
        long slab = MemoryBudget.SLAB_SIZE;
        long rest = (maxTransfer + slab - 1) / slab + 1;
        long blocks = (maxTransfer + blockSize - 1) / blockSize * ((blockSize + slab - 1) / slab);
        return (rest + blocks) * slab;
    }
}
