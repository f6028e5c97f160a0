package dev.sluice.simulator.tds;

import java.util.Locale;

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
    PRELOGIN(0x12);

    private final int code;

    PacketType(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    static PacketType of(int code) throws ProtocolException {
        for (PacketType type : values()) {
            if (type.code == code) {
                return type;
            }
        }
        throw new ProtocolException(String.format(Locale.ROOT, "no TDS packet begins with 0x%02X", code));
    }
}
