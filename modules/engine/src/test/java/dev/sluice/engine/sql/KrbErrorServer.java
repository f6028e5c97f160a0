package dev.sluice.engine.sql;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Answers every request to a KDC over TCP with one error. RFC 4120, section 5.9.1.
final class KrbErrorServer implements AutoCloseable {

    private final ServerSocket listener;
    private final byte[] answer;

    private KrbErrorServer(ServerSocket listener, byte[] answer) {
        this.listener = listener;
        this.answer = answer;
    }

    static KrbErrorServer answering(int error) throws IOException {
        KrbErrorServer server =
                new KrbErrorServer(new ServerSocket(0, 10, InetAddress.getLoopbackAddress()), message(error));
        Thread.ofVirtual().start(server::serve);
        return server;
    }

    int port() {
        return listener.getLocalPort();
    }

    private void serve() {
        while (!listener.isClosed()) {
            try (Socket client = listener.accept()) {
                DataInputStream in = new DataInputStream(client.getInputStream());
                in.skipNBytes(in.readInt());
                OutputStream out = client.getOutputStream();
                out.write(ByteBuffer.allocate(4 + answer.length)
                        .putInt(answer.length)
                        .put(answer)
                        .array());
                out.flush();
            } catch (IOException e) {
                // The client went, or the test is over.
            }
        }
    }

    private static byte[] message(int error) {
        byte[] realm = der(0x1B, "SLUICE.TEST".getBytes(StandardCharsets.US_ASCII));
        byte[] names = der(0x30, der(0x1B, "krbtgt".getBytes(StandardCharsets.US_ASCII)), realm);
        return der(
                0x7E,
                der(
                        0x30,
                        der(0xA0, der(0x02, new byte[] {5})),
                        der(0xA1, der(0x02, new byte[] {30})),
                        der(0xA4, der(0x18, "20260304100000Z".getBytes(StandardCharsets.US_ASCII))),
                        der(0xA5, der(0x02, new byte[] {0})),
                        der(0xA6, der(0x02, new byte[] {(byte) error})),
                        der(0xA9, realm),
                        der(0xAA, der(0x30, der(0xA0, der(0x02, new byte[] {2})), der(0xA1, names)))));
    }

    /// @param parts together under 128 bytes
    private static byte[] der(int tag, byte[]... parts) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        List.of(parts).forEach(body::writeBytes);
        if (body.size() > 127) {
            throw new UncheckedIOException(new IOException("the message is too long for this writer"));
        }
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        whole.write(tag);
        whole.write(body.size());
        whole.writeBytes(body.toByteArray());
        return whole.toByteArray();
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
