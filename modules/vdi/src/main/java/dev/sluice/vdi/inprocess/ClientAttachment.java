package dev.sluice.vdi.inprocess;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One client object's use of a set: its state, the devices that it opened, and its own mapping of the shared
/// memory.
///
/// **Threading:** everything under the set's lock.
final class ClientAttachment {

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
    private final Mapping mapping = new Mapping();
    private final List<@Nullable MemorySegment> views = new ArrayList<>();
    private final Set<Loan> loans = new HashSet<>();
    private final List<SharedDevice> devices = new ArrayList<>();
    private boolean configured;
    private boolean detached;

    ClientAttachment(SharedSet set, boolean primary) {
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

    /// This client's view of one chunk of the shared memory.
    MemorySegment view(int chunk) {
        while (views.size() <= chunk) {
            views.add(null);
        }
        MemorySegment view = views.get(chunk);
        if (view == null) {
            view = set.area().chunk(chunk).view(mapping);
            views.set(chunk, view);
        }
        return view;
    }

    /// Lends the client a part of the shared memory for the time of one command.
    Loan lend(int chunk, long offset, int size) {
        Loan loan = Loan.of(view(chunk).asSlice(offset, size), set.behavior);
        loans.add(loan);
        return loan;
    }

    /// The command is completed, and its buffer belongs to the server again.
    void takeBack(Loan loan) {
        loans.remove(loan);
        loan.giveBack();
    }

    boolean detached() {
        return detached;
    }

    /// The client is gone: its devices are invalid, and every segment that it ever got throws. Loans that an abort
    /// left open end only now.
    void detach() {
        detached = true;
        devices.forEach(SharedDevice::clientGone);
        loans.forEach(Loan::end);
        mapping.end(set.area()::leave);
    }
}
