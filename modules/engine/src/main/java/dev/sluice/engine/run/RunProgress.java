package dev.sluice.engine.run;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/// How far a run has come: written by its devices' threads, read by the thread that shows it.
///
/// **Threading:** any thread; the numbers are not a snapshot of one instant.
public final class RunProgress {

    /// What a stripe is waiting for; the one that shows up most is the bottleneck.
    public enum Waiting {
        SQL_SERVER,
        MEMORY,
        STORE,
        NOTHING
    }

    private final LongAdder bytes = new LongAdder();
    private final AtomicIntegerArray waiting;
    private final AtomicLongArray since;
    private final AtomicLongArray spent;
    private volatile long started = System.nanoTime();
    private volatile long expectedBytes;
    private volatile int percent;

    public RunProgress(int stripes) {
        waiting = new AtomicIntegerArray(stripes);
        since = new AtomicLongArray(stripes);
        spent = new AtomicLongArray(stripes * Waiting.values().length);
        for (int i = 0; i < stripes; i++) {
            since.set(i, started);
            waiting(i, Waiting.SQL_SERVER);
        }
    }

    /// The run has its place: what it has waited for until now was its turn, and counts for nothing.
    public void begins() {
        started = System.nanoTime();
        for (int i = 0; i < stripes(); i++) {
            since.set(i, started);
        }
    }

    public void moved(long count) {
        bytes.add(count);
    }

    public void waiting(int stripe, Waiting what) {
        long now = System.nanoTime();
        int before = waiting.getAndSet(stripe, code(what));
        spent.addAndGet(slot(stripe, before), now - since.getAndSet(stripe, now));
    }

    private static int slot(int stripe, int what) {
        return stripe * Waiting.values().length + what;
    }

    public void expects(long total) {
        expectedBytes = total;
    }

    public void percent(int reported) {
        percent = Math.max(percent, reported);
    }

    /// Bytes taken from SQL Server, or given to it.
    public long bytes() {
        return bytes.sum();
    }

    /// How many bytes it will be, by estimate; 0 when it is not known.
    public long expectedBytes() {
        return expectedBytes;
    }

    /// How far SQL Server says it is, 0 to 100.
    public int percent() {
        return percent;
    }

    /// Since the run has its place in the memory budget; what came before is the queue's time.
    public double seconds() {
        return (System.nanoTime() - started) / 1e9;
    }

    public int stripes() {
        return waiting.length();
    }

    /// How long a stripe has waited for this so far. The copying of a buffer counts for SQL Server's time; it is
    /// too short to be told apart.
    public Duration waited(int stripe, Waiting what) {
        long nanos = spent.get(slot(stripe, code(what)));
        return Duration.ofNanos(
                waiting.get(stripe) == code(what) ? nanos + System.nanoTime() - since.get(stripe) : nanos);
    }

    /// What all stripes together have waited for longest: the bottleneck.
    public Waiting bottleneck() {
        Waiting most = Waiting.SQL_SERVER;
        long longest = -1;
        for (Waiting what : List.of(Waiting.SQL_SERVER, Waiting.MEMORY, Waiting.STORE)) {
            long nanos = 0;
            for (int i = 0; i < stripes(); i++) {
                nanos += waited(i, what).toNanos();
            }
            if (nanos > longest) {
                longest = nanos;
                most = what;
            }
        }
        return most;
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
