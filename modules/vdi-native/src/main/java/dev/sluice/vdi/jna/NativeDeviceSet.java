package dev.sluice.vdi.jna;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import dev.sluice.vdi.ClientVirtualDevice;
import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VdError;
import dev.sluice.vdi.VirtualDeviceException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/// A device set of the native library.
///
/// Each Create makes a native object, which is freed after its Close: the reference does not say whether an object
/// can be used again.
///
/// **Errors:** besides those of the interface, Close throws [VdError#BUSY] when a thread does not come out of the
/// library, or an I/O operation does not let go of a buffer. The set then stays open and mapped, because a leak is
/// better than a crash. The caller may try Close again.
final class NativeDeviceSet implements ClientVirtualDeviceSet {
    private static final Duration CONFIGURED_WITHIN = Duration.ofSeconds(5);

    /// How long Close waits for threads that SignalAbort has woken.
    static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final long LONGEST_NAP = TimeUnit.MILLISECONDS.toNanos(20);

    private final Supplier<SetCalls> library;
    private final @Nullable String defaultInstance;
    private final Duration patience;
    private volatile @Nullable OpenDeviceSet openSet;

    /// @param defaultInstance the instance for a Create that names none
    NativeDeviceSet(Supplier<SetCalls> library, @Nullable String defaultInstance, Duration patience) {
        this.library = library;
        this.defaultInstance = defaultInstance;
        this.patience = patience;
    }

    @Override
    public synchronized void create(@Nullable String instance, String name, VDConfig config) {
        String call = "Create(\"%s\")".formatted(name);
        requireNoSet(call);
        begin(
                call,
                new OpenDeviceSet(library.get(), orDefault(instance), name, Layout.write(config)),
                OpenDeviceSet::create);
    }

    @Override
    public synchronized void openInSecondary(@Nullable String instance, String name) {
        String call = "OpenInSecondary(\"%s\")".formatted(name);
        requireNoSet(call);
        Memory config = new Memory(Layout.CONFIG_BYTES);
        config.clear();
        begin(
                call,
                new OpenDeviceSet(library.get(), orDefault(instance), name, config),
                OpenDeviceSet::openInSecondary);
    }

    private @Nullable String orDefault(@Nullable String instance) {
        return instance != null ? instance : defaultInstance;
    }

    private void requireNoSet(String call) {
        if (openSet != null) {
            throw new VirtualDeviceException(VdError.PROTOCOL, call, "this object has a set already");
        }
    }

    private void begin(String call, OpenDeviceSet beginning, ToIntFunction<OpenDeviceSet> how) {
        if (beginning.name.indexOf('\0') >= 0) {
            beginning.over();
            throw new VirtualDeviceException(VdError.INVALID, call, "the name has a zero character");
        }
        int result = how.applyAsInt(beginning);
        if (result != HResults.NOERROR) {
            beginning.endSegments();
            beginning.over();
            throw HResults.failure(call, result);
        }
        openSet = beginning;
    }

    @Override
    public VDConfig getConfiguration(Duration timeout) {
        return inside("GetConfiguration", open -> {
            String call = "GetConfiguration on set \"%s\"".formatted(open.name);
            synchronized (open.config) {
                int result = waiting(
                        timeout,
                        open.calls.honoursTimeouts(),
                        limit -> open.calls.getConfiguration(limit, open.config));
                noteAbort(open, result);
                HResults.check(call, result);
                return Layout.read(open.config);
            }
        });
    }

    /// Waits for the configuration in the way that the interface allows.
    ///
    /// The unit of a native time-out is disputed on Linux (milliseconds in the documentation, seconds in
    /// Microsoft's sample), so a limited wait there polls, and sleeps between polls.
    static int waiting(Duration timeout, boolean honoured, ToIntFunction<SetCalls.Timeout> call) {
        long nanos = Timeouts.nanos(timeout);
        if (nanos == Long.MAX_VALUE) {
            return call.applyAsInt(SetCalls.Timeout.INFINITE);
        }
        if (nanos == 0) {
            return call.applyAsInt(SetCalls.Timeout.POLL);
        }
        if (honoured) {
            return call.applyAsInt(SetCalls.Timeout.of(timeout));
        }
        long deadline = System.nanoTime() + nanos;
        long nap = TimeUnit.MICROSECONDS.toNanos(100);
        while (true) {
            int result = call.applyAsInt(SetCalls.Timeout.POLL);
            long left = deadline - System.nanoTime();
            if (!HResults.is(result, VdError.TIMEOUT)
                    || left <= 0
                    || Thread.currentThread().isInterrupted()) {
                return result;
            }
            LockSupport.parkNanos(Math.min(nap, left));
            nap = Math.min(2 * nap, LONGEST_NAP);
        }
    }

    @Override
    public ClientVirtualDevice openDevice(String name) {
        String call = "OpenDevice(\"%s\")".formatted(name);
        return inside(call, open -> {
            Memory pointer = new Memory(Native.POINTER_SIZE);
            pointer.clear();
            int result = open.calls.openDevice(open.deviceName(name), pointer);
            noteAbort(open, result);
            HResults.check(call, result);
            Pointer opened = pointer.getPointer(0);
            if (opened == null) {
                throw new VirtualDeviceException(
                        VdError.UNEXPECTED, call, "the library returned success without a device");
            }
            NativeDevice device = new NativeDevice(open, open.calls.device(opened), name);
            synchronized (open.devices) {
                open.devices.add(device);
            }
            return device;
        });
    }

    @Override
    public void signalAbort() {
        OpenDeviceSet open = required("SignalAbort");
        if (!open.gate.enter()) {
            return; // Close is under way, and aborts the set if it must
        }
        try {
            abort(open);
        } finally {
            open.gate.leave();
        }
    }

    private static void abort(OpenDeviceSet open) {
        open.abortSignalled();
        HResults.check("SignalAbort on set \"%s\"".formatted(open.name), open.calls.signalAbort());
    }

    /// Aborts the set if it must, waits until no thread is inside the library, and only then lets the library
    /// unmap.
    @Override
    public synchronized void close() {
        OpenDeviceSet open = required("Close");
        open.gate.close();
        boolean deviceOpen;
        synchronized (open.devices) {
            deviceOpen = open.devices.stream().anyMatch(device -> !device.ended());
        }
        boolean abortsWithDeviceOpen = deviceOpen && !abortedAlready(open);
        if (!open.aborted() && (deviceOpen || open.gate.inside() > 0)) {
            abort(open);
        }
        awaitNoThreadInside(open);
        synchronized (open.devices) {
            open.devices.forEach(NativeDevice::release);
            open.devices.clear();
        }
        int result = open.calls.close();
        if (result != HResults.NOERROR && !HResults.is(result, VdError.OPEN)) {
            // The library may still use the memory after a failed Close; so it is not freed.
            throw HResults.failure("Close of set \"%s\"".formatted(open.name), result);
        }
        openSet = null;
        open.over();
        if (abortsWithDeviceOpen || HResults.is(result, VdError.OPEN)) {
            throw new VirtualDeviceException(
                    VdError.OPEN,
                    "Close of set \"%s\"".formatted(open.name),
                    "a device was still open; the set was aborted and released");
        }
    }

    /// Whether SQL Server has aborted the set, also when no call has reported it yet: a set with open devices is
    /// configured, so GetConfiguration answers at once.
    private static boolean abortedAlready(OpenDeviceSet open) {
        if (!open.aborted()) {
            Memory ignored = new Memory(Layout.CONFIG_BYTES);
            noteAbort(open, open.calls.getConfiguration(SetCalls.Timeout.POLL, ignored));
        }
        return open.aborted();
    }

    private void awaitNoThreadInside(OpenDeviceSet open) {
        long deadline = System.nanoTime() + patience.toNanos();
        if (!open.gate.awaitEmpty(patience)) {
            throw busy(open, String.format(Locale.ROOT, "%d threads are still inside the library", open.gate.inside()));
        }
        while (!open.endSegments()) {
            if (System.nanoTime() - deadline >= 0) {
                throw busy(open, "an I/O operation still uses one of its buffers");
            }
            LockSupport.parkNanos(LONGEST_NAP);
        }
    }

    private VirtualDeviceException busy(OpenDeviceSet open, String why) {
        return new VirtualDeviceException(
                VdError.BUSY,
                "Close of set \"%s\"".formatted(open.name),
                "%s after %s. The set is aborted, but stays mapped so that the process does not crash; end the threads and operations that use it and close again, or end the process"
                        .formatted(why, patience));
    }

    @Override
    public int getBufferHandle(MemorySegment buffer) {
        return inside("GetBufferHandle", open -> {
            Memory handle = new Memory(Integer.BYTES);
            handle.clear();
            HResults.check("GetBufferHandle", open.calls.getBufferHandle(buffer.address(), handle));
            return handle.getInt(0);
        });
    }

    /// The native call returns the buffer's address without its length. The segment has the length of the largest
    /// transfer; the process that passed the handle knows the true size, and the caller uses no more than that.
    @Override
    public MemorySegment mapBufferHandle(int handle) {
        // The set is configured, because a handle exists; but a secondary client may not have read the configuration
        // yet.
        int longest = getConfiguration(CONFIGURED_WITHIN).maxTransferSize();
        return inside("MapBufferHandle", open -> {
            Memory address = new Memory(Native.POINTER_SIZE);
            address.clear();
            HResults.check("MapBufferHandle", open.calls.mapBufferHandle(handle, address));
            return open.segment(address.getLong(0), longest);
        });
    }

    private <T> T inside(String call, Function<OpenDeviceSet, T> action) {
        OpenDeviceSet open = required(call);
        if (!open.gate.enter()) {
            throw new VirtualDeviceException(VdError.PROTOCOL, call, "the set is being closed");
        }
        try {
            return action.apply(open);
        } finally {
            open.gate.leave();
        }
    }

    private OpenDeviceSet required(String call) {
        OpenDeviceSet open = openSet;
        if (open == null) {
            throw new VirtualDeviceException(VdError.PROTOCOL, call, "there is no set");
        }
        return open;
    }

    static void noteAbort(OpenDeviceSet open, int result) {
        if (HResults.is(result, VdError.ABORT)) {
            open.abortSeen();
        }
    }
}
