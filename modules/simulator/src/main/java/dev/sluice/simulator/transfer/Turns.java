package dev.sluice.simulator.transfer;

import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// Whose turn it is to read, when stripes are read unevenly: one at a time, for a number of transfers that follows
/// from a seed. SQL Server reads a stripe when it needs what is in it, and can leave another one waiting for long.
///
/// **Threading:** any thread.
final class Turns {

    private static final int LONGEST = 12;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final SplittableRandom random;
    private final boolean[] finished;
    private int current;
    private int left;
    private boolean stopped;

    Turns(int stripes, long seed) {
        this.finished = new boolean[stripes];
        this.random = new SplittableRandom(seed);
        this.left = 1 + random.nextInt(LONGEST);
    }

    /// Waits for the turn of the stripe and uses up one transfer of it.
    void await(int stripe) {
        lock.lock();
        try {
            while (!stopped && current != stripe) {
                changed.awaitUninterruptibly();
            }
            left--;
            if (left <= 0) {
                pass();
            }
        } finally {
            lock.unlock();
        }
    }

    /// Whether it is the stripe's turn now; if so one transfer is used up.
    boolean tryUse(int stripe) {
        lock.lock();
        try {
            if (stopped || current != stripe) {
                return false;
            }
            left--;
            if (left <= 0) {
                pass();
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    void finished(int stripe) {
        lock.lock();
        try {
            finished[stripe] = true;
            if (current == stripe) {
                pass();
            }
        } finally {
            lock.unlock();
        }
    }

    void stop() {
        lock.lock();
        try {
            stopped = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void pass() {
        left = 1 + random.nextInt(LONGEST);
        for (int i = 1; i <= finished.length; i++) {
            int next = (current + i) % finished.length;
            if (!finished[next]) {
                current = next;
                break;
            }
        }
        changed.signalAll();
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "turn of %d, %d left, finished %s", current, left, Arrays.toString(finished));
    }
}
