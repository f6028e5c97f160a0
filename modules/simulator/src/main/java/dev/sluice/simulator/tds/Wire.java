package dev.sluice.simulator.tds;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.time.Duration;
import java.util.Arrays;

/// The socket of one connection: bytes as they travel, with a deadline for reading.
///
/// The deadline is a point in time and not a pause between bytes, so a peer that sends one byte a second does
/// not live for ever.
///
/// **Threading:** one thread reads, one writes; [#cut] from anywhere.
final class Wire {

    private static final int BUFFER = 16 * 1024;

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private byte[] buffer = new byte[BUFFER];
    private int begin;
    private int end;
    private long deadline;
    private boolean hasDeadline;

    Wire(Socket socket) throws IOException {
        this.socket = socket;
        socket.setTcpNoDelay(true);
        socket.setOption(StandardSocketOptions.SO_KEEPALIVE, true); // the only way to notice a host that vanished
        this.in = socket.getInputStream();
        this.out = socket.getOutputStream();
    }

    /// Bytes read from now on must have arrived before this time is over.
    void readWithin(Duration time) {
        deadline = System.nanoTime() + time.toNanos();
        hasDeadline = true;
    }

    void readWhenever() {
        hasDeadline = false;
    }

    /// The next byte, left where it is; -1 at the end.
    int peek() throws IOException {
        return fill() ? buffer[begin] & 0xFF : -1;
    }

    /// As [InputStream#read(byte[], int, int)].
    int read(byte[] target, int offset, int length) throws IOException {
        if (!fill()) {
            return -1;
        }
        int count = Math.min(length, end - begin);
        System.arraycopy(buffer, begin, target, offset, count);
        begin += count;
        return count;
    }

    /// Puts back bytes that were read too far.
    void unread(byte[] bytes) {
        byte[] rest = Arrays.copyOfRange(buffer, begin, end);
        byte[] joined = Arrays.copyOf(bytes, Math.max(BUFFER, bytes.length + rest.length));
        System.arraycopy(rest, 0, joined, bytes.length, rest.length);
        buffer = joined;
        begin = 0;
        end = bytes.length + rest.length;
    }

    private boolean fill() throws IOException {
        if (begin < end) {
            return true;
        }
        int timeout = 0;
        if (hasDeadline) {
            long millis = (deadline - System.nanoTime()) / 1_000_000;
            if (millis <= 0) {
                throw new SocketTimeoutException("the peer took too long");
            }
            timeout = (int) Math.min(millis, Integer.MAX_VALUE);
        }
        socket.setSoTimeout(timeout);
        int count = in.read(buffer, 0, buffer.length);
        begin = 0;
        end = Math.max(count, 0);
        return count > 0;
    }

    InputStream input() {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return Wire.this.read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
            }

            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                return length == 0 ? 0 : Wire.this.read(target, offset, length);
            }
        };
    }

    OutputStream output() {
        return out;
    }

    /// Tells the peer that nothing more comes; it may still send.
    void endOutput() throws IOException {
        socket.shutdownOutput();
    }

    /// Reads and forgets what the peer still sends. A socket that is closed with unread bytes resets the
    /// connection, and the peer could lose the error that was its last message.
    void drain(Duration time) {
        readWithin(time);
        byte[] nowhere = new byte[BUFFER];
        try {
            int count;
            do {
                count = read(nowhere, 0, nowhere.length);
            } while (count >= 0);
        } catch (IOException e) {
            // Drained as far as it goes; the socket is about to be closed.
        }
    }

    /// Closes the socket; a thread that reads or writes gets an exception.
    void cut() {
        try {
            socket.close();
        } catch (IOException e) {
            // It is closed all the same.
        }
    }

    @Override
    public String toString() {
        return String.valueOf(socket.getRemoteSocketAddress());
    }
}
