package dev.sluice.s3;

import java.util.Locale;

/// How a stripe is cut into parts and blocks.
///
/// @param partSize     bytes of a part: a multiple of the slab
/// @param maxParts     parts of one object; after these the stripe continues in its next segment
/// @param blockSize    bytes covered by one checksum, at most 8 MiB
/// @param maxTransfer  the most bytes of one write
/// @param shortestPart the length from which a part may be sent early when memory is short, apart from an object's
///                     last part. If it equals `partSize`, all parts have the same length
public record PartPlan(int partSize, int maxParts, int blockSize, int maxTransfer, int shortestPart) {
    /// S3's minimum for every part but the last.
    public static final int MIN_PART_SIZE = 5 << 20;

    /// S3's maximum of parts in an upload.
    public static final int MAX_PARTS = 10_000;

    static final int MAX_BLOCK_SIZE = 8 << 20;
    private static final int DEFAULT_PART_SIZE = 16 << 20;

    /// Where there is memory for [#PARTS_AT_ONCE] of them, parts of this size cost the client a tenth less than
    /// half as large ones (`benchmarks/README.md`).
    private static final int COMFORTABLE_PART_SIZE = 64 << 20;

    private static final int PARTS_AT_ONCE = 8;

    /// A stripe has at least about this number of parts, so that a small backup too uses several connections.
    private static final int WORTHWHILE_PARTS = 64;
    private static final int MAX_PART_SIZE = 1 << 29;

    /// The estimated bytes may fill at most this fraction of a stripe's parts, which leaves room for a wrong
    /// estimate.
    private static final int PLANNED_PARTS = MAX_PARTS * 3 / 4;

    public PartPlan {
        if (partSize < MIN_PART_SIZE || partSize > MAX_PART_SIZE || partSize % MemoryBudget.SLAB_SIZE != 0) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT, "A part must have 5 to 512 MiB, in whole mebibytes; got %d bytes", partSize));
        }
        if (maxParts < 1 || maxParts > MAX_PARTS) {
            throw new IllegalArgumentException("An upload must have 1 to 10,000 parts, got " + maxParts);
        }
        if (blockSize < 1 || blockSize > MAX_BLOCK_SIZE) {
            throw new IllegalArgumentException(
                    String.format(Locale.ROOT, "A block has at most 8 MiB, got %d bytes", blockSize));
        }
        if (maxTransfer < 1) {
            throw new IllegalArgumentException("maxTransfer must be at least 1 byte, got " + maxTransfer);
        }
        if (shortestPart < MIN_PART_SIZE || shortestPart > partSize) {
            throw new IllegalArgumentException("shortestPart must be at least 5 MiB, got " + shortestPart);
        }
    }

    /// A plan whose parts may be sent early from S3's minimum on.
    public PartPlan(int partSize, int maxParts, int blockSize, int maxTransfer) {
        this(partSize, maxParts, blockSize, maxTransfer, MIN_PART_SIZE);
    }

    /// The same, by the server's rules. Parts of equal length cannot be sent early when memory is short. So each
    /// stripe then has room for a whole part from the beginning, and waits only for its own parts under way.
    public PartPlan suiting(ProviderProfile profile) {
        return new PartPlan(
                partSize, maxParts, blockSize, maxTransfer, profile.equalParts() ? partSize : MIN_PART_SIZE);
    }

    /// The plan for a stripe of about `estimate` bytes. Parts have 16 MiB; up to 64 MiB where the stripe is large
    /// and eight of them fit into its share of the budget; more where 10,000 of them would be too few, but never
    /// so much that fewer than three fit. A stripe that outgrows its plan rolls over to a further segment.
    ///
    /// @param estimate    expected size; 0 when unknown
    /// @param maxTransfer SQL Server's MAXTRANSFERSIZE
    /// @param share       bytes of memory that the stripe can normally count on
    public static PartPlan forStripe(long estimate, int maxTransfer, long share) {
        long comfortable = Math.clamp(roundUp(estimate / WORTHWHILE_PARTS), DEFAULT_PART_SIZE, COMFORTABLE_PART_SIZE);
        long inMemory = Math.max(DEFAULT_PART_SIZE, roundDown(share / PARTS_AT_ONCE));
        long enough = roundUp((estimate + PLANNED_PARTS - 1) / PLANNED_PARTS);
        long wanted = Math.max(Math.min(comfortable, inMemory), enough);
        long affordable = Math.max(MIN_PART_SIZE, roundDown(share / 3));
        int partSize = (int) Math.min(MAX_PART_SIZE, Math.min(wanted, affordable));
        return new PartPlan(partSize, MAX_PARTS, blockFor(maxTransfer, share), maxTransfer);
    }

    /// The largest block with which a restore of as many stripes runs in the same memory, since a restore holds
    /// whole blocks.
    private static int blockFor(int maxTransfer, long share) {
        int block = MAX_BLOCK_SIZE;
        while (block > MemoryBudget.SLAB_SIZE && new DownloadPlan(block, maxTransfer, 0).memoryPerStripe() > share) {
            block /= 2;
        }
        return block;
    }

    /// The memory that a stripe needs in any case: the shortest part and one transfer.
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
