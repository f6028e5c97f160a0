package dev.sluice.vdi.inprocess;

import dev.sluice.vdi.Command;
import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.CompletionCode;
import dev.sluice.vdi.Fetched;
import dev.sluice.vdi.SendStatus;
import dev.sluice.vdi.ServerCommand;
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VdError;
import dev.sluice.vdi.VirtualDeviceException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import org.jspecify.annotations.Nullable;

/// One device: its queue of commands on the way to the client, the commands that the client holds, and the error
/// protocol.
///
/// The error protocol (specification, Command Error Handling): a command completed with an error puts the device
/// into IO_ERROR; what is queued is completed by VDI itself with ERROR_IO_DEVICE; what the client holds stays the
/// client's; every SendCommand but ClearError is refused; ClearError reaches the client when it holds nothing any
/// more, and its success makes the device active again.
///
/// **Threading:** everything under the set's lock.
final class SharedDevice {

    /// The server's view.
    private enum State {
        UNOPENED,
        ACTIVE,
        IO_ERROR,
        CLOSED
    }

    /// The client's view.
    private enum End {
        UNOPENED,
        OPEN,
        CLOSED
    }

    private static final Fetched CLOSED = new Fetched.Closed();
    private static final Fetched TIMED_OUT = new Fetched.TimedOut();

    private final SharedSet set;
    private final String name;
    private final Condition changed;
    private final ArrayDeque<Sent> queued = new ArrayDeque<>();
    private final List<Sent> delivered = new ArrayList<>();

    private State state = State.UNOPENED;
    private End end = End.UNOPENED;
    private @Nullable Attachment client;

    SharedDevice(SharedSet set, String name) {
        this.set = set;
        this.name = name;
        this.changed = set.lock.newCondition();
    }

    String name() {
        return name;
    }

    boolean openedByServer() {
        return state != State.UNOPENED;
    }

    boolean openedByClient() {
        return end != End.UNOPENED;
    }

    boolean openAtServer() {
        return state == State.ACTIVE || state == State.IO_ERROR;
    }

    boolean openAtClient() {
        return end == End.OPEN;
    }

    boolean closedByServer() {
        return state == State.CLOSED;
    }

    boolean closeSeenByClient() {
        return end == End.CLOSED;
    }

    int outstanding() {
        return queued.size() + delivered.size();
    }

    // The server's calls.

    void serverOpen() {
        state = State.ACTIVE;
    }

    /// Queues the command, or says why not; then the caller runs the completion routine, without the lock.
    SendStatus send(ServerCommand command) {
        SendStatus refusal = refusal(command);
        if (refusal != null) {
            command.outcome(refusal.completionCode(), 0, 0);
            return refusal;
        }
        BufferArea.Allocation buffer = bufferOf(command);
        if (buffer != null) {
            buffer.inFlight++;
        }
        boolean first = !set.outstanding();
        queued.add(new Sent(set.nextToken(), command, buffer));
        set.agent.sent(first);
        changed.signal();
        return SendStatus.QUEUED;
    }

    private @Nullable SendStatus refusal(ServerCommand command) {
        if (set.aborted()) {
            return SendStatus.ABORT;
        }
        if (!openAtServer()) {
            return SendStatus.PROTOCOL;
        }
        if (state == State.IO_ERROR && command.code() != CommandCode.CLEAR_ERROR.number()) {
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
            throw new IllegalArgumentException(
                    "%s of %d bytes on device %s: the buffer is not one that AllocateBuffer of this set returned, or is smaller"
                            .formatted(code, command.size(), name));
        }
        return buffer;
    }

    void serverClose() {
        if (state == State.CLOSED) {
            throw new VirtualDeviceException(VdError.CLOSE, "CloseDevice(\"%s\")".formatted(name));
        }
        state = State.CLOSED;
        changed.signalAll();
    }

    // The client's calls.

    void clientOpen(Attachment client) {
        this.client = client;
        end = End.OPEN;
    }

    /// The set is closed by the client: the device interface is invalid from here on.
    void clientGone() {
        if (end == End.OPEN) {
            end = End.CLOSED;
        }
        changed.signalAll();
    }

    Fetched getCommand(Duration timeout) {
        requireOpen("GetCommand");
        long deadline = deadline(timeout);
        while (true) {
            if (set.aborted()) {
                return new Fetched.Aborted(set.abortCause());
            }
            Sent head = queued.peek();
            if (head != null && (!head.clearsError() || delivered.isEmpty())) {
                return deliver(queued.remove());
            }
            if (head == null && state == State.CLOSED) {
                end = End.CLOSED;
                return CLOSED;
            }
            if (!await(timeout, deadline)) {
                return TIMED_OUT;
            }
        }
    }

    private Command deliver(Sent sent) {
        delivered.add(sent);
        ServerCommand command = sent.command;
        MemorySegment buffer = sent.buffer == null
                ? MemorySegment.NULL
                : attached()
                        .view(sent.buffer.chunk.index)
                        .asSlice(command.buffer().address() - sent.buffer.chunk.serverView.address(), command.size());
        return Command.of(sent.token, command.code(), command.size(), command.inPosition(), buffer);
    }

    private static long deadline(Duration timeout) {
        // The common wait has no limit, and costs no arithmetic.
        if (timeout.equals(Timeouts.INFINITE)) {
            return Long.MAX_VALUE;
        }
        long nanos = Timeouts.nanos(timeout);
        return nanos == Long.MAX_VALUE ? Long.MAX_VALUE : System.nanoTime() + nanos;
    }

    /// False when the time is over.
    @SuppressWarnings("WaitNotInLoop") // the loop is in getCommand
    private boolean await(Duration timeout, long deadline) {
        if (deadline == Long.MAX_VALUE) {
            changed.awaitUninterruptibly();
            return true;
        }
        long left = timeout.isZero() ? 0 : deadline - System.nanoTime();
        if (left <= 0) {
            return false;
        }
        try {
            changed.await(left, TimeUnit.NANOSECONDS);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    void completeCommand(long token, int code, int bytes, long position) {
        requireOpen("CompleteCommand");
        if (set.aborted()) {
            throw new VirtualDeviceException(VdError.ABORT, call("CompleteCommand"), set.abortCause());
        }
        Sent sent = findDelivered(token);
        if (sent == null) {
            throw new VirtualDeviceException(
                    VdError.INVALID, call("CompleteCommand"), "the command is not outstanding");
        }
        if (bytes < 0 || (sent.buffer != null && bytes > sent.command.size())) {
            throw new VirtualDeviceException(
                    VdError.INVALID,
                    call("CompleteCommand"),
                    "%d bytes reported for a buffer of %d".formatted(bytes, sent.command.size()));
        }
        delivered.remove(sent);
        settle(sent, code, bytes, position);
        if (sent.clearsError() && code == CompletionCode.ERROR_SUCCESS) {
            if (state == State.IO_ERROR) {
                state = State.ACTIVE;
            }
        } else if (entersIoError(code) && state == State.ACTIVE) {
            state = State.IO_ERROR;
            settleAll(queued, CompletionCode.ERROR_IO_DEVICE);
        }
        // A ClearError may have waited for the client to hold nothing.
        changed.signal();
    }

    private boolean entersIoError(int code) {
        return switch (code) {
            case CompletionCode.ERROR_SUCCESS -> false;
            case CompletionCode.ERROR_HANDLE_EOF,
                    CompletionCode.ERROR_NO_DATA_DETECTED,
                    CompletionCode.ERROR_FILEMARK_DETECTED,
                    CompletionCode.ERROR_END_OF_MEDIA -> set.behavior.everyErrorCodeEntersIoError();
            default -> true;
        };
    }

    private @Nullable Sent findDelivered(long token) {
        for (Sent sent : delivered) {
            if (sent.token == token) {
                return sent;
            }
        }
        return null;
    }

    // Both sides' ends.

    /// Every command that is not settled ends here, and everybody who waits looks again.
    void abort() {
        settleAll(queued, CompletionCode.ERROR_OPERATION_ABORTED);
        settleAll(delivered, CompletionCode.ERROR_OPERATION_ABORTED);
        changed.signalAll();
    }

    private void settleAll(Iterable<Sent> commands, int code) {
        for (var all = commands.iterator(); all.hasNext(); ) {
            Sent sent = all.next();
            all.remove();
            settle(sent, code, 0, 0);
        }
    }

    private void settle(Sent sent, int code, int bytes, long position) {
        if (sent.buffer != null) {
            sent.buffer.inFlight--;
        }
        sent.command.outcome(code, bytes, position);
        set.agent.settle(sent.command);
    }

    private void requireOpen(String call) {
        if (end != End.OPEN) {
            throw new VirtualDeviceException(VdError.PROTOCOL, call(call), "the device is not open");
        }
    }

    private Attachment attached() {
        if (client == null) {
            throw new IllegalStateException("device %s delivers to nobody".formatted(name));
        }
        return client;
    }

    private String call(String method) {
        return "%s on device \"%s\"".formatted(method, name);
    }

    /// A command between SendCommand and its outcome.
    ///
    /// Not a record: two of them are the same only if they are one.
    private static final class Sent {
        final long token;
        final ServerCommand command;
        final BufferArea.@Nullable Allocation buffer;

        Sent(long token, ServerCommand command, BufferArea.@Nullable Allocation buffer) {
            this.token = token;
            this.command = command;
            this.buffer = buffer;
        }

        boolean clearsError() {
            return command.code() == CommandCode.CLEAR_ERROR.number();
        }
    }
}
