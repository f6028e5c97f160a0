package dev.sluice.vdi.inprocess;

import static dev.sluice.vdi.CompletionCode.ERROR_OPERATION_ABORTED;
import static dev.sluice.vdi.CompletionCode.ERROR_SUCCESS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.vdi.Command;
import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.Fetched;
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VdError;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The completion agent: facts A1 to A6 of the core contract.
@Timeout(60)
class CoreContractAgentTest {

    @Test
    void A1_theThreadThatCallsExecuteCompletionAgentIsTheAgentAndVdiStartsNone() {
        List<Thread> before = vdiThreads();
        try (Rig rig = Rig.of(1).active()) {
            RecordedCommand flush = rig.send(CommandCode.FLUSH);
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
            RecordedCommand flush = rig.send(CommandCode.FLUSH);
            rig.complete(rig.fetch());
            assertThat(flush.calls()).isZero();

            rig.startAgent();

            assertThat(flush.code()).isEqualTo(ERROR_SUCCESS);
        }
    }

    /// The server started the agent's thread in time, and an abort overtook it. The sender waits for its callback
    /// before it closes.
    @Test
    void A2_anAgentThatComesAfterAnAbortRunsTheRemainingRoutines() {
        try (Rig rig = Rig.of(1).opened()) {
            RecordedCommand queued = rig.send(CommandCode.FLUSH);
            rig.client.signalAbort();
            assertThat(queued.calls()).isZero();

            Rig.assertFails(VdError.ABORT, rig.server::executeCompletionAgent);

            assertThat(queued.calls()).isOne();
            assertThat(queued.code()).isEqualTo(ERROR_OPERATION_ABORTED);
            Rig.assertFails(VdError.ABORT, rig.server::executeCompletionAgent);
            assertThat(queued.calls()).isOne();
        }
    }

    @Test
    void A2_anAgentThatComesAfterTheLastCloseDeviceServesWhatIsStillOutstanding() {
        try (Rig rig = Rig.of(1).opened()) {
            RecordedCommand completed = rig.send(CommandCode.FLUSH);
            RecordedCommand held = rig.send(CommandCode.FLUSH);
            rig.complete(rig.fetch());
            Command last = rig.fetch();
            rig.serverDevice().closeDevice();

            rig.startAgent();

            assertThat(completed.code()).isEqualTo(ERROR_SUCCESS);
            rig.complete(last);
            assertThat(held.code()).isEqualTo(ERROR_SUCCESS);
            assertThat(rig.clientDevice().getCommand(Timeouts.INFINITE)).isInstanceOf(Fetched.Closed.class);
            assertThat(rig.server).hasToString("NORMALLY_TERMINATED");
            rig.server.close();
            rig.agent().get();
        }
    }

    @Test
    void A2_aSecondAgentIsRefusedEvenWhileTheFirstHasWork() {
        try (Rig rig = Rig.of(1).active()) {
            RecordedCommand flush = rig.send(CommandCode.FLUSH);
            Command command = rig.fetch();
            rig.serverDevice().closeDevice();

            Rig.assertFails(VdError.PROTOCOL, rig.server::executeCompletionAgent);

            rig.complete(command);
            assertThat(flush.code()).isEqualTo(ERROR_SUCCESS);
        }
    }

    @Test
    void A2_theAgentLivesUntilTheLastCloseDeviceAndBeyond() {
        try (Rig rig = Rig.of(2).active()) {
            rig.serverDevices.getFirst().closeDevice();
            rig.agent().blocked();
            RecordedCommand last = RecordedCommand.control(CommandCode.FLUSH).sentTo(rig.serverDevices.getLast());
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
                    RecordedCommand flush =
                            RecordedCommand.control(CommandCode.FLUSH).sentTo(rig.serverDevices.get(i));
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
            RecordedCommand flush = rig.send(CommandCode.FLUSH);

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
        try (Rig rig = withServerTimeout(Duration.ofMillis(500))) {
            RecordedCommand pending = rig.send(CommandCode.FLUSH);
            rig.fetch();
            // Three completions 400 ms apart: more than a second in all, and never a second without one.
            for (int i = 0; i < 3; i++) {
                pause(Duration.ofMillis(400));
                RecordedCommand next = rig.send(CommandCode.FLUSH);
                rig.complete(rig.fetch());
                assertThat(next.code()).isEqualTo(ERROR_SUCCESS);
            }

            assertThat(pending.calls()).isZero();
            assertThat(pending.code()).isEqualTo(ERROR_OPERATION_ABORTED);
        }
    }

    @Test
    void A6_aQuietSetIsNotAborted() {
        try (Rig rig = withServerTimeout(Duration.ofMillis(300))) {
            pause(Duration.ofMillis(700));
            RecordedCommand flush = rig.send(CommandCode.FLUSH);
            rig.complete(rig.fetch());

            assertThat(flush.code()).isEqualTo(ERROR_SUCCESS);
        }
    }

    @Test
    void A6_serverTimeoutZeroAndTheLongestOneNeverAbort() {
        for (Duration timeout : List.of(Duration.ZERO, Duration.ofMillis(0xFFFF_FFFEL))) {
            try (Rig rig = withServerTimeout(timeout)) {
                RecordedCommand flush = rig.send(CommandCode.FLUSH);
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
            RecordedCommand flush = rig.send(CommandCode.FLUSH);
            rig.agent().blocked().thread().interrupt();

            rig.complete(rig.fetch());

            assertThat(flush.code()).isEqualTo(ERROR_SUCCESS);
            assertThat(rig.agent().returned()).isFalse();
        }
    }

    private static Rig withServerTimeout(Duration timeout) {
        VDConfig request = VDConfig.request(1, Features.LIKE_PIPE).withServerTimeout(timeout);
        return Rig.of(VdiBehavior.DEFAULT, request, 2).active();
    }

    /// Lets time pass, because the contract is about time.
    private static void pause(Duration time) {
        try {
            Thread.sleep(time);
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
