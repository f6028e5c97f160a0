package dev.sluice.vdi.inprocess;

import static dev.sluice.vdi.CompletionCode.ERROR_HANDLE_EOF;
import static dev.sluice.vdi.CompletionCode.ERROR_OPERATION_ABORTED;
import static dev.sluice.vdi.CompletionCode.ERROR_SUCCESS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.vdi.Command;
import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.Fetched;
import dev.sluice.vdi.SendStatus;
import dev.sluice.vdi.ServerVirtualDevice;
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VdError;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Agent, abort and close on the server's side: the facts of the reference, one test each.
@Timeout(60)
class CoreContractTest {

    @Test
    void A1_theThreadThatCallsExecuteCompletionAgentIsTheAgentAndVdiStartsNone() {
        List<Thread> before = vdiThreads();
        try (Rig rig = Rig.of(1).active()) {
            Recorded flush = rig.send(CommandCode.FLUSH);
            rig.complete(rig.fetch());

            assertThat(flush.outcome().thread()).isEqualTo(rig.agent().thread());
            assertThat(vdiThreads())
                    .filteredOn(thread -> !before.contains(thread))
                    .containsExactly(rig.agent().thread());
        }
    }

    @Test
    void A2_anAgentThatComesLateFindsWhatWasCompletedBefore() {
        try (Rig rig = Rig.of(1).opened()) {
            Recorded flush = rig.send(CommandCode.FLUSH);
            rig.complete(rig.fetch());
            assertThat(flush.calls()).isZero();

            rig.startAgent();

            assertThat(flush.code()).isEqualTo(ERROR_SUCCESS);
        }
    }

    @Test
    void A2_theAgentLivesUntilTheLastCloseDeviceAndBeyond() {
        try (Rig rig = Rig.of(2).active()) {
            rig.serverDevices.getFirst().closeDevice();
            rig.agent().blocked();
            Recorded last = Recorded.control(CommandCode.FLUSH).sentTo(rig.serverDevices.getLast());
            rig.serverDevices.getLast().closeDevice();

            Command command = Rig.fetch(rig.clientDevices.getLast());
            rig.clientDevices.getLast().completeCommand(command, ERROR_SUCCESS, 0, 0);

            assertThat(last.code()).isEqualTo(ERROR_SUCCESS);
        }
    }

    @Test
    void A3_theAgentRunsEveryCommandsOwnRoutineAndBlocksInBetween() {
        try (Rig rig = Rig.of(2).active()) {
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < 2; i++) {
                    Recorded flush = Recorded.control(CommandCode.FLUSH).sentTo(rig.serverDevices.get(i));
                    Command command = Rig.fetch(rig.clientDevices.get(i));
                    rig.agent().blocked();
                    rig.clientDevices.get(i).completeCommand(command, ERROR_SUCCESS, 0, 0);

                    assertThat(flush.outcome().thread()).isEqualTo(rig.agent().thread());
                    assertThat(flush.calls()).isEqualTo(1);
                }
            }
        }
    }

    @Test
    void A4_theAgentReturnsOnlyAtCloseOrSignalAbort() {
        try (Rig rig = Rig.of(1).terminated()) {
            rig.agent().blocked();

            rig.server.close();

            rig.agent().get();
        }
        try (Rig rig = Rig.of(1).active()) {
            rig.server.signalAbort();

            rig.agent().get();
        }
        try (Rig rig = Rig.of(1).active()) {
            rig.client.signalAbort();

            rig.agent().get();
        }
    }

    @Test
    void A5_theAgentReturnsNormallyAfterAnAbortAndFailsWhereItCannotStart() {
        try (Rig rig = Rig.of(1).active()) {
            rig.server.signalAbort();

            rig.agent().get();
            Rig.assertFails(VdError.ABORT, rig.server::executeCompletionAgent);
        }
    }

    @Test
    void A6_twiceTheServerTimeoutWithoutACompletionAborts() {
        Duration timeout = Duration.ofMillis(100);
        try (Rig rig = withServerTimeout(timeout)) {
            long sent = System.nanoTime();
            Recorded flush = rig.send(CommandCode.FLUSH);

            assertThat(flush.code()).isEqualTo(ERROR_OPERATION_ABORTED);

            assertThat(Duration.ofNanos(System.nanoTime() - sent)).isGreaterThanOrEqualTo(timeout.multipliedBy(2));
            assertThat(rig.clientDevice().getCommand(Timeouts.INFINITE))
                    .isInstanceOfSatisfying(
                            Fetched.Aborted.class,
                            aborted -> assertThat(aborted.cause()).contains("twice the server timeout"));
            rig.agent().get();
        }
    }

    @Test
    void A6_everyCompletionStartsTheServerTimeoutAnew() {
        try (Rig rig = withServerTimeout(Duration.ofMillis(300))) {
            Recorded pending = rig.send(CommandCode.FLUSH);
            rig.fetch();
            // Five completions 200 ms apart: a second in all, and never 600 ms without one.
            for (int i = 0; i < 5; i++) {
                pause(Duration.ofMillis(200));
                Recorded next = rig.send(CommandCode.FLUSH);
                rig.complete(rig.fetch());
                assertThat(next.code()).isEqualTo(ERROR_SUCCESS);
            }

            assertThat(pending.calls()).isZero();
            assertThat(pending.code()).isEqualTo(ERROR_OPERATION_ABORTED);
        }
    }

    @Test
    void A6_aQuietSetIsNotAborted() {
        try (Rig rig = withServerTimeout(Duration.ofMillis(20))) {
            pause(Duration.ofMillis(120));
            Recorded flush = rig.send(CommandCode.FLUSH);
            rig.complete(rig.fetch());

            assertThat(flush.code()).isEqualTo(ERROR_SUCCESS);
        }
    }

    @Test
    void A6_serverTimeoutZeroAndTheLongestOneNeverAbort() {
        for (Duration timeout : List.of(Duration.ZERO, Duration.ofMillis(0xFFFF_FFFEL))) {
            try (Rig rig = withServerTimeout(timeout)) {
                Recorded flush = rig.send(CommandCode.FLUSH);
                rig.agent().blocked();
                pause(Duration.ofMillis(50));
                assertThat(flush.calls()).isZero();

                rig.complete(rig.fetch());

                assertThat(flush.code()).isEqualTo(ERROR_SUCCESS);
            }
        }
    }

    @Test
    void A6_anInterruptOfTheAgentsThreadIsKeptAndEndsNothing() {
        try (Rig rig = withServerTimeout(Duration.ofSeconds(60))) {
            Recorded flush = rig.send(CommandCode.FLUSH);
            rig.agent().blocked().thread().interrupt();

            rig.complete(rig.fetch());

            assertThat(flush.code()).isEqualTo(ERROR_SUCCESS);
            assertThat(rig.agent().returned()).isFalse();
        }
    }

    @Test
    void B1_signalAbortIsAllowedInEveryStateAndNoDeviceAcceptsACommandAfterIt() {
        for (Rig rig : List.of(
                Rig.of(1).connected(),
                Rig.of(1).configurable(),
                Rig.of(1).initializing(),
                Rig.of(1).active(),
                Rig.of(1).terminated())) {
            try (rig) {
                rig.server.signalAbort();

                assertThat(rig.server).hasToString("ABORT");
                for (ServerVirtualDevice device : rig.serverDevices) {
                    Recorded refused = Recorded.control(CommandCode.FLUSH).sentTo(device);
                    assertThat(refused.status()).isEqualTo(SendStatus.ABORT);
                    assertThat(refused.code()).isEqualTo(ERROR_OPERATION_ABORTED);
                    assertThat(refused.calls()).isEqualTo(1);
                }
            }
        }
    }

    @Test
    void B2_theAgentGivesEachOutstandingCommand995AndThenReturns() {
        try (Rig rig = Rig.of(1).active()) {
            Recorded held = rig.sendTransfer(CommandCode.WRITE);
            rig.fetch();
            Recorded queued = rig.sendTransfer(CommandCode.WRITE);

            rig.server.signalAbort();

            rig.agent().get();
            for (Recorded command : List.of(held, queued)) {
                assertThat(command.calls()).isEqualTo(1);
                assertThat(command.code()).isEqualTo(ERROR_OPERATION_ABORTED);
                assertThat(command.outcome().thread()).isEqualTo(rig.agent().thread());
            }
        }
    }

    @Test
    void B3_aCompletionAfterTheAbortIsIgnoredAndAnsweredWithAbort() {
        try (Rig rig = Rig.of(1).active()) {
            Recorded write = rig.sendTransfer(CommandCode.WRITE);
            Command held = rig.fetch();
            rig.server.signalAbort();

            Rig.assertFails(VdError.ABORT, () -> rig.complete(held));

            rig.agent().get();
            assertThat(write.code()).isEqualTo(ERROR_OPERATION_ABORTED);
            assertThat(write.calls()).isEqualTo(1);
        }
    }

    @Test
    void B4_callsInProgressOnBothSidesEndWithAbortAndNothingIsHandedOut() {
        try (Rig rig = Rig.of(1).configurable()) {
            Async<VDConfig> configuring = Async.call("client", () -> rig.client.getConfiguration(Timeouts.INFINITE))
                    .blocked();

            rig.server.signalAbort();

            Rig.assertFails(VdError.ABORT, configuring::get);
        }
        try (Rig rig = Rig.of(1).active()) {
            Async<Fetched> fetching = Async.call(
                            "client", () -> rig.clientDevice().getCommand(Timeouts.INFINITE))
                    .blocked();

            rig.server.signalAbort();

            assertThat(fetching.get()).isInstanceOf(Fetched.Aborted.class);
            Rig.assertFails(VdError.ABORT, rig::buffer);
        }
        try (Rig rig = Rig.of(1).active()) {
            rig.send(CommandCode.FLUSH);

            rig.client.signalAbort();

            assertThat(rig.clientDevice().getCommand(Timeouts.POLL)).isInstanceOf(Fetched.Aborted.class);
        }
    }

    @Test
    void B5_afterAnAbortEachSideKeepsItsBuffersUntilItsOwnClose() {
        try (Rig rig = Rig.of(1).active()) {
            MemorySegment servers = rig.buffer();
            servers.fill((byte) 7);
            Recorded.transfer(CommandCode.WRITE, servers).sentTo(rig.serverDevice());
            MemorySegment clients = Rig.bufferOf(rig.fetch());

            rig.server.signalAbort();
            assertThat(servers.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 7);
            rig.server.close();

            assertThat(clients.get(ValueLayout.JAVA_BYTE, Rig.TRANSFER - 1)).isEqualTo((byte) 7);
            rig.client.close();
            assertThatThrownBy(() -> clients.get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void B6_abnormalCleanUpEndsWithACloseThatSucceeds() {
        try (Rig rig = Rig.of(1).active()) {
            MemorySegment buffer = rig.buffer();
            rig.server.signalAbort();

            rig.server.freeBuffer(buffer);
            rig.server.close();

            assertThat(rig.server).hasToString("DOES_NOT_EXIST");
        }
    }

    @Test
    void B7_theClientCanSayWhoAbortedAndWhy() {
        try (Rig rig = Rig.of(1).active()) {
            rig.server.signalAbort();

            assertThat(rig.clientDevice().getCommand(Timeouts.INFINITE))
                    .isEqualTo(new Fetched.Aborted("the server signalled abort"));
            assertThatThrownBy(() -> rig.client.getConfiguration(Timeouts.POLL))
                    .hasMessageContaining("the server signalled abort");
        }
    }

    @Test
    void C1_closeWithAllDevicesClosedSucceedsAndTheSetIsGone() {
        Rig rig = Rig.of(2).terminated();

        rig.server.close();
        rig.client.close();

        rig.agent().get();
        assertThat(rig.vdi.setCount()).isZero();
        assertThat(rig.memory.released).hasValue(1);
    }

    @Test
    void C2_closeWithADeviceOpenIsAProtocolErrorAndAnAbortAndDropsTheMappingAtOnce() {
        try (Rig rig = Rig.of(2).active()) {
            MemorySegment buffer = rig.buffer();
            rig.serverDevices.getFirst().closeDevice();

            Rig.assertFails(VdError.PROTOCOL, rig.server::close);

            assertThatThrownBy(() -> buffer.fill((byte) 1)).isInstanceOf(IllegalStateException.class);
            assertThat(rig.clientDevices.getLast().getCommand(Timeouts.INFINITE))
                    .isInstanceOf(Fetched.Aborted.class);
            rig.agent().get();
        }
    }

    @Test
    void C3_everyOutstandingCommandHasItsCallbackWith995BeforeTheAgentReturns() {
        try (Rig rig = Rig.of(1).active()) {
            List<Recorded> all = Stream.generate(
                            () -> Recorded.control(CommandCode.FLUSH).sentTo(rig.serverDevice()))
                    .limit(10)
                    .toList();
            rig.fetch();
            rig.fetch();

            Rig.assertFails(VdError.PROTOCOL, rig.server::close);

            rig.agent().get();
            assertThat(all).allSatisfy(command -> {
                assertThat(command.calls()).isEqualTo(1);
                assertThat(command.code()).isEqualTo(ERROR_OPERATION_ABORTED);
            });
        }
    }

    @Test
    void C3_commandsOutstandingOnClosedDevicesAreAbortedByCloseToo() {
        try (Rig rig = Rig.of(1).active()) {
            Recorded flush = rig.send(CommandCode.FLUSH);
            Command held = rig.fetch();
            rig.serverDevice().closeDevice();

            rig.server.close();

            rig.agent().get();
            assertThat(flush.code()).isEqualTo(ERROR_OPERATION_ABORTED);
            Rig.assertFails(VdError.ABORT, () -> rig.complete(held));
        }
    }

    @Test
    void C3_withoutAnAgentTheCallbacksRunInClose() {
        try (Rig rig = Rig.of(1).opened()) {
            Recorded flush = rig.send(CommandCode.FLUSH);

            Rig.assertFails(VdError.PROTOCOL, rig.server::close);

            assertThat(flush.calls()).isEqualTo(1);
            assertThat(flush.outcome().thread()).isEqualTo(Thread.currentThread());
        }
    }

    @Test
    void C4_whateverCloseAnswersEveryBufferAndInterfaceIsInvalidAfterwards() {
        for (Rig rig : List.of(Rig.of(1).active(), Rig.of(1).terminated())) {
            try (rig) {
                ServerVirtualDevice device = rig.serverDevice();
                String answer = Rig.answer(rig.server::close);

                assertThat(answer).isIn("OK", "PROTOCOL");
                Rig.assertFails(VdError.PROTOCOL, rig::buffer);
                Rig.assertFails(VdError.PROTOCOL, () -> rig.server.isSharedBuffer(MemorySegment.NULL));
                Rig.assertFails(VdError.PROTOCOL, rig.server::signalAbort);
                Rig.assertFails(VdError.PROTOCOL, rig.server::close);
                Rig.assertFails(VdError.PROTOCOL, device::closeDevice);
                Recorded late = Recorded.control(CommandCode.FLUSH).sentTo(device);
                assertThat(late.status()).isEqualTo(SendStatus.PROTOCOL);
                assertThat(late.calls()).isEqualTo(1);
                Rig.assertFails(VdError.PROTOCOL, () -> rig.server.open(null, Rig.SET));

                Rig.answer(rig.client::close);
                assertThat(rig.memory.released).hasValue(rig.memory.reserved.get());
            }
        }
    }

    @Test
    void C5_unloadingBeforeTheAgentHasReturnedIsDetected() {
        CountDownLatch mayReturn = new CountDownLatch(1);
        try (Rig rig = Rig.of(1).active()) {
            Recorded slow =
                    Recorded.control(CommandCode.FLUSH, () -> await(mayReturn)).sentTo(rig.serverDevice());
            rig.complete(rig.fetch());
            slow.outcome();
            Rig.assertFails(VdError.PROTOCOL, rig.server::close);

            assertThatThrownBy(rig.vdi::unload)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("have not returned from ExecuteCompletionAgent");

            mayReturn.countDown();
            rig.agent().get();
            rig.vdi.unload();
        }
    }

    @Test
    void C6_buffersNeedNotBeFreedBeforeClose() {
        Rig rig = Rig.of(1).active();
        rig.buffer();
        rig.buffer();
        rig.serverDevice().closeDevice();
        rig.clientDevice().getCommand(Timeouts.INFINITE);

        rig.server.close();
        rig.client.close();

        rig.agent().get();
        assertThat(rig.memory.released).hasValue(1);
    }

    // The rules that follow from the facts.

    @Test
    void rule1_closeIsTotalEvenWhenARoutineFails() {
        try (Rig rig = Rig.of(1).opened()) {
            Recorded failing = Recorded.control(CommandCode.FLUSH, () -> {
                        throw new AssertionError("a broken routine");
                    })
                    .sentTo(rig.serverDevice());
            Recorded other = rig.send(CommandCode.FLUSH);

            assertThatThrownBy(rig.server::close)
                    .hasMessageContaining("VD_E_PROTOCOL")
                    .satisfies(e -> assertThat(e.getSuppressed()[0]).hasMessage("a broken routine"));

            assertThat(failing.calls()).isEqualTo(1);
            assertThat(other.calls()).isEqualTo(1);
            Rig.answer(rig.client::close);
            assertThat(rig.memory.released).hasValue(1);
        }
    }

    @Test
    void rule1_theAgentThrowsWhatARoutineThrewWhenEveryOtherHasRun() {
        try (Rig rig = Rig.of(1).opened()) {
            IllegalStateException first = new IllegalStateException("first");
            AssertionError second = new AssertionError("second");
            Recorded.control(CommandCode.FLUSH, () -> {
                        throw first;
                    })
                    .sentTo(rig.serverDevice());
            Recorded.control(CommandCode.FLUSH, () -> {
                        throw second;
                    })
                    .sentTo(rig.serverDevice());
            Recorded third = rig.send(CommandCode.FLUSH);
            Async<?> agent =
                    Async.run("agent", rig.server::executeCompletionAgent).blocked();

            rig.server.signalAbort();

            assertThatThrownBy(agent::get).isSameAs(first).hasSuppressedException(second);
            assertThat(third.calls()).isEqualTo(1);
        }
    }

    @Test
    void rule2_exactlyOneCallbackWhateverSendCommandReturns() {
        try (Rig rig = Rig.of(VdiBehavior.DEFAULT.withQueueDepth(1), VDConfig.request(1, Features.LIKE_PIPE), 2)
                .active()) {
            Recorded queued = rig.send(CommandCode.FLUSH);
            Recorded queueFull = rig.send(CommandCode.FLUSH);
            rig.complete(rig.fetch(), ERROR_OPERATION_ABORTED);
            Recorded ioError = rig.send(CommandCode.FLUSH);
            rig.server.signalAbort();
            Recorded aborted = rig.send(CommandCode.FLUSH);
            rig.agent().get();
            rig.server.close();
            Recorded protocol = rig.send(CommandCode.FLUSH);

            assertThat(Stream.of(queued, queueFull, ioError, aborted, protocol).map(Recorded::status))
                    .containsExactly(
                            SendStatus.QUEUED,
                            SendStatus.QUEUE_FULL,
                            SendStatus.IO_ERROR,
                            SendStatus.ABORT,
                            SendStatus.PROTOCOL);
            assertThat(Stream.of(queued, queueFull, ioError, aborted, protocol).map(Recorded::calls))
                    .containsOnly(1);
            assertThat(Stream.of(queued, queueFull, ioError, aborted, protocol).map(Recorded::code))
                    .containsExactly(995, 1450, 1117, 995, 6);
            assertThat(Stream.of(queueFull, ioError, aborted, protocol)
                            .map(sent -> sent.outcome().thread()))
                    .containsOnly(Thread.currentThread());
        }
    }

    @Test
    void rule3_afterCloseEachSidesBuffersThrow() {
        Rig rig = Rig.of(1).active();
        MemorySegment servers = rig.buffer();
        Recorded.transfer(CommandCode.READ, servers).sentTo(rig.serverDevice());
        Command held = rig.fetch();
        MemorySegment clients = Rig.bufferOf(held);
        rig.complete(held, ERROR_HANDLE_EOF);

        Rig.answer(rig.server::close);
        assertThatThrownBy(() -> servers.get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
        assertThat(clients.get(ValueLayout.JAVA_BYTE, 0)).isZero();

        Rig.answer(rig.client::close);
        assertThatThrownBy(() -> clients.get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
        rig.agent().get();
    }

    @Test
    void rule4_theAgentReturnsAfterTheLastCallbackAndThereIsOneAtATime() {
        CountDownLatch mayReturn = new CountDownLatch(1);
        try (Rig rig = Rig.of(1).active()) {
            Rig.assertFails(VdError.PROTOCOL, rig.server::executeCompletionAgent);
            Recorded slow =
                    Recorded.control(CommandCode.FLUSH, () -> await(mayReturn)).sentTo(rig.serverDevice());
            rig.complete(rig.fetch());
            slow.outcome();
            Recorded after = rig.send(CommandCode.FLUSH);
            rig.server.signalAbort();

            rig.agent().blocked();
            assertThat(after.calls()).isZero();
            mayReturn.countDown();
            rig.agent().get();
            assertThat(after.calls()).isEqualTo(1);
        }
    }

    @Test
    void rule5_closeAndSignalAbortFromACallbackDoNotDeadlock() {
        for (boolean close : new boolean[] {true, false}) {
            try (Rig rig = Rig.of(1).active()) {
                AtomicReference<String> answer = new AtomicReference<>();
                Recorded closing = Recorded.control(
                                CommandCode.FLUSH,
                                () -> answer.set(Rig.answer(close ? rig.server::close : rig.server::signalAbort)))
                        .sentTo(rig.serverDevice());
                Recorded other = rig.send(CommandCode.FLUSH);

                rig.complete(rig.fetch());

                rig.agent().get();
                assertThat(answer).hasValue(close ? "PROTOCOL" : "OK");
                assertThat(closing.code()).isEqualTo(ERROR_SUCCESS);
                assertThat(other.code()).isEqualTo(ERROR_OPERATION_ABORTED);
                assertThat(other.outcome().thread()).isEqualTo(rig.agent().thread());
            }
        }
    }

    @Test
    void rule5_closeFromASynchronousCallbackDoesNotDeadlock() {
        try (Rig rig = Rig.of(1).active()) {
            rig.serverDevice().closeDevice();

            Recorded refused =
                    Recorded.control(CommandCode.FLUSH, rig.server::close).sentTo(rig.serverDevice());

            assertThat(refused.status()).isEqualTo(SendStatus.PROTOCOL);
            rig.agent().get();
        }
    }

    @Test
    void rule6_afterTheUnloadNothingOfThePlaceCanBeUsed() {
        Rig rig = Rig.of(1).terminated();
        rig.server.close();
        rig.client.close();
        rig.agent().get();

        rig.vdi.unload();

        assertThatThrownBy(rig.vdi::newClientSet).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(rig.vdi::newServerSet).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(rig.server::executeCompletionAgent).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void rule7_signalAbortIsIdempotentAndWakesWhoeverIsBlocked() {
        try (Rig rig = Rig.of(1).active()) {
            Async<Fetched> fetching = Async.call(
                            "client", () -> rig.clientDevice().getCommand(Timeouts.INFINITE))
                    .blocked();

            rig.client.signalAbort();
            rig.server.signalAbort();
            rig.client.signalAbort();

            assertThat(fetching.get()).isEqualTo(new Fetched.Aborted("the client signalled abort"));
            rig.agent().get();
        }
    }

    @Test
    void rule8_aCompletionBeforeTheAbortIsSeenByTheServer() {
        try (Rig rig = Rig.of(1).active()) {
            Recorded flush = rig.send(CommandCode.FLUSH);

            rig.complete(rig.fetch(), ERROR_HANDLE_EOF);
            rig.server.signalAbort();

            assertThat(flush.code()).isEqualTo(ERROR_HANDLE_EOF);
        }
    }

    @Test
    void rule8_aCompletionAfterTheAbortIsRefusedAndTheServerSees995() {
        try (Rig rig = Rig.of(1).active()) {
            Recorded flush = rig.send(CommandCode.FLUSH);
            Command held = rig.fetch();
            rig.server.signalAbort();

            Rig.assertFails(VdError.ABORT, () -> rig.complete(held));

            assertThat(flush.code()).isEqualTo(ERROR_OPERATION_ABORTED);
        }
    }

    @Test
    void rule8_aCompletionThatTheClientWasToldIsNotedMayStillEndAs995() {
        CountDownLatch mayReturn = new CountDownLatch(1);
        try (Rig rig = Rig.answering(Answer.NotedCompletion.YIELDS_TO_ABORT).active()) {
            Recorded slow =
                    Recorded.control(CommandCode.FLUSH, () -> await(mayReturn)).sentTo(rig.serverDevice());
            rig.complete(rig.fetch());
            slow.outcome();
            Recorded complete = rig.send(CommandCode.COMPLETE);

            rig.complete(rig.fetch());
            rig.server.signalAbort();
            mayReturn.countDown();

            assertThat(complete.code()).isEqualTo(ERROR_OPERATION_ABORTED);
            assertThat(slow.code()).isEqualTo(ERROR_SUCCESS);
        }
    }

    private static Rig withServerTimeout(Duration timeout) {
        VDConfig request = VDConfig.request(1, Features.LIKE_PIPE).withServerTimeout(timeout);
        return Rig.of(VdiBehavior.DEFAULT, request, 2).active();
    }

    /// Lets time pass that the contract measures.
    private static void pause(Duration time) {
        try {
            Thread.sleep(time);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(Async.PROMPTLY.toMillis(), TimeUnit.MILLISECONDS))
                    .isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /// Threads that are inside the implementation, or were started by it.
    private static List<Thread> vdiThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread != Thread.currentThread())
                .filter(thread -> Stream.of(thread.getStackTrace())
                        .anyMatch(frame -> frame.getClassName().startsWith("dev.sluice.vdi")))
                .toList();
    }
}
