package dev.sluice.engine.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

@Timeout(30)
class BlockingTest {

    private final CompletableFuture<Void> cancel = new CompletableFuture<>();
    private final Blocking blocking = new Blocking(cancel);

    /// Every way in which a cancel can end a wait.
    enum Wait {
        READ,
        READ_ALL,
        READ_EACH,
        TAKE;

        void on(Blocking blocking, Mono<Integer> source) {
            switch (this) {
                case READ -> blocking.read(source);
                case READ_ALL -> blocking.readAll(source.flux());
                case READ_EACH -> blocking.readEach(source.flux(), _ -> {});
                case TAKE -> blocking.take(source, _ -> {});
            }
        }
    }

    @Test
    void whatIsThereIsRead() {
        List<Integer> each = new ArrayList<>();

        assertThat(blocking.read(Mono.just(1))).contains(1);
        assertThat(blocking.read(Mono.empty())).isEmpty();
        assertThat(blocking.readAll(Flux.range(1, 1000))).hasSize(1000).startsWith(1, 2);
        assertThat(blocking.readAll(Flux.empty())).isEmpty();
        blocking.readEach(Flux.range(1, 3), each::add);
        assertThat(each).containsExactly(1, 2, 3);
        assertThat(blocking.take(Mono.just(1), BlockingTest::unexpected)).isEqualTo(1);
        assertThat(Blocking.uncancellably(Mono.just(1))).contains(1);
        assertThat(Blocking.uncancellably(Mono.empty())).isEmpty();
        assertThat(Blocking.uncancellably(Flux.just(1, 2))).containsExactly(1, 2);
    }

    private static void unexpected(Object value) {
        throw new AssertionError("given back: " + value);
    }

    @ParameterizedTest
    @EnumSource
    void aCancelEndsTheWaitAndTheSource(Wait wait) throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch sourceCancelled = new CountDownLatch(1);
        Mono<Integer> silent =
                Mono.<Integer>never().doOnSubscribe(_ -> asked.countDown()).doOnCancel(sourceCancelled::countDown);
        CompletableFuture<@Nullable Throwable> waiting =
                CompletableFuture.supplyAsync(() -> catchThrowable(() -> wait.on(blocking, silent)));
        assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(waiting).isNotDone();

        cancel.complete(null);

        assertThat(waiting.get(10, TimeUnit.SECONDS)).isInstanceOf(CancellationException.class);
        assertThat(sourceCancelled.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void nothingIsAskedAfterACancel(Wait wait) {
        AtomicBoolean asked = new AtomicBoolean();
        cancel.complete(null);

        assertThatThrownBy(() -> wait.on(blocking, Mono.<Integer>never().doOnSubscribe(_ -> asked.set(true))))
                .isInstanceOf(CancellationException.class);
        assertThat(asked).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void aFailureIsTheSourcesOwn(Wait wait) {
        IllegalArgumentException failure = new IllegalArgumentException("no");

        assertThatThrownBy(() -> wait.on(blocking, Mono.error(failure))).isSameAs(failure);
        AssertionError error = new AssertionError("never");
        assertThatThrownBy(() -> wait.on(blocking, Mono.error(error))).isSameAs(error);
    }

    @ParameterizedTest
    @EnumSource
    void workThatNothingCancelsGoesOnAsBefore(Wait wait) {
        cancel.complete(null);

        wait.on(Blocking.untilTheEnd(), Mono.just(1));
    }

    @Test
    void aFailureOfTheConsumerIsTheReadersToo() {
        IllegalArgumentException failure = new IllegalArgumentException("no");
        Consumer<Integer> failing = _ -> {
            throw failure;
        };

        assertThatThrownBy(() -> blocking.readEach(Flux.just(1), failing)).isSameAs(failure);
    }

    /// Reactor's own subscribers drop it.
    @Test
    void aValueThatComesAfterTheCancelIsGivenBack() throws Exception {
        AtomicReference<CoreSubscriber<? super Integer>> subscriber = new AtomicReference<>();
        CountDownLatch asked = new CountDownLatch(1);
        Mono<Integer> late = new Mono<>() {
            @Override
            public void subscribe(CoreSubscriber<? super Integer> actual) {
                subscriber.set(actual);
                actual.onSubscribe(new Subscription() {
                    @Override
                    public void request(long n) {
                        asked.countDown();
                    }

                    @Override
                    public void cancel() {
                        // the value is on its way
                    }
                });
            }
        };
        List<Integer> back = new ArrayList<>();
        CompletableFuture<@Nullable Throwable> waiting =
                CompletableFuture.supplyAsync(() -> catchThrowable(() -> blocking.take(late, back::add)));
        assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
        cancel.complete(null);
        assertThat(waiting.get(10, TimeUnit.SECONDS)).isInstanceOf(CancellationException.class);

        subscriber.get().onNext(7);

        assertThat(back).containsExactly(7);
    }

    /// The forms that a cancel does not end.
    enum ToTheEnd {
        MONO,
        FLUX;

        int wait(Mono<Integer> source) {
            return switch (this) {
                case MONO -> Blocking.uncancellably(source).orElseThrow();
                case FLUX -> Blocking.uncancellably(source.flux()).getFirst();
            };
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatMustNotBeLeftHalfDoneIsWaitedForAfterACancel(ToTheEnd form) throws Exception {
        cancel.complete(null);
        Sinks.One<Integer> answer = Sinks.one();
        CountDownLatch asked = new CountDownLatch(1);
        CompletableFuture<Integer> waiting =
                CompletableFuture.supplyAsync(() -> form.wait(answer.asMono().doOnSubscribe(_ -> asked.countDown())));
        assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(waiting).isNotDone();

        answer.tryEmitValue(3).orThrow();

        assertThat(waiting.get(10, TimeUnit.SECONDS)).isEqualTo(3);
    }

    @Test
    void anInterruptEndsTheWaitAndTheSource() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch sourceCancelled = new CountDownLatch(1);
        AtomicReference<@Nullable Throwable> ended = new AtomicReference<>();
        Thread thread = Thread.ofPlatform()
                .start(() -> ended.set(catchThrowable(() -> blocking.read(
                        Mono.never().doOnSubscribe(_ -> asked.countDown()).doOnCancel(sourceCancelled::countDown)))));
        assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();

        thread.interrupt();

        assertThat(thread.join(Duration.ofSeconds(10))).isTrue();
        assertThat(ended.get()).isInstanceOf(IllegalStateException.class).hasMessageContaining("interrupted");
        assertThat(sourceCancelled.await(10, TimeUnit.SECONDS)).isTrue();
    }

    /// Whichever comes first, the value has one owner: the caller, or the one that takes it back.
    @Test
    void aValueThatMeetsAnInterruptIsNeverLost() throws Exception {
        for (int i = 0; i < 2_000; i++) {
            AtomicReference<@Nullable String> got = new AtomicReference<>();
            AtomicReference<@Nullable String> back = new AtomicReference<>();
            AtomicReference<@Nullable String> handed = new AtomicReference<>();
            CountDownLatch asked = new CountDownLatch(1);
            Sinks.One<String> source = Sinks.one();
            Thread waiting = Thread.ofPlatform().start(() -> {
                var _ = catchThrowable(() -> got.set(blocking.take(
                        source.asMono().doOnSubscribe(_ -> asked.countDown()).doOnNext(handed::set), back::set)));
            });
            assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
            Thread interrupting = Thread.ofPlatform().start(waiting::interrupt);

            source.tryEmitValue("x");

            assertThat(interrupting.join(Duration.ofSeconds(10))).isTrue();
            assertThat(waiting.join(Duration.ofSeconds(10))).isTrue();
            if (handed.get() != null) {
                assertThat(got.get() == null).as("round %d", i).isNotEqualTo(back.get() == null);
            }
        }
    }
}
