package dev.sluice.vdi.inprocess;

import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.SendStatus;
import dev.sluice.vdi.ServerCommand;
import dev.sluice.vdi.ServerVirtualDevice;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A server's command that records every call of its completion routine.
final class RecordedCommand {

    /// The outcome that one call of the completion routine saw, and its thread.
    record Outcome(int code, int bytes, long position, Thread thread) {}

    final ServerCommand command;
    private final List<Outcome> outcomes = new CopyOnWriteArrayList<>();
    private final CountDownLatch called = new CountDownLatch(1);
    private @Nullable SendStatus status;

    RecordedCommand(int code, int size, long position, MemorySegment buffer, Consumer<ServerCommand> routine) {
        command = new ServerCommand(code, size, position, buffer, done -> {
            outcomes.add(new Outcome(
                    done.completionCode(), done.bytesTransferred(), done.outPosition(), Thread.currentThread()));
            called.countDown();
            routine.accept(done);
        });
    }

    static RecordedCommand control(CommandCode code) {
        return new RecordedCommand(code.number(), 0, 0, MemorySegment.NULL, _ -> {});
    }

    /// A command whose routine does something.
    static RecordedCommand control(CommandCode code, Runnable routine) {
        return new RecordedCommand(code.number(), 0, 0, MemorySegment.NULL, _ -> routine.run());
    }

    static RecordedCommand transfer(CommandCode code, MemorySegment buffer) {
        return new RecordedCommand(code.number(), (int) buffer.byteSize(), 0, buffer, _ -> {});
    }

    RecordedCommand sentTo(ServerVirtualDevice device) {
        status = device.sendCommand(command);
        return this;
    }

    SendStatus status() {
        if (status == null) {
            throw new AssertionError("not sent");
        }
        return status;
    }

    int calls() {
        return outcomes.size();
    }

    /// Waits for the one call of the routine, and returns the outcome that it saw.
    Outcome outcome() {
        try {
            if (!called.await(Async.PROMPTLY.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("no callback within " + Async.PROMPTLY);
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        return outcomes.getFirst();
    }

    int code() {
        return outcome().code();
    }
}
