package dev.sluice.benchmarks.nulls3;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// A connection that reads into a buffer.
abstract class BufferedLink implements Link {
    static final int BUFFER = 256 * 1024;

    /// What has come and was not taken yet.
    final ByteBuffer in = ByteBuffer.allocateDirect(BUFFER).flip();

    /// Gets more into [#in], of which everything was taken; false when the client has gone.
    abstract boolean fill() throws IOException;

    @Override
    public @Nullable String head() throws IOException {
        StringBuilder head = new StringBuilder(1024);
        for (String line = line(); line != null; line = line()) {
            head.append(line);
            if (line.isBlank()) {
                return head.toString();
            }
        }
        return null;
    }

    @Override
    public @Nullable String line() throws IOException {
        StringBuilder line = new StringBuilder();
        while (in.hasRemaining() || fill()) {
            while (in.hasRemaining()) {
                char next = (char) (in.get() & 0xff);
                line.append(next);
                if (next == '\n') {
                    return line.toString();
                }
            }
        }
        return null;
    }

    @Override
    public void drop(long bytes, @Nullable CRC32C crc) throws IOException {
        for (long left = bytes; left > 0; ) {
            if (!in.hasRemaining() && !fill()) {
                throw new EOFException("the client has gone");
            }
            int count = (int) Math.min(left, in.remaining());
            if (crc != null) {
                crc.update(in.slice(in.position(), count));
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
}
