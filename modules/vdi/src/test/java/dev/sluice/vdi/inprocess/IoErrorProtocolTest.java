package dev.sluice.vdi.inprocess;

import static dev.sluice.vdi.CompletionCode.ERROR_DISK_FULL;
import static dev.sluice.vdi.CompletionCode.ERROR_IO_DEVICE;
import static dev.sluice.vdi.CompletionCode.ERROR_NOT_SUPPORTED;
import static dev.sluice.vdi.CompletionCode.ERROR_SUCCESS;
import static dev.sluice.vdi.CompletionCode.ERROR_WRITE_FAULT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.vdi.Command;
import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.Fetched;
import dev.sluice.vdi.SendStatus;
import dev.sluice.vdi.Timeouts;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A device's error state, point by point, with two commands held by the client and two still queued.
@Timeout(60)
class IoErrorProtocolTest {

    /// A device whose client has just failed the first of two held commands.
    private static final class Failed implements AutoCloseable {
        final Rig rig = Rig.of(1).active();
        final RecordedCommand failed = rig.sendTransfer(CommandCode.WRITE);
        final RecordedCommand held = rig.sendTransfer(CommandCode.WRITE);
        final RecordedCommand queued = rig.sendTransfer(CommandCode.WRITE);
        final RecordedCommand queuedClearError = rig.send(CommandCode.CLEAR_ERROR);
        final Command stillHeld;

        Failed() {
            Command first = rig.fetch();
            stillHeld = rig.fetch();
            rig.complete(first, ERROR_DISK_FULL);
        }

        @Override
        public void close() {
            rig.close();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {ERROR_DISK_FULL, ERROR_WRITE_FAULT, ERROR_NOT_SUPPORTED, 995, 1129, -1})
    void point1_anErrorCodePutsTheDeviceIntoIoError(int code) {
        try (Rig rig = Rig.of(1).active()) {
            RecordedCommand write = rig.sendTransfer(CommandCode.WRITE);

            rig.complete(rig.fetch(), code);

            assertThat(write.code()).isEqualTo(code);
            assertThat(rig.send(CommandCode.FLUSH).status()).isEqualTo(SendStatus.IO_ERROR);
        }
    }

    @Test
    void point2_commandsNotYetDeliveredAreCompletedByVdiAndTheClientNeverSeesThem() {
        try (Failed scene = new Failed()) {
            assertThat(scene.queued.code()).isEqualTo(ERROR_IO_DEVICE);
            assertThat(scene.queuedClearError.code()).isEqualTo(ERROR_IO_DEVICE);
            assertThat(scene.queued.outcome().thread())
                    .isEqualTo(scene.rig.agent().thread());

            assertThat(scene.rig.clientDevice().getCommand(Timeouts.POLL)).isInstanceOf(Fetched.TimedOut.class);
        }
    }

    @Test
    void point3_commandsAlreadyDeliveredStayWithTheClientWhoCompletesThem() {
        try (Failed scene = new Failed()) {
            assertThat(scene.failed.code()).isEqualTo(ERROR_DISK_FULL);
            assertThat(scene.held.calls()).isZero();

            scene.rig.complete(scene.stillHeld);

            assertThat(scene.held.code()).isEqualTo(ERROR_SUCCESS);
        }
    }

    @Test
    void point4_everyCommandButClearErrorIsRefusedOnTheSendersThread() {
        try (Failed scene = new Failed()) {
            MemorySegment buffer = scene.rig.buffer();
            for (CommandCode code : CommandCode.values()) {
                RecordedCommand sent = RecordedCommand.transfer(code, buffer).sentTo(scene.rig.serverDevice());
                if (code == CommandCode.CLEAR_ERROR) {
                    assertThat(sent.status()).isEqualTo(SendStatus.QUEUED);
                    assertThat(sent.calls()).isZero();
                } else {
                    assertThat(sent.status()).as(code.name()).isEqualTo(SendStatus.IO_ERROR);
                    assertThat(sent.code()).isEqualTo(ERROR_IO_DEVICE);
                    assertThat(sent.outcome().thread()).isEqualTo(Thread.currentThread());
                }
            }
        }
    }

    @Test
    void point5_clearErrorIsWithheldUntilTheClientHoldsNothing() {
        try (Failed scene = new Failed()) {
            RecordedCommand clear = scene.rig.send(CommandCode.CLEAR_ERROR);
            assertThat(scene.rig.clientDevice().getCommand(Timeouts.POLL)).isInstanceOf(Fetched.TimedOut.class);
            Async<Fetched> fetching = Async.call(
                            "client", () -> scene.rig.clientDevice().getCommand(Timeouts.INFINITE))
                    .blocked();

            scene.rig.complete(scene.stillHeld, ERROR_WRITE_FAULT);

            assertThat(fetching.get()).isInstanceOf(Command.ClearError.class);
            assertThat(clear.calls()).isZero();
        }
    }

    @Test
    void point5_clearErrorOnAHealthyDeviceIsACommandLikeOthers() {
        try (Rig rig = Rig.of(1).active()) {
            rig.send(CommandCode.FLUSH);
            rig.send(CommandCode.CLEAR_ERROR);
            rig.fetch();

            assertThat(rig.fetch()).isInstanceOf(Command.ClearError.class);
        }
    }

    @Test
    void point6_successOfClearErrorMakesTheDeviceActiveAgain() {
        try (Failed scene = new Failed()) {
            Rig rig = scene.rig;
            rig.complete(scene.stillHeld);
            RecordedCommand refusedClear = rig.send(CommandCode.CLEAR_ERROR);
            rig.complete(rig.fetch(), ERROR_NOT_SUPPORTED);
            assertThat(refusedClear.code()).isEqualTo(ERROR_NOT_SUPPORTED);
            assertThat(rig.send(CommandCode.FLUSH).status()).isEqualTo(SendStatus.IO_ERROR);

            RecordedCommand clear = rig.send(CommandCode.CLEAR_ERROR);
            rig.complete(rig.fetch());

            assertThat(clear.code()).isEqualTo(ERROR_SUCCESS);
            RecordedCommand write = rig.send(CommandCode.FLUSH);
            assertThat(write.status()).isEqualTo(SendStatus.QUEUED);
            rig.complete(rig.fetch());
            assertThat(write.code()).isEqualTo(ERROR_SUCCESS);
        }
    }

    @Test
    void point7_insteadOfClearErrorTheServerMayCloseTheDevice() {
        try (Failed scene = new Failed()) {
            scene.rig.complete(scene.stillHeld);

            scene.rig.serverDevice().closeDevice();

            assertThat(scene.rig.clientDevice().getCommand(Timeouts.INFINITE)).isInstanceOf(Fetched.Closed.class);
            assertThat(scene.rig.client).hasToString("NORMALLY_TERMINATED");
        }
    }

    @Test
    void point7_insteadOfClearErrorTheServerMayAbort() {
        try (Failed scene = new Failed()) {
            scene.rig.server.signalAbort();

            assertThat(scene.rig.clientDevice().getCommand(Timeouts.INFINITE)).isInstanceOf(Fetched.Aborted.class);
            assertThat(scene.held.code()).isEqualTo(995);
        }
    }

    @Test
    void anErrorOnOneDeviceLeavesTheOthersAlone() {
        try (Rig rig = Rig.of(2).active()) {
            rig.send(CommandCode.FLUSH);
            rig.complete(rig.fetch(), ERROR_DISK_FULL);

            RecordedCommand other = RecordedCommand.control(CommandCode.FLUSH).sentTo(rig.serverDevices.getLast());

            assertThat(other.status()).isEqualTo(SendStatus.QUEUED);
        }
    }

    @Test
    void anErrorWhileTheDeviceIsClosingStillSwallowsWhatIsQueued() {
        try (Rig rig = Rig.of(1).active()) {
            rig.send(CommandCode.FLUSH);
            RecordedCommand queued = rig.send(CommandCode.FLUSH);
            Command held = rig.fetch();
            rig.serverDevice().closeDevice();

            rig.complete(held, ERROR_DISK_FULL);

            assertThat(queued.code()).isEqualTo(ERROR_IO_DEVICE);
            assertThat(rig.clientDevice().getCommand(Timeouts.INFINITE)).isInstanceOf(Fetched.Closed.class);
        }
    }
}
