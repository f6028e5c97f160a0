package dev.sluice.simulator.tds;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What happens on a connection before anybody is logged in: PRELOGIN, TLS if it is agreed on, LOGIN7.
///
/// The first byte tells which TDS it is. 0x16 begins a TLS handshake: TDS 8 has everything inside TLS. 0x12
/// begins a PRELOGIN packet: TDS 7 talks about TLS first, and then wraps its handshake in packets of the same
/// type.
///
/// @param in requests, after the login message
/// @param out for the answer to the login and all others
/// @param tls around both, or null
record Handshake(
        Login7 login,
        InputStream in,
        OutputStream out,
        @Nullable TlsStream tls) {

    private static final int TLS_HANDSHAKE = 0x16;

    /// A client that is not logged in must not fill our memory; a LOGIN7 message has at most 128 KiB.
    private static final int LARGEST_MESSAGE = 128 << 10;

    static Handshake perform(Wire wire, TdsOptions options, ServerCertificate certificate) throws IOException {
        return wire.peek() == TLS_HANDSHAKE ? strict(wire, options, certificate) : classic(wire, options, certificate);
    }

    private static Handshake strict(Wire wire, TdsOptions options, ServerCertificate certificate) throws IOException {
        TlsStream tls = TlsStream.accept(certificate.strictEngine(), raw(wire), raw(wire));
        PacketReader reader = new PacketReader(tls.input(), LARGEST_MESSAGE);
        expect(PacketType.PRELOGIN, reader);
        answer(
                tls.output(),
                Prelogin.answer(options.version(), Encryption.ON.negotiate(1).answer()));
        return new Handshake(login(reader), tls.input(), tls.output(), tls);
    }

    private static Handshake classic(Wire wire, TdsOptions options, ServerCertificate certificate) throws IOException {
        PacketReader clear = new PacketReader(wire.input(), LARGEST_MESSAGE);
        Message first = clear.readMessage();
        if (first.type() == PacketType.LOGIN7) {
            return withoutPrelogin(first, wire);
        }
        Prelogin prelogin = Prelogin.parse(expect(PacketType.PRELOGIN, first).body());
        Encryption.Agreement agreement = options.encryption().negotiate(prelogin.encryption());
        answer(wire.output(), Prelogin.answer(options.version(), agreement.answer()));
        return switch (agreement.scope()) {
            case NOTHING -> new Handshake(login(clear), wire.input(), wire.output(), null);
            case EVERYTHING -> {
                TlsStream tls = TlsStream.accept(certificate.classicEngine(), inPrelogin(wire, clear), raw(wire));
                PacketReader reader = new PacketReader(tls.input(), LARGEST_MESSAGE);
                yield new Handshake(login(reader), tls.input(), tls.output(), tls);
            }
            case LOGIN -> {
                TlsStream tls = TlsStream.accept(certificate.classicEngine(), inPrelogin(wire, clear), raw(wire));
                Login7 login = login(new PacketReader(tls.input(), LARGEST_MESSAGE));
                wire.unread(tls.dropSilently());
                yield new Handshake(login, wire.input(), wire.output(), null);
            }
            case NO_AGREEMENT ->
                throw new ProtocolException(String.format(
                        Locale.ROOT,
                        "the client asks for encryption %d, the server is set to %s",
                        prelogin.encryption(),
                        options.encryption()));
        };
    }

    private static Login7 login(PacketReader reader) throws IOException {
        return Login7.parse(expect(PacketType.LOGIN7, reader).body());
    }

    /// Clients older than TDS 7.2 may begin with the login itself (jTDS does). Later ones speak of encryption
    /// first, and are not let in past that.
    private static Handshake withoutPrelogin(Message first, Wire wire) throws IOException {
        Login7 login = Login7.parse(first.body());
        if (login.isSupported()) {
            throw new ProtocolException("a LOGIN7 message came where PRELOGIN is due");
        }
        return new Handshake(login, wire.input(), wire.output(), null);
    }

    private static Message expect(PacketType type, PacketReader reader) throws IOException {
        return expect(type, reader.readMessage());
    }

    private static Message expect(PacketType type, Message message) throws ProtocolException {
        if (message.type() != type) {
            throw new ProtocolException("a %s message came where %s is due".formatted(message.type(), type));
        }
        return message;
    }

    private static void answer(OutputStream out, byte[] body) throws IOException {
        PacketWriter writer = new PacketWriter(out, PacketType.RESPONSE, 0, PacketWriter.DEFAULT_PACKET);
        writer.write(body, 0, body.length);
        writer.endMessage();
    }

    private static TlsStream.Records raw(Wire wire) {
        return new TlsStream.Records() {
            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                return wire.read(target, offset, length);
            }

            @Override
            public void write(byte[] records, int length) throws IOException {
                wire.output().write(records, 0, length);
            }
        };
    }

    /// Records as bodies of PRELOGIN messages, in both directions.
    private static TlsStream.Records inPrelogin(Wire wire, PacketReader reader) {
        PacketWriter writer = new PacketWriter(wire.output(), PacketType.PRELOGIN, 0, PacketWriter.DEFAULT_PACKET);
        return new TlsStream.Records() {
            private byte[] body = new byte[0];
            private int position;

            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                while (position == body.length) {
                    body = expect(PacketType.PRELOGIN, reader).body();
                    position = 0;
                }
                int count = Math.min(length, body.length - position);
                System.arraycopy(body, position, target, offset, count);
                position += count;
                return count;
            }

            @Override
            public void write(byte[] records, int length) throws IOException {
                writer.write(records, 0, length);
                writer.endMessage();
            }
        };
    }
}
