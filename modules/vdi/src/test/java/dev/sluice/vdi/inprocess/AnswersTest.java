package dev.sluice.vdi.inprocess;

import static dev.sluice.vdi.CompletionCode.ERROR_DISK_FULL;
import static dev.sluice.vdi.CompletionCode.ERROR_OPERATION_ABORTED;
import static dev.sluice.vdi.CompletionCode.ERROR_SUCCESS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.vdi.ClientVirtualDevice;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.Fetched;
import dev.sluice.vdi.SendStatus;
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VdError;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Each open question with each of its answers.
@Timeout(60)
class AnswersTest {

    @Test
    void theDefaultIsTheFirstAnswerToEveryQuestion() {
        for (Class<?> question : Answer.class.getPermittedSubclasses()) {
            List<Answer> answers = List.of((Answer[]) question.getEnumConstants());
            for (Answer answer : answers) {
                assertThat(VdiBehavior.DEFAULT.is(answer)).as("%s", answer).isEqualTo(answer == answers.getFirst());
                VdiBehavior changed = VdiBehavior.DEFAULT.with(answer);
                assertThat(answers).filteredOn(changed::is).containsExactly(answer);
                assertThat(changed.toString()).contains(answer.toString());
            }
        }
    }

    @ParameterizedTest(name = "{0}: another name {1}, this one {2}")
    @CsvSource({
        "OPEN, INVALID, OPEN",
        "OPEN_FOR_ANY_NAME, OPEN, OPEN",
        "PROTOCOL, PROTOCOL, PROTOCOL",
        "SAME_DEVICE, INVALID, OK"
    })
    void Q2_openDeviceWhenEveryDeviceIsOpen(Answer.AllDevicesOpen answer, String unknown, String known) {
        try (Rig rig = Rig.answering(answer).active()) {
            assertThat(Rig.answer(() -> rig.client.openDevice("unknown"))).isEqualTo(unknown);
            assertThat(Rig.answer(() -> rig.client.openDevice(Rig.SET))).isEqualTo(known);
        }
    }

    @Test
    void Q2_theSameDeviceOnceMoreIsReallyTheSame() {
        try (Rig rig = Rig.answering(Answer.AllDevicesOpen.SAME_DEVICE).active()) {
            ClientVirtualDevice again = rig.client.openDevice(Rig.SET);
            RecordedCommand flush = rig.send(CommandCode.FLUSH);

            again.completeCommand(rig.fetch(), ERROR_SUCCESS, 0, 0);

            assertThat(flush.code()).isEqualTo(ERROR_SUCCESS);
        }
    }

    @ParameterizedTest
    @EnumSource
    void Q3_theAgentsReturnAfterTheLastCloseDevice(Answer.AgentReturns answer) {
        try (Rig rig = Rig.answering(answer).active()) {
            RecordedCommand flush = rig.send(CommandCode.FLUSH);
            rig.serverDevice().closeDevice();
            rig.agent().blocked();
            rig.complete(rig.fetch());
            assertThat(flush.code()).isEqualTo(ERROR_SUCCESS);

            if (answer == Answer.AgentReturns.AT_LAST_CLOSE_DEVICE) {
                rig.agent().get();
            } else {
                rig.agent().blocked();
            }
            rig.server.close();
            rig.agent().get();
        }
    }

    @ParameterizedTest
    @EnumSource
    void Q4_closeAndTheAgent(Answer.ServerClose answer) throws InterruptedException {
        CountDownLatch mayReturn = new CountDownLatch(1);
        try (Rig rig = Rig.answering(answer).active()) {
            RecordedCommand slow = RecordedCommand.control(CommandCode.FLUSH, () -> await(mayReturn))
                    .sentTo(rig.serverDevice());
            rig.complete(rig.fetch());
            slow.outcome();
            rig.serverDevice().closeDevice();
            Async<?> closing = Async.run("closing", rig.server::close);

            if (answer == Answer.ServerClose.WAITS_FOR_AGENT) {
                closing.blocked();
            } else {
                closing.get();
                assertThat(rig.agent().returned()).isFalse();
            }
            mayReturn.countDown();
            closing.get();
            rig.agent().get();
        }
    }

    @Test
    void Q4_closeFromACallbackDoesNotWaitForItself() {
        try (Rig rig = Rig.answering(Answer.ServerClose.WAITS_FOR_AGENT).active()) {
            RecordedCommand.control(CommandCode.FLUSH, () -> Rig.answer(rig.server::close))
                    .sentTo(rig.serverDevice());

            rig.complete(rig.fetch());

            rig.agent().get();
        }
    }

    @ParameterizedTest
    @EnumSource
    void Q5_completingOutOfOrder(Answer.CompletionOrder answer) {
        try (Rig rig = Rig.answering(answer).active()) {
            RecordedCommand first = rig.send(CommandCode.FLUSH);
            RecordedCommand second = rig.send(CommandCode.FLUSH);
            Command one = rig.fetch();
            Command two = rig.fetch();

            assertThat(Rig.answer(() -> rig.complete(two)))
                    .isEqualTo(answer == Answer.CompletionOrder.ANY ? "OK" : "PROTOCOL");
            rig.complete(one);

            assertThat(first.code()).isEqualTo(ERROR_SUCCESS);
            if (answer == Answer.CompletionOrder.AS_FETCHED) {
                rig.complete(two);
            }
            assertThat(second.code()).isEqualTo(ERROR_SUCCESS);
        }
    }

    @Test
    void Q5_callbacksRunInTheOrderOfCompletion() {
        try (Rig rig = Rig.of(1).opened()) {
            List<Integer> order = new ArrayList<>();
            IntStream.range(0, 3)
                    .forEach(i -> RecordedCommand.control(CommandCode.FLUSH, () -> order.add(i))
                            .sentTo(rig.serverDevice()));
            List<Command> commands = List.of(rig.fetch(), rig.fetch(), rig.fetch());
            List.of(2, 0, 1).forEach(i -> rig.complete(commands.get(i)));

            rig.startAgent();
            rig.server.signalAbort();
            rig.agent().get();

            assertThat(order).containsExactly(2, 0, 1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void Q6_completingOnAnotherThread(Answer.CompletionThread answer) {
        try (Rig rig = Rig.answering(answer).active()) {
            RecordedCommand flush = rig.send(CommandCode.FLUSH);
            Command command = rig.fetch();

            String elsewhere = Async.call("another", () -> Rig.answer(() -> rig.complete(command)))
                    .get();

            assertThat(elsewhere).isEqualTo(answer == Answer.CompletionThread.ANY ? "OK" : "PROTOCOL");
            if (answer == Answer.CompletionThread.THE_FETCHING_ONE) {
                rig.complete(command);
            }
            assertThat(flush.code()).isEqualTo(ERROR_SUCCESS);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {38, 1104, 1101, 1100})
    void Q7_endsOfDataAndTheErrorState(int endOfData) {
        for (Answer.ErrorState answer : Answer.ErrorState.values()) {
            try (Rig rig = Rig.answering(answer).active()) {
                RecordedCommand read = rig.sendTransfer(CommandCode.READ);

                rig.complete(rig.fetch(), endOfData);

                assertThat(read.code()).isEqualTo(endOfData);
                assertThat(rig.send(CommandCode.FLUSH).status())
                        .isEqualTo(
                                answer == Answer.ErrorState.BY_EVERY_ERROR ? SendStatus.IO_ERROR : SendStatus.QUEUED);
            }
        }
    }

    @Test
    void Q15_closeDeviceWithCommandsOutstandingDeliversThemFirst() {
        try (Rig rig = Rig.of(1).active()) {
            rig.send(CommandCode.FLUSH);
            rig.send(CommandCode.COMPLETE);
            Command held = rig.fetch();

            rig.serverDevice().closeDevice();

            assertThat(rig.fetch()).isInstanceOf(Command.Complete.class);
            rig.complete(held);
        }
    }

    @Test
    void Q15_strictServersCannotCloseADeviceWithCommandsOutstanding() {
        try (Rig rig = Rig.answering(Answer.CloseDeviceWithCommands.FAILS).active()) {
            RecordedCommand flush = rig.send(CommandCode.FLUSH);
            assertThatThrownBy(rig.serverDevice()::closeDevice)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("1 commands outstanding");
            Command held = rig.fetch();
            assertThatThrownBy(rig.serverDevice()::closeDevice).isInstanceOf(IllegalStateException.class);
            rig.complete(held);
            flush.outcome();

            rig.serverDevice().closeDevice();
        }
    }

    @ParameterizedTest
    @EnumSource
    void Q16_aDeviceAfterItReturnedClose(Answer.ClosedDevice answer) {
        try (Rig rig = Rig.answering(answer).active()) {
            RecordedCommand flush = rig.send(CommandCode.FLUSH);
            Command held = rig.fetch();
            rig.serverDevice().closeDevice();
            assertThat(rig.clientDevice().getCommand(Timeouts.POLL)).isInstanceOf(Fetched.Closed.class);

            if (answer == Answer.ClosedDevice.PROTOCOL) {
                Rig.assertFails(VdError.PROTOCOL, () -> rig.clientDevice().getCommand(Timeouts.POLL));
                Rig.assertFails(VdError.PROTOCOL, () -> rig.complete(held));
                rig.server.close();
                assertThat(flush.code()).isEqualTo(ERROR_OPERATION_ABORTED);
            } else {
                assertThat(rig.clientDevice().getCommand(Timeouts.INFINITE)).isInstanceOf(Fetched.Closed.class);
                rig.complete(held);
                assertThat(flush.code()).isEqualTo(ERROR_SUCCESS);
                rig.client.close();
                Rig.assertFails(VdError.PROTOCOL, () -> rig.clientDevice().getCommand(Timeouts.POLL));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {Rig.TRANSFER + 1, -1})
    void Q17_moreBytesThanTheCommandHas(int bytes) {
        for (Answer.TooManyBytes answer : Answer.TooManyBytes.values()) {
            try (Rig rig = Rig.answering(answer).active()) {
                RecordedCommand write = rig.sendTransfer(CommandCode.WRITE);
                Command command = rig.fetch();

                String told = Rig.answer(() -> rig.clientDevice().completeCommand(command, ERROR_SUCCESS, bytes, 0));

                if (answer == Answer.TooManyBytes.INVALID) {
                    assertThat(told).isEqualTo("INVALID");
                    assertThat(write.calls()).isZero();
                    rig.complete(command);
                    assertThat(write.outcome().bytes()).isEqualTo(Rig.TRANSFER);
                } else {
                    assertThat(write.outcome().bytes()).isEqualTo(bytes);
                }
            }
        }
    }

    @Test
    void Q17_bytesOfACommandWithoutABufferDoNotMatter() {
        try (Rig rig = Rig.of(1).active()) {
            RecordedCommand flush = rig.send(CommandCode.FLUSH);

            rig.clientDevice().completeCommand(rig.fetch(), ERROR_SUCCESS, 99, 0);

            assertThat(flush.outcome().bytes()).isEqualTo(99);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"READ", "WRITE"})
    void Q18_successWithFewerBytes(CommandCode code) {
        for (Answer.ShortTransfer answer : Answer.ShortTransfer.values()) {
            try (Rig rig = Rig.answering(answer).active()) {
                RecordedCommand transfer = rig.sendTransfer(code);
                Command command = rig.fetch();

                String told = Rig.answer(() -> rig.clientDevice().completeCommand(command, ERROR_SUCCESS, 100, 0));

                boolean passedOn = answer == Answer.ShortTransfer.PASSED_ON;
                assertThat(told).isEqualTo(passedOn ? "OK" : "INVALID");
                if (!passedOn) {
                    // Short is right together with an error.
                    rig.clientDevice().completeCommand(command, ERROR_DISK_FULL, 100, 0);
                }
                assertThat(transfer.outcome().bytes()).isEqualTo(100);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 64})
    void Q19_theQueueHoldsAsManyAsConfiguredAndFetchedOnesDoNotCount(int depth) {
        VdiBehavior behavior = VdiBehavior.DEFAULT.withQueueDepth(depth);
        try (Rig rig =
                Rig.of(behavior, VDConfig.request(1, Features.LIKE_PIPE), 1).active()) {
            for (int i = 0; i < depth; i++) {
                assertThat(rig.send(CommandCode.FLUSH).status()).isEqualTo(SendStatus.QUEUED);
            }
            RecordedCommand tooMany = rig.send(CommandCode.FLUSH);
            assertThat(tooMany.status()).isEqualTo(SendStatus.QUEUE_FULL);
            assertThat(tooMany.code()).isEqualTo(1450);

            rig.fetch();

            assertThat(rig.send(CommandCode.FLUSH).status()).isEqualTo(SendStatus.QUEUED);
        }
        assertThat(VdiBehavior.DEFAULT.queueDepth()).isEqualTo(64);
        assertThatThrownBy(() -> VdiBehavior.DEFAULT.withQueueDepth(0)).isInstanceOf(IllegalArgumentException.class);
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
