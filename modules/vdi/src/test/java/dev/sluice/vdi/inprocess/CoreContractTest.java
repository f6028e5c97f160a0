package dev.sluice.vdi.inprocess;

import static dev.sluice.vdi.CompletionCode.ERROR_OPERATION_ABORTED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.vdi.Command;
import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.Fetched;
import dev.sluice.vdi.SendStatus;
import dev.sluice.vdi.ServerVirtualDevice;
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VdError;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Abort and close on the server's side: facts B1 to B7 and C1 to C6 of the core contract.
@Timeout(60)
class CoreContractTest {

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
                    RecordedCommand refused =
                            RecordedCommand.control(CommandCode.FLUSH).sentTo(device);
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
            RecordedCommand held = rig.sendTransfer(CommandCode.WRITE);
            rig.fetch();
            RecordedCommand queued = rig.sendTransfer(CommandCode.WRITE);

            rig.server.signalAbort();

            rig.agent().get();
            for (RecordedCommand command : List.of(held, queued)) {
                assertThat(command.calls()).isEqualTo(1);
                assertThat(command.code()).isEqualTo(ERROR_OPERATION_ABORTED);
                assertThat(command.outcome().thread()).isEqualTo(rig.agent().thread());
            }
        }
    }

    @Test
    void B3_aCompletionAfterTheAbortIsIgnoredAndAnsweredWithAbort() {
        try (Rig rig = Rig.of(1).active()) {
            RecordedCommand write = rig.sendTransfer(CommandCode.WRITE);
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
            RecordedCommand.transfer(CommandCode.WRITE, servers).sentTo(rig.serverDevice());
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
            List<RecordedCommand> all = Stream.generate(
                            () -> RecordedCommand.control(CommandCode.FLUSH).sentTo(rig.serverDevice()))
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
            RecordedCommand flush = rig.send(CommandCode.FLUSH);
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
            RecordedCommand flush = rig.send(CommandCode.FLUSH);

            Rig.assertFails(VdError.PROTOCOL, rig.server::close);

            assertThat(flush.calls()).isEqualTo(1);
            assertThat(flush.outcome().thread()).isEqualTo(Thread.currentThread());
        }
    }

    @Test
    void C4_afterEveryAnswerOfCloseAllBuffersAndInterfacesAreInvalid() {
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
                RecordedCommand late =
                        RecordedCommand.control(CommandCode.FLUSH).sentTo(device);
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
            RecordedCommand slow = RecordedCommand.control(CommandCode.FLUSH, () -> await(mayReturn))
                    .sentTo(rig.serverDevice());
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

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(Async.PROMPTLY.toMillis(), TimeUnit.MILLISECONDS))
                    .isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
