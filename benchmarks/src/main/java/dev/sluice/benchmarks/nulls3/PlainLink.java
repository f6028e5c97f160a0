package dev.sluice.benchmarks.nulls3;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// A connection over plain TCP: dropped in the kernel where that can be, sent from a file by the kernel.
final class PlainLink extends BufferedLink {
    private final SocketChannel channel;
    private final FileChannel content;
    private final @Nullable Discard discard;

    PlainLink(SocketChannel channel, FileChannel content, @Nullable Discard discard) {
        this.channel = channel;
        this.content = content;
        this.discard = discard;
    }

    @Override
    boolean fill() throws IOException {
        in.clear();
        int count = channel.read(in);
        in.flip();
        return count > 0;
    }

    @Override
    public void drop(long bytes, @Nullable CRC32C crc) throws IOException {
        if (crc != null || discard == null) {
            super.drop(bytes, crc);
            return;
        }
        int here = (int) Math.min(bytes, in.remaining());
        in.position(in.position() + here);
        if (bytes > here) {
            discard.drop(channel, bytes - here);
        }
    }

    @Override
    public void write(byte[] bytes) throws IOException {
        ByteBuffer out = ByteBuffer.wrap(bytes);
        while (out.hasRemaining()) {
            channel.write(out);
        }
    }

    @Override
    public void send(long offset, long bytes) throws IOException {
        for (long at = offset; at < offset + bytes; ) {
            long inPattern = at % Content.PERIOD;
            long count = Math.min(offset + bytes - at, Content.PERIOD - inPattern);
            at += content.transferTo(inPattern, count, channel);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
