package dev.sluice.engine.selftest;

/// How long calls of one kind took, in the memory of a few numbers.
///
/// **Threading:** under the recording's monitor.
///
/// **Units:** nanoseconds in, microseconds out.
final class CallTimes {

    private static final int NANOS_IN_MICRO = 1_000;

    private final long[] below = new long[Long.SIZE];
    private long count;
    private long longest;

    void add(long nanos) {
        long micros = Math.max(0, nanos) / NANOS_IN_MICRO;
        below[Long.SIZE - Long.numberOfLeadingZeros(micros)]++;
        count++;
        longest = Math.max(longest, micros);
    }

    /// What was counted so far.
    RecordedSet.Times summary() {
        return new RecordedSet.Times(count, quantile(0.5), quantile(0.99), longest);
    }

    /// An upper bound: the next power of two.
    private long quantile(double share) {
        long wanted = (long) Math.ceil(share * count);
        long seen = 0;
        for (int bits = 0; bits < below.length; bits++) {
            seen += below[bits];
            if (seen >= wanted && seen > 0) {
                return Math.min(longest, (1L << bits) - 1);
            }
        }
        return longest;
    }
}
