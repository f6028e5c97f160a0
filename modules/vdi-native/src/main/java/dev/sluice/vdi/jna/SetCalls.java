package dev.sluice.vdi.jna;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// The calls of one native device set, in either binary interface. Each returns what the library returned.
///
/// **Ownership:** pointers that are given stay valid for the life of the set; that is the caller's duty.
interface SetCalls {

    /// The string as the interface wants it, zero-terminated.
    Memory text(String text);

    /// @param instance null for the default one
    int create(@Nullable Memory instance, Memory name, Memory config);

    int getConfiguration(Wait wait, Memory config);

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

    /// Whether a time-out that is neither none nor for ever means what it says.
    boolean honoursTimeouts();

    /// How long a call may wait.
    ///
    /// @param millis -1 for ever, 0 to look only
    record Wait(long millis) {
        static final Wait FOR_EVER = new Wait(-1);
        static final Wait LOOK = new Wait(0);

        static Wait of(Duration timeout) {
            return new Wait(Integer.toUnsignedLong(Layout.unsignedMillis(timeout)));
        }
    }
}
