package dev.sluice.vdi.inprocess;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// A call on a thread of its own, with its result or failure. Every wait is bounded.
final class Async<T extends @Nullable Object> {

    /// Far more time than any call here takes. Mutation tests set it lower, because mutants often hang.
    static final Duration PROMPTLY = Duration.ofMillis(Integer.getInteger("sluice.vdi.promptly", 20_000));

    private final FutureTask<T> task;
    private final Thread thread;

    private Async(String name, Callable<T> call) {
        task = new FutureTask<>(call);
        thread = Thread.ofPlatform().name(name).daemon().start(task);
    }

    static <T extends @Nullable Object> Async<T> call(String name, Callable<T> call) {
        return new Async<>(name, call);
    }

    static Async<@Nullable Object> run(String name, Runnable call) {
        return new Async<>(name, () -> {
            call.run();
            return null;
        });
    }

    Thread thread() {
        return thread;
    }

    boolean returned() {
        return task.isDone();
    }

    /// The result, or the exception.
    T get() {
        try {
            return task.get(PROMPTLY.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException cause -> throw cause;
                case Error cause -> throw cause;
                case null, default -> throw new AssertionError(e);
            }
        } catch (TimeoutException e) {
            AssertionError hangs = new AssertionError(thread.getName() + " has not returned within " + PROMPTLY, e);
            hangs.setStackTrace(thread.getStackTrace());
            throw hangs;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /// Waits until the thread is blocked: it has gone as far as it can by itself.
    Async<T> blocked() {
        long until = System.nanoTime() + PROMPTLY.toNanos();
        while (thread.getState() != Thread.State.WAITING && thread.getState() != Thread.State.TIMED_WAITING) {
            if (task.isDone() || System.nanoTime() > until) {
                throw new AssertionError("%s is not blocked but %s, and done: %s"
                        .formatted(thread.getName(), thread.getState(), task.isDone()));
            }
            LockSupport.parkNanos(100_000);
        }
        return this;
    }
}
