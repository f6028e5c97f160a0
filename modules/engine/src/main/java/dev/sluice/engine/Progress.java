package dev.sluice.engine;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.LongAdder;

/// How far a run has come: written by its devices' threads, read by whoever shows it.
///
/// **Threading:** any thread; the numbers are not a snapshot of one instant.
public final class Progress {

    /// What a stripe is waiting for; the one that shows up most is the bottleneck.
    public enum Waiting {
        SQL_SERVER,
        MEMORY,
        STORE,
        NOTHING
    }

    private final LongAdder bytes = new LongAdder();
    private final AtomicIntegerArray waiting;
    private final long started = System.nanoTime();
    private volatile long expectedBytes;
    private volatile int percent;

    Progress(int stripes) {
        waiting = new AtomicIntegerArray(stripes);
        for (int i = 0; i < stripes; i++) {
            waiting(i, Waiting.SQL_SERVER);
        }
    }

    void moved(long count) {
        bytes.add(count);
    }

    void waiting(int stripe, Waiting what) {
        waiting.set(stripe, code(what));
    }

    void expects(long total) {
        expectedBytes = total;
    }

    void percent(int reported) {
        percent = Math.max(percent, reported);
    }

    /// Bytes taken from SQL Server, or given to it.
    public long bytes() {
        return bytes.sum();
    }

    /// How many bytes it will be, by estimate; 0 when nobody knows.
    public long expectedBytes() {
        return expectedBytes;
    }

    /// How far SQL Server says it is, 0 to 100.
    public int percent() {
        return percent;
    }

    public double seconds() {
        return (System.nanoTime() - started) / 1e9;
    }

    /// What most stripes wait for right now.
    public Waiting waiting() {
        int[] votes = new int[4];
        for (int i = 0; i < waiting.length(); i++) {
            votes[waiting.get(i)]++;
        }
        Waiting most = Waiting.NOTHING;
        for (Waiting candidate : Waiting.values()) {
            if (votes[code(candidate)] > votes[code(most)]) {
                most = candidate;
            }
        }
        return most;
    }

    private static int code(Waiting what) {
        return switch (what) {
            case SQL_SERVER -> 0;
            case MEMORY -> 1;
            case STORE -> 2;
            case NOTHING -> 3;
        };
    }
}
