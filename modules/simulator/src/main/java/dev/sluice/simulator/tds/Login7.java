package dev.sluice.simulator.tds;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/// The client's login message.
///
/// Its feature block is not read: nothing in it needs an answer, and features without one are off.
///
/// @param tdsVersion such as 0x74000004 for 7.4
/// @param packetSize that the client asks for; 0 leaves it to the server
/// @param integrated whether the client's security provider speaks for the user
/// @param sspi       its first token; empty if it does not
record Login7(
        int tdsVersion,
        int packetSize,
        String host,
        String user,
        String password,
        String application,
        String library,
        String language,
        String database,
        boolean integrated,
        ByteBuffer sspi) {

    static final int TDS_7_2 = 0x72090002;
    static final int TDS_7_4 = 0x74000004;
    static final int TDS_8_0 = 0x08000000;

    private static final int FIXED_PART = 94;
    private static final int HOST = 36;
    private static final int USER = 40;
    private static final int PASSWORD = 44;
    private static final int APPLICATION = 48;
    private static final int LIBRARY = 60;
    private static final int LANGUAGE = 64;
    private static final int DATABASE = 68;
    private static final int OPTION_FLAGS_2 = 25;
    private static final int INTEGRATED_SECURITY = 0x80;
    private static final int SSPI = 78;
    private static final int LONG_SSPI_LENGTH = 90;
    private static final int LONG_SSPI = 0xFFFF;

    static Login7 parse(byte[] body) throws ProtocolException {
        if (body.length < FIXED_PART) {
            throw new ProtocolException(String.format(
                    Locale.ROOT, "a LOGIN7 message has at least %d bytes, this one %d", FIXED_PART, body.length));
        }
        WireInput in = new WireInput(body);
        long length = in.u32();
        if (length != body.length) {
            throw new ProtocolException(
                    String.format(Locale.ROOT, "the LOGIN7 message claims %d bytes and has %d", length, body.length));
        }
        int tdsVersion = in.i32();
        int packetSize = in.i32();
        boolean integrated = (body[OPTION_FLAGS_2] & INTEGRATED_SECURITY) != 0;
        byte[] sspi = sspi(in);
        if (integrated != sspi.length > 0) {
            throw new ProtocolException(
                    integrated
                            ? "a LOGIN7 message asks for integrated security and brings no token"
                            : "a LOGIN7 message brings a token and does not ask for integrated security");
        }
        return new Login7(
                tdsVersion,
                packetSize,
                text(in, HOST),
                text(in, USER),
                password(in),
                text(in, APPLICATION),
                text(in, LIBRARY),
                text(in, LANGUAGE),
                text(in, DATABASE),
                integrated,
                ByteBuffer.wrap(sspi).asReadOnlyBuffer());
    }

    /// The only field of bytes; its length has a second place for when two bytes are too few.
    private static byte[] sspi(WireInput in) throws ProtocolException {
        WireInput pointer = in.slice(SSPI, 4);
        int offset = pointer.u16();
        long length = pointer.u16();
        if (length == LONG_SSPI) {
            long longer = in.slice(LONG_SSPI_LENGTH, 4).u32();
            length = longer == 0 ? length : longer;
        }
        return length == 0 ? new byte[0] : in.slice(offset, length).bytes(length);
    }

    /// Whether row counts have 64 bits and types their newer form, which is all that is spoken here. A client
    /// that does not know them still reads a refusal, in the form of its own time.
    boolean isSupported() {
        return tdsVersion == TDS_8_0 || Integer.compareUnsigned(tdsVersion, TDS_7_2) >= 0;
    }

    /// Why it is refused then. SQL Server itself takes clients down to 7.0, so the number is the endpoint's own.
    LoginRejected unsupported() {
        return new LoginRejected(SqlMessage.error(
                Tokens.NOT_FROM_SQL_SERVER,
                String.format(
                        Locale.ROOT,
                        "This TDS endpoint speaks TDS 7.2 and later, and the client asks for version 0x%08X. Take a"
                                + " newer driver, or set its protocol version.",
                        tdsVersion)));
    }

    /// The version that is answered: the client's, as far as it is known here.
    int agreedVersion() {
        return Integer.compareUnsigned(tdsVersion, TDS_7_4) > 0 ? TDS_7_4 : tdsVersion;
    }

    /// Obfuscated, not encrypted: the nibbles of each byte are swapped, then XOR 0xA5.
    private static String password(WireInput in) throws ProtocolException {
        WireInput field = field(in, PASSWORD);
        byte[] bytes = field.bytes(field.remaining());
        for (int i = 0; i < bytes.length; i++) {
            int mixed = (bytes[i] & 0xFF) ^ 0xA5;
            bytes[i] = (byte) (mixed << 4 | mixed >> 4);
        }
        return new String(bytes, StandardCharsets.UTF_16LE);
    }

    private static String text(WireInput in, int at) throws ProtocolException {
        WireInput field = field(in, at);
        return field.utf16(field.remaining() / 2);
    }

    private static WireInput field(WireInput in, int at) throws ProtocolException {
        WireInput pointer = in.slice(at, 4);
        return in.slice(pointer.u16(), 2L * pointer.u16());
    }
}
