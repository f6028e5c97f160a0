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
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VdError;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The rules that follow from the facts of agent, abort and close ([CoreContractTest]), by their numbers.
@Timeout(60)
class CoreContractRulesTest {

    @Test
    void rule1_closeIsTotalEvenWhenARoutineFails() {
        try (Rig rig = Rig.of(1).opened()) {
            RecordedCommand failing = RecordedCommand.control(CommandCode.FLUSH, () -> {
                        throw new AssertionError("a broken routine");
                    })
                    .sentTo(rig.serverDevice());
            RecordedCommand other = rig.send(CommandCode.FLUSH);

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
            RecordedCommand.control(CommandCode.FLUSH, () -> {
                        throw first;
                    })
                    .sentTo(rig.serverDevice());
            RecordedCommand.control(CommandCode.FLUSH, () -> {
                        throw second;
                    })
                    .sentTo(rig.serverDevice());
            RecordedCommand third = rig.send(CommandCode.FLUSH);
            Async<?> agent =
                    Async.run("agent", rig.server::executeCompletionAgent).blocked();

            rig.server.signalAbort();

            assertThatThrownBy(agent::get).isSameAs(first).hasSuppressedException(second);
            assertThat(third.calls()).isEqualTo(1);
        }
    }

    @Test
    void rule2_exactlyOneCallbackForEveryResultOfSendCommand() {
        try (Rig rig = Rig.of(VdiBehavior.DEFAULT.withQueueDepth(1), VDConfig.request(1, Features.LIKE_PIPE), 2)
                .active()) {
            RecordedCommand queued = rig.send(CommandCode.FLUSH);
            RecordedCommand queueFull = rig.send(CommandCode.FLUSH);
            rig.complete(rig.fetch(), ERROR_OPERATION_ABORTED);
            RecordedCommand ioError = rig.send(CommandCode.FLUSH);
            rig.server.signalAbort();
            RecordedCommand aborted = rig.send(CommandCode.FLUSH);
            rig.agent().get();
            rig.server.close();
            RecordedCommand protocol = rig.send(CommandCode.FLUSH);

            assertThat(Stream.of(queued, queueFull, ioError, aborted, protocol).map(RecordedCommand::status))
                    .containsExactly(
                            SendStatus.QUEUED,
                            SendStatus.QUEUE_FULL,
                            SendStatus.IO_ERROR,
                            SendStatus.ABORT,
                            SendStatus.PROTOCOL);
            assertThat(Stream.of(queued, queueFull, ioError, aborted, protocol).map(RecordedCommand::calls))
                    .containsOnly(1);
            assertThat(Stream.of(queued, queueFull, ioError, aborted, protocol).map(RecordedCommand::code))
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
        RecordedCommand.transfer(CommandCode.READ, servers).sentTo(rig.serverDevice());
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
            RecordedCommand slow = RecordedCommand.control(CommandCode.FLUSH, () -> await(mayReturn))
                    .sentTo(rig.serverDevice());
            rig.complete(rig.fetch());
            slow.outcome();
            RecordedCommand after = rig.send(CommandCode.FLUSH);
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
                RecordedCommand closing = RecordedCommand.control(
                                CommandCode.FLUSH,
                                () -> answer.set(Rig.answer(close ? rig.server::close : rig.server::signalAbort)))
                        .sentTo(rig.serverDevice());
                RecordedCommand other = rig.send(CommandCode.FLUSH);

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

            RecordedCommand refused = RecordedCommand.control(CommandCode.FLUSH, rig.server::close)
                    .sentTo(rig.serverDevice());

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
    void rule7_signalAbortIsIdempotentAndWakesEveryBlockedThread() {
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
            RecordedCommand flush = rig.send(CommandCode.FLUSH);

            rig.complete(rig.fetch(), ERROR_HANDLE_EOF);
            rig.server.signalAbort();

            assertThat(flush.code()).isEqualTo(ERROR_HANDLE_EOF);
        }
    }

    @Test
    void rule8_aCompletionAfterTheAbortIsRefusedAndTheServerSees995() {
        try (Rig rig = Rig.of(1).active()) {
            RecordedCommand flush = rig.send(CommandCode.FLUSH);
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
            RecordedCommand slow = RecordedCommand.control(CommandCode.FLUSH, () -> await(mayReturn))
                    .sentTo(rig.serverDevice());
            rig.complete(rig.fetch());
            slow.outcome();
            RecordedCommand complete = rig.send(CommandCode.COMPLETE);

            rig.complete(rig.fetch());
            rig.server.signalAbort();
            mayReturn.countDown();

            assertThat(complete.code()).isEqualTo(ERROR_OPERATION_ABORTED);
            assertThat(slow.code()).isEqualTo(ERROR_SUCCESS);
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
}
