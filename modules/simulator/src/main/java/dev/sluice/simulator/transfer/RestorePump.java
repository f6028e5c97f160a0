package dev.sluice.simulator.transfer;

import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.CompletionCode;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// Reads one stripe from one device, a few commands ahead, in sizes that have nothing to do with those of the
/// backup.
final class RestorePump implements Runnable {

    /// Sizes of reads after the first, as divisors of the largest transfer.
    private static final int[] PATTERN = {1, 2, 1, 16, 4};

    private final VirtualMedia media;
    private final Channel channel;
    private final int stripe;
    private final StripeSink sink;
    private final ArrayDeque<Channel.Sent> inFlight = new ArrayDeque<>();
    private int reads;
    private boolean ended;

    RestorePump(VirtualMedia media, Channel channel, int stripe, StripeSink sink) {
        this.media = media;
        this.channel = channel;
        this.stripe = stripe;
        this.sink = sink;
    }

    @Override
    public void run() {
        try {
            do {
                readAhead();
                takeOldest();
            } while (!inFlight.isEmpty() || wantsMore());
            afterReads();
        } finally {
            media.turns().finished(stripe);
        }
    }

    private void afterReads() {
        CommandCode code = switch (media.behavior().afterReads()) {
            case NOTHING -> null;
            case FLUSH -> CommandCode.FLUSH;
            case COMPLETE -> CommandCode.COMPLETE;
        };
        if (code != null && !media.failed() && !channel.hasFailed()) {
            media.beforeCommand();
            channel.control(code, media.small()).await();
        }
    }

    private boolean wantsMore() {
        return !ended && !media.failed() && !channel.hasFailed() && !sink.satisfied();
    }

    /// Blocks for a buffer only with nothing in flight: a thread that holds one must never wait for another.
    private void readAhead() {
        while (wantsMore() && inFlight.size() < media.behavior().outstanding()) {
            media.beforeCommand();
            boolean first = reads == 0;
            boolean mayWait = inFlight.isEmpty();
            if (!first && media.behavior().turns()) {
                if (mayWait) {
                    media.turns().await(stripe);
                } else if (!media.turns().tryUse(stripe)) {
                    return;
                }
            }
            BufferPool pool = first ? media.small() : media.large();
            MemorySegment buffer = mayWait ? pool.take() : pool.takeIfFree();
            if (buffer == null) {
                return;
            }
            inFlight.add(channel.transfer(CommandCode.READ, buffer, nextSize(), pool));
            reads++;
        }
    }

    private int nextSize() {
        int block = media.request().blockSize();
        if (reads == 0) {
            return media.request().smallTransferSize();
        }
        int size = media.request().maxTransferSize() / PATTERN[(reads + stripe) % PATTERN.length];
        return Math.max(block, size / block * block);
    }

    private void takeOldest() {
        Channel.@Nullable Sent sent = inFlight.poll();
        if (sent == null) {
            return;
        }
        if (!sent.await()) {
            inFlight.clear();
            return;
        }
        boolean arrived = sent.completionCode() == CompletionCode.ERROR_SUCCESS
                || sent.completionCode() == CompletionCode.ERROR_HANDLE_EOF
                || sent.completionCode() == CompletionCode.ERROR_NO_DATA_DETECTED;
        try {
            if (arrived && sent.bytes() > 0 && !media.failed()) {
                sink.accept(sent.buffer().asSlice(0, sent.bytes()));
                media.acknowledged(sent.bytes());
            }
            ended |= arrived && sent.completionCode() != CompletionCode.ERROR_SUCCESS;
            if (sent.bytes() == 0 && sent.completionCode() == CompletionCode.ERROR_SUCCESS) {
                // Success without a byte tells neither data nor their end; a server that believed it would ask for
                // ever.
                throw new MediaFailure.CommandFailed(channel.name(), CommandCode.READ, CompletionCode.ERROR_READ_FAULT);
            }
        } catch (RuntimeException e) {
            media.fail(e instanceof MediaFailure known ? known : new MediaFailure.Internal(e));
        } finally {
            sent.release();
        }
    }
}
