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
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The object that a client holds: it has a set, or it has none.
final class ClientSet implements ClientVirtualDeviceSet {

    private static final int MAX_NAME = 255;

    private final InProcessVdi host;
    private volatile @Nullable Attachment attachment;
    private boolean used;

    ClientSet(InProcessVdi host) {
        this.host = host;
    }

    @Override
    public synchronized void create(@Nullable String instance, String name, VDConfig config) {
        String call = "Create(\"%s\")".formatted(name);
        requireUnused(call);
        validate(call, config);
        if (name.isEmpty() || name.length() > MAX_NAME || name.indexOf('\\') >= 0) {
            throw new VirtualDeviceException(
                    VdError.INVALID, call, "a name has 1 to %d characters and no backslash".formatted(MAX_NAME));
        }
        SharedSet set = new SharedSet(new InProcessVdi.Name(instance, name), config, host.behavior());
        if (!host.register(set)) {
            throw new VirtualDeviceException(VdError.INVALID, call, "a set of this name exists already");
        }
        attach(set, true);
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
            attach(set, false);
        } finally {
            set.lock.unlock();
        }
    }

    private void attach(SharedSet set, boolean primary) {
        attachment = new Attachment(set, primary);
        used = true;
    }

    private void requireUnused(String call) {
        if (attachment != null) {
            throw new VirtualDeviceException(VdError.PROTOCOL, call, "this object has a set already");
        }
        if (used && !host.behavior().reusableAfterClose()) {
            throw new VirtualDeviceException(VdError.PROTOCOL, call, "this object has had its set");
        }
    }

    private static void validate(String call, VDConfig config) {
        unless(
                config.deviceCount() >= 1 && config.deviceCount() <= VDConfig.MAX_DEVICES,
                call,
                "deviceCount must be 1 to 64, got " + config.deviceCount());
        unless(
                config.features().requestable(),
                call,
                "features " + config.features() + " are no supported combination");
        int alignment = config.alignment();
        unless(
                alignment == 0 || (Integer.bitCount(alignment) == 1 && alignment > 0 && alignment <= 65_536),
                call,
                "alignment must be 0 or a power of two up to 65536, got " + alignment);
        unless(config.prefixZoneSize() >= 0, call, "prefixZoneSize must not be negative");
        unless(!config.serverTimeout().isNegative(), call, "serverTimeout must not be negative");
    }

    private static void unless(boolean supported, String call, String reason) {
        if (!supported) {
            throw new VirtualDeviceException(VdError.NOTSUPPORTED, call, reason);
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
            Attachment.State state = client.state();
            if (state == Attachment.State.CONFIGURABLE || state == Attachment.State.NORMALLY_TERMINATED) {
                throw new VirtualDeviceException(VdError.PROTOCOL, call, "the set is " + state);
            }
            SharedDevice device = set.device(name);
            if (device == null) {
                throw new VirtualDeviceException(VdError.INVALID, call, "the set has no device of this name");
            }
            if (set.allOpenedByClients()) {
                throw new VirtualDeviceException(VdError.OPEN, call, "all devices are open");
            }
            if (device.openedByClient()) {
                throw new VirtualDeviceException(VdError.PROTOCOL, call, "the device is open already");
            }
            client.opened(device);
            return new Device(set, device);
        });
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
        Attachment client;
        synchronized (this) {
            client = attached("Close");
            attachment = null;
        }
        SharedSet set = client.set;
        boolean deviceOpen;
        set.lock.lock();
        try {
            deviceOpen = !set.aborted() && client.anyDeviceOpen();
            if (deviceOpen) {
                set.abort("the client closed the set with a device open");
            } else if (client.primary) {
                set.primaryClosed();
            }
            client.detach();
        } finally {
            set.lock.unlock();
            if (client.primary) {
                host.unregister(set);
            }
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
                    int handle = area.handleAt(chunk, offset);
                    if (handle >= 0) {
                        return handle;
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
                        VdError.INVALID, "MapBufferHandle", "%d is no buffer handle of this set".formatted(handle));
            }
            return client.view(allocation.chunk.index).asSlice(allocation.offset, allocation.size);
        });
    }

    private <T extends @Nullable Object> T locked(String call, Function<Attachment, T> action) {
        Attachment client = attached(call);
        client.set.lock.lock();
        try {
            return action.apply(client);
        } finally {
            client.set.lock.unlock();
        }
    }

    private Attachment attached(String call) {
        Attachment client = attachment;
        if (client == null) {
            throw new VirtualDeviceException(VdError.PROTOCOL, call, "there is no set");
        }
        return client;
    }

    private record Device(SharedSet set, SharedDevice device) implements ClientVirtualDevice {

        @Override
        public String name() {
            return device.name();
        }

        @Override
        public Fetched getCommand(Duration timeout) {
            set.lock.lock();
            try {
                return device.getCommand(timeout);
            } finally {
                set.lock.unlock();
            }
        }

        @Override
        public void completeCommand(Command command, int code, int bytes, long position) {
            set.lock.lock();
            try {
                device.completeCommand(command.token(), code, bytes, position);
            } finally {
                set.lock.unlock();
            }
        }
    }
}
