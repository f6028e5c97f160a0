package dev.sluice.vdi.inprocess;

import dev.sluice.vdi.Features;
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VdError;
import dev.sluice.vdi.VirtualDeviceException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// A virtual device set as both sides share it: one lock, one state, one list of devices.
///
/// The set exists from the client's Create until both sides have closed it. The states are those of the
/// specification's Server Transitions. The client's states follow from them and from the client's own
/// [ClientAttachment].
///
/// **Threading:** callers hold [#lock].
final class SharedSet implements CompletionAgent.Work {

    /// The server's states, in their order. DoesNotExist is a server object without a set. Abort is not among
    /// them: [#aborted()] tells it, and takes precedence over the state.
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
    private final ConfigurationRules rules;
    private final BufferArea area;
    private final List<BufferArea.Shape> buffersRequested = new ArrayList<>();
    private final Condition stateChanged = lock.newCondition();
    private final List<SharedDevice> devices = new ArrayList<>();

    private State state = State.CREATED;
    private @Nullable VDConfig config;
    private @Nullable String abortCause;
    private long tokens;

    /// Commands sent and not settled: in a queue, or held by a client.
    private int queued;

    private int held;

    SharedSet(InProcessVdi.Name name, VDConfig requested, VdiBehavior behavior) {
        this.name = name;
        this.requested = requested;
        this.behavior = behavior;
        this.rules = new ConfigurationRules(behavior);
        this.area = new BufferArea(requested.prefixZoneSize());
    }

    InProcessVdi.Name name() {
        return name;
    }

    State state() {
        return state;
    }

    boolean closedByServer() {
        return state == State.CLOSED;
    }

    boolean aborted() {
        return abortCause != null;
    }

    String abortCause() {
        return abortCause == null ? "not aborted" : abortCause;
    }

    BufferArea area() {
        return area;
    }

    // The client's calls.

    /// Waits for EndConfiguration.
    VDConfig awaitConfiguration(Duration timeout) {
        try (TimedWait wait = TimedWait.upTo(timeout)) {
            while (true) {
                requireNotAborted("GetConfiguration");
                if (config != null && state.compareTo(State.INITIALIZING) >= 0) {
                    return config;
                }
                if (!wait.on(stateChanged)) {
                    throw new VirtualDeviceException(
                            VdError.TIMEOUT,
                            call("GetConfiguration"),
                            "no BACKUP or RESTORE has configured the set yet");
                }
            }
        }
    }

    /// The device that a client knows under this name.
    @Nullable
    SharedDevice deviceForClient(String deviceName) {
        SharedDevice device = device(deviceName);
        boolean known =
                device != null && (device.openedByServer() || behavior.is(Answer.DeviceNames.KNOWN_WHEN_ANNOUNCED));
        return known ? device : null;
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

    /// The primary client has closed the set. If the server has not finished with the set, this aborts it.
    void primaryClosed() {
        boolean served = state.compareTo(State.NORMALLY_TERMINATED) >= 0 && !outstanding();
        if (!served) {
            abort("the client closed the set");
        }
    }

    // The server's calls.

    void open(String call) {
        if (state != State.CREATED || aborted()) {
            throw new VirtualDeviceException(VdError.INVALID, call, "the set is used by another server, or aborted");
        }
        state = State.CONNECTED;
        area.enter();
    }

    VDConfig requestedByClient() {
        requireNotAborted("GetConfiguration");
        return requested;
    }

    void begin(Features features, int blockSize, int alignment, int maxTransferSize) {
        requireNotAbortedToConfigure("BeginConfiguration");
        require(state == State.CONNECTED, "BeginConfiguration");
        int effective = ConfigurationRules.checkBegin(
                call("BeginConfiguration"), requested, blockSize, alignment, maxTransferSize);
        config = requested.configured(features, effective, blockSize, maxTransferSize, 0);
        state = State.CONFIGURABLE;
    }

    void requestBuffers(BufferMemory memory, int size, int alignment, int count) {
        requireNotAbortedToConfigure("RequestBuffers");
        require(serverMayUseBuffers() || state == State.CONFIGURABLE, "RequestBuffers");
        String call = call("RequestBuffers");
        int effective = ConfigurationRules.checkBuffer(call, configuration(), size, alignment);
        ConfigurationRules.valid(count >= 0, call, "count must not be negative, got " + count);
        BufferArea.Shape shape = new BufferArea.Shape(size, effective, count);
        if (state == State.CONFIGURABLE) {
            buffersRequested.add(shape);
        } else {
            reserve("RequestBuffers", memory, List.of(shape));
        }
    }

    int availableBuffers(int size, int alignment) {
        require(!aborted(), "QueryAvailableBuffers");
        require(serverMayUseBuffers() || state == State.CONFIGURABLE, "QueryAvailableBuffers");
        int effective = ConfigurationRules.checkBuffer(call("QueryAvailableBuffers"), configuration(), size, alignment);
        return area.available(size, effective);
    }

    void endConfiguration(BufferMemory memory) {
        requireNotAborted("EndConfiguration");
        require(state == State.CONFIGURABLE, "EndConfiguration");
        List<BufferArea.Shape> summed = List.copyOf(buffersRequested);
        buffersRequested.clear();
        reserve("EndConfiguration", memory, summed);
        VDConfig begun = configuration();
        config = begun.configured(
                begun.features(), begun.alignment(), begun.blockSize(), begun.maxTransferSize(), area.reservedBytes());
        state = State.INITIALIZING;
        stateChanged.signalAll();
    }

    private void reserve(String call, BufferMemory memory, List<BufferArea.Shape> shapes) {
        if (!area.reserve(memory, shapes)) {
            throw new VirtualDeviceException(
                    VdError.MEMORY, call(call), "there is not enough shared memory for %s".formatted(shapes));
        }
    }

    void announce(List<String> names) {
        requireNotAborted("announceDevices");
        require(state == State.CONNECTED || state == State.CONFIGURABLE, "announceDevices");
        String call = call("announceDevices");
        names.forEach(deviceName -> rules.checkName(call, deviceName));
        ConfigurationRules.valid(
                names.size() == requested.deviceCount() && new HashSet<>(names).size() == names.size(),
                call,
                String.format(Locale.ROOT, "there must be %d different names, got %s", requested.deviceCount(), names));
        ConfigurationRules.valid(devices.isEmpty(), call, "the names have been announced before");
        names.forEach(deviceName -> devices.add(new SharedDevice(this, deviceName)));
    }

    SharedDevice openDevice(String deviceName) {
        requireNotAborted("OpenDevice");
        require(serverMayUseBuffers(), "OpenDevice");
        String call = call("OpenDevice(\"%s\")".formatted(deviceName));
        if (devices.size() == requested.deviceCount() && devices.stream().allMatch(SharedDevice::openedByServer)) {
            throw new VirtualDeviceException(VdError.OPEN, call);
        }
        rules.checkName(call, deviceName);
        SharedDevice device = device(deviceName);
        if (device == null) {
            ConfigurationRules.valid(devices.size() < requested.deviceCount(), call, "other names have been announced");
            device = new SharedDevice(this, deviceName);
            devices.add(device);
        } else {
            require(!device.openedByServer(), "OpenDevice(\"%s\")".formatted(deviceName));
        }
        device.serverOpen();
        state = State.ACTIVE;
        return device;
    }

    /// A server cannot know when the thread that it has started arrives here. So an agent that arrives after the
    /// end of the set still runs the remaining routines: no other thread would, and the commands' senders may be
    /// waiting for them.
    void executeAgent() {
        boolean over = aborted() || state == State.NORMALLY_TERMINATED;
        boolean leftBehind = over && !agent.running() && (outstanding() || agent.hasWork());
        if (!leftBehind) {
            requireNotAborted("ExecuteCompletionAgent");
            require(serverMayUseBuffers(), "ExecuteCompletionAgent");
            state = State.ACTIVE;
        }
        boolean afterAbort = aborted();
        agent.execute(this, Timeouts.nanos(requested.serverTimeout().multipliedBy(2)));
        if (afterAbort) {
            requireNotAborted("ExecuteCompletionAgent");
        }
    }

    @Nullable
    MemorySegment allocate(int size, int alignment) {
        requireNotAborted("AllocateBuffer");
        require(serverMayUseBuffers(), "AllocateBuffer");
        return area.allocate(
                size, ConfigurationRules.checkBuffer(call("AllocateBuffer"), configuration(), size, alignment));
    }

    void free(MemorySegment buffer) {
        require(aborted() || state.compareTo(State.INITIALIZING) >= 0, "FreeBuffer");
        ConfigurationRules.valid(
                area.free(buffer),
                call("FreeBuffer"),
                "not an allocated buffer of this set, or a command still uses it");
    }

    void closeDevice(SharedDevice device) {
        requireNotAborted("CloseDevice");
        device.serverClose();
        if (devices.size() == requested.deviceCount() && devices.stream().allMatch(SharedDevice::closedByServer)) {
            state = State.NORMALLY_TERMINATED;
            agent.wake();
        }
    }

    /// The server's Close. It releases everything of the server's in every state of the set.
    ///
    /// @return whether a device was still open, which is a protocol error
    boolean closeServer() {
        boolean deviceOpen = !aborted() && devices.stream().anyMatch(SharedDevice::openAtServer);
        if (deviceOpen) {
            abort("the server closed the set with a device open");
        } else if (state != State.NORMALLY_TERMINATED || outstanding()) {
            abort("the server closed the set");
        }
        state = State.CLOSED;
        area.unmapServer();
        agent.wake();
        return deviceOpen;
    }

    // Both sides.

    /// Ends everything that is under way. Only the first call has an effect.
    void abort(String cause) {
        if (abortCause != null) {
            return;
        }
        abortCause = cause;
        if (behavior.is(Answer.NotedCompletion.YIELDS_TO_ABORT)) {
            agent.overrideSettled();
        }
        devices.forEach(SharedDevice::abort);
        stateChanged.signalAll();
        agent.wake();
    }

    // The devices' reports about their commands.

    long sent() {
        boolean first = !pending();
        queued++;
        agent.sent(first);
        return ++tokens;
    }

    void fetched() {
        queued--;
        held++;
    }

    void settled(SentCommand sent) {
        if (sent.held()) {
            held--;
        } else {
            queued--;
        }
        agent.settle(sent.command);
    }

    boolean outstanding() {
        return queued + held > 0;
    }

    // The agent's questions.

    @Override
    public boolean pending() {
        return queued > 0 || (held > 0 && behavior.is(Answer.HeldCommand.COUNTS_FOR_SERVER_TIMEOUT));
    }

    @Override
    public boolean ending() {
        return aborted()
                || state == State.CLOSED
                || (state == State.NORMALLY_TERMINATED
                        && behavior.is(Answer.AgentReturns.AT_LAST_CLOSE_DEVICE)
                        && !outstanding());
    }

    @Override
    public void stalled() {
        abort("no command was completed for twice the server timeout of %s".formatted(requested.serverTimeout()));
    }

    private VDConfig configuration() {
        if (config == null) {
            throw new IllegalStateException("the set is not configured");
        }
        return config;
    }

    private boolean serverMayUseBuffers() {
        return state == State.INITIALIZING || state == State.ACTIVE;
    }

    private void require(boolean allowed, String call) {
        if (!allowed) {
            throw new VirtualDeviceException(
                    VdError.PROTOCOL, call(call), aborted() ? "the set is aborted" : "the set is " + state);
        }
    }

    private void requireNotAborted(String call) {
        if (abortCause != null) {
            throw new VirtualDeviceException(VdError.ABORT, call(call), abortCause);
        }
    }

    private void requireNotAbortedToConfigure(String call) {
        if (behavior.is(Answer.ConfigurationAfterAbort.PROTOCOL)) {
            require(!aborted(), call);
        }
        requireNotAborted(call);
    }

    private String call(String method) {
        return "%s on set \"%s\"".formatted(method, name.name());
    }
}
