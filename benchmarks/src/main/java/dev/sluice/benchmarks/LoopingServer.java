package dev.sluice.benchmarks;

import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.CompletionCode;
import dev.sluice.vdi.Feature;
import dev.sluice.vdi.ServerCommand;
import dev.sluice.vdi.ServerVirtualDevice;
import dev.sluice.vdi.ServerVirtualDeviceSet;
import dev.sluice.vdi.VirtualDeviceException;
import java.time.Duration;
import java.util.List;

/// A server that never runs dry: it keeps some Writes of filled buffers outstanding, and sends each again as soon
/// as it is completed. It fills nothing and copies nothing, so what is measured is the client.
final class LoopingServer implements AutoCloseable {

    private static final int OUTSTANDING = 4;

    private final ServerVirtualDeviceSet set;
    private final Thread agent;

    private LoopingServer(ServerVirtualDeviceSet set) {
        this.set = set;
        this.agent = Thread.ofPlatform().name("benchmark-agent").start(this::serve);
    }

    private void serve() {
        try {
            set.executeCompletionAgent();
        } catch (VirtualDeviceException e) {
            throw new IllegalStateException("the set was aborted before its agent came", e);
        }
    }

    /// @param set a server's object without a set yet; the client has created the set of this name
    static LoopingServer attach(ServerVirtualDeviceSet set, String name, int transfer) {
        set.open(null, name);
        int size = Math.max(65_536, transfer);
        set.beginConfiguration(
                set.getConfiguration().features().with(Feature.WRITE_MEDIA), 512, 0, size, Duration.ofSeconds(10));
        set.announceDevices(List.of(name));
        set.requestBuffers(size, 0, OUTSTANDING);
        set.endConfiguration();
        LoopingServer server = new LoopingServer(set);
        ServerVirtualDevice device = set.openDevice(name);
        for (int i = 0; i < OUTSTANDING; i++) {
            device.sendCommand(ServerCommand.transfer(
                    CommandCode.WRITE, set.allocateBuffer(size, 0).fill((byte) i), transfer, command -> {
                        if (command.completionCode() == CompletionCode.ERROR_SUCCESS) {
                            device.sendCommand(command);
                        }
                    }));
        }
        return server;
    }

    @Override
    public void close() {
        set.signalAbort();
        boolean ended;
        try {
            ended = agent.join(Duration.ofSeconds(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            ended = false;
        }
        if (!ended) {
            throw new IllegalStateException("the agent did not return");
        }
        set.close();
    }
}
