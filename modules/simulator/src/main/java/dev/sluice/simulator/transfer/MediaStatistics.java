package dev.sluice.simulator.transfer;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// What went through a server's devices, over all statements. Tests look here to see backpressure from the
/// server's side.
///
/// **Threading:** any thread.
public final class MediaStatistics {

    final AtomicLong commands = new AtomicLong();
    final AtomicLong bytesWritten = new AtomicLong();
    final AtomicLong bytesRead = new AtomicLong();
    final AtomicInteger outstanding = new AtomicInteger();
    final AtomicInteger waiting = new AtomicInteger();
    final AtomicInteger aborts = new AtomicInteger();

    /// Commands sent to clients.
    public long commandsSent() {
        return commands.get();
    }

    /// Bytes of backups that clients have acknowledged.
    public long bytesAcknowledged() {
        return bytesWritten.get();
    }

    /// Bytes that clients delivered for restores.
    public long bytesDelivered() {
        return bytesRead.get();
    }

    /// Commands that clients have not completed yet.
    public int commandsOutstanding() {
        return outstanding.get();
    }

    /// Devices of backups that have something to send and wait for a buffer, or for an earlier command.
    public int writersWaiting() {
        return waiting.get();
    }

    /// Sets that were aborted, by whichever side.
    public int aborts() {
        return aborts.get();
    }
}
