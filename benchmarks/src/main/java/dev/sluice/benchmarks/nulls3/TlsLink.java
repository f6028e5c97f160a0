package dev.sluice.benchmarks.nulls3;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;

/// A connection over TLS: an engine between a blocking channel and buffers outside the heap.
final class TlsLink extends BufferedLink {
    private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

    private final SocketChannel channel;
    private final SSLEngine engine;
    private final ByteBuffer content;

    /// Encrypted: what has come, and what is to go.
    private final ByteBuffer received = ByteBuffer.allocateDirect(BUFFER).flip();

    private final ByteBuffer sending = ByteBuffer.allocateDirect(BUFFER);

    TlsLink(SocketChannel channel, SSLEngine engine, ByteBuffer content) {
        this.channel = channel;
        this.engine = engine;
        this.content = content.duplicate();
    }

    /// As many records as have come whole.
    @Override
    boolean fill() throws IOException {
        in.clear();
        try {
            while (true) {
                SSLEngineResult result = engine.unwrap(received, in);
                if (result.getStatus() == Status.CLOSED) {
                    return in.position() > 0;
                }
                if (result.getStatus() == Status.BUFFER_OVERFLOW) {
                    return true;
                }
                shakeHands(result.getHandshakeStatus());
                boolean idle = result.bytesConsumed() == 0 && result.bytesProduced() == 0;
                boolean waits = result.getHandshakeStatus() != HandshakeStatus.NEED_WRAP
                        && result.getHandshakeStatus() != HandshakeStatus.NEED_TASK;
                if (result.getStatus() == Status.BUFFER_UNDERFLOW || (idle && waits)) {
                    if (in.position() > 0) {
                        return true;
                    }
                    received.compact();
                    int count = channel.read(received);
                    received.flip();
                    if (count < 0) {
                        return false;
                    }
                }
            }
        } finally {
            in.flip();
        }
    }

    private void shakeHands(HandshakeStatus asked) throws IOException {
        for (HandshakeStatus status = asked; ; status = engine.getHandshakeStatus()) {
            if (status == HandshakeStatus.NEED_TASK) {
                for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
                    task.run();
                }
            } else if (status == HandshakeStatus.NEED_WRAP) {
                wrap(NOTHING);
                flush();
            } else {
                return;
            }
        }
    }

    private void wrap(ByteBuffer source) throws IOException {
        while (true) {
            SSLEngineResult result = engine.wrap(source, sending);
            switch (result.getStatus()) {
                case OK -> {
                    return;
                }
                case BUFFER_OVERFLOW -> flush();
                case CLOSED, BUFFER_UNDERFLOW -> throw new EOFException("the client has gone");
            }
        }
    }

    private void flush() throws IOException {
        sending.flip();
        while (sending.hasRemaining()) {
            channel.write(sending);
        }
        sending.clear();
    }

    private void write(ByteBuffer source) throws IOException {
        while (source.hasRemaining()) {
            wrap(source);
        }
    }

    @Override
    public void write(byte[] bytes) throws IOException {
        write(ByteBuffer.wrap(bytes));
        flush();
    }

    @Override
    public void send(long offset, long bytes) throws IOException {
        for (long at = offset; at < offset + bytes; ) {
            int inPattern = (int) (at % Content.PERIOD);
            int count = (int) Math.min(offset + bytes - at, Content.PERIOD - inPattern);
            write(content.slice(inPattern, count));
            at += count;
        }
        flush();
    }

    @Override
    public void close() throws IOException {
        try (channel) {
            engine.closeOutbound();
            sending.clear();
            if (engine.wrap(NOTHING, sending).bytesProduced() > 0) {
                flush();
            }
        }
    }
}
