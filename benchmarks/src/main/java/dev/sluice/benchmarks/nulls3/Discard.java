package dev.sluice.benchmarks.nulls3;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Method;
import java.nio.channels.SocketChannel;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Drops bytes of a TCP connection inside the kernel: Linux' `recv` with `MSG_TRUNC` consumes them without copying
/// them out, which takes the server's share of a benchmark's processor time down to the protocol's own.
///
/// Needs `--add-opens java.base/sun.nio.ch=ALL-UNNAMED`, for the number of the socket. Without it, and elsewhere
/// than on Linux, bytes are read and dropped.
final class Discard {
    private static final int MSG_TRUNC = 0x20;
    private static final int MSG_WAITALL = 0x100;
    private static final long AT_ONCE = 4 << 20;

    private final MethodHandle recv;
    private final Method number;

    private Discard(MethodHandle recv, Method number) {
        this.recv = recv;
        this.number = number;
    }

    /// Null where it cannot be done.
    static @Nullable Discard inKernel() {
        if (!System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux")) {
            return null;
        }
        try {
            Method number = Class.forName("sun.nio.ch.SocketChannelImpl").getDeclaredMethod("getFDVal");
            number.setAccessible(true);
            Linker linker = Linker.nativeLinker();
            MethodHandle recv = linker.downcallHandle(
                    linker.defaultLookup().findOrThrow("recv"),
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_INT,
                            ValueLayout.ADDRESS,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_INT));
            return new Discard(recv, number);
        } catch (ReflectiveOperationException | InaccessibleObjectException e) {
            return null;
        }
    }

    void drop(SocketChannel channel, long bytes) throws IOException {
        try {
            int socket = (int) number.invoke(channel);
            for (long left = bytes; left > 0; ) {
                long count = (long)
                        recv.invokeExact(socket, MemorySegment.NULL, Math.min(left, AT_ONCE), MSG_TRUNC | MSG_WAITALL);
                if (count <= 0) {
                    throw new EOFException("the client has gone");
                }
                left -= count;
            }
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
