package dev.sluice.catalog;

import dev.sluice.s3.BlockSums;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.RandomAccess;
import org.jspecify.annotations.Nullable;

/// The sums of an object's blocks, in four bytes each, where a document has eight hexadecimal digits. A backup of
/// 40 TiB has five million of them, which would not fit into the heap as texts.
final class PackedSums extends AbstractList<String> implements RandomAccess {

    /// Null when the sums were left out; then only their number is known.
    private final int @Nullable [] sums;

    private final int count;

    private PackedSums(int @Nullable [] sums, int count) {
        this.sums = sums;
        this.count = count;
    }

    static PackedSums of(int[] sums, int count) {
        return new PackedSums(sums.length == count ? sums : Arrays.copyOf(sums, count), count);
    }

    static PackedSums of(BlockSums blocks) {
        int[] sums = new int[blocks.count()];
        Arrays.setAll(sums, blocks::sum);
        return new PackedSums(sums, sums.length);
    }

    /// **Errors:** [IllegalArgumentException] when one of them is not a sum.
    static List<String> of(List<String> sums) {
        if (sums instanceof PackedSums) {
            return sums;
        }
        int[] packed = new int[sums.size()];
        Arrays.setAll(packed, i -> HexFormat.fromHexDigits(sums.get(i)));
        return new PackedSums(packed, packed.length);
    }

    /// Sums that the document has and the caller did not want. To ask for one, or to write the document, is a
    /// mistake of the caller's and fails, so that unknown sums do not count as none. Such an object is equal only
    /// to itself.
    static PackedSums leftOut(int count) {
        return new PackedSums(null, count);
    }

    boolean isKnown() {
        return sums != null;
    }

    /// **Errors:** [IllegalStateException] when the sums were left out.
    int sum(int index) {
        if (sums == null) {
            throw new IllegalStateException("the document was read without its sums");
        }
        return sums[index];
    }

    @Override
    public String get(int index) {
        return HexFormat.of().toHexDigits(sum(index));
    }

    @Override
    public int size() {
        return count;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        boolean known = sums != null && !(other instanceof PackedSums that && that.sums == null);
        return known ? super.equals(other) : this == other;
    }

    @Override
    public int hashCode() {
        return sums == null ? count : super.hashCode();
    }

    @Override
    public String toString() {
        return count + " sums";
    }
}
