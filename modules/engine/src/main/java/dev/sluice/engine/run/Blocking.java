package dev.sluice.engine.run;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// How the engine waits for catalog and store: the one place where it blocks.
///
/// Each wait says by its method whether a cancel of the run ends it. What only looks is read, and a cancel ends it at
/// once. What stores, deletes or releases is waited for with [#uncancellably]: a request that was sent may arrive
/// whether its answer is waited for or not, so a run that left would not know what it leaves behind.
///
/// Neither has a bound of its own: every request of the store has one.
///
/// **Threading:** any thread that may block, several at a time. A read that a cancel has ended may still hand values to
/// its consumer for a moment, from another thread.
///
/// **Errors:** those of the source as they are; [CancellationException] from the instance's methods, before anything is
/// asked when the run is cancelled already.
public final class Blocking {

    private final CompletableFuture<Void> cancelled;

    /// @param cancelled completes when the run is cancelled
    Blocking(CompletableFuture<Void> cancelled) {
        this.cancelled = cancelled;
    }

    /// For work that no cancel ends.
    public static Blocking untilTheEnd() {
        return new Blocking(new CompletableFuture<>());
    }

    public void throwIfCancelled() {
        if (cancelled.isDone()) {
            throw cancellation();
        }
    }

    private static CancellationException cancellation() {
        return new CancellationException("the run was cancelled");
    }

    /// The value, if there is one.
    public <V> Optional<V> read(Mono<V> source) {
        return take(source.map(Optional::of).defaultIfEmpty(Optional.empty()), _ -> {});
    }

    /// All values, in their order.
    public <V> List<V> readAll(Flux<V> source) {
        return take(source.collectList(), _ -> {});
    }

    /// All values, none of which is kept here.
    ///
    /// @param each is called from any thread, one value at a time, and must not block
    public <V> void readEach(Flux<V> source, Consumer<? super V> each) {
        take(source.doOnNext(each).then(Mono.just(true)), _ -> {});
    }

    /// The value, which has to be given back by the caller.
    ///
    /// @param tooLate takes back a value that came in the moment of the cancel
    public <V> V take(Mono<V> source, Consumer<? super V> tooLate) {
        throwIfCancelled();
        Awaited<V> awaited = new Awaited<>(tooLate);
        source.subscribe(awaited);
        try {
            CompletableFuture.anyOf(awaited.value, cancelled).get();
            awaited.cancelUnlessDone();
            return awaited.value.get();
        } catch (ExecutionException e) {
            throw switch (e.getCause()) {
                case RuntimeException failure -> failure;
                case Error error -> throw error;
                case null, default -> new IllegalStateException(e.getCause());
            };
        } catch (InterruptedException e) {
            awaited.cancelUnlessDone();
            awaited.giveBack();
            Thread.currentThread().interrupt();
            throw new IllegalStateException("a thread of the engine was interrupted; runs are cancelled instead", e);
        }
    }

    /// Waits for the end of something that must not be left half done, whether the run is cancelled or not.
    ///
    /// @return its value, if it has one
    public static <V> Optional<V> uncancellably(Mono<V> source) {
        return source.blockOptional();
    }

    /// As [#uncancellably(Mono)]; all values, in their order.
    public static <V> List<V> uncancellably(Flux<V> source) {
        return source.collectList().blockOptional().orElse(List.of());
    }

    /// Takes the value even if it comes after the cancel, so that it always has an owner: Reactor's own
    /// subscribers drop it then.
    private static final class Awaited<V> implements CoreSubscriber<V> {

        final CompletableFuture<V> value = new CompletableFuture<>();
        private final Consumer<? super V> tooLate;
        private volatile @Nullable Subscription subscription;

        Awaited(Consumer<? super V> tooLate) {
            this.tooLate = tooLate;
        }

        /// A value that was first has its owner, and cancelling would take it back.
        void cancelUnlessDone() {
            Subscription current = subscription;
            if (value.completeExceptionally(cancellation()) && current != null) {
                current.cancel();
            }
        }

        /// A value that the caller will not get.
        void giveBack() {
            if (!value.isCompletedExceptionally()) {
                tooLate.accept(value.join());
            }
        }

        @Override
        public void onSubscribe(Subscription offered) {
            subscription = offered;
            offered.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(V next) {
            if (!value.complete(next)) {
                tooLate.accept(next);
            }
        }

        @Override
        public void onError(Throwable failure) {
            value.completeExceptionally(failure);
        }

        @Override
        public void onComplete() {
            value.completeExceptionally(new IllegalStateException("ended without a value"));
        }
    }
}
