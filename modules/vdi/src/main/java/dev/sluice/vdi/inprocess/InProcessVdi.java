package dev.sluice.vdi.inprocess;

import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.ServerVirtualDeviceSet;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// A namespace in which clients create virtual device sets and a server finds them by name. The native library has
/// the whole machine as its namespace.
///
/// **Threading:** any thread.
public final class InProcessVdi {

    private final Map<Name, SharedSet> sets = new ConcurrentHashMap<>();
    private final VdiBehavior behavior;
    private final BufferMemory memory;
    private int agentsRunning;
    private boolean unloaded;

    public InProcessVdi() {
        this(VdiBehavior.DEFAULT, BufferMemory.ofProcess());
    }

    public InProcessVdi(VdiBehavior behavior, BufferMemory memory) {
        this.behavior = behavior;
        this.memory = memory;
    }

    /// A client's object, without a set yet.
    public ClientVirtualDeviceSet newClientSet() {
        requireLoaded();
        return new ClientSet(this);
    }

    /// A server's object, without a set yet. Its buffers come from this namespace's memory.
    public ServerVirtualDeviceSet newServerSet() {
        return newServerSet(memory);
    }

    /// As above, with buffers from elsewhere.
    public ServerVirtualDeviceSet newServerSet(BufferMemory memory) {
        requireLoaded();
        return new ServerSet(this, memory);
    }

    /// How many sets exist: created, and not yet closed by their client.
    public int setCount() {
        return sets.size();
    }

    /// Stands for unloading the VDI library. Objects of this namespace must not be used afterwards.
    ///
    /// **Errors:** [IllegalStateException] a thread has not returned from ExecuteCompletionAgent; with the native
    /// library it would resume in unloaded code.
    public synchronized void unload() {
        if (agentsRunning > 0) {
            throw new IllegalStateException(String.format(
                    Locale.ROOT,
                    "%d threads have not returned from ExecuteCompletionAgent: join them after Close, then unload",
                    agentsRunning));
        }
        unloaded = true;
    }

    synchronized void agentEntered() {
        requireLoaded();
        agentsRunning++;
    }

    synchronized void agentReturned() {
        agentsRunning--;
    }

    private synchronized void requireLoaded() {
        if (unloaded) {
            throw new IllegalStateException("the VDI library has been unloaded");
        }
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
