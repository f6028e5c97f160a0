package dev.sluice.simulator.tds;

import dev.sluice.simulator.tds.SqlType.Approximate;
import dev.sluice.simulator.tds.SqlType.Binary;
import dev.sluice.simulator.tds.SqlType.Bit;
import dev.sluice.simulator.tds.SqlType.Characters;
import dev.sluice.simulator.tds.SqlType.Date;
import dev.sluice.simulator.tds.SqlType.DateTime;
import dev.sluice.simulator.tds.SqlType.DateTime2;
import dev.sluice.simulator.tds.SqlType.DateTimeOffset;
import dev.sluice.simulator.tds.SqlType.Decimal;
import dev.sluice.simulator.tds.SqlType.Time;
import dev.sluice.simulator.tds.SqlType.UniqueIdentifier;
import dev.sluice.simulator.tds.SqlType.Whole;
import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Values to bytes and back. What surrounds them, lengths and null markers, is here as well; dates are in
/// [Temporals].
final class TypeCodec {

    private static final int NULL_SHORT = 0xFFFF;
    private static final long NULL_LONG = -1;
    private static final long UNKNOWN_LENGTH = -2;

    private TypeCodec() {}

    /// @throws IllegalArgumentException when the value does not fit the type; nothing useful was written then
    static void write(SqlType type, @Nullable Object value, WireBuffer out) {
        if (value == null) {
            writeNull(type, out);
            return;
        }
        try {
            writeValue(type, value, out);
        } catch (ClassCastException | ArithmeticException e) {
            throw new IllegalArgumentException(
                    "%s is no value of %s: %s".formatted(value.getClass().getSimpleName(), type, e.getMessage()), e);
        }
    }

    private static void writeNull(SqlType type, WireBuffer out) {
        switch (type) {
            case Characters text -> writeNullOfLength(text.length(), out);
            case Binary binary -> writeNullOfLength(binary.length(), out);
            default -> out.u8(0); // every other type has a length in one byte, and 0 means null
        }
    }

    private static void writeNullOfLength(int length, WireBuffer out) {
        if (length == SqlType.MAX) {
            out.i64(NULL_LONG);
        } else {
            out.u16(NULL_SHORT);
        }
    }

    private static void writeValue(SqlType type, Object value, WireBuffer out) {
        switch (type) {
            case Whole(int bytes) -> out.u8(bytes).lowBytes(whole((Number) value, bytes), bytes);
            case Bit() -> out.u8(1).u8((Boolean) value ? 1 : 0);
            case Decimal(int precision, int scale) -> writeDecimal(decimal((Number) value), precision, scale, out);
            case Approximate(int bytes) -> {
                double number = ((Number) value).doubleValue();
                out.u8(bytes);
                if (bytes == 4) {
                    out.i32(Float.floatToIntBits((float) number));
                } else {
                    out.i64(Double.doubleToLongBits(number));
                }
            }
            case Date() -> Temporals.writeDate((LocalDate) value, out.u8(3));
            case Time(int scale) -> Temporals.writeTime((LocalTime) value, scale, out.u8(Temporals.timeBytes(scale)));
            case DateTime() -> Temporals.writeDateTime((LocalDateTime) value, out.u8(8));
            case DateTime2(int scale) ->
                Temporals.writeDateTime2((LocalDateTime) value, scale, out.u8(Temporals.timeBytes(scale) + 3));
            case DateTimeOffset(int scale) ->
                Temporals.writeOffset((OffsetDateTime) value, scale, out.u8(Temporals.timeBytes(scale) + 5));
            case UniqueIdentifier() -> writeGuid((UUID) value, out.u8(16));
            case Characters text -> {
                byte[] bytes = ((String) value).getBytes(charset(text, TypeInfo.DEFAULT_CHARSET));
                int unit = text.national() ? 2 : 1;
                writeBytes(type, bytes, text.length() == SqlType.MAX ? SqlType.MAX : text.length() * unit, out);
                pad(
                        text.fixed() ? (text.length() * unit - bytes.length) / unit : 0,
                        " ".getBytes(charset(text, TypeInfo.DEFAULT_CHARSET)),
                        out);
            }
            case Binary binary -> {
                byte[] bytes = (byte[]) value;
                writeBytes(type, bytes, binary.length(), out);
                pad(binary.fixed() ? binary.length() - bytes.length : 0, new byte[1], out);
            }
        }
    }

    private static void writeBytes(SqlType type, byte[] bytes, int limit, WireBuffer out) {
        if (limit == SqlType.MAX) {
            out.i64(bytes.length);
            if (bytes.length > 0) { // a chunk of length 0 would be the end already
                out.i32(bytes.length).bytes(bytes);
            }
            out.i32(0);
            return;
        }
        if (bytes.length > limit) {
            throw new IllegalArgumentException(
                    String.format(Locale.ROOT, "a value of %d bytes does not fit %s", bytes.length, type));
        }
        out.u16(isFixed(type) ? limit : bytes.length).bytes(bytes);
    }

    private static boolean isFixed(SqlType type) {
        return switch (type) {
            case Characters text -> text.fixed();
            case Binary binary -> binary.fixed();
            default -> false;
        };
    }

    private static void pad(int count, byte[] filler, WireBuffer out) {
        for (int i = 0; i < count; i++) {
            out.bytes(filler);
        }
    }

    private static long whole(Number number, int bytes) {
        long value = decimal(number).longValueExact();
        long lowest = bytes == 1 ? 0 : Long.MIN_VALUE >> (64 - 8 * bytes);
        long highest = bytes == 1 ? 0xFF : Long.MAX_VALUE >> (64 - 8 * bytes);
        if (value < lowest || value > highest) {
            throw new ArithmeticException(
                    String.format(Locale.ROOT, "%d is not within %d to %d", value, lowest, highest));
        }
        return value;
    }

    private static BigDecimal decimal(Number number) {
        return switch (number) {
            case BigDecimal already -> already;
            case BigInteger integer -> new BigDecimal(integer);
            default -> new BigDecimal(number.toString());
        };
    }

    private static void writeDecimal(BigDecimal value, int precision, int scale, WireBuffer out) {
        BigDecimal scaled = value.setScale(scale, RoundingMode.HALF_UP);
        if (scaled.precision() > precision) {
            throw new ArithmeticException(String.format(Locale.ROOT, "%s has more than %d digits", scaled, precision));
        }
        int length = TypeInfo.decimalBytes(precision);
        byte[] magnitude = scaled.unscaledValue().abs().toByteArray();
        out.u8(length).u8(scaled.signum() < 0 ? 0 : 1);
        for (int i = 0; i < length - 1; i++) {
            out.u8(i < magnitude.length ? magnitude[magnitude.length - 1 - i] : 0);
        }
    }

    private static void writeGuid(UUID value, WireBuffer out) {
        long high = value.getMostSignificantBits();
        out.i32((int) (high >> 32)).u16((int) (high >> 16)).u16((int) high);
        out.i64(Long.reverseBytes(value.getLeastSignificantBits()));
    }

    private static Charset charset(Characters text, Charset ofBytes) {
        return text.national() ? StandardCharsets.UTF_16LE : ofBytes;
    }

    /// Reads the value that follows a client's type information.
    static @Nullable Object read(TypeInfo info, WireInput in) throws ProtocolException {
        return switch (info.type()) {
            case Characters text -> {
                byte[] bytes = readBytes(info, in);
                yield bytes == null ? null : new String(bytes, charset(text, info.charset()));
            }
            case Binary _ -> readBytes(info, in);
            case SqlType shortType -> {
                int length = in.u8();
                yield length == 0 ? null : readShort(shortType, length, in);
            }
        };
    }

    private static byte @Nullable [] readBytes(TypeInfo info, WireInput in) throws ProtocolException {
        if (info.maxBytes() != TypeInfo.MAX_MARKER) {
            int length = in.u16();
            return length == NULL_SHORT ? null : in.bytes(length);
        }
        long total = in.i64();
        if (total == NULL_LONG) {
            return null;
        }
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (long chunk = in.u32(); chunk != 0; chunk = in.u32()) {
            all.writeBytes(in.bytes(chunk));
        }
        if (total != UNKNOWN_LENGTH && total != all.size()) {
            throw new ProtocolException(
                    String.format(Locale.ROOT, "a value was announced with %d bytes and has %d", total, all.size()));
        }
        return all.toByteArray();
    }

    private static Object readShort(SqlType type, int length, WireInput in) throws ProtocolException {
        return switch (type) {
            case Whole(int bytes) -> readWhole(expect(type, bytes, length), in);
            case Bit() -> in.unsigned(expect(type, 1, length)) != 0;
            case Decimal decimal -> readDecimal(length, decimal.scale(), in);
            case Approximate(int bytes) ->
                expect(type, bytes, length) == 4
                        ? Float.intBitsToFloat(in.i32())
                        : (Object) Double.longBitsToDouble(in.i64());
            case Date() -> Temporals.readDate(in, expect(type, 3, length));
            case Time(int scale) -> Temporals.readTime(in, scale, expect(type, Temporals.timeBytes(scale), length));
            case DateTime() -> Temporals.readDateTime(in, length);
            case DateTime2(int scale) ->
                Temporals.readDateTime2(in, scale, expect(type, Temporals.timeBytes(scale) + 3, length) - 3);
            case DateTimeOffset(int scale) ->
                Temporals.readOffset(in, scale, expect(type, Temporals.timeBytes(scale) + 5, length) - 5);
            case UniqueIdentifier() -> readGuid(in, expect(type, 16, length));
            case Characters _, Binary _ -> throw new AssertionError("read by readBytes: " + type);
        };
    }

    private static int expect(SqlType type, int expected, int length) throws ProtocolException {
        if (length != expected) {
            throw new ProtocolException(
                    String.format(Locale.ROOT, "a value of %s has %d bytes, got %d", type, expected, length));
        }
        return length;
    }

    private static Object readWhole(int bytes, WireInput in) throws ProtocolException {
        return switch (bytes) {
            case 1 -> (short) in.u8();
            case 2 -> (short) in.u16();
            case 4 -> in.i32();
            default -> in.i64();
        };
    }

    private static BigDecimal readDecimal(int length, int scale, WireInput in) throws ProtocolException {
        int sign = in.u8();
        byte[] magnitude = in.bytes(length - 1L);
        for (int i = 0; i < magnitude.length / 2; i++) {
            byte low = magnitude[i];
            magnitude[i] = magnitude[magnitude.length - 1 - i];
            magnitude[magnitude.length - 1 - i] = low;
        }
        BigInteger unscaled = new BigInteger(1, magnitude);
        return new BigDecimal(sign == 0 ? unscaled.negate() : unscaled, scale);
    }

    private static UUID readGuid(WireInput in, int length) throws ProtocolException {
        byte[] bytes = Arrays.copyOf(in.bytes(length), length);
        WireInput guid = new WireInput(bytes);
        long high = guid.u32() << 32 | (long) guid.u16() << 16 | guid.u16();
        return new UUID(high, Long.reverseBytes(guid.i64()));
    }
}
