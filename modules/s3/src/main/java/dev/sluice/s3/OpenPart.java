package dev.sluice.s3;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

/// The part that is being filled, and the sums of everything since the segment began.
///
/// Bytes are copied and summed in one pass, in pieces that stay in the cache between the two. One sum runs at a
/// time, over a *run*: the bytes since the last end of a block or part. At the end of a run its sum is combined
/// into those of its part and of its block, so that blocks and parts may end anywhere and no byte is summed twice.
///
/// **Threading:** guarded by the stripe's lock.
final class OpenPart {
    private static final int PIECE = 32 * 1024;

    private final StripeMemory memory;
    private final int blockSize;
    private final CRC32C run = new CRC32C();
    private int runLength;

    // The part.
    private List<Slab> slabs = new ArrayList<>();
    private int length;
    private int partSum;
    private int number = 1;

    // The segment's blocks.
    private int[] blocks = new int[16];
    private int blockCount;
    private int blockSum;
    private int blockLength;

    OpenPart(StripeMemory memory, int blockSize) {
        this.memory = memory;
        this.blockSize = blockSize;
    }

    int length() {
        return length;
    }

    void append(MemorySegment source, long offset, int count) {
        int slabSize = memory.slabSize();
        long from = offset;
        for (int left = count; left > 0; ) {
            int position = length % slabSize;
            if (position == 0) {
                slabs.add(memory.take());
            }
            Slab slab = slabs.getLast();
            int piece = Math.min(Math.min(left, PIECE), Math.min(slabSize - position, blockSize - blockLength));
            MemorySegment.copy(source, from, slab.segment(), position, piece);
            run.update(slab.window(position, piece));
            from += piece;
            left -= piece;
            length += piece;
            runLength += piece;
            blockLength += piece;
            if (blockLength == blockSize) {
                endBlock();
            }
        }
    }

    /// Hands the part over, and begins the next one with a slab of its own.
    PartUpload cut(Wire wire, RateLimit limit) {
        endRun();
        PartUpload part = new PartUpload(memory, wire, limit, number, slabs, length, partSum);
        number++;
        slabs = new ArrayList<>(slabs.size());
        length = 0;
        partSum = 0;
        return part;
    }

    /// The sums of the segment's blocks, the last one as short as it is; the next part is the first of a new
    /// segment.
    BlockSums sealBlocks() {
        if (blockLength > 0) {
            endBlock();
        }
        BlockSums sums = new BlockSums(blockSize, Arrays.copyOf(blocks, blockCount));
        blockCount = 0;
        number = 1;
        return sums;
    }

    /// Drops the bytes of the unfinished part.
    List<Slab> discard() {
        List<Slab> dropped = slabs;
        slabs = new ArrayList<>();
        length = 0;
        return dropped;
    }

    private void endRun() {
        int sum = (int) run.getValue();
        partSum = Crc32c.combine(partSum, sum, runLength);
        blockSum = Crc32c.combine(blockSum, sum, runLength);
        run.reset();
        runLength = 0;
    }

    private void endBlock() {
        endRun();
        if (blockCount == blocks.length) {
            blocks = Arrays.copyOf(blocks, 2 * blockCount);
        }
        blocks[blockCount++] = blockSum;
        blockSum = 0;
        blockLength = 0;
    }
}
