package dev.sluice.simulator.tds;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/// TLS on blocking streams, where the records of the handshake may travel in another way than those after it.
/// That is why it is not an `SSLSocket`.
///
/// **Threading:** one thread reads, one writes; the handshake has both to itself.
final class TlsStream {

    /// How TLS records reach the peer and come from it.
    interface Records {
        /// As [InputStream#read(byte[], int, int)].
        int read(byte[] target, int offset, int length) throws IOException;

        /// Everything that may be sent before the peer must answer.
        void write(byte[] records, int length) throws IOException;
    }

    private final SSLEngine engine;
    private final ReentrantLock writing = new ReentrantLock();
    private Records records;
    private ByteBuffer incoming;
    private ByteBuffer plain;
    private ByteBuffer outgoing;

    private TlsStream(SSLEngine engine, Records handshake) {
        this.engine = engine;
        this.records = handshake;
        this.incoming =
                ByteBuffer.allocate(engine.getSession().getPacketBufferSize()).flip();
        this.plain = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize())
                .flip();
        this.outgoing = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
    }

    /// Shakes hands as the server.
    ///
    /// @param handshake how records travel until the handshake is done
    /// @param afterwards how they travel then
    static TlsStream accept(SSLEngine engine, Records handshake, Records afterwards) throws IOException {
        engine.setUseClientMode(false);
        TlsStream stream = new TlsStream(engine, handshake);
        try {
            stream.shakeHands();
        } catch (SSLException e) {
            stream.sendAlert();
            throw e;
        }
        stream.records = afterwards;
        return stream;
    }

    private void shakeHands() throws IOException {
        engine.beginHandshake();
        while (true) {
            switch (engine.getHandshakeStatus()) {
                case NEED_TASK -> runTasks();
                case NEED_WRAP -> wrap(ByteBuffer.allocate(0));
                case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
                    send();
                    unwrapMore();
                }
                case FINISHED, NOT_HANDSHAKING -> {
                    send();
                    return;
                }
            }
        }
    }

    /// Decrypts one record, after reading more if there is not a whole one.
    ///
    /// @return false when the peer has closed its side in good order
    private boolean unwrapMore() throws IOException {
        plain.compact();
        SSLEngineResult result;
        try {
            result = engine.unwrap(incoming, plain);
        } finally {
            plain.flip();
        }
        switch (result.getStatus()) {
            case BUFFER_UNDERFLOW -> readRecords();
            case BUFFER_OVERFLOW -> plain = enlarged(plain, engine.getSession().getApplicationBufferSize());
            case CLOSED -> {
                return false;
            }
            case OK -> {}
        }
        return true;
    }

    private void readRecords() throws IOException {
        incoming.compact();
        if (!incoming.hasRemaining()) {
            incoming = enlarged(incoming.flip(), engine.getSession().getPacketBufferSize())
                    .compact();
        }
        try {
            int count =
                    records.read(incoming.array(), incoming.arrayOffset() + incoming.position(), incoming.remaining());
            if (count < 0) {
                throw new EOFException("the peer ended the connection without closing TLS");
            }
            incoming.position(incoming.position() + count);
        } finally {
            incoming.flip();
        }
    }

    /// A buffer to read from with the same bytes and room for `more`.
    private static ByteBuffer enlarged(ByteBuffer small, int more) {
        return ByteBuffer.allocate(small.remaining() + more).put(small).flip();
    }

    private void wrap(ByteBuffer source) throws SSLException {
        while (true) {
            SSLEngineResult result = engine.wrap(source, outgoing);
            switch (result.getStatus()) {
                case BUFFER_OVERFLOW ->
                    outgoing = ByteBuffer.allocate(
                                    outgoing.capacity() + engine.getSession().getPacketBufferSize())
                            .put(outgoing.flip());
                case CLOSED, OK -> {
                    return;
                }
                case BUFFER_UNDERFLOW -> throw new AssertionError("wrap needs no input");
            }
        }
    }

    private void send() throws IOException {
        if (outgoing.position() > 0) {
            int length = outgoing.position();
            outgoing.clear();
            records.write(outgoing.array(), length);
        }
    }

    private void runTasks() {
        for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
            task.run();
        }
    }

    private void sendAlert() {
        try {
            wrap(ByteBuffer.allocate(0));
            send();
        } catch (IOException e) {
            // The peer learns from the closed connection, then.
        }
    }

    private int read(byte[] target, int offset, int length) throws IOException {
        while (!plain.hasRemaining()) {
            if (!unwrapMore()) {
                return -1;
            }
            afterRecord();
        }
        int count = Math.min(length, plain.remaining());
        plain.get(target, offset, count);
        return count;
    }

    /// TLS 1.3 may ask for an answer after the handshake, for instance to new keys.
    private void afterRecord() throws IOException {
        HandshakeStatus status = engine.getHandshakeStatus();
        if (status == HandshakeStatus.NEED_TASK) {
            runTasks();
        } else if (status == HandshakeStatus.NEED_WRAP) {
            write(new byte[0], 0, 0);
        }
    }

    private void write(byte[] source, int offset, int length) throws IOException {
        writing.lock();
        try {
            ByteBuffer rest = ByteBuffer.wrap(source, offset, length);
            do {
                wrap(rest);
                send();
            } while (rest.hasRemaining() && !engine.isOutboundDone());
            if (rest.hasRemaining()) {
                throw new IOException("TLS is closed");
            }
        } finally {
            writing.unlock();
        }
    }

    /// Ends TLS without a word, as TDS wants it after the login; both sides go on in clear.
    ///
    /// @return bytes of the peer that were read already and not decrypted
    byte[] dropSilently() throws ProtocolException {
        if (plain.hasRemaining()) {
            throw new ProtocolException(String.format(
                    Locale.ROOT, "%d encrypted bytes follow the login, which ends encryption", plain.remaining()));
        }
        byte[] rest = new byte[incoming.remaining()];
        incoming.get(rest);
        return rest;
    }

    /// Tells the peer that nothing more comes.
    void endOutput() throws IOException {
        writing.lock();
        try {
            engine.closeOutbound();
            while (!engine.isOutboundDone()) {
                int before = outgoing.position();
                wrap(ByteBuffer.allocate(0));
                if (outgoing.position() == before) {
                    break;
                }
            }
            send();
        } finally {
            writing.unlock();
        }
    }

    InputStream input() {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return TlsStream.this.read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
            }

            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                return length == 0 ? 0 : TlsStream.this.read(target, offset, length);
            }
        };
    }

    OutputStream output() {
        return new OutputStream() {
            @Override
            public void write(int value) throws IOException {
                write(new byte[] {(byte) value}, 0, 1);
            }

            @Override
            public void write(byte[] source, int offset, int length) throws IOException {
                if (length > 0) {
                    TlsStream.this.write(source, offset, length);
                }
            }
        };
    }
}
