package dev.sluice.simulator.tds;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Where the thread that reads leaves word for the thread that works, and the only thing they share.
///
/// Every request gets its [Cancellation] when it arrives, not when it starts. So a cancel finds it wherever it
/// is, waiting or running, and there is no moment in between in which it could be missed.
///
/// **Threading:** any thread.
final class Inbox {

    /// A client sends at most one request and a cancel before an answer; a few more are allowed, then it is an
    /// attack.
    private static final int MOST_WAITING = 8;

    sealed interface Work {
        record Answer(Message request, Cancellation cancellation) implements Work {}

        /// Comes after the request that was cancelled, so after that one's answer.
        record AcknowledgeAttention() implements Work {}

        record End(Cancellation.Reason reason) implements Work {}
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Queue<Work> waiting = new ArrayDeque<>();
    private @Nullable Cancellation running;
    private Cancellation.@Nullable Reason ended;

    void request(Message message) throws ProtocolException {
        lock.lock();
        try {
            if (ended == null) {
                add(new Work.Answer(message, new Cancellation()));
            }
        } finally {
            lock.unlock();
        }
    }

    void attention() throws ProtocolException {
        lock.lock();
        try {
            cancelAll(Cancellation.Reason.ATTENTION);
            add(new Work.AcknowledgeAttention());
        } finally {
            lock.unlock();
        }
    }

    /// Cancels what runs and forgets what waits; the first reason counts.
    void end(Cancellation.Reason reason) {
        lock.lock();
        try {
            if (ended == null) {
                ended = reason;
                cancelAll(reason);
                waiting.clear();
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    boolean hasEnded() {
        lock.lock();
        try {
            return ended != null;
        } finally {
            lock.unlock();
        }
    }

    /// Waits for the next thing to do; the end comes for ever after.
    Work take() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (true) {
                if (ended != null) {
                    return new Work.End(ended);
                }
                Work next = waiting.poll();
                if (next != null) {
                    running = next instanceof Work.Answer answer ? answer.cancellation() : null;
                    return next;
                }
                changed.await();
            }
        } finally {
            lock.unlock();
        }
    }

    /// Waits until the session ends, but no longer than this.
    void awaitEnd(Duration time) throws InterruptedException {
        long nanos = TimeUnit.NANOSECONDS.convert(time);
        lock.lockInterruptibly();
        try {
            while (ended == null && nanos > 0) {
                nanos = changed.awaitNanos(nanos);
            }
        } finally {
            lock.unlock();
        }
    }

    private void add(Work work) throws ProtocolException {
        if (waiting.size() == MOST_WAITING) {
            throw new ProtocolException(
                    String.format(Locale.ROOT, "%d requests came before one was answered", MOST_WAITING));
        }
        waiting.add(work);
        changed.signalAll();
    }

    private void cancelAll(Cancellation.Reason reason) {
        if (running != null) {
            running.cancel(reason);
        }
        for (Work work : waiting) {
            if (work instanceof Work.Answer answer) {
                answer.cancellation().cancel(reason);
            }
        }
    }
}
