package dev.sluice.vdi.jna;

import com.sun.jna.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// One native device set from Create to Close: the native object, and all memory that the library may access in
/// this time.
///
/// **Ownership:** this class keeps each open set reachable until its Close has succeeded, also when its owner drops
/// it: the process would crash if the garbage collector freed memory that the library still uses.
final class OpenDeviceSet {

    private static final Set<OpenDeviceSet> OPEN_SETS = ConcurrentHashMap.newKeySet();

    final SetCalls calls;
    final String name;
    final CallGate gate = new CallGate();
    final List<NativeDevice> devices = new ArrayList<>();

    /// Guarded by itself: the library fills it in.
    final Memory config;

    private final Memory nativeName;
    private final @Nullable Memory nativeInstance;
    private final List<Memory> deviceNames = new ArrayList<>();
    private final Arena arena = Arena.ofShared();

    /// The whole address space, as long as the set's arena is open: a buffer is a slice of it, which costs one
    /// object.
    private final MemorySegment everything = MemorySegment.NULL.reinterpret(Long.MAX_VALUE, arena, null);

    private volatile boolean over;
    private volatile boolean aborted;
    private volatile boolean abortedByUs;

    OpenDeviceSet(SetCalls calls, @Nullable String instance, String name, Memory config) {
        this.calls = calls;
        this.name = name;
        this.nativeName = calls.text(name);
        this.nativeInstance = instance == null || instance.isEmpty() ? null : calls.text(instance);
        this.config = config;
    }

    int create() {
        OPEN_SETS.add(this);
        return calls.create(nativeInstance, nativeName, config);
    }

    int openInSecondary() {
        OPEN_SETS.add(this);
        return calls.openInSecondary(nativeInstance, nativeName);
    }

    /// Create or OpenInSecondary has failed, or Close has succeeded: the library accesses none of the memory any
    /// more.
    void over() {
        over = true;
        calls.release();
        OPEN_SETS.remove(this);
    }

    boolean isOver() {
        return over;
    }

    Memory deviceName(String deviceName) {
        Memory text = calls.text(deviceName);
        synchronized (deviceNames) {
            deviceNames.add(text);
        }
        return text;
    }

    MemorySegment segment(long address, long bytes) {
        return everything.asSlice(address, bytes);
    }

    int intAt(long address) {
        return everything.get(java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED, address);
    }

    long longAt(long address) {
        return everything.get(java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED, address);
    }

    /// Ends all segments: each access to one throws from here on.
    ///
    /// @return false when an I/O operation is using one of them
    boolean endSegments() {
        if (!arena.scope().isAlive()) {
            return true;
        }
        try {
            arena.close();
            return true;
        } catch (IllegalStateException e) {
            return false;
        }
    }

    boolean aborted() {
        return aborted;
    }

    void abortSeen() {
        aborted = true;
    }

    void abortSignalled() {
        abortedByUs = true;
        aborted = true;
    }

    String abortCause() {
        return abortedByUs
                ? "this process aborted set \"%s\"".formatted(name)
                : "VDI answered VD_E_ABORT on set \"%s\": SQL Server aborted it, or has ended".formatted(name);
    }
}
