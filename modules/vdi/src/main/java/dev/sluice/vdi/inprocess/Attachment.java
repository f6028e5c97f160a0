package dev.sluice.vdi.inprocess;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One client object's use of a set: where it stands, the devices it opened, and its own mapping of the shared
/// memory.
///
/// **Threading:** everything under the set's lock.
final class Attachment {

    /// The client's states, as the specification's Client Transitions name them. DoesNotExist is a client object
    /// without an attachment, Abort is the set's.
    enum State {
        CONFIGURABLE,
        INITIALIZING,
        ACTIVE,
        NORMALLY_TERMINATED
    }

    final SharedSet set;
    final boolean primary;
    private final Arena arena = Arena.ofShared();
    private final List<@Nullable MemorySegment> views = new ArrayList<>();
    private final List<SharedDevice> devices = new ArrayList<>();
    private boolean configured;

    Attachment(SharedSet set, boolean primary) {
        this.set = set;
        this.primary = primary;
        this.configured = !primary;
        set.area().enter();
    }

    State state() {
        if (!devices.isEmpty()) {
            boolean terminated = set.allOpenedByClients() && devices.stream().allMatch(SharedDevice::closeSeenByClient);
            return terminated ? State.NORMALLY_TERMINATED : State.ACTIVE;
        }
        return configured ? State.INITIALIZING : State.CONFIGURABLE;
    }

    void configurationSeen() {
        configured = true;
    }

    void opened(SharedDevice device) {
        devices.add(device);
        device.clientOpen(this);
    }

    boolean anyDeviceOpen() {
        return devices.stream().anyMatch(SharedDevice::openAtClient);
    }

    /// This client's mapping of one chunk of the shared memory.
    MemorySegment view(int chunk) {
        while (views.size() <= chunk) {
            views.add(null);
        }
        MemorySegment view = views.get(chunk);
        if (view == null) {
            view = set.area().chunk(chunk).view(arena);
            views.set(chunk, view);
        }
        return view;
    }

    /// The client is gone: its devices are invalid, and every segment it ever got throws.
    void detach() {
        devices.forEach(SharedDevice::clientGone);
        arena.close();
        set.area().leave();
    }
}
