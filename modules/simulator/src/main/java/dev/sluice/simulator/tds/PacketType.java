package dev.sluice.simulator.tds;

/// The first byte of a packet.
enum PacketType {
    BATCH(0x01),
    RPC(0x03),
    RESPONSE(0x04),
    ATTENTION(0x06),
    BULK_LOAD(0x07),
    TRANSACTION_MANAGER(0x0E),
    LOGIN7(0x10),
    SSPI(0x11),
    PRELOGIN(0x12),
    /// Any other. The header says where its message ends, so a session can refuse it and go on.
    UNKNOWN(-1);

    private final int code;

    PacketType(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    static PacketType of(int code) {
        for (PacketType type : values()) {
            if (type.code == code) {
                return type;
            }
        }
        return UNKNOWN;
    }
}
