package dev.sluice.vdi.inprocess;

import dev.sluice.vdi.ClientVirtualDevice;
import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.Fetched;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VdError;
import dev.sluice.vdi.VirtualDeviceException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The object that a client holds. It has a set from Create or OpenInSecondary until Close.
final class ClientSet implements ClientVirtualDeviceSet {

    private final InProcessVdi host;
    private final ConfigurationRules rules;
    private volatile @Nullable ClientAttachment attachment;
    private boolean used;
    private boolean cleanlyClosed = true;

    ClientSet(InProcessVdi host) {
        this.host = host;
        this.rules = new ConfigurationRules(host.behavior());
    }

    @Override
    public synchronized void create(@Nullable String instance, String name, VDConfig config) {
        String call = "Create(\"%s\")".formatted(name);
        requireUnused(call);
        rules.checkRequest(call, config);
        rules.checkName(call, name);
        SharedSet set = new SharedSet(new InProcessVdi.Name(instance, name), config, host.behavior());
        // Before a server can find the set: the memory is counted as used from the start.
        ClientAttachment created = new ClientAttachment(set, true);
        if (!host.register(set)) {
            throw new VirtualDeviceException(VdError.INVALID, call, "a set of this name exists already");
        }
        attach(created);
    }

    @Override
    public synchronized void openInSecondary(@Nullable String instance, String name) {
        String call = "OpenInSecondary(\"%s\")".formatted(name);
        requireUnused(call);
        SharedSet set = host.find(instance, name);
        if (set == null) {
            throw new VirtualDeviceException(VdError.PROTOCOL, call, "there is no set of this name");
        }
        set.lock.lock();
        try {
            if (set.aborted()) {
                throw new VirtualDeviceException(VdError.ABORT, call, set.abortCause());
            }
            if (set.state().compareTo(SharedSet.State.INITIALIZING) < 0) {
                throw new VirtualDeviceException(VdError.PROTOCOL, call, "the set is not configured yet");
            }
            attach(new ClientAttachment(set, false));
        } finally {
            set.lock.unlock();
        }
    }

    private void attach(ClientAttachment client) {
        attachment = client;
        used = true;
    }

    private void requireUnused(String call) {
        if (attachment != null) {
            throw new VirtualDeviceException(VdError.PROTOCOL, call, "this object has a set already");
        }
        VdiBehavior behavior = host.behavior();
        boolean usedUp = behavior.is(Answer.ClientReuse.NEVER)
                || (behavior.is(Answer.ClientReuse.AFTER_CLEAN_CLOSE) && !cleanlyClosed);
        if (used && usedUp) {
            throw new VirtualDeviceException(VdError.PROTOCOL, call, "this object has had its set");
        }
    }

    @Override
    public VDConfig getConfiguration(Duration timeout) {
        return locked("GetConfiguration", client -> {
            VDConfig config = client.set.awaitConfiguration(timeout);
            client.configurationSeen();
            return config;
        });
    }

    @Override
    public ClientVirtualDevice openDevice(String name) {
        String call = "OpenDevice(\"%s\")".formatted(name);
        return locked(call, client -> {
            SharedSet set = client.set;
            if (set.aborted()) {
                throw new VirtualDeviceException(VdError.ABORT, call, set.abortCause());
            }
            ClientAttachment.State state = client.state();
            if (state == ClientAttachment.State.CONFIGURABLE || state == ClientAttachment.State.NORMALLY_TERMINATED) {
                throw new VirtualDeviceException(VdError.PROTOCOL, call, "the set is " + state);
            }
            SharedDevice device = deviceToOpen(set, call, name);
            if (!device.openedByClient()) {
                client.opened(device);
            }
            return new Device(client, device);
        });
    }

    private static SharedDevice deviceToOpen(SharedSet set, String call, String name) {
        SharedDevice device = set.deviceForClient(name);
        if (set.allOpenedByClients()) {
            VdiBehavior behavior = set.behavior;
            if (behavior.is(Answer.AllDevicesOpen.PROTOCOL)) {
                throw new VirtualDeviceException(VdError.PROTOCOL, call, "the set is ACTIVE");
            }
            if (behavior.is(Answer.AllDevicesOpen.OPEN_FOR_ANY_NAME)
                    || (device != null && behavior.is(Answer.AllDevicesOpen.OPEN))) {
                throw new VirtualDeviceException(VdError.OPEN, call, "all devices are open");
            }
        }
        if (device == null) {
            throw new VirtualDeviceException(VdError.INVALID, call, "the set has no device of this name");
        }
        if (device.openedByClient() && !set.allOpenedByClients()) {
            throw new VirtualDeviceException(VdError.PROTOCOL, call, "the device is open already");
        }
        return device;
    }

    @Override
    public void signalAbort() {
        locked("SignalAbort", client -> {
            client.set.abort("the client signalled abort");
            return null;
        });
    }

    @Override
    public void close() {
        ClientAttachment client;
        synchronized (this) {
            client = attached("Close");
            attachment = null;
        }
        SharedSet set = client.set;
        boolean deviceOpen;
        boolean cleanly;
        set.lock.lock();
        try {
            deviceOpen = !set.aborted() && client.anyDeviceOpen();
            if (deviceOpen) {
                set.abort("the client closed the set with a device open");
            } else if (client.primary) {
                set.primaryClosed();
            }
            client.detach();
            cleanly = !set.aborted();
        } finally {
            set.lock.unlock();
            if (client.primary) {
                host.unregister(set);
            }
        }
        synchronized (this) {
            cleanlyClosed &= cleanly;
        }
        if (deviceOpen) {
            throw new VirtualDeviceException(
                    VdError.OPEN, "Close", "a device was still open; the set was aborted and released");
        }
    }

    @Override
    public int getBufferHandle(MemorySegment buffer) {
        return locked("GetBufferHandle", client -> {
            BufferArea area = client.set.area();
            for (int chunk = 0; chunk < area.chunkCount(); chunk++) {
                MemorySegment view = client.view(chunk);
                long offset = buffer.address() - view.address();
                if (offset >= 0 && offset < view.byteSize()) {
                    BufferArea.Allocation allocation = area.allocationAt(chunk, offset);
                    if (allocation != null) {
                        return allocation.handle();
                    }
                }
            }
            throw new VirtualDeviceException(VdError.INVALID, "GetBufferHandle", "not a buffer of this set");
        });
    }

    @Override
    public MemorySegment mapBufferHandle(int handle) {
        return locked("MapBufferHandle", client -> {
            BufferArea.Allocation allocation = client.set.area().byHandle(handle);
            if (allocation == null) {
                throw new VirtualDeviceException(
                        VdError.INVALID,
                        "MapBufferHandle",
                        String.format(Locale.ROOT, "%d is not a buffer handle of this set", handle));
            }
            return client.view(allocation.chunk()).asSlice(allocation.offset, allocation.size);
        });
    }

    private <T extends @Nullable Object> T locked(String call, Function<ClientAttachment, T> action) {
        ClientAttachment client = attached(call);
        client.set.lock.lock();
        try {
            requireAttached(client, call);
            return action.apply(client);
        } finally {
            client.set.lock.unlock();
        }
    }

    /// The state as the specification's Client Transitions name it, for diagnostics.
    @Override
    public String toString() {
        ClientAttachment client = attachment;
        if (client == null) {
            return "DOES_NOT_EXIST";
        }
        client.set.lock.lock();
        try {
            return client.set.aborted() ? "ABORT" : client.state().name();
        } finally {
            client.set.lock.unlock();
        }
    }

    private ClientAttachment attached(String call) {
        ClientAttachment client = attachment;
        if (client == null) {
            throw new VirtualDeviceException(VdError.PROTOCOL, call, "there is no set");
        }
        return client;
    }

    /// Close may have taken the lock between this call's look-up of the set and its own turn; and device objects
    /// outlive the set.
    private static void requireAttached(ClientAttachment client, String call) {
        if (client.detached()) {
            throw new VirtualDeviceException(VdError.PROTOCOL, call, "the client has closed the set");
        }
    }

    record Device(ClientAttachment client, SharedDevice device) implements ClientVirtualDevice {

        @Override
        public String name() {
            return device.name();
        }

        @Override
        public Fetched getCommand(Duration timeout) {
            client.set.lock.lock();
            try {
                requireAttached(client, "GetCommand");
                return device.getCommand(timeout);
            } finally {
                client.set.lock.unlock();
            }
        }

        @Override
        public void completeCommand(Command command, int code, int bytes, long position) {
            client.set.lock.lock();
            try {
                requireAttached(client, "CompleteCommand");
                device.completeCommand(command.token(), code, bytes, position);
            } finally {
                client.set.lock.unlock();
            }
        }
    }
}
