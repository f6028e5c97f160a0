package dev.sluice.simulator.generator;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// Which extents of which files a stripe carries, in the order in which it carries them.
///
/// A backup holds the allocated extents, or for a differential the changed ones: ranges, ascending within a
/// file, file by file. Striped, it deals them out. Both is kept as rules rather than as a list, because a large
/// database has many millions.
///
/// **Units:** an extent is 8 pages of 8 KiB.
public final class Extents {
    /// Pages of an extent.
    public static final int PAGES = 8;
    /// Bytes of an extent.
    public static final long BYTES = (long) PAGES * PageSource.PAGE;

    private final List<Range> ranges;
    private final long[] before; // extents before each range
    private final long total;
    private final int stripe;
    private final int stripes;
    private final int unit;

    /// @param first extent of the range; its first page is eight times that
    public record Range(int fileId, long first, long count) {
        private static final long MAX_EXTENT = (1L << 32) / PAGES;

        public Range {
            if (fileId < 1 || fileId > 0x7FFF || first < 0 || count < 0 || count > MAX_EXTENT - first) {
                throw new IllegalArgumentException(
                        String.format(Locale.ROOT, "no such extents: %d from %d in file %d", count, first, fileId));
            }
        }
    }

    private Extents(List<Range> ranges, int stripe, int stripes, int unit) {
        this.ranges = ranges;
        this.before = new long[ranges.size()];
        this.stripe = stripe;
        this.stripes = stripes;
        this.unit = unit;
        long sum = 0;
        for (int i = 0; i < before.length; i++) {
            before[i] = sum;
            sum += ranges.get(i).count();
        }
        this.total = sum;
    }

    /// These, in this order, which must be ascending within each file.
    public static Extents of(List<Range> ranges) {
        for (int i = 1; i < ranges.size(); i++) {
            Range last = ranges.get(i - 1);
            Range next = ranges.get(i);
            if (next.fileId() == last.fileId() && next.first() < last.first() + last.count()) {
                throw new IllegalArgumentException("extents are not ascending: %s after %s".formatted(next, last));
            }
        }
        return new Extents(List.copyOf(ranges), 0, 1, 1);
    }

    /// The first `count` extents of a file.
    public static Extents of(int fileId, long count) {
        return of(List.of(new Range(fileId, 0, count)));
    }

    /// The share of one stripe, counted from 0, when extents are dealt out in turns of `turn`.
    public Extents dealt(int index, int among, int turn) {
        if (stripes != 1) {
            throw new IllegalStateException("these extents are dealt out already");
        }
        if (among < 1 || index < 0 || index >= among || turn < 1) {
            throw new IllegalArgumentException(
                    String.format(Locale.ROOT, "no stripe %d of %d in turns of %d", index, among, turn));
        }
        return new Extents(ranges, index, among, turn);
    }

    /// How many.
    public long count() {
        long round = (long) unit * stripes;
        return total / round * unit + Math.clamp(total % round - (long) stripe * unit, 0, unit);
    }

    /// The ranges before they were dealt out.
    public List<Range> ranges() {
        return ranges;
    }

    /// The file of the extent with this number in the stripe.
    public int fileId(long number) {
        return range(global(number)).fileId();
    }

    /// The first page of the extent with this number in the stripe.
    public long firstPage(long number) {
        long global = global(number);
        int index = index(global);
        return (ranges.get(index).first() + global - before[index]) * PAGES;
    }

    private long global(long number) {
        return number / unit * unit * stripes + (long) stripe * unit + number % unit;
    }

    private Range range(long global) {
        return ranges.get(index(global));
    }

    private int index(long global) {
        int found = Arrays.binarySearch(before, global);
        int index = found >= 0 ? found : -found - 2;
        while (index + 1 < before.length && before[index + 1] <= global) { // empty ranges share their beginning
            index++;
        }
        return index;
    }
}
