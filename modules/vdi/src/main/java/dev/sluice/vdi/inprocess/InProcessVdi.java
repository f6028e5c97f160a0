package dev.sluice.vdi.inprocess;

import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.ServerVirtualDeviceSet;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// A place where clients create virtual device sets and a server finds them by name: what the machine is for the
/// native library.
///
/// **Threading:** any thread.
public final class InProcessVdi {

    private final Map<Name, SharedSet> sets = new ConcurrentHashMap<>();
    private final VdiBehavior behavior;
    private final BufferMemory memory;

    public InProcessVdi() {
        this(VdiBehavior.DEFAULT, BufferMemory.ofProcess());
    }

    public InProcessVdi(VdiBehavior behavior, BufferMemory memory) {
        this.behavior = behavior;
        this.memory = memory;
    }

    /// A client's object, without a set yet.
    public ClientVirtualDeviceSet newClientSet() {
        return new ClientSet(this);
    }

    /// A server's object, without a set yet. Its buffers come from this place's memory.
    public ServerVirtualDeviceSet newServerSet() {
        return newServerSet(memory);
    }

    /// As above, with buffers from elsewhere.
    public ServerVirtualDeviceSet newServerSet(BufferMemory memory) {
        return new ServerSet(this, memory);
    }

    /// How many sets exist: created, and not yet closed by their client.
    public int setCount() {
        return sets.size();
    }

    VdiBehavior behavior() {
        return behavior;
    }

    /// Whether the name was free and is now taken by this set.
    boolean register(SharedSet set) {
        return sets.putIfAbsent(set.name(), set) == null;
    }

    void unregister(SharedSet set) {
        sets.remove(set.name(), set);
    }

    @Nullable
    SharedSet find(@Nullable String instance, String name) {
        return sets.get(new Name(instance, name));
    }

    /// Names are case-sensitive and belong to an instance.
    record Name(@Nullable String instance, String name) {}
}
