package dev.sluice.simulator.transfer;

import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.CompletionCode;
import dev.sluice.vdi.ServerCommand;
import dev.sluice.vdi.ServerVirtualDevice;
import dev.sluice.vdi.VdError;
import dev.sluice.vdi.VirtualDeviceException;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// One device: what was sent and not completed yet.
///
/// **Threading:** one thread sends and waits; [#completed] runs on the agent, or on the sending thread when VDI
/// refuses a command.
final class Channel {

    private final VirtualMedia media;
    private final ServerVirtualDevice device;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private int outstanding;
    private boolean failed;
    private @Nullable Thread sender;
    private boolean abandoned;

    Channel(VirtualMedia media, ServerVirtualDevice device) {
        this.media = media;
        this.device = device;
    }

    String name() {
        return device.name();
    }

    /// A command on its way, for who wants to know when it is back.
    final class Sent {
        private final CommandCode code;
        private final MemorySegment buffer;
        private final BufferPool pool;
        private boolean completed;
        private int completionCode;
        private int bytes;

        Sent(CommandCode code, MemorySegment buffer, BufferPool pool) {
            this.code = code;
            this.buffer = buffer;
            this.pool = pool;
        }

        int completionCode() {
            return completionCode;
        }

        int bytes() {
            return bytes;
        }

        MemorySegment buffer() {
            return buffer;
        }

        /// Gives the buffer of a Read back, when its bytes have been taken.
        void release() {
            pool.give(buffer);
        }

        /// Waits for the completion.
        ///
        /// @return false if none will come
        boolean await() {
            lock.lock();
            try {
                while (!completed && !abandoned) {
                    changed.awaitUninterruptibly();
                }
                return completed;
            } finally {
                lock.unlock();
            }
        }
    }

    /// Sends a Read or Write.
    Sent transfer(CommandCode code, MemorySegment buffer, int size, BufferPool pool) {
        Sent sent = new Sent(code, buffer, pool);
        send(ServerCommand.transfer(code, buffer, size, command -> completed(sent, command)));
        return sent;
    }

    /// Sends a command without data.
    Sent control(CommandCode code, BufferPool pool) {
        Sent sent = new Sent(code, MemorySegment.NULL, pool);
        send(ServerCommand.control(code, command -> completed(sent, command)));
        return sent;
    }

    private void send(ServerCommand command) {
        lock.lock();
        try {
            outstanding++;
        } finally {
            lock.unlock();
        }
        media.statistics().commands.incrementAndGet();
        media.statistics().outstanding.incrementAndGet();
        sender = Thread.currentThread();
        device.sendCommand(command); // calls the completion routine, also when it fails
    }

    private void completed(Sent sent, ServerCommand command) {
        media.statistics().outstanding.decrementAndGet();
        MediaFailure failure = failureOf(sent, command);
        if (failure != null && !refusedBecauseOfAnother(command)) {
            media.fail(failure);
        }
        if (sent.code == CommandCode.WRITE) {
            sent.pool.give(sent.buffer);
            if (failure == null) {
                media.acknowledged(command.bytesTransferred());
            }
        }
        lock.lock();
        try {
            outstanding--;
            failed |= failure != null;
            sent.completionCode = command.completionCode();
            sent.bytes = command.bytesTransferred();
            sent.completed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// A device in its error state refuses commands on the sending thread. What brought it there is on its way
    /// through the agent, and is what people want to read.
    private boolean refusedBecauseOfAnother(ServerCommand command) {
        return command.completionCode() == CompletionCode.ERROR_IO_DEVICE && Thread.currentThread() == sender;
    }

    private MediaFailure.@Nullable CommandFailed failureOf(Sent sent, ServerCommand command) {
        int code = command.completionCode();
        if (sent.code == CommandCode.CLEAR_ERROR) {
            return null; // the statement has failed already, and that is what counts
        }
        if (sent.code == CommandCode.READ
                && (code == CompletionCode.ERROR_HANDLE_EOF || code == CompletionCode.ERROR_NO_DATA_DETECTED)) {
            return null;
        }
        if (code == CompletionCode.ERROR_SUCCESS) {
            // A short Write is only defined together with ERROR_END_OF_MEDIA; without it bytes would be lost.
            boolean complete = sent.code != CommandCode.WRITE || command.bytesTransferred() == command.size();
            return complete
                    ? null
                    : new MediaFailure.CommandFailed(name(), sent.code, CompletionCode.ERROR_WRITE_FAULT);
        }
        return new MediaFailure.CommandFailed(name(), sent.code, code);
    }

    /// Waits until fewer than `limit` commands are out.
    void awaitFewerThan(int limit) {
        lock.lock();
        try {
            while (outstanding >= limit && !abandoned && !media.failed()) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    /// Waits until the client has completed everything it was given, also after a failure: the documents forbid to
    /// close a device under a client's hands.
    void drain() {
        lock.lock();
        try {
            while (outstanding > 0 && !abandoned) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    boolean drained() {
        lock.lock();
        try {
            return outstanding == 0;
        } finally {
            lock.unlock();
        }
    }

    /// Whether a command of this device was completed with an error.
    boolean hasFailed() {
        lock.lock();
        try {
            return failed;
        } finally {
            lock.unlock();
        }
    }

    void wake() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// There is no agent any more: nothing outstanding will be completed before Close.
    void abandon() {
        lock.lock();
        try {
            abandoned = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void close() {
        try {
            device.closeDevice();
        } catch (VirtualDeviceException e) {
            if (e.error() != VdError.ABORT && e.error() != VdError.CLOSE) {
                throw e;
            }
        }
    }
}
