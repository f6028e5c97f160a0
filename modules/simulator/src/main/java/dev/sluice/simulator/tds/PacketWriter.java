package dev.sluice.simulator.tds;

import java.io.IOException;
import java.io.OutputStream;

/// Cuts messages into packets.
///
/// A full packet leaves as soon as more bytes come; [#flush] sends a short one, so a message may trickle out
/// over hours.
///
/// **Threading:** one thread at a time.
final class PacketWriter {

    static final int DEFAULT_PACKET = 4096;

    private final OutputStream out;
    private final PacketType type;
    private final int sessionId;
    private byte[] packet;
    private int size = PacketReader.HEADER;
    private int packetId;

    PacketWriter(OutputStream out, PacketType type, int sessionId, int packetSize) {
        this.out = out;
        this.type = type;
        this.sessionId = sessionId;
        this.packet = new byte[packetSize];
    }

    void write(WireBuffer source) throws IOException {
        write(source.array(), 0, source.size());
    }

    void write(byte[] source, int offset, int length) throws IOException {
        int from = offset;
        int left = length;
        while (left > 0) {
            if (size == packet.length) {
                send(0);
            }
            int now = Math.min(left, packet.length - size);
            System.arraycopy(source, from, packet, size, now);
            size += now;
            from += now;
            left -= now;
        }
    }

    /// Sends what there is; the message goes on.
    void flush() throws IOException {
        if (size > PacketReader.HEADER) {
            send(0);
        }
        out.flush();
    }

    /// Sends the rest of the message and marks its end.
    void endMessage() throws IOException {
        send(Message.END_OF_MESSAGE);
        packetId = 0;
        out.flush();
    }

    private void send(int status) throws IOException {
        packetId = (packetId + 1) & 0xFF;
        packet[0] = (byte) type.code();
        packet[1] = (byte) status;
        packet[2] = (byte) (size >> 8);
        packet[3] = (byte) size;
        packet[4] = (byte) (sessionId >> 8);
        packet[5] = (byte) sessionId;
        packet[6] = (byte) packetId;
        packet[7] = 0;
        int length = size;
        size = PacketReader.HEADER;
        out.write(packet, 0, length);
    }
}
