package dev.sluice.vdi.inprocess;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// One side's mapping of the shared memory. When it has ended, each access through it throws, while the other
/// side's mapping stays usable: this implementation's form of unmapping.
final class Mapping {

    private final Arena arena = Arena.ofShared();

    /// The memory as seen through this mapping.
    MemorySegment of(MemorySegment memory) {
        return MemorySegment.ofAddress(memory.address()).reinterpret(memory.byteSize(), arena, null);
    }

    /// Memory of this mapping's own.
    MemorySegment copyOf(MemorySegment memory) {
        return arena.allocate(memory.byteSize(), BufferMemory.ALIGNMENT).copyFrom(memory);
    }

    /// @param unmapped called once, when the memory is not reachable through this mapping any more
    void end(Runnable unmapped) {
        if (tryEnd()) {
            unmapped.run();
            return;
        }
        // A native call of the caller's (a channel that writes straight out of a buffer) still uses the memory. The
        // caller breaks its contract, but unmapping the memory now would crash the process.
        Thread.ofVirtual().name("vdi-unmap").start(() -> {
            while (!tryEnd()) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
            }
            unmapped.run();
        });
    }

    private boolean tryEnd() {
        try {
            arena.close();
            return true;
        } catch (IllegalStateException stillInUse) {
            return false;
        }
    }
}
