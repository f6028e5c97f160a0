package dev.sluice.vdi.jna;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// The calls of one native device set, in either binary interface. Each returns what the library returned.
///
/// **Ownership:** the caller keeps the memory that it passes valid until the set is closed.
interface SetCalls {

    /// The string in the interface's encoding, zero-terminated.
    Memory text(String text);

    /// @param instance null for the default one
    int create(@Nullable Memory instance, Memory name, Memory config);

    int getConfiguration(Timeout timeout, Memory config);

    /// @param device receives the device's pointer
    int openDevice(Memory name, Memory device);

    DeviceCalls device(Pointer device);

    int signalAbort();

    int close();

    int openInSecondary(@Nullable Memory instance, Memory name);

    /// @param handle receives the number
    int getBufferHandle(long buffer, Memory handle);

    /// @param buffer receives the address
    int mapBufferHandle(int handle, Memory buffer);

    /// Frees the object itself. Once, after Close, with no thread inside.
    void release();

    /// Whether the library keeps a time-out that is neither zero nor infinite.
    boolean honoursTimeouts();

    /// How long a call may wait.
    ///
    /// @param millis -1 for ever, 0 to poll
    record Timeout(long millis) {
        static final Timeout INFINITE = new Timeout(-1);
        static final Timeout POLL = new Timeout(0);

        static Timeout of(Duration timeout) {
            return new Timeout(Integer.toUnsignedLong(Layout.unsignedMillis(timeout)));
        }
    }
}
