package dev.sluice.vdi.inprocess;

import dev.sluice.vdi.Features;
import dev.sluice.vdi.SendStatus;
import dev.sluice.vdi.ServerCommand;
import dev.sluice.vdi.ServerVirtualDevice;
import dev.sluice.vdi.ServerVirtualDeviceSet;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VdError;
import dev.sluice.vdi.VirtualDeviceException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The object that a server holds. It opens one set, once, and is of no further use after Close.
final class ServerSet implements ServerVirtualDeviceSet {

    private final InProcessVdi host;
    private final BufferMemory memory;
    private volatile @Nullable SharedSet set;
    private boolean used;

    ServerSet(InProcessVdi host, BufferMemory memory) {
        this.host = host;
        this.memory = memory;
    }

    @Override
    public synchronized void open(@Nullable String instance, String setName) {
        String call = "Open(\"%s\")".formatted(setName);
        if (used) {
            throw new VirtualDeviceException(VdError.PROTOCOL, call, "this object has been opened before");
        }
        SharedSet found = host.find(instance, setName);
        if (found == null) {
            throw new VirtualDeviceException(VdError.INVALID, call, "no client has created a set of this name");
        }
        found.lock.lock();
        try {
            found.open(call);
        } finally {
            found.lock.unlock();
        }
        used = true;
        set = found;
    }

    @Override
    public VDConfig getConfiguration() {
        return locked("GetConfiguration", SharedSet::requestedByClient);
    }

    @Override
    public void beginConfiguration(
            Features features, int blockSize, int alignment, int maxTransferSize, Duration timeout) {
        run("BeginConfiguration", open -> open.begin(features, blockSize, alignment, maxTransferSize));
    }

    @Override
    public void requestBuffers(int size, int alignment, int count) {
        run("RequestBuffers", open -> open.requestBuffers(memory, size, alignment, count));
    }

    @Override
    public int queryAvailableBuffers(int size, int alignment) {
        return locked("QueryAvailableBuffers", open -> open.availableBuffers(size, alignment));
    }

    @Override
    public void endConfiguration() {
        run("EndConfiguration", open -> open.endConfiguration(memory));
    }

    @Override
    public void executeCompletionAgent() {
        host.agentEntered();
        try {
            run("ExecuteCompletionAgent", SharedSet::executeAgent);
        } finally {
            host.agentReturned();
        }
    }

    @Override
    public ServerVirtualDevice openDevice(String name) {
        return locked("OpenDevice(\"%s\")".formatted(name), open -> new Device(open, open.openDevice(name)));
    }

    @Override
    public void announceDevices(List<String> names) {
        run("announceDevices", open -> open.announce(names));
    }

    @Override
    public MemorySegment allocateBuffer(int size, int alignment) {
        return locked("AllocateBuffer", open -> {
            MemorySegment buffer = open.allocate(size, alignment);
            if (buffer == null) {
                throw new VirtualDeviceException(
                        VdError.MEMORY,
                        "AllocateBuffer",
                        String.format(Locale.ROOT, "no buffer of %d bytes is free", size));
            }
            return buffer;
        });
    }

    @Override
    public void freeBuffer(MemorySegment buffer) {
        run("FreeBuffer", open -> open.free(buffer));
    }

    @Override
    public boolean isSharedBuffer(MemorySegment buffer) {
        return locked("IsSharedBuffer", open -> open.area().find(buffer) != null);
    }

    @Override
    public void signalAbort() {
        run("SignalAbort", open -> open.abort("the server signalled abort"));
    }

    @Override
    public void close() {
        SharedSet open;
        synchronized (this) {
            open = opened("Close");
            set = null;
        }
        boolean deviceOpen;
        open.lock.lock();
        try {
            deviceOpen = open.closeServer();
            finishAgent(open, deviceOpen);
        } finally {
            open.lock.unlock();
        }
        if (deviceOpen) {
            throw stillOpen();
        }
    }

    /// Without an agent the outstanding commands' routines run here: every command has its callback before the set
    /// is gone.
    private static void finishAgent(SharedSet open, boolean deviceOpen) {
        if (open.behavior.is(Answer.ServerClose.WAITS_FOR_AGENT)) {
            open.agent.awaitReturn();
        }
        try {
            open.agent.drainIfAbandoned();
        } catch (RuntimeException | Error failedRoutine) {
            if (deviceOpen) {
                VirtualDeviceException protocol = stillOpen();
                protocol.addSuppressed(failedRoutine);
                throw protocol;
            }
            throw failedRoutine;
        }
    }

    private static VirtualDeviceException stillOpen() {
        return new VirtualDeviceException(
                VdError.PROTOCOL, "Close", "a device was still open; the set was aborted and released");
    }

    private <T> T locked(String call, Function<SharedSet, T> action) {
        SharedSet open = opened(call);
        open.lock.lock();
        try {
            requireNotClosed(open, call);
            return action.apply(open);
        } finally {
            open.lock.unlock();
        }
    }

    private void run(String call, Consumer<SharedSet> action) {
        locked(call, open -> {
            action.accept(open);
            return Boolean.TRUE;
        });
    }

    /// The state as the specification's Server Transitions name it, for diagnostics.
    @Override
    public String toString() {
        SharedSet open = set;
        if (open == null) {
            return "DOES_NOT_EXIST";
        }
        open.lock.lock();
        try {
            return open.aborted() ? "ABORT" : open.state().name();
        } finally {
            open.lock.unlock();
        }
    }

    private SharedSet opened(String call) {
        SharedSet open = set;
        if (open == null) {
            throw new VirtualDeviceException(VdError.PROTOCOL, call, "no set is open");
        }
        return open;
    }

    /// Close may have taken the lock between this call's look-up of the set and its own turn; and device objects
    /// outlive the set.
    private static void requireNotClosed(SharedSet set, String call) {
        if (set.closedByServer()) {
            throw new VirtualDeviceException(VdError.PROTOCOL, call, "the server has closed the set");
        }
    }

    record Device(SharedSet set, SharedDevice device) implements ServerVirtualDevice {

        @Override
        public String name() {
            return device.name();
        }

        @Override
        public SendStatus sendCommand(ServerCommand command) {
            SendStatus status;
            set.lock.lock();
            try {
                status = device.send(command);
            } finally {
                set.lock.unlock();
            }
            if (status != SendStatus.QUEUED) {
                command.runCompletion();
            }
            return status;
        }

        @Override
        public void closeDevice() {
            set.lock.lock();
            try {
                requireNotClosed(set, "CloseDevice");
                set.closeDevice(device);
            } finally {
                set.lock.unlock();
            }
        }
    }
}
