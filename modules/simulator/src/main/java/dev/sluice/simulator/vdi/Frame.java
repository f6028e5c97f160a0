package dev.sluice.simulator.vdi;

import dev.sluice.vdi.Features;
import dev.sluice.vdi.VDConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// One message between client process and server: [#HEADER] bytes, little-endian, and a payload. Fields without a
/// meaning for the type are 0.
///
/// **Source:** `struct Frame` in `wire.h`, which lists the types' meanings.
record Frame(
        Type type, long token, int code, int size, long position, long offset, int chunk, int bytes, Payload payload) {

    static final int HEADER = 56;
    static final int PAYLOAD_LIMIT = 1024;

    /// "VDI1"
    private static final int MAGIC = 0x31494456;

    private static final int CONFIG_BYTES = 44;

    /// `enum class Type` of `wire.h`.
    enum Type {
        ATTACH(1),
        HELLO(2),
        CONFIGURED(3),
        MEMORY(4),
        MAPPED(5),
        ABORT(6),
        FINISHED(7),
        CLOSE(8),
        OPEN(9),
        ANSWER(10),
        FETCH(11),
        CANCEL(12),
        COMMAND(13),
        CLOSED(14),
        NOTHING(15),
        COMPLETE(16),
        SECONDARY(17),
        JOIN(18),
        HANDLE_OF(19),
        BUFFER_OF(20);

        private static final Type[] VALUES = values();

        private final int number;

        Type(int number) {
            this.number = number;
        }

        static @Nullable Type ofNumber(int number) {
            return number >= 1 && number <= VALUES.length ? VALUES[number - 1] : null;
        }
    }

    /// What follows the header.
    record Payload(@Nullable VDConfig config, String text) {
        static final Payload NONE = new Payload(null, "");
    }

    static Frame of(Type type) {
        return new Frame(type, 0, 0, 0, 0, 0, 0, 0, Payload.NONE);
    }

    static Frame of(Type type, String text) {
        return new Frame(type, 0, 0, 0, 0, 0, 0, 0, new Payload(null, text));
    }

    static Frame configured(VDConfig config) {
        return new Frame(Type.CONFIGURED, 0, 0, 0, 0, 0, 0, 0, new Payload(config, ""));
    }

    static Frame answer(int code) {
        return answer(code, 0, 0, 0, 0);
    }

    static Frame answer(int code, long token, int bytes, int chunk, long offset) {
        return new Frame(Type.ANSWER, token, code, 0, 0, offset, chunk, bytes, Payload.NONE);
    }

    static Frame memory(int chunk, long bytes, long fileOffset, String fileName) {
        return new Frame(Type.MEMORY, 0, 0, 0, bytes, fileOffset, chunk, 0, new Payload(null, fileName));
    }

    /// A frame's header is complete in `from`.
    ///
    /// @return bytes of payload that follow @throws IOException it is no frame
    static int payloadBytes(ByteBuffer from) throws IOException {
        int magic = from.getInt(0);
        int payload = from.getInt(48);
        if (magic != MAGIC
                || Type.ofNumber(from.getInt(4)) == null
                || payload < 0
                || payload > PAYLOAD_LIMIT
                || from.getInt(52) != 0) {
            throw new BrokenProtocolException(String.format(
                    Locale.ROOT, "not a frame: magic 0x%08X, type %d, payload %d", magic, from.getInt(4), payload));
        }
        return payload;
    }

    /// Header and payload are complete in `from`, between 0 and its limit.
    static Frame decode(ByteBuffer from) throws IOException {
        Type type = Type.ofNumber(from.getInt(4));
        int payload = payloadBytes(from);
        if (type == null) {
            throw new BrokenProtocolException("not a frame");
        }
        VDConfig config = null;
        int text = HEADER;
        if (type == Type.HELLO || type == Type.CONFIGURED) {
            if (payload < CONFIG_BYTES) {
                throw new BrokenProtocolException("%s without a configuration".formatted(type));
            }
            config = decodeConfig(from, HEADER);
            text += CONFIG_BYTES;
        }
        byte[] bytes = new byte[HEADER + payload - text];
        from.get(text, bytes);
        return new Frame(
                type,
                from.getLong(8),
                from.getInt(16),
                from.getInt(20),
                from.getLong(24),
                from.getLong(32),
                from.getInt(40),
                from.getInt(44),
                config == null && bytes.length == 0
                        ? Payload.NONE
                        : new Payload(config, new String(bytes, StandardCharsets.UTF_8)));
    }

    void encode(ByteBuffer into) {
        byte[] text = payload.text.isEmpty() ? new byte[0] : payload.text.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(text.length, PAYLOAD_LIMIT - CONFIG_BYTES);
        into.clear().order(ByteOrder.LITTLE_ENDIAN);
        into.putInt(MAGIC).putInt(type.number).putLong(token).putInt(code).putInt(size);
        into.putLong(position).putLong(offset).putInt(chunk).putInt(bytes);
        into.putInt(length + (payload.config == null ? 0 : CONFIG_BYTES)).putInt(0);
        if (payload.config != null) {
            encodeConfig(payload.config, into);
        }
        into.put(text, 0, length).flip();
    }

    private static VDConfig decodeConfig(ByteBuffer from, int at) {
        return new VDConfig(
                from.getInt(at),
                new Features(from.getInt(at + 4)),
                from.getInt(at + 8),
                from.getInt(at + 12),
                from.getInt(at + 16),
                from.getInt(at + 20),
                Duration.ofMillis(Integer.toUnsignedLong(from.getInt(at + 24))),
                from.getInt(at + 28),
                from.getInt(at + 32),
                from.getInt(at + 36),
                Integer.toUnsignedLong(from.getInt(at + 40)));
    }

    private static void encodeConfig(VDConfig config, ByteBuffer into) {
        into.putInt(config.deviceCount())
                .putInt(config.features().bits())
                .putInt(config.prefixZoneSize())
                .putInt(config.alignment())
                .putInt(config.softFileMarkBlockSize())
                .putInt(config.eomWarningSize())
                .putInt((int) Math.min(config.serverTimeout().toMillis(), 0xFFFF_FFFFL))
                .putInt(config.blockSize())
                .putInt(config.maxIoDepth())
                .putInt(config.maxTransferSize())
                .putInt((int) Math.min(config.bufferAreaSize(), 0xFFFF_FFFFL));
    }
}
