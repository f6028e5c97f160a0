package dev.sluice.benchmarks.nulls3;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// A connection over plain TCP: dropped in the kernel where that can be, sent from a file by the kernel.
final class PlainLink implements Link {
    private static final int BUFFER = 256 * 1024;

    private final SocketChannel channel;
    private final FileChannel content;
    private final @Nullable Discard discard;
    private final ByteBuffer in = ByteBuffer.allocateDirect(BUFFER).flip();

    PlainLink(SocketChannel channel, FileChannel content, @Nullable Discard discard) {
        this.channel = channel;
        this.content = content;
        this.discard = discard;
    }

    @Override
    public @Nullable String head() throws IOException {
        StringBuilder head = new StringBuilder(1024);
        while (true) {
            while (in.hasRemaining()) {
                char next = (char) (in.get() & 0xff);
                head.append(next);
                int length = head.length();
                if (next == '\n' && length >= 4 && head.charAt(length - 3) == '\n') {
                    return head.toString();
                }
            }
            if (!fill()) {
                return null;
            }
        }
    }

    private boolean fill() throws IOException {
        in.clear();
        int count = channel.read(in);
        in.flip();
        return count > 0;
    }

    @Override
    public void drop(long bytes, @Nullable CRC32C crc) throws IOException {
        long left = bytes;
        while (left > 0) {
            if (!in.hasRemaining()) {
                if (crc == null && discard != null) {
                    discard.drop(channel, left);
                    return;
                }
                if (!fill()) {
                    throw new EOFException("the client has gone");
                }
            }
            int count = (int) Math.min(left, in.remaining());
            ByteBuffer piece = in.slice(in.position(), count);
            if (crc != null) {
                crc.update(piece);
            }
            in.position(in.position() + count);
            left -= count;
        }
    }

    @Override
    public byte[] take(int bytes) throws IOException {
        byte[] taken = new byte[bytes];
        for (int at = 0; at < bytes; ) {
            if (!in.hasRemaining() && !fill()) {
                throw new EOFException("the client has gone");
            }
            int count = Math.min(bytes - at, in.remaining());
            in.get(taken, at, count);
            at += count;
        }
        return taken;
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
