package dev.sluice.simulator.tds;

import dev.sluice.simulator.regional.Collation;
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
import java.nio.charset.Charset;
import java.util.Locale;
import java.util.stream.Stream;

/// A type as the wire says it: TYPE_INFO in MS-TDS.
///
/// @param type what it means
/// @param maxBytes the size that was declared with it; what a client declares may be larger than its [SqlType]
///     says
/// @param charset of text that is not national: that of the collation which the client declares
record TypeInfo(SqlType type, int maxBytes, Charset charset) {

    /// Text of this endpoint goes out in the default collation, not in the server's: every column says its own.
    static final Charset DEFAULT_CHARSET = charset(Collation.DEFAULT.codePage());

    static final int COLLATION_BYTES = 5;
    private static final int LCID_BITS = 0xF_FFFF;

    private TypeInfo(SqlType type, int maxBytes) {
        this(type, maxBytes, DEFAULT_CHARSET);
    }

    private static Charset charset(int codePage) {
        return Charset.forName("windows-" + codePage);
    }

    static final int MAX_MARKER = 0xFFFF;

    private static final int GUID = 0x24;
    private static final int INTN = 0x26;
    private static final int DATEN = 0x28;
    private static final int TIMEN = 0x29;
    private static final int DATETIME2N = 0x2A;
    private static final int DATETIMEOFFSETN = 0x2B;
    private static final int BITN = 0x68;
    private static final int DECIMALN = 0x6A;
    private static final int NUMERICN = 0x6C;
    private static final int FLTN = 0x6D;
    private static final int DATETIMN = 0x6F;
    private static final int BIGVARBINARY = 0xA5;
    private static final int BIGVARCHAR = 0xA7;
    private static final int BIGBINARY = 0xAD;
    private static final int BIGCHAR = 0xAF;
    private static final int NVARCHAR = 0xE7;
    private static final int NCHAR = 0xEF;

    static void write(SqlType type, WireBuffer out) {
        switch (type) {
            case Whole(int bytes) -> out.u8(INTN).u8(bytes);
            case Bit() -> out.u8(BITN).u8(1);
            case Decimal(int precision, int scale) ->
                out.u8(NUMERICN).u8(decimalBytes(precision)).u8(precision).u8(scale);
            case Approximate(int bytes) -> out.u8(FLTN).u8(bytes);
            case Date() -> out.u8(DATEN);
            case Time(int scale) -> out.u8(TIMEN).u8(scale);
            case DateTime() -> out.u8(DATETIMN).u8(8);
            case DateTime2(int scale) -> out.u8(DATETIME2N).u8(scale);
            case DateTimeOffset(int scale) -> out.u8(DATETIMEOFFSETN).u8(scale);
            case UniqueIdentifier() -> out.u8(GUID).u8(16);
            case Characters text -> {
                out.u8(text.national() ? (text.fixed() ? NCHAR : NVARCHAR) : (text.fixed() ? BIGCHAR : BIGVARCHAR));
                out.u16(text.length() == SqlType.MAX ? MAX_MARKER : text.length() * (text.national() ? 2 : 1));
                out.i32(Collation.DEFAULT.info()).u8(Collation.DEFAULT.sortId());
            }
            case Binary binary -> {
                out.u8(binary.fixed() ? BIGBINARY : BIGVARBINARY);
                out.u16(binary.length() == SqlType.MAX ? MAX_MARKER : binary.length());
            }
        }
    }

    /// Reads a type that a client declares for a parameter.
    ///
    /// @throws UnsupportedRequestException for types that exist but not here
    static TypeInfo read(WireInput in) throws ProtocolException, UnsupportedRequestException {
        int token = in.u8();
        return switch (token) {
            case INTN -> sized(in, "an integer", bytes -> new Whole(bytes));
            case BITN -> sized(in, "a bit", _ -> SqlType.BIT);
            case FLTN -> sized(in, "a float", bytes -> new Approximate(bytes));
            case DATETIMN -> sized(in, "a datetime", _ -> SqlType.DATETIME);
            case GUID -> sized(in, "a uniqueidentifier", _ -> SqlType.UNIQUEIDENTIFIER);
            case DATEN -> new TypeInfo(SqlType.DATE, 3);
            case TIMEN -> sized(in, "a time", scale -> new Time(scale));
            case DATETIME2N -> sized(in, "a datetime2", scale -> new DateTime2(scale));
            case DATETIMEOFFSETN -> sized(in, "a datetimeoffset", scale -> new DateTimeOffset(scale));
            case DECIMALN, NUMERICN -> {
                int bytes = in.u8();
                int precision = in.u8();
                int scale = in.u8();
                yield new TypeInfo(declared("a decimal", () -> new Decimal(precision, scale)), bytes);
            }
            case NVARCHAR, NCHAR, BIGVARCHAR, BIGCHAR -> {
                int bytes = in.u16();
                Charset charset = collation(in);
                boolean national = token == NVARCHAR || token == NCHAR;
                boolean fixed = token == NCHAR || token == BIGCHAR;
                int length = bytes == MAX_MARKER ? SqlType.MAX : Math.max(1, national ? bytes / 2 : bytes);
                yield new TypeInfo(declared("a text", () -> new Characters(national, fixed, length)), bytes, charset);
            }
            case BIGVARBINARY, BIGBINARY -> {
                int bytes = in.u16();
                int length = bytes == MAX_MARKER ? SqlType.MAX : Math.max(1, bytes);
                yield new TypeInfo(declared("a binary", () -> new Binary(token == BIGBINARY, length)), bytes);
            }
            default ->
                throw new UnsupportedRequestException(SqlMessage.error(
                        Tokens.NOT_FROM_SQL_SERVER,
                        String.format(
                                Locale.ROOT, "This TDS endpoint takes no parameters of the wire type 0x%02X.", token)));
        };
    }

    private static Charset collation(WireInput in) throws ProtocolException {
        int locale = in.i32() & LCID_BITS;
        in.u8(); // the sort id says nothing more about those that are known here
        return Stream.of(Collation.values())
                .filter(collation -> collation.localeId() == locale)
                .map(collation -> charset(collation.codePage()))
                .findFirst()
                .orElse(DEFAULT_CHARSET);
    }

    private interface OfSize {
        SqlType type(int size);
    }

    private interface Declaration {
        SqlType type();
    }

    private static TypeInfo sized(WireInput in, String what, OfSize of) throws ProtocolException {
        int size = in.u8();
        return new TypeInfo(declared(what, () -> of.type(size)), size);
    }

    private static SqlType declared(String what, Declaration declaration) throws ProtocolException {
        try {
            return declaration.type();
        } catch (IllegalArgumentException e) {
            throw new ProtocolException(
                    "a parameter was declared as %s that cannot be: %s".formatted(what, e.getMessage()));
        }
    }

    /// How long a decimal's value is, its sign included.
    static int decimalBytes(int precision) {
        if (precision <= 9) {
            return 5;
        }
        if (precision <= 19) {
            return 9;
        }
        return precision <= 28 ? 13 : 17;
    }
}
