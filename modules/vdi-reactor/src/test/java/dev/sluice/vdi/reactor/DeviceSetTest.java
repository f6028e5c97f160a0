package dev.sluice.vdi.reactor;

import static dev.sluice.vdi.CompletionCode.ERROR_DISK_FULL;
import static dev.sluice.vdi.CompletionCode.ERROR_OPERATION_ABORTED;
import static dev.sluice.vdi.CompletionCode.ERROR_SUCCESS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.VdError;
import dev.sluice.vdi.VirtualDeviceException;
import dev.sluice.vdi.inprocess.InProcessVdi;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/// Every ending of a device's `Flux` and of its set, against the in-process server.
@Timeout(30)
class DeviceSetTest {

    private static final Duration PROMPTLY = Duration.ofSeconds(5);
    private static final List<String> ONE = List.of("s");
    private static final List<String> TWO = List.of("s", "s-2");

    private final InProcessVdi host = new InProcessVdi();

    @AfterEach
    void leavesNothingBehind() {
        assertThat(host.setCount()).isZero();
        assertThat(Thread.getAllStackTraces().keySet().stream()
                        .filter(thread -> thread.getName().startsWith("sluice-")))
                .allSatisfy(thread -> assertThat(thread.join(PROMPTLY)).isTrue());
    }

    private DeviceSet create(List<String> names) {
        return DeviceSet.create(host::newClientSet, names, ScriptedServer.request(names.size()))
                .block(PROMPTLY);
    }

    @Test
    void fetchesNoCommandWithoutDemand() {
        DeviceSet set = create(ONE);
        try (ScriptedServer server = ScriptedServer.attach(host, ONE)) {
            Flux<Lease> device = set.open().block(PROMPTLY).devices().getFirst();
            server.write(0, 1);

            StepVerifier.create(device, 0)
                    .expectSubscription()
                    .expectNoEvent(Duration.ofMillis(50))
                    .thenRequest(1)
                    .consumeNextWith(lease -> lease.answer(ERROR_SUCCESS, ScriptedServer.TRANSFER))
                    .then(() -> assertThat(server.outcome().code()).isZero())
                    .then(() -> server.write(0, 2))
                    .expectNoEvent(Duration.ofMillis(50))
                    .then(() -> assertThat(server.outcomes).isEmpty())
                    .thenRequest(1)
                    .consumeNextWith(lease -> lease.answer(ERROR_SUCCESS, ScriptedServer.TRANSFER))
                    .then(() -> server.closeDevice(0))
                    .thenRequest(1)
                    .expectComplete()
                    .verify(PROMPTLY);

            set.close().block(PROMPTLY);
        }
    }

    @Test
    void lendsTheSharedBufferItselfAndReportsTheBytes() {
        DeviceSet set = create(ONE);
        try (ScriptedServer server = ScriptedServer.attach(host, ONE)) {
            Flux<Lease> device = set.open().block(PROMPTLY).devices().getFirst();
            server.write(0, 7);
            CountDownLatch done = new CountDownLatch(1);
            AtomicReference<Byte> seen = new AtomicReference<>();

            device.doOnNext(lease -> {
                        seen.set(lease.data().get(ValueLayout.JAVA_BYTE, ScriptedServer.TRANSFER - 1));
                        lease.answer(ERROR_SUCCESS, ScriptedServer.TRANSFER);
                    })
                    .doOnComplete(done::countDown)
                    .subscribe();

            assertThat(server.outcome())
                    .isEqualTo(new ScriptedServer.Outcome(2, ERROR_SUCCESS, ScriptedServer.TRANSFER));
            assertThat(seen.get()).isEqualTo((byte) 7);
            server.closeDevice(0);
            await(done);
            set.close().block(PROMPTLY);
        }
    }

    @Test
    void aFlushWaitsForAnAnswerFromAnotherThread() {
        DeviceSet set = create(ONE);
        try (ScriptedServer server = ScriptedServer.attach(host, ONE)) {
            CompletableFuture<Lease> flush = new CompletableFuture<>();
            Disposable subscription =
                    set.open().block(PROMPTLY).devices().getFirst().subscribe(flush::complete, _ -> {});
            server.control(0, CommandCode.FLUSH);

            Lease lease = flush.join();
            assertThat(lease.command()).isInstanceOf(Command.Flush.class);
            assertThat(server.outcomes).isEmpty();
            lease.answer(ERROR_DISK_FULL);

            assertThat(server.outcome().code()).isEqualTo(ERROR_DISK_FULL);
            subscription.dispose();
            set.abort().block(PROMPTLY);
        }
    }

    @Test
    void onlyTheFirstAnswerCounts() {
        DeviceSet set = create(ONE);
        try (ScriptedServer server = ScriptedServer.attach(host, ONE)) {
            set.open()
                    .block(PROMPTLY)
                    .devices()
                    .getFirst()
                    .subscribe(
                            lease -> {
                                lease.answer(ERROR_DISK_FULL);
                                lease.answer(ERROR_SUCCESS, ScriptedServer.TRANSFER);
                            },
                            _ -> {});
            server.write(0, 1);

            assertThat(server.outcome()).isEqualTo(new ScriptedServer.Outcome(2, ERROR_DISK_FULL, 0));
            set.abort().block(PROMPTLY);
        }
    }

    @Test
    void refusesAnAnswerOfMoreBytesThanTheBufferHas() {
        DeviceSet set = create(ONE);
        try (ScriptedServer server = ScriptedServer.attach(host, ONE)) {
            AtomicReference<Throwable> refusal = new AtomicReference<>();
            set.open()
                    .block(PROMPTLY)
                    .devices()
                    .getFirst()
                    .subscribe(
                            lease -> {
                                try {
                                    lease.answer(ERROR_SUCCESS, ScriptedServer.TRANSFER + 1);
                                } catch (IllegalArgumentException e) {
                                    refusal.set(e);
                                    lease.answer(ERROR_SUCCESS, ScriptedServer.TRANSFER);
                                }
                            },
                            _ -> {});
            server.write(0, 1);

            assertThat(server.outcome().bytes()).isEqualTo(ScriptedServer.TRANSFER);
            assertThat(refusal.get()).hasMessageContaining("65537").hasMessageContaining("65536");
            set.abort().block(PROMPTLY);
        }
    }

    @Test
    void readingALeaseAfterItsEndThrows() {
        DeviceSet set = create(ONE);
        try (ScriptedServer server = ScriptedServer.attach(host, ONE)) {
            AtomicReference<MemorySegment> kept = new AtomicReference<>();
            CompletableFuture<Throwable> later = new CompletableFuture<>();
            set.open()
                    .block(PROMPTLY)
                    .devices()
                    .getFirst()
                    .subscribe(
                            lease -> {
                                if (kept.get() != null) {
                                    later.complete(failureOf(() -> kept.get().get(ValueLayout.JAVA_BYTE, 0)));
                                }
                                kept.set(lease.data());
                                lease.answer(ERROR_SUCCESS, ScriptedServer.TRANSFER);
                            },
                            _ -> {});
            server.write(0, 1);
            server.outcome();
            server.write(0, 2);

            // On the device's own thread, so that it is the end that is seen and not the thread.
            assertThat(later.join()).isInstanceOf(IllegalStateException.class);
            assertThat(failureOf(() -> kept.get().asByteBuffer().get(0))).isNotNull();
            set.abort().block(PROMPTLY);
        }
    }

    @Test
    void readingALeaseOnAnotherThreadThrows() {
        DeviceSet set = create(ONE);
        try (ScriptedServer server = ScriptedServer.attach(host, ONE)) {
            CompletableFuture<Lease> lent = new CompletableFuture<>();
            set.open().block(PROMPTLY).devices().getFirst().subscribe(lent::complete, _ -> {});
            server.write(0, 1);
            Lease lease = lent.join();

            assertThatThrownBy(() -> lease.data().get(ValueLayout.JAVA_BYTE, 0))
                    .isInstanceOf(WrongThreadException.class);

            lease.answer(ERROR_SUCCESS, ScriptedServer.TRANSFER);
            assertThat(server.outcome().bytes()).isEqualTo(ScriptedServer.TRANSFER);
            set.abort().block(PROMPTLY);
        }
    }

    @Test
    void cancellingBeforeAnyDemandAbortsAndCloses() {
        DeviceSet set = create(ONE);
        try (ScriptedServer server = ScriptedServer.attach(host, ONE)) {
            BaseSubscriber<Lease> subscriber = withoutDemand();
            set.open().block(PROMPTLY).devices().getFirst().subscribe(subscriber);
            server.write(0, 1);

            subscriber.cancel();

            assertThat(server.outcome().code()).isEqualTo(ERROR_OPERATION_ABORTED);
            set.abort().block(PROMPTLY);
        }
    }

    @Test
    void cancellingWakesAThreadThatWaitsInGetCommand() {
        DeviceSet set = create(ONE);
        try (ScriptedServer server = ScriptedServer.attach(host, ONE)) {
            CountDownLatch waiting = new CountDownLatch(1);
            Disposable subscription = set.open()
                    .block(PROMPTLY)
                    .devices()
                    .getFirst()
                    .doOnNext(lease -> {
                        lease.answer(ERROR_SUCCESS, ScriptedServer.TRANSFER);
                        waiting.countDown();
                    })
                    .subscribe();
            server.write(0, 1);
            await(waiting);

            subscription.dispose();

            set.abort().block(PROMPTLY);
            assertThat(set.closed().toFuture()).isDone();
        }
    }

    @Test
    void cancellingInsideOnNextLeavesTheCommandToTheAbort() {
        DeviceSet set = create(ONE);
        try (ScriptedServer server = ScriptedServer.attach(host, ONE)) {
            set.open().block(PROMPTLY).devices().getFirst().subscribe(new BaseSubscriber<>() {
                @Override
                protected void hookOnNext(Lease lease) {
                    cancel();
                }
            });
            server.write(0, 1);

            assertThat(server.outcome().code()).isEqualTo(ERROR_OPERATION_ABORTED);
            set.abort().block(PROMPTLY);
        }
    }

    @Test
    void aLateAnswerAfterACancelChangesNothing() {
        DeviceSet set = create(ONE);
        try (ScriptedServer server = ScriptedServer.attach(host, ONE)) {
            CompletableFuture<Lease> lent = new CompletableFuture<>();
            Disposable subscription =
                    set.open().block(PROMPTLY).devices().getFirst().subscribe(lent::complete);
            server.control(0, CommandCode.FLUSH);
            Lease lease = lent.join();

            subscription.dispose();
            set.abort().block(PROMPTLY);
            lease.answer(ERROR_SUCCESS);

            assertThat(server.outcome().code()).isEqualTo(ERROR_OPERATION_ABORTED);
            assertThat(server.outcomes).isEmpty();
        }
    }

    @Test
    void cancellingAfterTheEndDoesNotAbortWhatOtherDevicesStillDo() {
        DeviceSet set = create(TWO);
        try (ScriptedServer server = ScriptedServer.attach(host, TWO)) {
            List<Flux<Lease>> devices = set.open().block(PROMPTLY).devices();
            CountDownLatch firstDone = new CountDownLatch(1);
            BaseSubscriber<Lease> first = new BaseSubscriber<>() {
                @Override
                protected void hookOnComplete() {
                    firstDone.countDown();
                }
            };
            devices.get(0).subscribe(first);
            server.closeDevice(0);
            await(firstDone);

            first.cancel();
            devices.get(1).subscribe(lease -> lease.answer(ERROR_SUCCESS, ScriptedServer.TRANSFER));
            server.write(1, 3);

            assertThat(server.outcome().code()).isZero();
            set.abort().block(PROMPTLY);
        }
    }

    @Test
    void anAbortByTheServerIsAnError() {
        DeviceSet set = create(ONE);
        try (ScriptedServer server = ScriptedServer.attach(host, ONE)) {
            Flux<Lease> device = set.open().block(PROMPTLY).devices().getFirst();

            StepVerifier.create(device)
                    .expectSubscription()
                    .then(server::abort)
                    .expectErrorSatisfies(error -> assertThat(error)
                            .isInstanceOf(DeviceSetAborted.class)
                            .hasMessageContaining("device s")
                            .hasMessageContaining("the server signalled abort"))
                    .verify(PROMPTLY);

            set.abort().block(PROMPTLY);
        }
    }

    @Test
    void aRequestForZeroElementsIsAnErrorAndAborts() {
        DeviceSet set = create(ONE);
        try (ScriptedServer server = ScriptedServer.attach(host, ONE)) {
            server.write(0, 1);
            CompletableFuture<Throwable> error = new CompletableFuture<>();
            set.open().block(PROMPTLY).devices().getFirst().subscribe(new BaseSubscriber<>() {
                @Override
                protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {
                    subscription.request(0);
                }

                @Override
                protected void hookOnError(Throwable throwable) {
                    error.complete(throwable);
                }
            });

            assertThat(error.join())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("3.9");
            assertThat(server.outcome().code()).isEqualTo(ERROR_OPERATION_ABORTED);
            set.abort().block(PROMPTLY);
        }
    }

    @Test
    void aDeviceHasOneSubscriber() {
        DeviceSet set = create(ONE);
        try (ScriptedServer server = ScriptedServer.attach(host, ONE)) {
            Flux<Lease> device = set.open().block(PROMPTLY).devices().getFirst();
            device.subscribe(withoutDemand());

            StepVerifier.create(device).expectError(IllegalStateException.class).verify(PROMPTLY);

            assertThat(server.outcomes).isEmpty();
            set.abort().block(PROMPTLY);
        }
    }

    @Test
    void aDeviceOfAClosedSetRefusesSubscribers() {
        DeviceSet set = create(ONE);
        try (ScriptedServer server = ScriptedServer.attach(host, ONE)) {
            Flux<Lease> device = set.open().block(PROMPTLY).devices().getFirst();
            set.abort().block(PROMPTLY);

            StepVerifier.create(device).expectError(IllegalStateException.class).verify(PROMPTLY);
            assertThat(server.outcomes).isEmpty();
        }
    }

    @Test
    void openWaitsForTheServerAndAnAbortEndsTheWait() {
        DeviceSet set = create(ONE);
        CompletableFuture<DeviceSet.Opened> opened = set.open().toFuture();
        assertThat(opened).isNotDone();

        set.abort().block(PROMPTLY);

        assertThat(opened).failsWithin(PROMPTLY).withThrowableThat().withCauseInstanceOf(DeviceSetAborted.class);
        StepVerifier.create(set.open()).expectError(DeviceSetAborted.class).verify(PROMPTLY);
    }

    @Test
    void closingASetThatWasNeverOpenedFreesItsName() {
        create(ONE).close().block(PROMPTLY);

        create(ONE).abort().block(PROMPTLY);
    }

    @Test
    void closeAndAbortCanBeCalledInAnyOrderAndNumber() {
        DeviceSet set = create(ONE);

        Mono.when(set.abort(), set.close(), set.abort(), set.closed()).block(PROMPTLY);
        set.close().block(PROMPTLY);
    }

    @Test
    void closingFromTheLastCompletionIsNoAbort() {
        DeviceSet set = create(TWO);
        try (ScriptedServer server = ScriptedServer.attach(host, TWO)) {
            DeviceSet.Opened opened = set.open().block(PROMPTLY);
            CompletableFuture<Void> all = Flux.merge(opened.devices().stream()
                            .map(device -> device.doOnNext(lease -> lease.answer(ERROR_SUCCESS))
                                    .then())
                            .toList())
                    .then(set.close())
                    .toFuture();
            server.control(0, CommandCode.FLUSH).control(1, CommandCode.FLUSH);
            server.outcome();
            server.outcome();
            server.closeDevice(0);
            server.closeDevice(1);

            assertThat(all).succeedsWithin(PROMPTLY);
        }
    }

    @Test
    void closingWithADeviceUnservedIsAnAbortForTheServer() {
        DeviceSet set = create(ONE);
        try (ScriptedServer server = ScriptedServer.attach(host, ONE)) {
            set.open().block(PROMPTLY);
            server.write(0, 1);

            set.close().block(PROMPTLY);

            assertThat(server.outcome().code()).isEqualTo(ERROR_OPERATION_ABORTED);
        }
    }

    @Test
    void closeWaitsUntilTheSubscriberHasLeftTheBuffer() {
        DeviceSet set = create(ONE);
        try (ScriptedServer server = ScriptedServer.attach(host, ONE)) {
            CountDownLatch reading = new CountDownLatch(1);
            CountDownLatch goOn = new CountDownLatch(1);
            AtomicReference<Throwable> failure = new AtomicReference<>();
            Disposable subscription = set.open()
                    .block(PROMPTLY)
                    .devices()
                    .getFirst()
                    .subscribe(lease -> {
                        reading.countDown();
                        await(goOn);
                        failure.set(failureOf(() -> lease.data().get(ValueLayout.JAVA_BYTE, 0)));
                    });
            server.write(0, 1);
            await(reading);

            subscription.dispose();
            CompletableFuture<Void> closed = set.abort().toFuture();
            assertThat(closed).isNotDone();
            goOn.countDown();

            assertThat(closed).succeedsWithin(PROMPTLY);
            assertThat(failure.get()).isNull();
        }
    }

    // ---- a library that fails ----

    private DeviceSet createFailing(UnaryOperator<ClientVirtualDeviceSet> how, Duration patience) {
        return DeviceSet.create(() -> how.apply(host.newClientSet()), ONE, ScriptedServer.request(1), patience)
                .block(PROMPTLY);
    }

    @Test
    void aSetWhoseAbortFailsIsClosedAllTheSame() {
        DeviceSet set = createFailing(FailingSet::abort, PROMPTLY);
        try (ScriptedServer server = ScriptedServer.attach(host, ONE)) {
            set.open().block(PROMPTLY).devices().getFirst().subscribe(withoutDemand());
            server.write(0, 1);

            set.abort().block(PROMPTLY);

            assertThat(host.setCount()).isZero();
            assertThat(server.outcome().code()).isEqualTo(ERROR_OPERATION_ABORTED);
        }
    }

    @Test
    void anErrorReachesTheSubscriberAlsoWhenSignalAbortFails() {
        DeviceSet set = createFailing(FailingSet::abort, PROMPTLY);
        try (ScriptedServer server = ScriptedServer.attach(host, ONE)) {
            Flux<Lease> device = set.open().block(PROMPTLY).devices().getFirst();

            StepVerifier.create(device, 0)
                    .expectSubscription()
                    .then(server::abort)
                    .thenRequest(1)
                    .expectError(DeviceSetAborted.class)
                    .verify(PROMPTLY);

            set.abort().block(PROMPTLY);
        }
    }

    @Test
    void aCancelReturnsAlsoWhenTheAbortFails() {
        DeviceSet set = createFailing(FailingSet::abort, PROMPTLY);
        try (ScriptedServer server = ScriptedServer.attach(host, ONE)) {
            BaseSubscriber<Lease> subscriber = withoutDemand();
            set.open().block(PROMPTLY).devices().getFirst().subscribe(subscriber);

            subscriber.cancel();

            assertThat(server.outcomes).isEmpty();
            set.abort().block(PROMPTLY);
        }
    }

    /// VDI may hand a buffer to a thread in GetCommand at any moment, so the set cannot be closed yet; but the
    /// caller does not wait for ever.
    @Test
    void closeReportsBusyWhileAThreadStaysAndTheSetClosesWhenItLeaves() {
        DeviceSet set = createFailing(FailingSet::abort, Duration.ofMillis(100));
        try (ScriptedServer server = ScriptedServer.attach(host, ONE)) {
            CountDownLatch first = new CountDownLatch(1);
            set.open()
                    .block(PROMPTLY)
                    .devices()
                    .getFirst()
                    .subscribe(
                            lease -> {
                                lease.answer(ERROR_SUCCESS, ScriptedServer.TRANSFER);
                                first.countDown();
                            },
                            _ -> {});
            server.write(0, 1);
            await(first);
            server.outcome();

            assertThatThrownBy(() -> set.abort().block(PROMPTLY))
                    .isInstanceOfSatisfying(
                            VirtualDeviceException.class,
                            failure -> assertThat(failure.error()).isEqualTo(VdError.BUSY));
            assertThat(host.setCount()).as("still open").isEqualTo(1);
            server.closeDevice(0);

            assertThat(waitFor(() -> host.setCount() == 0)).isTrue();
        }
    }

    @Test
    void aFailedCloseReachesEveryWaitingCaller() {
        for (Throwable failure :
                List.of(new VirtualDeviceException(VdError.BUSY, "Close"), new Error("Invalid memory access"))) {
            DeviceSet set = createFailing(sets -> FailingSet.close(sets, failure), PROMPTLY);

            for (Mono<Void> end : List.of(set.close(), set.abort(), set.closed())) {
                assertThat(end.toFuture())
                        .failsWithin(PROMPTLY)
                        .withThrowableThat()
                        .withCause(failure);
            }
        }
    }

    private static boolean waitFor(BooleanSupplier condition) {
        long deadline = System.nanoTime() + PROMPTLY.toNanos();
        while (!condition.getAsBoolean() && System.nanoTime() < deadline) {
            LockSupport.parkNanos(1_000_000);
        }
        return condition.getAsBoolean();
    }

    private static BaseSubscriber<Lease> withoutDemand() {
        return new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {}
        };
    }

    private static Throwable failureOf(Runnable action) {
        try {
            action.run();
            return null;
        } catch (RuntimeException e) {
            return e;
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(5, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aSubscriberThatThrowsWhenItSubscribesLeavesTheSetFreeToClose() {
        DeviceSet set = create(ONE);
        try (ScriptedServer _ = ScriptedServer.attach(host, ONE)) {
            Flux<Lease> device = set.open().block(PROMPTLY).devices().getFirst();
            CoreSubscriber<Lease> broken = new CoreSubscriber<>() {
                @Override
                public void onSubscribe(Subscription subscription) {
                    throw new IllegalStateException("broken");
                }

                @Override
                public void onNext(Lease lease) {}

                @Override
                public void onError(Throwable failure) {}

                @Override
                public void onComplete() {}
            };

            assertThatThrownBy(() -> device.subscribe(broken)).hasMessage("broken");

            set.abort().block(PROMPTLY);
        }
    }

    @Test
    void aCancelInTheMomentOfCreateLeavesNoSet() throws Exception {
        for (int round = 0; round < 200; round++) {
            // Unlike a lambda, takes a set that comes in the moment of the cancel.
            BaseSubscriber<DeviceSet> creating = new BaseSubscriber<>() {
                @Override
                protected void hookOnNext(DeviceSet set) {
                    set.abort().subscribe();
                }
            };
            DeviceSet.create(host::newClientSet, ONE, ScriptedServer.request(1)).subscribe(creating);

            Thread canceller = Thread.ofVirtual().start(creating::dispose);
            canceller.join();

            // Before the threads have left, the set may be yet to come.
            assertThat(waitFor(() -> noThreadsOfSets() && host.setCount() == 0)).isTrue();
        }
    }

    private static boolean noThreadsOfSets() {
        return Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith("sluice-"));
    }

    @Test
    void createAndCloseRunOnThreadsOfTheSetsOwn() {
        Queue<String> threads = new ConcurrentLinkedQueue<>();
        DeviceSet set = DeviceSet.create(() -> observed(host.newClientSet(), threads), ONE, ScriptedServer.request(1))
                .block(PROMPTLY);

        set.abort().block(PROMPTLY);

        assertThat(threads).containsExactly("create on sluice-create-s", "close on sluice-close-s");
    }

    /// @param threads gets the name and the thread of each call but SignalAbort
    private static ClientVirtualDeviceSet observed(ClientVirtualDeviceSet set, Queue<String> threads) {
        return (ClientVirtualDeviceSet) Proxy.newProxyInstance(
                DeviceSetTest.class.getClassLoader(),
                new Class<?>[] {ClientVirtualDeviceSet.class},
                (_, method, arguments) -> {
                    if (!method.getName().equals("signalAbort")) {
                        threads.add(method.getName() + " on "
                                + Thread.currentThread().getName());
                    }
                    return method.invoke(set, arguments);
                });
    }
}
