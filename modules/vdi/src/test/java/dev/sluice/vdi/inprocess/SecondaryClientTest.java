package dev.sluice.vdi.inprocess;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.vdi.ClientVirtualDevice;
import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.ServerVirtualDevice;
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VdError;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// OpenInSecondary, and the handles by which several clients of a set speak of its buffers.
@Timeout(60)
class SecondaryClientTest {

    @Test
    void openInSecondaryAttachesToAConfiguredSetUnderItsExactName() {
        try (Rig rig = Rig.of(2).configurable()) {
            ClientVirtualDeviceSet secondary = rig.vdi.newClientSet();
            Rig.assertFails(VdError.PROTOCOL, () -> secondary.openInSecondary(null, Rig.SET));
            rig.server.announceDevices(rig.names());
            rig.server.requestBuffers(Rig.TRANSFER, 0, 1);
            rig.server.endConfiguration();
            rig.client.getConfiguration(Timeouts.INFINITE);
            Rig.assertFails(VdError.PROTOCOL, () -> secondary.openInSecondary(null, "THE-SET"));
            Rig.assertFails(VdError.PROTOCOL, () -> secondary.openInSecondary("OTHER", Rig.SET));
            assertThat(secondary).hasToString("DOES_NOT_EXIST");

            secondary.openInSecondary(null, Rig.SET);

            Rig.assertFails(VdError.PROTOCOL, () -> secondary.openInSecondary(null, Rig.SET));
            assertThat(secondary).hasToString("INITIALIZING");
            ClientVirtualDevice second = secondary.openDevice("the-set1");
            Rig.assertFails(VdError.PROTOCOL, () -> rig.client.openDevice("the-set1"));
            ServerVirtualDevice server = rig.server.openDevice("the-set1");
            RecordedCommand.transfer(CommandCode.READ, rig.buffer()).sentTo(server);
            assertThat(Rig.fetch(second)).isInstanceOf(Command.Read.class);
            Rig.assertFails(VdError.OPEN, secondary::close);
        }
    }

    @Test
    void openInSecondaryOfAnAbortedSetAnswersAbort() {
        try (Rig rig = Rig.of(1).active()) {
            rig.server.signalAbort();

            Rig.assertFails(VdError.ABORT, () -> rig.vdi.newClientSet().openInSecondary(null, Rig.SET));
        }
    }

    @Test
    void aSecondaryThatEndsCleanlyLeavesThePrimaryAlone() {
        try (Rig rig = Rig.of(2).initializing()) {
            ClientVirtualDeviceSet secondary = rig.vdi.newClientSet();
            secondary.openInSecondary(null, Rig.SET);
            ClientVirtualDevice second = secondary.openDevice("the-set1");
            ServerVirtualDevice server = rig.server.openDevice("the-set1");
            server.closeDevice();
            second.getCommand(Timeouts.INFINITE);

            secondary.close();

            assertThat(rig.client).hasToString("INITIALIZING");
            rig.client.openDevice(Rig.SET);
            assertThat(rig.vdi.setCount()).isEqualTo(1);
        }
    }

    @Test
    void aBufferHandleLeadsAnotherClientOfTheSetToTheSameBytes() {
        try (Rig rig = Rig.of(1).active()) {
            ClientVirtualDeviceSet secondary = rig.vdi.newClientSet();
            secondary.openInSecondary(null, Rig.SET);
            rig.buffer();
            rig.sendTransfer(CommandCode.READ);
            MemorySegment buffer = Rig.bufferOf(rig.fetch());

            int handle = rig.client.getBufferHandle(buffer);
            MemorySegment mapped = secondary.mapBufferHandle(handle);

            assertThat(rig.client.getBufferHandle(buffer.asSlice(100))).isEqualTo(handle);
            assertThat(mapped.byteSize()).isEqualTo(Rig.TRANSFER);
            mapped.set(ValueLayout.JAVA_BYTE, 9, (byte) 42);
            assertThat(buffer.get(ValueLayout.JAVA_BYTE, 9)).isEqualTo((byte) 42);
            secondary.close();
            assertThatThrownBy(() -> mapped.get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void bufferHandlesRefuseWhatIsNoBufferOfTheSet() {
        try (Rig rig = Rig.of(1).active();
                Rig other = Rig.of(1).active()) {
            other.sendTransfer(CommandCode.READ);
            MemorySegment foreign = Rig.bufferOf(other.fetch());

            Rig.assertFails(VdError.INVALID, () -> rig.client.getBufferHandle(foreign));
            Rig.assertFails(VdError.INVALID, () -> rig.client.getBufferHandle(MemorySegment.NULL));
            Rig.assertFails(VdError.INVALID, () -> rig.client.mapBufferHandle(0));
            Rig.assertFails(VdError.INVALID, () -> rig.client.mapBufferHandle(1));
            rig.client.signalAbort();
            rig.client.close();
            Rig.assertFails(VdError.PROTOCOL, () -> rig.client.getBufferHandle(foreign));
            Rig.assertFails(VdError.PROTOCOL, () -> rig.client.mapBufferHandle(1));
        }
    }

    @Test
    void aHandleOfAFreedBufferIsStale() {
        try (Rig rig = Rig.of(1).active()) {
            MemorySegment servers = rig.buffer();
            RecordedCommand.transfer(CommandCode.READ, servers).sentTo(rig.serverDevice());
            Command read = rig.fetch();
            int handle = rig.client.getBufferHandle(Rig.bufferOf(read));
            rig.complete(read);

            rig.server.freeBuffer(servers);

            Rig.assertFails(VdError.INVALID, () -> rig.client.mapBufferHandle(handle));
            rig.buffer();
            Rig.assertFails(VdError.INVALID, () -> rig.client.mapBufferHandle(handle));
            Rig.assertFails(
                    VdError.INVALID,
                    () -> rig.client.getBufferHandle(Rig.bufferOf(read).asSlice(Rig.TRANSFER)));
        }
    }
}
