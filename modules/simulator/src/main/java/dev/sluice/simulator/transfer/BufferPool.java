package dev.sluice.simulator.transfer;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Buffers of one size, shared by all devices of a set. The device that has waited longest gets the next.
///
/// **Threading:** any thread.
final class BufferPool {

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<MemorySegment> free = new ArrayDeque<>();
    private long nextTicket;
    private long served; // tickets below this one have got a buffer
    private boolean stopped;

    void give(MemorySegment buffer) {
        lock.lock();
        try {
            free.add(buffer);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Waits for a buffer; null when the pool was stopped.
    @Nullable
    MemorySegment take() {
        lock.lock();
        try {
            long ticket = nextTicket++;
            while (!stopped && (free.isEmpty() || served != ticket)) {
                changed.awaitUninterruptibly();
            }
            served++;
            changed.signalAll();
            return stopped ? null : free.poll();
        } finally {
            lock.unlock();
        }
    }

    /// A buffer that is free now and that no device waits for, or null.
    @Nullable
    MemorySegment takeIfFree() {
        lock.lock();
        try {
            return stopped || served != nextTicket ? null : free.poll();
        } finally {
            lock.unlock();
        }
    }

    /// Ends all waiting, now and later.
    void stop() {
        lock.lock();
        try {
            stopped = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
