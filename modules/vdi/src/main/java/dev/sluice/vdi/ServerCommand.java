package dev.sluice.vdi;

import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/// A command as the server sends it: inputs, the routine to call, and the outputs once it was called.
///
/// **Ownership:** the block belongs to the server for its whole life, also after the set is closed; it may be sent
/// again after its routine was called. The buffer is the client's from SendCommand until then, and must not be
/// touched at all when the outcome is [CompletionCode#ERROR_OPERATION_ABORTED], because it may be unmapped
/// already.
///
/// **Threading:** the outputs are written before the completion routine runs and may be read in it and after it.
///
/// **Source:** `VDS_Command` of Microsoft's headers.
public final class ServerCommand {

    private final int code;
    private final int size;
    private final long inPosition;
    private final MemorySegment buffer;
    private final Consumer<ServerCommand> completionRoutine;

    private int completionCode;
    private int bytesTransferred;
    private long outPosition;

    /// @param size   bytes to move for Read and Write; marks, blocks or whence for some of the others
    /// @param buffer from AllocateBuffer, at least `size` bytes; [MemorySegment#NULL] for commands that move no
    ///               data
    public ServerCommand(
            int code, int size, long inPosition, MemorySegment buffer, Consumer<ServerCommand> completionRoutine) {
        this.code = code;
        this.size = size;
        this.inPosition = inPosition;
        this.buffer = buffer;
        this.completionRoutine = completionRoutine;
    }

    /// A command that moves no data.
    public static ServerCommand control(CommandCode command, Consumer<ServerCommand> completionRoutine) {
        return new ServerCommand(command.number(), 0, 0, MemorySegment.NULL, completionRoutine);
    }

    /// A Read or Write of `size` bytes.
    public static ServerCommand transfer(
            CommandCode command, MemorySegment buffer, int size, Consumer<ServerCommand> completionRoutine) {
        return new ServerCommand(command.number(), size, 0, buffer, completionRoutine);
    }

    public int code() {
        return code;
    }

    public int size() {
        return size;
    }

    public long inPosition() {
        return inPosition;
    }

    public MemorySegment buffer() {
        return buffer;
    }

    /// The Win32 status, see [CompletionCode].
    public int completionCode() {
        return completionCode;
    }

    public int bytesTransferred() {
        return bytesTransferred;
    }

    public long outPosition() {
        return outPosition;
    }

    /// Records the outcome. For the implementation of a set; called once per SendCommand, before [#runCompletion].
    public void outcome(int completionCode, int bytesTransferred, long outPosition) {
        this.completionCode = completionCode;
        this.bytesTransferred = bytesTransferred;
        this.outPosition = outPosition;
    }

    /// Calls the completion routine. For the implementation of a set; never under one of its locks.
    public void runCompletion() {
        completionRoutine.accept(this);
    }
}
