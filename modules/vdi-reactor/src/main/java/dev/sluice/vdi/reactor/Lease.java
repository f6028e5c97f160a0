package dev.sluice.vdi.reactor;

import dev.sluice.vdi.Command;
import dev.sluice.vdi.CompletionCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;

/// A command on loan from SQL Server.
///
/// **Ownership:** the subscriber answers every lease that it receives, also after a failure. [#data()] is usable
/// until the lease ends: when it was answered and `onNext` has returned, or when the set is aborted.
///
/// **Threading:** only the device's thread, which runs `onNext`, may use [#data()]; use on another thread, and use
/// after the lease's end, throw. [#answer] may be called on any thread and more than once; only the first call
/// counts.
///
/// **Source:** `VDC_Command` and `CompleteCommand` of Microsoft's headers.
public final class Lease {

    private static final long UNANSWERED = -1;
    private static final VarHandle ANSWER;

    static {
        try {
            ANSWER = MethodHandles.lookup().findVarHandle(Lease.class, "answer", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Command command;
    private final MemorySegment data;
    private final Thread deviceThread;

    /// Code and bytes in one word, so that the first answer wins whole.
    private volatile long answer = UNANSWERED;

    private Lease(Command command, MemorySegment data, Thread deviceThread) {
        this.command = command;
        this.data = data;
        this.deviceThread = deviceThread;
    }

    /// A lease that lends the command's buffer for as long as `lifetime` is open, or has none to lend.
    static Lease of(Command command, Arena lifetime) {
        MemorySegment data = switch (command) {
            case Command.Write write -> write.buffer().reinterpret(lifetime, null);
            case Command.Read read -> read.buffer().reinterpret(lifetime, null);
            case Command.Flush _,
                    Command.Complete _,
                    Command.ClearError _,
                    Command.SetPosition _,
                    Command.Media _,
                    Command.Unknown _ -> MemorySegment.NULL;
        };
        return new Lease(command, data, Thread.currentThread());
    }

    public Command command() {
        return command;
    }

    /// The shared buffer itself, not a copy. Empty for a command that moves no data.
    public MemorySegment data() {
        return data;
    }

    /// Answers a command that moved no data, or that failed.
    ///
    /// @param code a Win32 status, see [CompletionCode]
    public void answer(int code) {
        answer(code, 0);
    }

    /// Answers the command.
    ///
    /// @param code  a Win32 status, see [CompletionCode]
    /// @param bytes bytes moved
    public void answer(int code, int bytes) {
        if (bytes < 0 || bytes > data.byteSize()) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT, "%d bytes cannot have moved through a buffer of %d", bytes, data.byteSize()));
        }
        long word = ((long) code << 32 | bytes) & Long.MAX_VALUE;
        if (ANSWER.compareAndSet(this, UNANSWERED, word) && Thread.currentThread() != deviceThread) {
            LockSupport.unpark(deviceThread);
        }
    }

    boolean answered() {
        return answer != UNANSWERED;
    }

    int code() {
        return (int) (answer >>> 32);
    }

    int bytes() {
        return (int) answer;
    }

    @Override
    public String toString() {
        return answered()
                ? "Lease[%s, answered %s]".formatted(command, CompletionCode.describe(code()))
                : "Lease[%s]".formatted(command);
    }
}
