package dev.sluice.vdi.jna;

import com.sun.jna.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// One life of a native set, from Create to Close: the native object, and every piece of memory that the library
/// may look at meanwhile.
///
/// **Ownership:** a life is kept reachable until its Close succeeded, whatever its owner forgets: memory that the
/// garbage collector frees under the library is a crash.
final class Life {

    private static final Set<Life> LIVING = ConcurrentHashMap.newKeySet();

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

    /// All memory there is, as far as the set's arena lives: a buffer is a slice of it, which costs one object.
    private final MemorySegment everything = MemorySegment.NULL.reinterpret(Long.MAX_VALUE, arena, null);

    private volatile boolean over;
    private volatile boolean aborted;
    private volatile boolean abortedByUs;

    Life(SetCalls calls, @Nullable String instance, String name, Memory config) {
        this.calls = calls;
        this.name = name;
        this.nativeName = calls.text(name);
        this.nativeInstance = instance == null || instance.isEmpty() ? null : calls.text(instance);
        this.config = config;
    }

    int create() {
        LIVING.add(this);
        return calls.create(nativeInstance, nativeName, config);
    }

    int openInSecondary() {
        LIVING.add(this);
        return calls.openInSecondary(nativeInstance, nativeName);
    }

    /// The call that would have begun this life failed, or Close has succeeded: the library looks at nothing any
    /// more.
    void over() {
        over = true;
        calls.release();
        LIVING.remove(this);
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

    /// Every segment throws from here on.
    ///
    /// @return false when one of them is in use by an I/O operation just now
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
                : "VDI answered VD_E_ABORT on set \"%s\": SQL Server aborted it, or is gone".formatted(name);
    }
}
