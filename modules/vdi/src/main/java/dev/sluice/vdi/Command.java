package dev.sluice.vdi;

import java.lang.foreign.MemorySegment;

/// A command from SQL Server, as the client sees it.
///
/// **Ownership:** the client owns the command's buffer from GetCommand until CompleteCommand, and must not touch it
/// before or after. The client completes every command that it fetched, also after a failure, unless the set is
/// aborted.
///
/// **Source:** `VDC_Command` of Microsoft's headers; the specification's Command Inputs say which fields each
/// command uses.
public sealed interface Command extends Fetched {

    /// CompleteCommand identifies the command by this token, which is unique among the set's outstanding commands.
    /// (In the native interface it is the address of the `VDC_Command`.)
    long token();

    /// The command's number in Microsoft's headers, or SQL Server's own number where no header names it.
    int code();

    /// Fill [#buffer()] with the next bytes of the stripe.
    ///
    /// @param position byte position; meaningful with [Feature#RANDOM_ACCESS] only
    record Read(long token, MemorySegment buffer, long position) implements Command {
        @Override
        public int code() {
            return CommandCode.READ.number();
        }
    }

    /// Take the bytes of [#buffer()]. Completing it is a receipt; [Flush] asks for durability.
    ///
    /// @param position byte position; meaningful with [Feature#RANDOM_ACCESS] only
    record Write(long token, MemorySegment buffer, long position) implements Command {
        @Override
        public int code() {
            return CommandCode.WRITE.number();
        }
    }

    /// Everything received on this device so far must be durable before this is completed.
    record Flush(long token) implements Command {
        @Override
        public int code() {
            return CommandCode.FLUSH.number();
        }
    }

    /// SQL Server has sent everything and waits for the client to finish the backup. Only with
    /// [Feature#COMPLETE_ENABLED].
    record Complete(long token) implements Command {
        @Override
        public int code() {
            return CommandCode.COMPLETE.number();
        }
    }

    /// When the client completes this with success, the device leaves its error state.
    record ClearError(long token) implements Command {
        @Override
        public int code() {
            return CommandCode.CLEAR_ERROR.number();
        }
    }

    /// VDC_SetPosition.
    record SetPosition(long token, Whence whence, long position) implements Command {
        @Override
        public int code() {
            return CommandCode.SET_POSITION.number();
        }
    }

    /// A command without a buffer that is meant for tapes, disks or snapshot backups. A pipe-like client answers
    /// it with [CompletionCode#ERROR_NOT_SUPPORTED].
    ///
    /// @param command which one
    /// @param size    marks or blocks to skip, or the volume to load; 0 otherwise
    record Media(long token, CommandCode command, int size) implements Command {
        @Override
        public int code() {
            return command.number();
        }
    }

    /// A command whose number no header names. The client answers it with [CompletionCode#ERROR_NOT_SUPPORTED].
    record Unknown(long token, int code, int size) implements Command {}

    /// The command with these fields of a `VDC_Command`.
    ///
    /// @param buffer [MemorySegment#NULL] for a command that moves no data
    static Command of(long token, int code, int size, long position, MemorySegment buffer) {
        CommandCode command = CommandCode.ofNumber(code);
        return switch (command) {
            case null -> new Unknown(token, code, size);
            case READ -> new Read(token, buffer, position);
            case WRITE -> new Write(token, buffer, position);
            case FLUSH -> new Flush(token);
            case COMPLETE -> new Complete(token);
            case CLEAR_ERROR -> new ClearError(token);
            case SET_POSITION -> {
                Whence whence = Whence.ofNumber(size);
                yield whence == null ? new Unknown(token, code, size) : new SetPosition(token, whence, position);
            }
            case REWIND,
                    WRITE_MARK,
                    SKIP_MARKS,
                    SKIP_BLOCKS,
                    LOAD,
                    GET_POSITION,
                    DISCARD,
                    SNAPSHOT,
                    MOUNT_SNAPSHOT,
                    PREPARE_TO_FREEZE,
                    FILE_INFO_BEGIN,
                    FILE_INFO_END,
                    GET_ERROR -> new Media(token, command, size);
        };
    }
}
