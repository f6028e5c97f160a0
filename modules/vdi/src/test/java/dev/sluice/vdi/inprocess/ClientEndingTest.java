package dev.sluice.vdi.inprocess;

import static dev.sluice.vdi.CompletionCode.ERROR_SUCCESS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.vdi.ClientVirtualDevice;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.ServerVirtualDevice;
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VdError;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The client's SignalAbort and Close.
@Timeout(60)
class ClientEndingTest {

    @Test
    void signalAbortInEveryStateIsSeenByBothSidesAndCloseSucceedsAfterIt() {
        for (Rig rig : List.of(
                Rig.of(1).created(),
                Rig.of(1).connected(),
                Rig.of(1).configurable(),
                Rig.of(1).initializing(),
                Rig.of(1).active(),
                Rig.of(1).terminated())) {
            try (rig) {
                boolean opened = !rig.server.toString().equals("DOES_NOT_EXIST");

                rig.client.signalAbort();

                assertThat(rig.client).hasToString("ABORT");
                assertThat(rig.server).hasToString(opened ? "ABORT" : "DOES_NOT_EXIST");
                rig.client.close();
                assertThat(rig.client).hasToString("DOES_NOT_EXIST");
            }
        }
    }

    @Test
    void closeWithOneOfSeveralDevicesOpenAbortsAndReleasesAllTheSame() {
        try (Rig rig = Rig.of(2).active()) {
            RecordedCommand outstanding =
                    RecordedCommand.control(CommandCode.FLUSH).sentTo(rig.serverDevices.getLast());
            rig.serverDevices.getFirst().closeDevice();
            rig.clientDevices.getFirst().getCommand(Timeouts.INFINITE);

            Rig.assertFails(VdError.OPEN, rig.client::close);

            assertThat(outstanding.code()).isEqualTo(995);
            assertThat(rig.server).hasToString("ABORT");
            assertThat(rig.vdi.setCount()).isZero();
            Rig.assertFails(VdError.PROTOCOL, rig.client::close);
            for (ClientVirtualDevice device : rig.clientDevices) {
                Rig.assertFails(VdError.PROTOCOL, () -> device.getCommand(Timeouts.POLL));
                Rig.assertFails(
                        VdError.PROTOCOL, () -> device.completeCommand(new Command.Flush(1), ERROR_SUCCESS, 0, 0));
            }
        }
    }

    @Test
    void closeNeedNotWaitForTheServersAgent() {
        try (Rig rig = Rig.of(1).terminated()) {
            rig.client.close();

            assertThat(rig.agent().returned()).isFalse();
            assertThat(rig.server).hasToString("NORMALLY_TERMINATED");
            rig.server.close();
            rig.agent().get();
        }
    }

    @Test
    void closeBeforeTheServerIsThroughIsAnAbortForTheServer() {
        for (Rig rig : List.of(
                Rig.of(1).connected(), Rig.of(1).configurable(), Rig.of(1).initializing())) {
            try (rig) {
                rig.client.close();

                assertThat(rig.server).hasToString("ABORT");
            }
        }
    }

    @Test
    void closeOfAClientThatNeverOpenedADeviceAbortsWhatItsDevicesStillHave() {
        try (Rig rig = Rig.of(1).initializing()) {
            ServerVirtualDevice device = rig.server.openDevice(Rig.SET);
            rig.startAgent();
            RecordedCommand flush = RecordedCommand.control(CommandCode.FLUSH).sentTo(device);
            device.closeDevice();

            rig.client.close();

            assertThat(flush.code()).isEqualTo(995);
        }
    }

    @Test
    void theClientObjectCanCreateAgainAfterClose() {
        try (Rig rig = Rig.of(1).terminated()) {
            rig.client.close();

            rig.client.create(null, Rig.SET, PIPE);

            assertThat(rig.client).hasToString("CONFIGURABLE");
        }
    }

    private static final VDConfig PIPE = VDConfig.request(1, Features.LIKE_PIPE);
}
