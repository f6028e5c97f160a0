package dev.sluice.simulator.tds;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/// A client that says exactly what a test wants said, in clear.
final class RawClient implements AutoCloseable {

    private static final int READ_TIMEOUT_MS = 10_000;

    final Socket socket;
    private final PacketReader answers;

    RawClient(TdsServer server) throws IOException {
        socket = new Socket(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), server.port());
        socket.setSoTimeout(READ_TIMEOUT_MS);
        answers = new PacketReader(socket.getInputStream(), Integer.MAX_VALUE);
    }

    static RawClient loggedIn(TdsServer server) throws IOException {
        RawClient client = new RawClient(server);
        client.send(PacketType.PRELOGIN, Message.END_OF_MESSAGE, prelogin());
        client.receive();
        client.send(PacketType.LOGIN7, Message.END_OF_MESSAGE, login7("sa", "secret"));
        client.receive();
        return client;
    }

    /// Encryption 2: this client has none.
    static byte[] prelogin() {
        return HexFormat.of().parseHex("00000b0006" + "0100110001" + "ff" + "100000000000" + "02");
    }

    static byte[] login7(String user, String password) {
        return login7(user, password, Login7.TDS_7_4);
    }

    static byte[] login7(String user, String password, int tdsVersion) {
        byte[] obfuscated = password.getBytes(StandardCharsets.UTF_16LE);
        for (int i = 0; i < obfuscated.length; i++) {
            int b = obfuscated[i] & 0xFF;
            obfuscated[i] = (byte) ((b << 4 | b >> 4) ^ 0xA5);
        }
        int passwordAt = 94 + 2 * user.length();
        WireBuffer out = new WireBuffer();
        out.i32(passwordAt + obfuscated.length).i32(tdsVersion).i32(4096);
        out.bytes(new byte[24]); // versions, process, flags, time zone, language
        out.u16(94).u16(0).u16(94).u16(user.length()).u16(passwordAt).u16(password.length());
        for (int field = 0; field < 6; field++) {
            out.u16(94).u16(0); // application, server, extension, library, language, database
        }
        out.bytes(new byte[6]);
        for (int field = 0; field < 3; field++) {
            out.u16(94).u16(0); // SSPI, file, new password
        }
        return out.i32(0).utf16(user).bytes(obfuscated).toByteArray();
    }

    static byte[] batch(String text) {
        return headers().utf16(text).toByteArray();
    }

    /// The 22 bytes that precede requests.
    static WireBuffer headers() {
        return new WireBuffer().i32(22).i32(18).u16(2).i64(0).i32(1);
    }

    void send(PacketType type, int status, byte[] body) throws IOException {
        send(type.code(), status, body);
    }

    /// @param type any byte
    void send(int type, int status, byte[] body) throws IOException {
        WireBuffer packet = new WireBuffer();
        packet.u8(type).u8(status).u16BigEndian(body.length + 8).i32(0).bytes(body);
        socket.getOutputStream().write(packet.toByteArray());
    }

    void sendBatch(String text) throws IOException {
        send(PacketType.BATCH, Message.END_OF_MESSAGE, batch(text));
    }

    void sendAttention() throws IOException {
        send(PacketType.ATTENTION, Message.END_OF_MESSAGE, new byte[0]);
    }

    /// The body of the server's next message.
    byte[] receive() throws IOException {
        return answers.readMessage().body();
    }

    /// Enough to know that an answer has begun.
    void receiveOnePacket() throws IOException {
        socket.getInputStream().readNBytes(8);
    }

    /// Everything until the server closes; an abrupt end counts as well.
    byte[] receiveToEnd() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        try {
            socket.getInputStream().transferTo(all);
        } catch (SocketTimeoutException e) {
            throw new AssertionError("the server did not close the connection", e);
        } catch (IOException e) {
            // reset: closed
        }
        return all.toByteArray();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
