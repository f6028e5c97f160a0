package dev.sluice.simulator.transfer;

import dev.sluice.vdi.CommandCode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// Sends one stripe to one device: metadata in small transfers, data in large ones, then Flush when all of it has
/// been acknowledged.
final class BackupPump implements Runnable {

    /// Small transfers at the beginning; another one ends the stripe. Their number on a real server is not known.
    private static final int SMALL_AT_START = 2;

    private final VirtualMedia media;
    private final Channel channel;
    private final StripeSource source;

    BackupPump(VirtualMedia media, Channel channel, StripeSource source) {
        this.media = media;
        this.channel = channel;
        this.source = source;
    }

    @Override
    public void run() {
        long position = 0;
        while (position < source.length() && !media.failed() && !channel.hasFailed()) {
            media.beforeCommand();
            int size = sizeAt(position);
            MemorySegment buffer = awaitBuffer(size);
            if (buffer == null) {
                break;
            }
            read(buffer, size);
            if (size > media.request().smallTransferSize()) {
                media.beforeTransfer(buffer, size);
            }
            channel.transfer(CommandCode.WRITE, buffer, size, poolFor(size));
            position += size;
        }
        channel.drain();
        control(CommandCode.FLUSH);
        if (media.completesEachAlone()) {
            control(CommandCode.COMPLETE);
        }
    }

    private void control(CommandCode code) {
        if (!media.failed()) {
            media.beforeCommand();
        }
        if (!media.failed()) {
            channel.control(code, media.small()).await();
        }
    }

    private int sizeAt(long position) {
        int small = media.request().smallTransferSize();
        long left = source.length() - position;
        if (position < (long) SMALL_AT_START * small || left <= small) {
            return (int) Math.min(small, left);
        }
        return (int) Math.min(media.request().maxTransferSize(), left - small);
    }

    private BufferPool poolFor(int size) {
        return size <= media.request().smallTransferSize() ? media.small() : media.large();
    }

    private @Nullable MemorySegment awaitBuffer(int size) {
        media.statistics().waiting.incrementAndGet();
        try {
            channel.awaitFewerThan(media.behavior().outstanding());
            return poolFor(size).take();
        } finally {
            media.statistics().waiting.decrementAndGet();
        }
    }

    private void read(MemorySegment buffer, int size) {
        try {
            source.read(buffer, size);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
