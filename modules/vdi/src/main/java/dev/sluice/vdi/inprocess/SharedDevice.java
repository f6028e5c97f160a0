package dev.sluice.vdi.inprocess;

import dev.sluice.vdi.Command;
import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.CompletionCode;
import dev.sluice.vdi.Fetched;
import dev.sluice.vdi.SendStatus;
import dev.sluice.vdi.ServerCommand;
import dev.sluice.vdi.VdError;
import dev.sluice.vdi.VirtualDeviceException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.Condition;
import org.jspecify.annotations.Nullable;

/// One device: its queue of commands on the way to the client, the commands that the client holds, and the error
/// protocol.
///
/// The error protocol (specification, Command Error Handling): a command completed with an error puts the device
/// into IO_ERROR; VDI itself completes the queued commands with ERROR_IO_DEVICE; the client keeps the commands that
/// it holds; every SendCommand but ClearError is refused; ClearError reaches the client when it holds no command
/// any more, and its success makes the device active again.
///
/// **Threading:** everything under the set's lock.
final class SharedDevice {

    /// How far each side has come with the device.
    private enum Side {
        UNOPENED,
        OPEN,
        CLOSED
    }

    private static final Fetched CLOSED = new Fetched.Closed();
    private static final Fetched TIMED_OUT = new Fetched.TimedOut();

    private final SharedSet set;
    private final String name;
    private final Condition changed;
    private final ArrayDeque<SentCommand> queued = new ArrayDeque<>();
    private final List<SentCommand> held = new ArrayList<>();

    private Side server = Side.UNOPENED;
    private Side client = Side.UNOPENED;
    private boolean ioError;
    private @Nullable ClientAttachment attachment;

    SharedDevice(SharedSet set, String name) {
        this.set = set;
        this.name = name;
        this.changed = set.lock.newCondition();
    }

    String name() {
        return name;
    }

    boolean openedByServer() {
        return server != Side.UNOPENED;
    }

    boolean openAtServer() {
        return server == Side.OPEN;
    }

    boolean closedByServer() {
        return server == Side.CLOSED;
    }

    boolean openedByClient() {
        return client != Side.UNOPENED;
    }

    boolean openAtClient() {
        return client == Side.OPEN;
    }

    boolean closeSeenByClient() {
        return client == Side.CLOSED;
    }

    // The server's calls.

    void serverOpen() {
        server = Side.OPEN;
    }

    /// Queues the command, or returns the reason for refusing it; then the caller runs the completion routine,
    /// without the lock.
    SendStatus send(ServerCommand command) {
        SendStatus refusal = refusal(command);
        if (refusal != null) {
            command.outcome(refusal.completionCode(), 0, 0);
            return refusal;
        }
        BufferArea.Allocation buffer = bufferOf(command);
        queued.add(new SentCommand(set.sent(), command, buffer));
        changed.signalAll();
        return SendStatus.QUEUED;
    }

    private @Nullable SendStatus refusal(ServerCommand command) {
        if (set.closedByServer()) {
            return SendStatus.PROTOCOL;
        }
        if (set.aborted()) {
            return SendStatus.ABORT;
        }
        if (server != Side.OPEN) {
            return SendStatus.PROTOCOL;
        }
        if (ioError && command.code() != CommandCode.CLEAR_ERROR.number()) {
            return SendStatus.IO_ERROR;
        }
        return queued.size() >= set.behavior.queueDepth() ? SendStatus.QUEUE_FULL : null;
    }

    private BufferArea.@Nullable Allocation bufferOf(ServerCommand command) {
        CommandCode code = CommandCode.ofNumber(command.code());
        if (code == null || !code.transfers()) {
            return null;
        }
        BufferArea.Allocation buffer = set.area().find(command.buffer());
        if (buffer == null
                || command.size() < 0
                || command.size() > command.buffer().byteSize()) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT,
                    "%s of %d bytes on device %s: the buffer is not one that AllocateBuffer of this set returned, or is smaller",
                    code,
                    command.size(),
                    name));
        }
        return buffer;
    }

    void serverClose() {
        if (server == Side.UNOPENED) {
            throw new VirtualDeviceException(VdError.PROTOCOL, call("CloseDevice"), "the device was never opened");
        }
        if (server == Side.CLOSED) {
            throw new VirtualDeviceException(VdError.CLOSE, call("CloseDevice"), "the device is closed already");
        }
        if (set.behavior.is(Answer.CloseDeviceWithCommands.FAILS) && !(queued.isEmpty() && held.isEmpty())) {
            throw new IllegalStateException(String.format(
                    Locale.ROOT, "%s with %d commands outstanding", call("CloseDevice"), queued.size() + held.size()));
        }
        server = Side.CLOSED;
        changed.signalAll();
    }

    // The client's calls.

    void clientOpen(ClientAttachment by) {
        attachment = by;
        client = Side.OPEN;
    }

    /// The client has closed the set: its device object is invalid from here on.
    void clientGone() {
        client = Side.CLOSED;
        changed.signalAll();
    }

    Fetched getCommand(Duration timeout) {
        try (TimedWait wait = TimedWait.upTo(timeout)) {
            while (true) {
                if (set.aborted()) {
                    return new Fetched.Aborted(set.abortCause());
                }
                if (client == Side.CLOSED && set.behavior.is(Answer.ClosedDevice.STAYS_POLITE)) {
                    return CLOSED;
                }
                requireOpen("GetCommand");
                SentCommand head = queued.peek();
                if (head == null && server == Side.CLOSED) {
                    client = Side.CLOSED;
                    changed.signalAll();
                    return CLOSED;
                }
                if (head != null && deliverable(head)) {
                    return deliver(queued.remove());
                }
                if (!wait.on(changed)) {
                    return TIMED_OUT;
                }
            }
        }
    }

    /// ClearError waits until the client has completed the commands that it held when the error came.
    private boolean deliverable(SentCommand head) {
        return !(ioError && head.clearsError() && !held.isEmpty());
    }

    private Command deliver(SentCommand sent) {
        if (attachment == null) {
            throw new IllegalStateException(
                    "%s found no client to deliver the command to".formatted(call("GetCommand")));
        }
        BufferArea.Allocation buffer = sent.buffer();
        long offset = buffer == null
                ? 0
                : sent.command.buffer().address()
                        - set.area().chunk(buffer.chunk()).serverView.address();
        Command command = sent.handTo(attachment, offset);
        held.add(sent);
        set.fetched();
        return command;
    }

    void completeCommand(long token, int code, int bytes, long position) {
        if (set.aborted()) {
            throw new VirtualDeviceException(VdError.ABORT, call("CompleteCommand"), set.abortCause());
        }
        if (!(client == Side.CLOSED && set.behavior.is(Answer.ClosedDevice.STAYS_POLITE))) {
            requireOpen("CompleteCommand");
        }
        SentCommand sent = findHeld(token);
        if (sent == null) {
            throw new VirtualDeviceException(
                    VdError.INVALID, call("CompleteCommand"), "the command is not outstanding");
        }
        checkCompletion(sent, code, bytes);
        held.remove(sent);
        sent.endLoan();
        settle(sent, code, bytes, position);
        if (sent.clearsError() && code == CompletionCode.ERROR_SUCCESS) {
            ioError = false;
        } else if (!ioError && entersIoError(code)) {
            ioError = true;
            settleAll(queued, CompletionCode.ERROR_IO_DEVICE);
        }
        // A ClearError may have waited for the client to hold nothing.
        changed.signalAll();
    }

    private void checkCompletion(SentCommand sent, int code, int bytes) {
        VdiBehavior behavior = set.behavior;
        if (sent.transfers()) {
            int size = sent.command.size();
            boolean tooMany = (bytes < 0 || bytes > size) && behavior.is(Answer.TooManyBytes.INVALID);
            boolean tooFew =
                    code == CompletionCode.ERROR_SUCCESS && bytes < size && behavior.is(Answer.ShortTransfer.INVALID);
            if (tooMany || tooFew) {
                throw new VirtualDeviceException(
                        VdError.INVALID,
                        call("CompleteCommand"),
                        String.format(Locale.ROOT, "%d bytes reported for a buffer of %d", bytes, size));
            }
        }
        if (behavior.is(Answer.CompletionOrder.AS_FETCHED) && held.getFirst() != sent) {
            throw new VirtualDeviceException(
                    VdError.PROTOCOL, call("CompleteCommand"), "a command that was fetched earlier is outstanding");
        }
        if (behavior.is(Answer.CompletionThread.THE_FETCHING_ONE) && !sent.fetchedByThisThread()) {
            throw new VirtualDeviceException(
                    VdError.PROTOCOL, call("CompleteCommand"), "another thread fetched the command");
        }
    }

    private boolean entersIoError(int code) {
        return switch (code) {
            case CompletionCode.ERROR_SUCCESS -> false;
            case CompletionCode.ERROR_HANDLE_EOF,
                    CompletionCode.ERROR_NO_DATA_DETECTED,
                    CompletionCode.ERROR_FILEMARK_DETECTED,
                    CompletionCode.ERROR_END_OF_MEDIA -> set.behavior.is(Answer.ErrorState.BY_EVERY_ERROR);
            default -> true;
        };
    }

    private @Nullable SentCommand findHeld(long token) {
        for (SentCommand sent : held) {
            if (sent.token == token) {
                return sent;
            }
        }
        return null;
    }

    // Both sides' ends.

    /// Settles every command that is not settled yet, and wakes every waiting thread.
    void abort() {
        settleAll(queued, CompletionCode.ERROR_OPERATION_ABORTED);
        settleAll(held, CompletionCode.ERROR_OPERATION_ABORTED);
        changed.signalAll();
    }

    private void settleAll(Collection<SentCommand> commands, int code) {
        commands.forEach(sent -> settle(sent, code, 0, 0));
        commands.clear();
    }

    private void settle(SentCommand sent, int code, int bytes, long position) {
        sent.outcome(code, bytes, position);
        set.settled(sent);
    }

    private void requireOpen(String call) {
        if (client != Side.OPEN) {
            throw new VirtualDeviceException(VdError.PROTOCOL, call(call), "the device is not open");
        }
    }

    private String call(String method) {
        return "%s on device \"%s\"".formatted(method, name);
    }
}
