package dev.sluice.simulator.vdi;

import dev.sluice.vdi.ClientVirtualDevice;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.Fetched;
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VdError;
import dev.sluice.vdi.VirtualDeviceException;
import dev.sluice.vdi.Whence;
import java.io.EOFException;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A device that a client process has open.
///
/// The client asks for one command at a time. A command becomes available on the server's thread in SendCommand, or
/// on the connection's own thread after a completion. That thread looks whether the client is waiting, and writes
/// the command: no thread sits in GetCommand, and none is handed over to.
///
/// **Threading:** [#run()] is the connection's thread; the other methods come from the server's threads.
final class RemoteDevice {

    private final ClientVirtualDevice device;
    private final Connection connection;
    private final TmpfsMemory memory;
    private final Map<Long, Command> held = new HashMap<>();

    /// The client is in GetCommand.
    private boolean fetching;

    /// The server has closed the device.
    private boolean closing;

    /// Was still queued when the server closed the device.
    private @Nullable Command early;

    /// The client was told that the device is closed.
    private boolean ended;

    RemoteDevice(ClientVirtualDevice device, Connection connection, TmpfsMemory memory) {
        this.device = device;
        this.connection = connection;
        this.memory = memory;
    }

    /// Serves the connection until the client closes it.
    ///
    /// @throws IOException the client broke the protocol
    void run() throws IOException {
        while (true) {
            Frame frame;
            try {
                frame = connection.read();
            } catch (EOFException e) {
                return; // a set that is closed, or a process that died: the control connection knows
            }
            switch (frame.type()) {
                case FETCH -> fetch(frame.code() != 0);
                case CANCEL -> cancel();
                case COMPLETE -> complete(frame);
                default -> throw new BrokenProtocolException("%s on a device's connection".formatted(frame.type()));
            }
        }
    }

    /// The server has queued a command.
    synchronized void look() throws IOException {
        if (ended) {
            return;
        }
        if (fetching && early != null) {
            Command command = early;
            early = null;
            send(command);
            return;
        }
        boolean mayEnd = closing && early == null && held.isEmpty();
        if (!fetching && !mayEnd) {
            return;
        }
        switch (fetch()) {
            case Command command when fetching -> send(command);
            case Command command -> early = command;
            case Fetched.Closed() -> {
                ended = true;
                fetching = false;
                connection.write(Frame.of(Frame.Type.CLOSED));
            }
            case Fetched.Aborted(var _), Fetched.TimedOut() -> {
                // The control connection tells about an abort; nothing otherwise.
            }
        }
    }

    private Fetched fetch() {
        try {
            return device.getCommand(Timeouts.POLL);
        } catch (VirtualDeviceException e) {
            return new Fetched.Aborted("the client's set was closed a moment ago");
        }
    }

    /// The server has closed the device. The client is told without being asked, so that it knows even if this
    /// process ends now; commands that are still to be fetched or completed come first.
    synchronized void closed() throws IOException {
        closing = true;
        look();
    }

    private synchronized void fetch(boolean wait) throws IOException {
        if (fetching) {
            throw new BrokenProtocolException("GetCommand twice at a time on device " + device.name());
        }
        fetching = !ended;
        look();
        if (!wait) {
            cancel();
        }
    }

    private synchronized void cancel() throws IOException {
        if (fetching) {
            fetching = false;
            connection.write(Frame.of(Frame.Type.NOTHING));
        }
    }

    private void send(Command command) throws IOException {
        fetching = false;
        held.put(command.token(), command);
        connection.write(
                switch (command) {
                    case Command.Read(var token, var buffer, var position) ->
                        transfer(token, command.code(), position, buffer.address(), buffer.byteSize());
                    case Command.Write(var token, var buffer, var position) ->
                        transfer(token, command.code(), position, buffer.address(), buffer.byteSize());
                    case Command.SetPosition(var token, var whence, var position) ->
                        control(token, command.code(), number(whence), position);
                    case Command.Media(var token, var _, var size) -> control(token, command.code(), size, 0);
                    case Command.Unknown(var token, var code, var size) -> control(token, code, size, 0);
                    case Command.Flush(var token) -> control(token, command.code(), 0, 0);
                    case Command.Complete(var token) -> control(token, command.code(), 0, 0);
                    case Command.ClearError(var token) -> control(token, command.code(), 0, 0);
                });
    }

    /// VDWhence of the headers.
    private static int number(Whence whence) {
        return switch (whence) {
            case BEGINNING -> 0;
            case CURRENT -> 1;
            case END -> 2;
        };
    }

    private Frame transfer(long token, int code, long position, long address, long size) {
        TmpfsMemory.Chunk chunk = memory.holding(address);
        if (chunk == null) {
            throw new IllegalStateException("a buffer of device %s is in no chunk".formatted(device.name()));
        }
        return new Frame(
                Frame.Type.COMMAND,
                token,
                code,
                (int) size,
                position,
                address - chunk.base(),
                chunk.index(),
                0,
                Frame.Payload.NONE);
    }

    private static Frame control(long token, int code, int size, long position) {
        return new Frame(Frame.Type.COMMAND, token, code, size, position, 0, 0, 0, Frame.Payload.NONE);
    }

    private synchronized void complete(Frame frame) throws IOException {
        Command command = held.remove(frame.token());
        if (command == null) {
            throw new BrokenProtocolException(
                    "completion of a command that device %s did not deliver".formatted(device.name()));
        }
        try {
            device.completeCommand(command, frame.code(), frame.bytes(), frame.position());
        } catch (VirtualDeviceException e) {
            if (e.error() == VdError.INVALID) {
                throw new BrokenProtocolException(String.valueOf(e.getMessage()));
            }
            // The set was aborted, or closed, a moment ago: what the client says does not count any more.
        }
        look(); // a ClearError waits for the client to hold nothing
    }
}
