package dev.sluice.engine;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/// One BACKUP or RESTORE, on a thread of its own that goes through the steps in order.
///
/// A run that is cancelled is not over: it aborts what can still be aborted, waits for SQL Server's verdict and
/// cleans up. [#ended()] tells when, and whoever shuts down waits for that.
///
/// **Threading:** [#cancel()] from anywhere, any number of times.
abstract class Run<T> {

    private final String name;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final CompletableFuture<Void> cancelled = new CompletableFuture<>();
    private volatile @Nullable DeviceWork work;

    /// @param name of the thread
    Run(String name) {
        this.name = name;
    }

    /// All the steps. Runs on the run's thread, may block, and leaves nothing behind but what it says it leaves.
    abstract T steps();

    void start(MonoSink<T> sink) {
        Thread.ofPlatform().name(name).start(() -> {
            try {
                sink.success(steps());
            } catch (RuntimeException | Error e) {
                // A cancelled sink drops this: the run's own log has told the story.
                sink.error(e);
            } finally {
                ended.complete(null);
            }
        });
    }

    CompletableFuture<Void> ended() {
        return ended.copy();
    }

    void cancel() {
        cancelled.complete(null);
        DeviceWork current = work;
        if (current != null) {
            current.cancel();
        }
    }

    boolean isCancelled() {
        return cancelled.isDone();
    }

    /// From here on a cancel reaches the statement and its devices.
    DeviceWork working(DeviceWork started) {
        work = started;
        if (cancelled.isDone()) {
            started.cancel();
        }
        return started;
    }

    void throwIfCancelled() {
        if (cancelled.isDone()) {
            throw new CancellationException("the run was cancelled");
        }
    }

    /// Waits for a value, or for a cancel, whichever comes first; a cancel disposes of the source.
    <V> V await(Mono<V> source) {
        CompletableFuture<V> value = new CompletableFuture<>();
        Disposable subscription =
                source.subscribe(value::complete, value::completeExceptionally, () -> value.cancel(false));
        try {
            CompletableFuture.anyOf(value, cancelled).get();
            if (!value.isDone()) {
                subscription.dispose();
            }
            // What was granted at the very moment of the cancel has an owner only if it is returned.
            if (value.isDone()) {
                return value.join();
            }
            throw new CancellationException("the run was cancelled");
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("a run's thread was interrupted; runs are cancelled instead", e);
        }
    }
}
