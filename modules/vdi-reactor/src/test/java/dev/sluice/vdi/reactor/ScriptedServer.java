package dev.sluice.vdi.reactor;

import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.Feature;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.ServerCommand;
import dev.sluice.vdi.ServerVirtualDevice;
import dev.sluice.vdi.ServerVirtualDeviceSet;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VirtualDeviceException;
import dev.sluice.vdi.inprocess.InProcessVdi;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// SQL Server's part, played by a test: sends the commands that the test asks for, one after the other, and records
/// their outcomes.
final class ScriptedServer implements AutoCloseable {

    static final int TRANSFER = 65_536;

    /// How a command ended, as its completion routine saw it.
    record Outcome(int command, int code, int bytes) {}

    final BlockingQueue<Outcome> outcomes = new LinkedBlockingQueue<>();
    private final ServerVirtualDeviceSet set;
    private final List<ServerVirtualDevice> devices = new ArrayList<>();
    private final List<MemorySegment> buffers = new ArrayList<>();
    private final Thread agent;

    private ScriptedServer(ServerVirtualDeviceSet set) {
        this.set = set;
        this.agent = Thread.ofPlatform().name("test-agent").unstarted(this::serve);
    }

    private void serve() {
        try {
            set.executeCompletionAgent();
        } catch (VirtualDeviceException e) {
            // The set was aborted before its agent came: a case of some tests.
        }
    }

    /// Attaches to the set that the client under test has created.
    static ScriptedServer attach(InProcessVdi host, List<String> names) {
        ScriptedServer server = new ScriptedServer(host.newServerSet());
        server.configure(names);
        return server;
    }

    private void configure(List<String> names) {
        set.open(null, names.getFirst());
        VDConfig requested = set.getConfiguration();
        set.beginConfiguration(
                requested.features().with(Feature.WRITE_MEDIA), 512, 0, TRANSFER, Duration.ofSeconds(10));
        set.announceDevices(names);
        set.requestBuffers(TRANSFER, 0, names.size());
        set.endConfiguration();
        agent.start();
        for (String name : names) {
            devices.add(set.openDevice(name));
            buffers.add(set.allocateBuffer(TRANSFER, 0));
        }
    }

    static VDConfig request(int devices) {
        return VDConfig.request(devices, Features.LIKE_PIPE.with(Feature.REQUEST_COMPLETE));
    }

    /// Sends a Write whose every byte is `fill`.
    ScriptedServer write(int device, int fill) {
        MemorySegment buffer = buffers.get(device);
        buffer.fill((byte) fill);
        return send(device, ServerCommand.transfer(CommandCode.WRITE, buffer, TRANSFER, this::note));
    }

    ScriptedServer control(int device, CommandCode command) {
        return send(device, ServerCommand.control(command, this::note));
    }

    private ScriptedServer send(int device, ServerCommand command) {
        devices.get(device).sendCommand(command);
        return this;
    }

    private void note(ServerCommand command) {
        outcomes.add(new Outcome(command.code(), command.completionCode(), command.bytesTransferred()));
    }

    Outcome outcome() {
        try {
            Outcome outcome = outcomes.poll(5, TimeUnit.SECONDS);
            if (outcome == null) {
                throw new AssertionError("no command was completed within 5 s");
            }
            return outcome;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    void closeDevice(int device) {
        devices.get(device).closeDevice();
    }

    byte firstByte(int device) {
        return buffers.get(device).get(ValueLayout.JAVA_BYTE, 0);
    }

    void abort() {
        set.signalAbort();
    }

    @Override
    public void close() {
        try {
            set.close();
        } catch (VirtualDeviceException e) {
            // Tests end the set in every state; this class accepts every one of them.
        }
        try {
            agent.join(5_000);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        if (agent.isAlive()) {
            throw new AssertionError("the completion agent did not return within 5 s of Close");
        }
    }
}
