package dev.sluice.catalog;

import dev.sluice.catalog.BackupDocument.Part;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.RandomAccess;
import org.jspecify.annotations.Nullable;

/// The parts of an object as its document lists them, in sixteen bytes each.
final class PackedParts extends AbstractList<Part> implements RandomAccess {

    /// Null when they were left out, see [PackedSums#leftOut(int)].
    private final int @Nullable [] numbers;

    private final long[] bytes;
    private final int[] sums;
    private final int count;

    private PackedParts(int @Nullable [] numbers, long[] bytes, int[] sums, int count) {
        this.numbers = numbers;
        this.bytes = bytes;
        this.sums = sums;
        this.count = count;
    }

    /// **Errors:** [IllegalArgumentException] when one of them has no sum.
    static List<Part> of(List<Part> parts) {
        if (parts instanceof PackedParts) {
            return parts;
        }
        Builder builder = new Builder();
        parts.forEach(part -> builder.add(part.number(), part.bytes(), HexFormat.fromHexDigits(part.crc32c())));
        return builder.build();
    }

    static PackedParts leftOut(int count) {
        return new PackedParts(null, new long[0], new int[0], count);
    }

    @Override
    public Part get(int index) {
        if (numbers == null) {
            throw new IllegalStateException("the document was read without its sums");
        }
        return new Part(numbers[index], bytes[index], HexFormat.of().toHexDigits(sums[index]));
    }

    @Override
    public int size() {
        return count;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        boolean known = numbers != null && !(other instanceof PackedParts that && that.numbers == null);
        return known ? super.equals(other) : this == other;
    }

    @Override
    public int hashCode() {
        return numbers == null ? count : super.hashCode();
    }

    @Override
    public String toString() {
        return count + " parts";
    }

    /// Grows while parts arrive.
    static final class Builder {
        private int[] numbers = new int[16];
        private long[] bytes = new long[16];
        private int[] sums = new int[16];
        private int count;

        void add(int number, long size, int sum) {
            if (count == numbers.length) {
                numbers = Arrays.copyOf(numbers, 2 * count);
                bytes = Arrays.copyOf(bytes, 2 * count);
                sums = Arrays.copyOf(sums, 2 * count);
            }
            numbers[count] = number;
            bytes[count] = size;
            sums[count++] = sum;
        }

        PackedParts build() {
            return new PackedParts(
                    Arrays.copyOf(numbers, count), Arrays.copyOf(bytes, count), Arrays.copyOf(sums, count), count);
        }
    }
}
