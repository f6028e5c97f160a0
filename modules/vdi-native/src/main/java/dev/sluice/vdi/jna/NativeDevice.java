package dev.sluice.vdi.jna;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import dev.sluice.vdi.ClientVirtualDevice;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.Fetched;
import dev.sluice.vdi.VdError;
import dev.sluice.vdi.VirtualDeviceException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// A device of the native library.
final class NativeDevice implements ClientVirtualDevice {

    private static final Fetched CLOSED = new Fetched.Closed();
    private static final Fetched TIMED_OUT = new Fetched.TimedOut();

    private final OpenDeviceSet openSet;
    private final DeviceCalls calls;
    private final String name;

    /// Receives the address of a command. Used by the one thread that fetches.
    private final Memory fetched = new Memory(Native.POINTER_SIZE);

    private @Nullable Command[] held = new Command[4];
    private volatile boolean ended;

    NativeDevice(OpenDeviceSet openSet, DeviceCalls calls, String name) {
        this.openSet = openSet;
        this.calls = calls;
        this.name = name;
    }

    @Override
    public String name() {
        return name;
    }

    /// Whether GetCommand has returned VD_E_CLOSE.
    boolean ended() {
        return ended;
    }

    @Override
    public Fetched getCommand(Duration timeout) {
        if (!openSet.gate.enter()) {
            if (ended || openSet.isOver()) {
                throw notOpen("GetCommand");
            }
            return new Fetched.Aborted("this process is closing set \"%s\"".formatted(openSet.name));
        }
        try {
            if (ended) {
                throw notOpen("GetCommand");
            }
            int result = NativeDeviceSet.waiting(
                    timeout, openSet.calls.honoursTimeouts(), limit -> calls.getCommand(limit, fetched));
            return switch (VdError.ofCode(result).orElse(null)) {
                case CLOSE -> {
                    ended = true;
                    calls.leaveThread();
                    yield CLOSED;
                }
                case ABORT -> {
                    openSet.abortSeen();
                    calls.leaveThread();
                    yield new Fetched.Aborted(openSet.abortCause());
                }
                case TIMEOUT -> TIMED_OUT;
                case null, default -> {
                    HResults.check(call("GetCommand"), result);
                    yield read(fetched.getLong(0));
                }
            };
        } finally {
            openSet.gate.leave();
        }
    }

    /// Reading at a bad address would end the process; so this checks the address and size that the library gives.
    private Command read(long address) {
        if (address == 0) {
            throw unexpected("the library returned success without a command");
        }
        int code = openSet.intAt(address + Layout.COMMAND_CODE);
        int size = openSet.intAt(address + Layout.COMMAND_SIZE);
        long position = openSet.longAt(address + Layout.COMMAND_POSITION);
        long buffer = openSet.longAt(address + Layout.COMMAND_BUFFER);
        boolean transfers = code == CommandCode.READ.number() || code == CommandCode.WRITE.number();
        if (transfers && (size < 0 || (size > 0 && buffer == 0))) {
            throw unexpected(String.format(
                    Locale.ROOT,
                    "the library returned a command with a transfer of %d bytes at address 0x%x",
                    size,
                    buffer));
        }
        Command command = Command.of(
                address, code, size, position, transfers ? openSet.segment(buffer, size) : MemorySegment.NULL);
        hold(command);
        return command;
    }

    @Override
    public void completeCommand(Command command, int code, int bytes, long position) {
        if (!openSet.gate.enter()) {
            if (ended || openSet.isOver()) {
                throw notOpen("CompleteCommand");
            }
            throw new VirtualDeviceException(VdError.ABORT, call("CompleteCommand"), "the set is being closed");
        }
        try {
            if (ended) {
                throw notOpen("CompleteCommand");
            }
            requirePlausible(command, bytes);
            int result = calls.completeCommand(command.token(), code, bytes, position);
            NativeDeviceSet.noteAbort(openSet, result);
            HResults.check(call("CompleteCommand"), result);
        } finally {
            openSet.gate.leave();
        }
    }

    /// The library identifies a command by its address, and uses addresses again: a second completion of one
    /// command could complete the next one. So this class keeps its own list of outstanding commands.
    private void requirePlausible(Command command, int bytes) {
        long size = switch (command) {
            case Command.Read(var _, var buffer, var _) -> buffer.byteSize();
            case Command.Write(var _, var buffer, var _) -> buffer.byteSize();
            default -> Integer.MAX_VALUE;
        };
        if (bytes < 0 || bytes > size) {
            throw new VirtualDeviceException(
                    VdError.INVALID,
                    call("CompleteCommand"),
                    String.format(Locale.ROOT, "%d bytes reported for a buffer of %d", bytes, size));
        }
        if (!letGo(command)) {
            throw new VirtualDeviceException(
                    VdError.INVALID, call("CompleteCommand"), "the command is not outstanding");
        }
    }

    private synchronized void hold(Command command) {
        for (int i = 0; i < held.length; i++) {
            if (held[i] == null) {
                held[i] = command;
                return;
            }
        }
        int next = held.length;
        held = Arrays.copyOf(held, 2 * next);
        held[next] = command;
    }

    // Compared by identity: two commands at the same address with the same buffer are equal, and the first one's
    // completion must not count for the second.
    @SuppressWarnings("ReferenceEquality")
    private synchronized boolean letGo(Command command) {
        for (int i = 0; i < held.length; i++) {
            if (held[i] == command) {
                held[i] = null;
                return true;
            }
        }
        return false;
    }

    /// The set is about to be closed.
    void release() {
        calls.release();
    }

    private VirtualDeviceException unexpected(String what) {
        return new VirtualDeviceException(VdError.UNEXPECTED, call("GetCommand"), what);
    }

    private VirtualDeviceException notOpen(String method) {
        return new VirtualDeviceException(VdError.PROTOCOL, call(method), "the device is not open");
    }

    private String call(String method) {
        return "%s on device \"%s\"".formatted(method, name);
    }
}
