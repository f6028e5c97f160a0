package dev.sluice.vdi.reactor;

import dev.sluice.vdi.ClientVirtualDevice;
import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VdError;
import dev.sluice.vdi.VirtualDeviceException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// An in-process set in which the calls that a test names fail, as a native library's may.
final class FailingSet implements ClientVirtualDeviceSet {

    private final ClientVirtualDeviceSet set;
    private final @Nullable Throwable ofAbort;
    private final @Nullable Throwable ofClose;

    private FailingSet(ClientVirtualDeviceSet set, @Nullable Throwable ofAbort, @Nullable Throwable ofClose) {
        this.set = set;
        this.ofAbort = ofAbort;
        this.ofClose = ofClose;
    }

    /// SignalAbort does nothing, and throws.
    static FailingSet abort(ClientVirtualDeviceSet set) {
        return new FailingSet(set, new VirtualDeviceException(VdError.UNEXPECTED, "SignalAbort"), null);
    }

    /// Close throws, after it has released everything: no test shall leave something behind.
    static FailingSet close(ClientVirtualDeviceSet set, Throwable failure) {
        return new FailingSet(set, null, failure);
    }

    @Override
    public void signalAbort() {
        throwIfGiven(ofAbort);
        set.signalAbort();
    }

    @Override
    public void close() {
        try {
            set.close();
        } finally {
            throwIfGiven(ofClose);
        }
    }

    private static void throwIfGiven(@Nullable Throwable failure) {
        switch (failure) {
            case null -> {}
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> throw new IllegalArgumentException(failure);
        }
    }

    @Override
    public void create(@Nullable String instance, String name, VDConfig config) {
        set.create(instance, name, config);
    }

    @Override
    public VDConfig getConfiguration(Duration timeout) {
        return set.getConfiguration(timeout);
    }

    @Override
    public ClientVirtualDevice openDevice(String name) {
        return set.openDevice(name);
    }

    @Override
    public void openInSecondary(@Nullable String instance, String name) {
        set.openInSecondary(instance, name);
    }

    @Override
    public int getBufferHandle(MemorySegment buffer) {
        return set.getBufferHandle(buffer);
    }

    @Override
    public MemorySegment mapBufferHandle(int handle) {
        return set.mapBufferHandle(handle);
    }
}
