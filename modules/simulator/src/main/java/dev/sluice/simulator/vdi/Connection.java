package dev.sluice.simulator.vdi;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;

/// Frames over a UNIX-domain socket.
///
/// **Threading:** one thread reads, any may write. A thread that is interrupted *while* it writes loses the
/// connection (NIO closes the channel); one that was interrupted before does not.
final class Connection implements Closeable {

    private final SocketChannel channel;
    private final ByteBuffer in =
            ByteBuffer.allocateDirect(Frame.HEADER + Frame.PAYLOAD_LIMIT).order(ByteOrder.LITTLE_ENDIAN);
    private final ByteBuffer out =
            ByteBuffer.allocateDirect(Frame.HEADER + Frame.PAYLOAD_LIMIT).order(ByteOrder.LITTLE_ENDIAN);

    Connection(SocketChannel channel) {
        this.channel = channel;
    }

    static Connection to(Path socket) throws IOException {
        return new Connection(SocketChannel.open(UnixDomainSocketAddress.of(socket)));
    }

    /// Waits for the next frame.
    ///
    /// @throws EOFException the other side is gone
    Frame read() throws IOException {
        fill(0, Frame.HEADER);
        fill(Frame.HEADER, Frame.payloadBytes(in));
        return Frame.decode(in);
    }

    /// As [#read()], but not for longer than this.
    Frame read(Duration timeout) throws IOException {
        channel.configureBlocking(false);
        try (Selector selector = Selector.open()) {
            channel.register(selector, SelectionKey.OP_READ);
            if (selector.select(timeout.toMillis()) == 0) {
                throw new EOFException("no answer within " + timeout);
            }
        }
        channel.configureBlocking(true);
        return read();
    }

    private void fill(int start, int bytes) throws IOException {
        in.limit(start + bytes).position(start);
        while (in.hasRemaining()) {
            if (channel.read(in) < 0) {
                throw new EOFException(
                        in.position() == 0 ? "the connection ended" : "the connection ended within a frame");
            }
        }
    }

    synchronized void write(Frame frame) throws IOException {
        // Interrupting a server's thread is about what the server does, not about this socket.
        boolean interrupted = Thread.interrupted();
        try {
            frame.encode(out);
            while (out.hasRemaining()) {
                channel.write(out);
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // Nothing more can be done about a socket that does not close.
        }
    }
}
