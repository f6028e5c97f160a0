package dev.sluice.simulator.vdi;

import dev.sluice.vdi.Features;
import dev.sluice.vdi.SendStatus;
import dev.sluice.vdi.ServerCommand;
import dev.sluice.vdi.ServerVirtualDevice;
import dev.sluice.vdi.ServerVirtualDeviceSet;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VirtualDeviceException;
import dev.sluice.vdi.inprocess.InProcessVdi;
import dev.sluice.vdi.inprocess.VdiBehavior;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The server object of a set whose client is in another process: an ordinary one, which also tells the client's
/// process what it could not see otherwise.
final class RemoteServerSet implements ServerVirtualDeviceSet {

    private final Path directory;
    private final ClientDeath clientDeath;
    private final InProcessVdi vdi;
    private final ServerVirtualDeviceSet set;
    private volatile @Nullable RemoteSet remote;

    RemoteServerSet(Path directory, VdiBehavior behavior, ClientDeath clientDeath) {
        this.directory = directory;
        this.clientDeath = clientDeath;
        this.vdi = new InProcessVdi(behavior, bytes -> attached().memory().reserve(bytes));
        this.set = vdi.newServerSet();
    }

    @Override
    public synchronized void open(@Nullable String instance, String setName) {
        if (remote == null) {
            remote = RemoteSet.attach(
                    new SetFiles(directory, SetFiles.key(instance, setName)), clientDeath, vdi, instance, setName);
        }
        set.open(instance, setName);
        attached().start();
    }

    @Override
    public VDConfig getConfiguration() {
        return set.getConfiguration();
    }

    @Override
    public void beginConfiguration(
            Features features, int blockSize, int alignment, int maxTransferSize, Duration timeout) {
        set.beginConfiguration(features, blockSize, alignment, maxTransferSize, timeout);
    }

    @Override
    public void requestBuffers(int size, int alignment, int count) {
        set.requestBuffers(size, alignment, count);
        attached().shareMemory();
    }

    @Override
    public int queryAvailableBuffers(int size, int alignment) {
        return set.queryAvailableBuffers(size, alignment);
    }

    @Override
    public void endConfiguration() {
        set.endConfiguration();
        attached().shareMemory();
        attached().configured();
    }

    @Override
    public void executeCompletionAgent() {
        try {
            set.executeCompletionAgent();
        } finally {
            // The agent may have come back because it aborted the set itself: the server's time-out.
            RemoteSet attached = remote;
            if (attached != null) {
                attached.tellIfAborted();
            }
        }
    }

    @Override
    public ServerVirtualDevice openDevice(String name) {
        return new Device(set.openDevice(name));
    }

    @Override
    public void announceDevices(List<String> names) {
        set.announceDevices(names);
    }

    @Override
    public MemorySegment allocateBuffer(int size, int alignment) {
        return set.allocateBuffer(size, alignment);
    }

    @Override
    public void freeBuffer(MemorySegment buffer) {
        set.freeBuffer(buffer);
    }

    @Override
    public boolean isSharedBuffer(MemorySegment buffer) {
        return set.isSharedBuffer(buffer);
    }

    @Override
    public void signalAbort() {
        set.signalAbort();
        attached().tellIfAborted();
    }

    @Override
    public void close() {
        try {
            set.close();
        } catch (VirtualDeviceException e) {
            RemoteSet attached = remote;
            if (attached != null) {
                attached.serverClosed();
            }
            throw e;
        }
        attached().serverClosed();
    }

    private RemoteSet attached() {
        RemoteSet attached = remote;
        if (attached == null) {
            throw new IllegalStateException("the set is not open, yet its state machine says so");
        }
        return attached;
    }

    private final class Device implements ServerVirtualDevice {
        private final ServerVirtualDevice device;

        Device(ServerVirtualDevice device) {
            this.device = device;
        }

        @Override
        public String name() {
            return device.name();
        }

        @Override
        public SendStatus sendCommand(ServerCommand command) {
            SendStatus status = device.sendCommand(command);
            if (status == SendStatus.QUEUED) {
                attached().somethingFor(name());
            }
            return status;
        }

        @Override
        public void closeDevice() {
            device.closeDevice();
            attached().closed(name());
        }
    }
}
