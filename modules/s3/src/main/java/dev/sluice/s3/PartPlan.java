package dev.sluice.s3;

import java.util.Locale;

/// How a stripe is cut into parts and blocks.
///
/// @param partSize     bytes of a part: a multiple of the slab
/// @param maxParts     parts of one object; then the stripe goes on in its next segment
/// @param blockSize    bytes covered by one checksum, at most 8 MiB
/// @param maxTransfer  the most that is written at once
/// @param shortestPart what the memory may force a part to be cut at, the last one of an object aside; as long
///                     as `partSize`, all parts are equal, whatever the memory
public record PartPlan(int partSize, int maxParts, int blockSize, int maxTransfer, int shortestPart) {
    /// S3 accepts no smaller part, the last one excepted.
    public static final int MIN_PART_SIZE = 5 << 20;

    /// S3 accepts no more parts in an upload.
    public static final int MAX_PARTS = 10_000;

    static final int MAX_BLOCK_SIZE = 8 << 20;
    private static final int DEFAULT_PART_SIZE = 16 << 20;

    /// Where there is memory for [#PARTS_AT_ONCE] of them, parts of this size cost the client a tenth less than half
    /// as large ones (`benchmarks/README.md`).
    private static final int COMFORTABLE_PART_SIZE = 64 << 20;

    private static final int PARTS_AT_ONCE = 8;

    /// A stripe has at least about so many parts, so that a small backup too goes out on several connections.
    private static final int WORTHWHILE_PARTS = 64;
    private static final int MAX_PART_SIZE = 1 << 29;

    /// A stripe that is filled at most to this fraction of its parts by the estimate has room for an estimate that
    /// is wrong.
    private static final int PLANNED_PARTS = MAX_PARTS * 3 / 4;

    public PartPlan {
        if (partSize < MIN_PART_SIZE || partSize > MAX_PART_SIZE || partSize % MemoryBudget.SLAB_SIZE != 0) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT, "A part has between 5 and 512 MiB, in whole mebibytes; got %d bytes", partSize));
        }
        if (maxParts < 1 || maxParts > MAX_PARTS) {
            throw new IllegalArgumentException("An upload has 1 to 10,000 parts, got " + maxParts);
        }
        if (blockSize < 1 || blockSize > MAX_BLOCK_SIZE) {
            throw new IllegalArgumentException(
                    String.format(Locale.ROOT, "A block has up to 8 MiB, got %d bytes", blockSize));
        }
        if (maxTransfer < 1) {
            throw new IllegalArgumentException("A transfer has at least one byte, got " + maxTransfer);
        }
        if (shortestPart < MIN_PART_SIZE || shortestPart > partSize) {
            throw new IllegalArgumentException("A part is cut at 5 MiB or more, got " + shortestPart);
        }
    }

    /// With parts that may be cut at the least that S3 accepts.
    public PartPlan(int partSize, int maxParts, int blockSize, int maxTransfer) {
        this(partSize, maxParts, blockSize, maxTransfer, MIN_PART_SIZE);
    }

    /// The same, as a server wants it. Equal parts cannot be cut early when memory is short, so that each
    /// stripe then has room for a whole one from the beginning, and waits for nothing but its own parts on
    /// their way.
    public PartPlan suiting(ProviderProfile profile) {
        return new PartPlan(
                partSize, maxParts, blockSize, maxTransfer, profile.equalParts() ? partSize : MIN_PART_SIZE);
    }

    /// The plan for a stripe of about `estimate` bytes. Parts have 16 MiB; up to 64 MiB where the stripe is large
    /// and eight of them fit into its share of the budget; more where 10,000 of them would be too few, but never so
    /// much that fewer than three fit. A stripe that outgrows its plan rolls over to a further segment.
    ///
    /// @param estimate    expected size; 0 when unknown
    /// @param maxTransfer SQL Server's MAXTRANSFERSIZE
    /// @param share       bytes of memory that the stripe can count on when all is well
    public static PartPlan forStripe(long estimate, int maxTransfer, long share) {
        long comfortable = Math.clamp(roundUp(estimate / WORTHWHILE_PARTS), DEFAULT_PART_SIZE, COMFORTABLE_PART_SIZE);
        long inMemory = Math.max(DEFAULT_PART_SIZE, roundDown(share / PARTS_AT_ONCE));
        long enough = roundUp((estimate + PLANNED_PARTS - 1) / PLANNED_PARTS);
        long wanted = Math.max(Math.min(comfortable, inMemory), enough);
        long affordable = Math.max(MIN_PART_SIZE, roundDown(share / 3));
        int partSize = (int) Math.min(MAX_PART_SIZE, Math.min(wanted, affordable));
        return new PartPlan(partSize, MAX_PARTS, blockFor(maxTransfer, share), maxTransfer);
    }

    /// The largest block that lets a restore of as many stripes run in the same memory: it holds whole ones.
    private static int blockFor(int maxTransfer, long share) {
        int block = MAX_BLOCK_SIZE;
        while (block > MemoryBudget.SLAB_SIZE && new DownloadPlan(block, maxTransfer, 0).memoryPerStripe() > share) {
            block /= 2;
        }
        return block;
    }

    /// What a stripe needs in any case: the shortest part and one transfer.
    public long memoryPerStripe() {
        return roundUp(shortestPart) + roundUp(maxTransfer);
    }

    private static long roundDown(long bytes) {
        return bytes / MemoryBudget.SLAB_SIZE * MemoryBudget.SLAB_SIZE;
    }

    private static long roundUp(long bytes) {
        return (bytes + MemoryBudget.SLAB_SIZE - 1) / MemoryBudget.SLAB_SIZE * MemoryBudget.SLAB_SIZE;
    }
}
