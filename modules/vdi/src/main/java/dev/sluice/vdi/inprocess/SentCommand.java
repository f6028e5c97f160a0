package dev.sluice.vdi.inprocess;

import dev.sluice.vdi.Command;
import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.ServerCommand;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// A command between SendCommand and its outcome.
///
/// Not a record, because it has identity: two objects with equal fields are two commands.
final class SentCommand {
    final long token;
    final ServerCommand command;
    private final BufferArea.@Nullable Allocation buffer;
    private @Nullable ClientAttachment holder;
    private @Nullable Loan loan;
    private @Nullable Thread fetcher;

    /// @param buffer the shared buffer of a Read or Write
    SentCommand(long token, ServerCommand command, BufferArea.@Nullable Allocation buffer) {
        this.token = token;
        this.command = command;
        this.buffer = buffer;
        if (buffer != null) {
            buffer.inFlight++;
        }
    }

    boolean transfers() {
        return buffer != null;
    }

    boolean clearsError() {
        return command.code() == CommandCode.CLEAR_ERROR.number();
    }

    /// Whether a client has fetched it.
    boolean held() {
        return fetcher != null;
    }

    boolean fetchedByThisThread() {
        return fetcher == Thread.currentThread();
    }

    /// Hands the command to a client, which holds it from here on; returns the client's view of it.
    ///
    /// @param offset where in its chunk the buffer's bytes begin
    Command handTo(ClientAttachment client, long offset) {
        MemorySegment bytes = MemorySegment.NULL;
        if (buffer != null) {
            loan = client.lend(buffer.chunk(), offset, command.size());
            bytes = loan.buffer();
        }
        holder = client;
        fetcher = Thread.currentThread();
        return Command.of(token, command.code(), command.size(), command.inPosition(), bytes);
    }

    BufferArea.@Nullable Allocation buffer() {
        return buffer;
    }

    /// The client gives the buffer back.
    void endLoan() {
        if (holder != null && loan != null) {
            holder.takeBack(loan);
        }
    }

    /// Records the outcome that the completion routine will see. The buffer belongs to the server from here on;
    /// after an abort the client can still read it, because it may be in the middle of doing so.
    void outcome(int code, int bytes, long position) {
        if (buffer != null) {
            buffer.inFlight--;
        }
        command.outcome(code, bytes, position);
    }
}
