package dev.sluice.vdi.jna;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.Feature;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.ServerCommand;
import dev.sluice.vdi.ServerVirtualDevice;
import dev.sluice.vdi.ServerVirtualDeviceSet;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VdError;
import dev.sluice.vdi.VirtualDeviceException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// A set that a test drives from both ends, step by step: configured, and open at the server's end.
final class Rig {

    static final int TRANSFER = 64 << 10;

    final String name;
    final ClientVirtualDeviceSet client;
    final ServerVirtualDeviceSet server;
    final List<ServerVirtualDevice> devices = new ArrayList<>();
    final BlockingQueue<ServerCommand> completed = new LinkedBlockingQueue<>();
    private final FutureTask<Boolean> agent;

    Rig(Simulator simulator, NativeVdi vdi, String name, int deviceCount) {
        this.name = name;
        client = vdi.newClientSet();
        client.create(null, name, VDConfig.request(deviceCount, Features.LIKE_PIPE));
        server = simulator.server().newServerSet();
        server.open(null, name);
        server.beginConfiguration(
                server.getConfiguration().features().with(Feature.WRITE_MEDIA), 512, 0, TRANSFER, Duration.ZERO);
        List<String> names = ScriptedServer.deviceNames(name, deviceCount);
        server.announceDevices(names);
        server.requestBuffers(TRANSFER, 0, 8);
        server.endConfiguration();
        agent = CrossProcessIT.start(() -> {
            try {
                server.executeCompletionAgent();
            } catch (VirtualDeviceException e) {
                // A short story can be over before its agent comes; then VDI says so instead.
                assertThat(e.error()).isIn(VdError.ABORT, VdError.PROTOCOL);
            }
            return true;
        });
        names.forEach(device -> devices.add(server.openDevice(device)));
        client.getConfiguration(Simulator.PROMPTLY);
    }

    /// Sends a Write whose first byte is this.
    ServerCommand write(int device, int firstByte) {
        MemorySegment buffer = server.allocateBuffer(TRANSFER, 0);
        buffer.fill((byte) firstByte);
        return send(device, ServerCommand.transfer(CommandCode.WRITE, buffer, TRANSFER, completed::add));
    }

    ServerCommand control(int device, CommandCode code) {
        return send(device, ServerCommand.control(code, completed::add));
    }

    private ServerCommand send(int device, ServerCommand command) {
        devices.get(device).sendCommand(command);
        return command;
    }

    ServerCommand nextCompletion() throws InterruptedException {
        ServerCommand command = completed.poll(10, TimeUnit.SECONDS);
        assertThat(command).as("a completion").isNotNull();
        return command;
    }

    /// The server's end of the story: Close, and the agent comes back.
    void endServer() throws Exception {
        try {
            server.close();
        } catch (VirtualDeviceException e) {
            assertThat(e).hasMessageContaining("VD_E_PROTOCOL");
        }
        assertThat(agent.get(10, TimeUnit.SECONDS)).isTrue();
    }
}
