package dev.sluice.simulator.tds;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;

/// Puts packets together to messages.
///
/// **Threading:** one thread at a time.
///
/// **Errors:** [ProtocolException] for headers that TDS does not allow and messages above the limit,
/// [EOFException] when the peer ends in the middle of one.
final class PacketReader {

    static final int HEADER = 8;
    static final int LARGEST_PACKET = 32767;

    private final InputStream in;
    private final int largestMessage;
    private final boolean takesUnknown;
    private int firstByte = -1;

    /// For the time before the login: there a type that TDS does not have is another protocol, whose bytes have
    /// no packets.
    ///
    /// @param largestMessage in bytes, headers not counted
    PacketReader(InputStream in, int largestMessage) {
        this(in, largestMessage, false);
    }

    private PacketReader(InputStream in, int largestMessage, boolean takesUnknown) {
        this.in = in;
        this.largestMessage = largestMessage;
        this.takesUnknown = takesUnknown;
    }

    /// For a session, which reads messages of every type to their end.
    static PacketReader ofSession(InputStream in, int largestMessage) {
        return new PacketReader(in, largestMessage, true);
    }

    /// Waits until a message begins.
    ///
    /// @return false when the peer ended the stream instead
    boolean awaitMessage() throws IOException {
        if (firstByte < 0) {
            firstByte = in.read();
        }
        return firstByte >= 0;
    }

    /// Reads a whole message, waiting for it if needed.
    Message readMessage() throws IOException {
        if (!awaitMessage()) {
            throw new EOFException("the peer ended the connection where a message was expected");
        }
        int first = firstByte;
        firstByte = -1;
        PacketType type = PacketType.of(first);
        if (type == PacketType.UNKNOWN && !takesUnknown) {
            throw new ProtocolException(String.format(Locale.ROOT, "no TDS packet begins with 0x%02X", first));
        }
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        byte[] header = new byte[HEADER - 1];
        int statuses = 0;
        while (true) {
            fill(header);
            int status = header[0] & 0xFF;
            int length = ((header[1] & 0xFF) << 8 | (header[2] & 0xFF)) - HEADER;
            if (length < 0 || length > LARGEST_PACKET - HEADER) {
                throw new ProtocolException(String.format(
                        Locale.ROOT,
                        "a packet has %d to %d bytes, this one claims %d",
                        HEADER,
                        LARGEST_PACKET,
                        length + HEADER));
            }
            if (body.size() + length > largestMessage) {
                throw new ProtocolException(String.format(
                        Locale.ROOT, "a %s message is larger than the limit of %d bytes", type, largestMessage));
            }
            byte[] part = new byte[length];
            fill(part);
            body.writeBytes(part);
            statuses |= status;
            if ((status & Message.END_OF_MESSAGE) != 0) {
                return new Message(type, statuses, body.toByteArray());
            }
            int code = in.read();
            if (code != first) {
                throw code < 0
                        ? new EOFException("the peer ended the connection between the packets of a message")
                        : new ProtocolException(String.format(
                                Locale.ROOT,
                                "a packet of type 0x%02X came before the %s message had ended",
                                code,
                                type));
            }
        }
    }

    private void fill(byte[] target) throws IOException {
        int got = in.readNBytes(target, 0, target.length);
        if (got < target.length) {
            throw new EOFException(String.format(
                    Locale.ROOT, "the peer ended the connection %d bytes into %d of a packet", got, target.length));
        }
    }
}
