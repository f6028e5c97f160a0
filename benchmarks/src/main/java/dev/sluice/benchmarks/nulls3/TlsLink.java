package dev.sluice.benchmarks.nulls3;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// A connection over TLS, by the JDK's own sockets: blocking, on heap arrays, where its AES is fastest.
final class TlsLink implements Link {
    private static final int CHUNK = 64 * 1024;

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private final ByteBuffer content;
    private final byte[] chunk = new byte[CHUNK];

    TlsLink(Socket socket, ByteBuffer content) throws IOException {
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream(), CHUNK);
        this.out = socket.getOutputStream();
        this.content = content.duplicate();
    }

    @Override
    public @Nullable String head() throws IOException {
        StringBuilder head = new StringBuilder(1024);
        for (int next = in.read(); next >= 0; next = in.read()) {
            head.append((char) next);
            int length = head.length();
            if (next == '\n' && length >= 4 && head.charAt(length - 3) == '\n') {
                return head.toString();
            }
        }
        return null;
    }

    @Override
    public void drop(long bytes, @Nullable CRC32C crc) throws IOException {
        for (long left = bytes; left > 0; ) {
            int count = in.read(chunk, 0, (int) Math.min(left, CHUNK));
            if (count < 0) {
                throw new EOFException("the client has gone");
            }
            if (crc != null) {
                crc.update(chunk, 0, count);
            }
            left -= count;
        }
    }

    @Override
    public byte[] take(int bytes) throws IOException {
        return in.readNBytes(bytes);
    }

    @Override
    public void write(byte[] bytes) throws IOException {
        out.write(bytes);
        out.flush();
    }

    @Override
    public void send(long offset, long bytes) throws IOException {
        for (long at = offset; at < offset + bytes; ) {
            int inPattern = (int) (at % Content.PERIOD);
            int count = (int) Math.min(Math.min(offset + bytes - at, CHUNK), Content.PERIOD - inPattern);
            content.get(inPattern, chunk, 0, count);
            out.write(chunk, 0, count);
            at += count;
        }
        out.flush();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
