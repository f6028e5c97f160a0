package dev.sluice.simulator.transfer;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// Something that goes wrong on purpose, once, in the middle of a transfer or at its end.
///
/// **Threading:** any thread.
public final class Disturbance {

    /// What goes wrong.
    public enum Kind {
        NOTHING,
        /// The server fails for a reason of its own; it waits for the client and closes the devices.
        FAILS,
        /// The server sends nothing more, until it is released.
        STALLS,
        /// A bit is flipped in a buffer, which the server does not notice.
        DAMAGES,
        /// The server signals abort.
        ABORTS,
        /// The statement is cancelled, as by an attention.
        CANCELS,
        /// The client has completed everything, VDC_Complete included, and then the server fails.
        FAILS_AFTER_COMPLETE
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Kind kind;
    private final long afterBytes;
    private final long afterCommands;
    private boolean released;
    private boolean stalling;
    private boolean damaged;

    private Disturbance(Kind kind, long afterBytes, long afterCommands) {
        this.kind = kind;
        this.afterBytes = afterBytes;
        this.afterCommands = afterCommands;
    }

    public static Disturbance none() {
        return new Disturbance(Kind.NOTHING, Long.MAX_VALUE, Long.MAX_VALUE);
    }

    /// When so many bytes have been acknowledged.
    public static Disturbance afterBytes(Kind kind, long bytes) {
        return new Disturbance(kind, bytes, Long.MAX_VALUE);
    }

    /// When so many commands have been sent, Flush and Complete among them.
    public static Disturbance afterCommands(Kind kind, long commands) {
        return new Disturbance(kind, Long.MAX_VALUE, commands);
    }

    Kind kind() {
        return kind;
    }

    boolean isDue(long bytes, long commands) {
        return bytes >= afterBytes || commands >= afterCommands;
    }

    /// Flips a bit in the middle of the buffer, if that is what goes wrong and its turn has come.
    void damage(MemorySegment buffer, int size, long bytes) {
        lock.lock();
        try {
            if (kind == Kind.DAMAGES && !damaged && isDue(bytes, 0)) {
                damaged = true;
                buffer.set(ValueLayout.JAVA_BYTE, size / 2, (byte) (buffer.get(ValueLayout.JAVA_BYTE, size / 2) ^ 1));
            }
        } finally {
            lock.unlock();
        }
    }

    /// Ends a stall.
    public void release() {
        lock.lock();
        try {
            released = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Whether the server stalls now.
    public boolean isStalling() {
        lock.lock();
        try {
            return stalling;
        } finally {
            lock.unlock();
        }
    }

    /// Waits for [#release], for a statement that stalls before there is a set.
    public void awaitRelease() {
        lock.lock();
        try {
            stalling = true;
            while (!released) {
                changed.awaitUninterruptibly();
            }
            stalling = false;
        } finally {
            lock.unlock();
        }
    }

    void stall(VirtualMedia media) {
        lock.lock();
        try {
            stalling = true;
            while (!released && !media.failed()) {
                changed.awaitUninterruptibly();
            }
            stalling = false;
        } finally {
            lock.unlock();
        }
    }

    void wake() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
