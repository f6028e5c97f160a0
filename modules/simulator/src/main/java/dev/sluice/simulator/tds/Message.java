package dev.sluice.simulator.tds;

/// One message of the client: the bodies of its packets.
final class Message {

    static final int END_OF_MESSAGE = 0x01;
    static final int IGNORE = 0x02;
    static final int RESET_CONNECTION = 0x08;
    static final int RESET_KEEPING_TRANSACTION = 0x10;

    private final PacketType type;
    private final int status;
    private final byte[] body;

    /// @param status the status bits of all its packets together
    Message(PacketType type, int status, byte[] body) {
        this.type = type;
        this.status = status;
        this.body = body;
    }

    PacketType type() {
        return type;
    }

    /// Not a copy, and not written to.
    byte[] body() {
        return body;
    }

    /// The client changed its mind halfway through; the body is incomplete.
    boolean ignored() {
        return (status & IGNORE) != 0;
    }

    boolean resetsConnection() {
        return (status & (RESET_CONNECTION | RESET_KEEPING_TRANSACTION)) != 0;
    }

    boolean keepsTransaction() {
        return (status & RESET_KEEPING_TRANSACTION) != 0;
    }
}
