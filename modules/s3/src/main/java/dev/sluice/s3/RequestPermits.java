package dev.sluice.s3;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/// Limits the number of requests under way, and grants permits in order of arrival.
///
/// The SDK has a limit of its own, but it fails a waiting request after a while, with advice about connection
/// pools. Here a request waits without a limit.
final class RequestPermits {
    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<MonoSink<Permit>> queue = new ArrayDeque<>();
    private int available;

    RequestPermits(int available) {
        this.available = available;
    }

    private final class Permit extends Handover {
        @Override
        protected void giveBack() {
            returned();
        }
    }

    /// Runs `work` when a permit is free, and returns the permit when `work` has completed, failed or was
    /// cancelled.
    <T> Mono<T> with(Mono<T> work) {
        return Mono.usingWhen(
                acquire(),
                _ -> work,
                permit -> Mono.fromRunnable(permit::returnOnce),
                (permit, _) -> Mono.fromRunnable(permit::returnOnce),
                permit -> Mono.fromRunnable(permit::returnOnce));
    }

    private Mono<Permit> acquire() {
        return Mono.<Permit>create(this::enqueue).filter(Handover::accept);
    }

    private void enqueue(MonoSink<Permit> sink) {
        sink.onCancel(() -> leave(sink));
        lock.lock();
        try {
            if (available == 0) {
                queue.add(sink);
                return;
            }
            available--;
        } finally {
            lock.unlock();
        }
        offer(sink);
    }

    private void leave(MonoSink<Permit> sink) {
        lock.lock();
        try {
            queue.remove(sink);
        } finally {
            lock.unlock();
        }
    }

    private void returned() {
        @Nullable MonoSink<Permit> next;
        lock.lock();
        try {
            next = queue.poll();
            if (next == null) {
                available++;
            }
        } finally {
            lock.unlock();
        }
        if (next != null) {
            offer(next);
        }
    }

    private void offer(MonoSink<Permit> sink) {
        Permit permit = new Permit();
        sink.onDispose(permit::withdraw);
        sink.success(permit);
    }
}
