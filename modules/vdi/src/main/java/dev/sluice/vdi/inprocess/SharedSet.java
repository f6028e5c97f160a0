package dev.sluice.vdi.inprocess;

import dev.sluice.vdi.Features;
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VdError;
import dev.sluice.vdi.VirtualDeviceException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// A virtual device set as both sides share it: one lock, one state, one list of devices.
///
/// The set exists from the client's Create until both sides have closed it. The states are those of the
/// specification's Server Transitions; what the client's table says follows from them and from the client's own
/// [Attachment].
///
/// **Threading:** callers hold [#lock], unless a method says otherwise.
final class SharedSet implements CompletionAgent.Work {

    /// The server's states. DoesNotExist is a server object without a set, Abort is told by [#aborted()], which
    /// wins.
    enum State {
        CREATED,
        CONNECTED,
        CONFIGURABLE,
        INITIALIZING,
        ACTIVE,
        NORMALLY_TERMINATED,
        CLOSED
    }

    final ReentrantLock lock = new ReentrantLock();
    final VdiBehavior behavior;
    final CompletionAgent agent = new CompletionAgent(lock);

    private final InProcessVdi.Name name;
    private final VDConfig requested;
    private final Condition stateChanged = lock.newCondition();
    private final List<SharedDevice> devices = new ArrayList<>();

    private State state = State.CREATED;
    private @Nullable VDConfig config;
    private @Nullable String abortCause;
    private final BufferArea area;
    private long bytesRequested;
    private long tokens;

    SharedSet(InProcessVdi.Name name, VDConfig requested, VdiBehavior behavior) {
        this.name = name;
        this.requested = requested;
        this.behavior = behavior;
        this.area = new BufferArea(requested.prefixZoneSize());
    }

    InProcessVdi.Name name() {
        return name;
    }

    /// The server's GetConfiguration.
    VDConfig requestedByClient() {
        requireNotAborted("GetConfiguration");
        return requested;
    }

    State state() {
        return state;
    }

    boolean aborted() {
        return abortCause != null;
    }

    String abortCause() {
        return abortCause == null ? "not aborted" : abortCause;
    }

    long nextToken() {
        return ++tokens;
    }

    BufferArea area() {
        return area;
    }

    // What the client's side does to the set.

    /// Waits for EndConfiguration.
    VDConfig awaitConfiguration(Duration timeout) {
        long left = Timeouts.nanos(timeout);
        while (true) {
            if (abortCause != null) {
                throw new VirtualDeviceException(VdError.ABORT, call("GetConfiguration"), abortCause);
            }
            if (config != null && state.compareTo(State.INITIALIZING) >= 0) {
                return config;
            }
            if (left <= 0) {
                throw new VirtualDeviceException(
                        VdError.TIMEOUT, call("GetConfiguration"), "no BACKUP or RESTORE has configured the set yet");
            }
            try {
                if (left == Long.MAX_VALUE) {
                    stateChanged.awaitUninterruptibly();
                } else {
                    left = stateChanged.awaitNanos(left);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                left = 0;
            }
        }
    }

    @Nullable
    SharedDevice device(String deviceName) {
        for (SharedDevice device : devices) {
            if (device.name().equals(deviceName)) {
                return device;
            }
        }
        return null;
    }

    boolean allOpenedByClients() {
        return devices.size() == requested.deviceCount() && devices.stream().allMatch(SharedDevice::openedByClient);
    }

    /// The primary client has closed the set. Unless the server was through with it, that is an abort for the
    /// server.
    void primaryClosed() {
        boolean served = state == State.NORMALLY_TERMINATED || state == State.CLOSED;
        if (!served) {
            abort("the client closed the set");
        }
    }

    // The server's calls.

    void open(String call) {
        if (state != State.CREATED || aborted()) {
            throw new VirtualDeviceException(VdError.INVALID, call, "the set is used by another server, or aborted");
        }
        enter(State.CONNECTED);
        area.enter();
    }

    void begin(Features features, int blockSize, int alignment, int maxTransferSize) {
        requireNotAborted("BeginConfiguration");
        require(state == State.CONNECTED, "BeginConfiguration");
        int effectiveAlignment = Math.max(alignment == 0 ? blockSize : alignment, requested.alignment());
        check(powerOfTwo(blockSize) && blockSize >= 512 && blockSize <= 65_536, "blockSize", blockSize);
        check(
                powerOfTwo(effectiveAlignment) && effectiveAlignment >= blockSize && effectiveAlignment <= 65_536,
                "alignment",
                effectiveAlignment);
        check(maxTransferSize > 0 && maxTransferSize % 65_536 == 0, "maxTransferSize", maxTransferSize);
        config = requested.configured(features, effectiveAlignment, blockSize, maxTransferSize, 0);
        enter(State.CONFIGURABLE);
    }

    void requestBuffers(BufferMemory memory, int size, int alignment, int count) {
        requireNotAborted("RequestBuffers");
        require(state == State.CONFIGURABLE || state == State.INITIALIZING || state == State.ACTIVE, "RequestBuffers");
        int effective = alignmentOf(alignment, "RequestBuffers");
        check(size > 0, "size", size);
        check(count >= 0, "count", count);
        long bytes = area.bytesFor(size, effective, count);
        if (state == State.CONFIGURABLE) {
            bytesRequested += bytes;
        } else if (!area.reserve(memory, bytes)) {
            throw noMemory("RequestBuffers", bytes);
        }
    }

    int availableBuffers(int size, int alignment) {
        requireNotAborted("QueryAvailableBuffers");
        require(
                state == State.CONFIGURABLE || state == State.INITIALIZING || state == State.ACTIVE,
                "QueryAvailableBuffers");
        check(size > 0, "size", size);
        return area.available(size, alignmentOf(alignment, "QueryAvailableBuffers"));
    }

    void endConfiguration(BufferMemory memory) {
        requireNotAborted("EndConfiguration");
        require(state == State.CONFIGURABLE, "EndConfiguration");
        long bytes = bytesRequested;
        bytesRequested = 0;
        if (!area.reserve(memory, bytes)) {
            throw noMemory("EndConfiguration", bytes);
        }
        VDConfig begun = configuration();
        config = begun.configured(
                begun.features(), begun.alignment(), begun.blockSize(), begun.maxTransferSize(), area.reservedBytes());
        enter(State.INITIALIZING);
        stateChanged.signalAll();
    }

    void announce(List<String> names) {
        requireNotAborted("announceDevices");
        require(state == State.CONNECTED || state == State.CONFIGURABLE, "announceDevices");
        check(names.size() == requested.deviceCount(), "number of device names", names.size());
        check(devices.isEmpty(), "announced devices", devices.size());
        names.forEach(deviceName -> devices.add(new SharedDevice(this, deviceName)));
    }

    SharedDevice openDevice(String deviceName) {
        requireNotAborted("OpenDevice");
        require(state == State.INITIALIZING || state == State.ACTIVE, "OpenDevice");
        if (devices.size() == requested.deviceCount() && devices.stream().allMatch(SharedDevice::openedByServer)) {
            throw new VirtualDeviceException(VdError.OPEN, call("OpenDevice"));
        }
        SharedDevice device = device(deviceName);
        if (device == null) {
            check(devices.size() < requested.deviceCount(), "announced devices", devices.size());
            device = new SharedDevice(this, deviceName);
            devices.add(device);
        } else {
            require(!device.openedByServer(), "OpenDevice(\"%s\")".formatted(deviceName));
        }
        device.serverOpen();
        enter(State.ACTIVE);
        return device;
    }

    void executeAgent() {
        requireNotAborted("ExecuteCompletionAgent");
        require(state == State.INITIALIZING || state == State.ACTIVE, "ExecuteCompletionAgent");
        enter(State.ACTIVE);
        agent.execute(this, 2 * Timeouts.nanos(requested.serverTimeout()));
    }

    @Nullable
    MemorySegment allocate(int size, int alignment) {
        requireNotAborted("AllocateBuffer");
        require(state == State.INITIALIZING || state == State.ACTIVE, "AllocateBuffer");
        check(size > 0, "size", size);
        return area.allocate(size, alignmentOf(alignment, "AllocateBuffer"));
    }

    void free(MemorySegment buffer) {
        require(state.compareTo(State.INITIALIZING) >= 0, "FreeBuffer");
        if (!area.free(buffer)) {
            throw new VirtualDeviceException(
                    VdError.INVALID,
                    call("FreeBuffer"),
                    "not an allocated buffer of this set, or a command still uses it");
        }
    }

    void closeDevice(SharedDevice device) {
        requireNotAborted("CloseDevice");
        device.serverClose();
        if (devices.size() == requested.deviceCount() && devices.stream().allMatch(SharedDevice::closedByServer)) {
            enter(State.NORMALLY_TERMINATED);
            agent.wake();
        }
    }

    /// The server's Close, total: whatever state the set is in, everything of the server's is released.
    ///
    /// @return whether a device was still open, which is a protocol error
    boolean closeServer() {
        boolean deviceOpen = !aborted() && devices.stream().anyMatch(SharedDevice::openAtServer);
        if (deviceOpen) {
            abort("the server closed the set with a device open");
        } else if (!aborted() && (state != State.NORMALLY_TERMINATED || outstanding())) {
            abort("the server closed the set");
        }
        enter(State.CLOSED);
        area.unmapServer();
        stateChanged.signalAll();
        agent.wake();
        if (!agent.running()) {
            agent.drain();
        }
        return deviceOpen;
    }

    // Both sides.

    void abort(String cause) {
        if (abortCause != null) {
            return;
        }
        abortCause = cause;
        if (behavior.abortOverridesRecordedCompletions()) {
            agent.overrideSettled();
        }
        devices.forEach(SharedDevice::abort);
        stateChanged.signalAll();
        agent.wake();
    }

    // The agent's questions.

    @Override
    public boolean outstanding() {
        for (SharedDevice device : devices) {
            if (device.outstanding() > 0) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean ending() {
        return aborted()
                || state == State.CLOSED
                || (state == State.NORMALLY_TERMINATED && behavior.agentEndsAtLastCloseDevice() && !outstanding());
    }

    @Override
    public void stalled() {
        abort("no command was completed for twice the server timeout of %s".formatted(requested.serverTimeout()));
    }

    VDConfig configuration() {
        if (config == null) {
            throw new IllegalStateException("the set is not configured");
        }
        return config;
    }

    private int alignmentOf(int alignment, String call) {
        int effective = alignment == 0 ? configuration().alignment() : alignment;
        if (!powerOfTwo(effective) || effective > BufferMemory.ALIGNMENT) {
            throw new VirtualDeviceException(
                    VdError.INVALID, call(call), "alignment %d is no power of two up to 65536".formatted(alignment));
        }
        return Math.max(effective, configuration().alignment());
    }

    private void enter(State next) {
        state = next;
    }

    private void require(boolean allowed, String call) {
        if (!allowed) {
            throw new VirtualDeviceException(VdError.PROTOCOL, call(call), "the set is " + state);
        }
    }

    private void requireNotAborted(String call) {
        if (abortCause != null) {
            throw new VirtualDeviceException(VdError.ABORT, call(call), abortCause);
        }
    }

    private void check(boolean valid, String what, long value) {
        if (!valid) {
            throw new VirtualDeviceException(
                    VdError.INVALID, call("a configuration call"), "%s %d breaks its rule".formatted(what, value));
        }
    }

    private VirtualDeviceException noMemory(String call, long bytes) {
        return new VirtualDeviceException(
                VdError.MEMORY, call(call), "%d bytes of shared memory could not be reserved".formatted(bytes));
    }

    private String call(String method) {
        return "%s on set \"%s\"".formatted(method, name.name());
    }

    private static boolean powerOfTwo(int value) {
        return value > 0 && Integer.bitCount(value) == 1;
    }
}
