package dev.sluice.simulator.query;

import dev.sluice.simulator.regional.Collation;
import dev.sluice.simulator.regional.DateFormat;
import dev.sluice.simulator.tds.SqlType;
import dev.sluice.simulator.tsql.SqlFailure;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Conversion and comparison of values, as a session has them set: what is equal follows the collation, what
/// text means as a date the date format.
///
/// **Source:** the rules of CAST and CONVERT and of data type precedence, as far as the statements need that
/// backup programs send.
///
/// @param collation of every text; a real server lets each column have one of its own
/// @param dates     the order of day, month and year in text
public record Values(Collation collation, DateFormat dates) {

    private static final int LONGEST_SHOWN = 30;

    /// @param style of CONVERT; 0 for CAST
    public @Nullable Object convert(@Nullable Object value, SqlType to, int style) {
        if (value == null) {
            return null;
        }
        return switch (to) {
            case SqlType.Whole whole -> whole(value, whole);
            case SqlType.Bit _ -> bit(value);
            case SqlType.Decimal decimal -> number(value, to).setScale(decimal.scale(), RoundingMode.HALF_UP);
            case SqlType.Approximate approximate ->
                approximate.bytes() == 4
                        ? (Object) number(value, to).floatValue()
                        : number(value, to).doubleValue();
            case SqlType.Date _ -> dateTime(value, to).toLocalDate();
            case SqlType.Time _ ->
                value instanceof LocalTime time ? time : dateTime(value, to).toLocalTime();
            case SqlType.DateTime _, SqlType.DateTime2 _ -> dateTime(value, to);
            case SqlType.DateTimeOffset _ ->
                value instanceof OffsetDateTime offset
                        ? offset
                        : dateTime(value, to).atOffset(ZoneOffset.UTC);
            case SqlType.UniqueIdentifier _ -> uuid(value);
            case SqlType.Characters characters -> fit(text(value, style), characters);
            case SqlType.Binary binary -> bytes(value, binary, style);
        };
    }

    private static Object whole(Object value, SqlType.Whole type) {
        BigDecimal number = number(value, type);
        long limit = type.bytes() == 8 ? Long.MAX_VALUE : (1L << (8 * type.bytes() - 1)) - 1;
        long low = type.bytes() == 1 ? 0 : -limit - 1;
        long high = type.bytes() == 1 ? 255 : limit;
        BigDecimal cut = number.setScale(0, RoundingMode.DOWN);
        if (cut.compareTo(BigDecimal.valueOf(low)) < 0 || cut.compareTo(BigDecimal.valueOf(high)) > 0) {
            throw SqlFailure.error(
                    8115, "Arithmetic overflow error converting expression to data type %s.".formatted(name(type)));
        }
        return switch (type.bytes()) {
            case 8 -> cut.longValueExact();
            case 4 -> cut.intValueExact();
            default -> cut.shortValueExact();
        };
    }

    private static Boolean bit(Object value) {
        if (value instanceof String text) {
            return switch (text.strip().toLowerCase(Locale.ROOT)) {
                case "true" -> true;
                case "false" -> false;
                default -> number(value, SqlType.BIT).signum() != 0;
            };
        }
        return number(value, SqlType.BIT).signum() != 0;
    }

    static BigDecimal number(Object value, SqlType wanted) {
        return switch (value) {
            case BigDecimal decimal -> decimal;
            case Boolean bit -> bit ? BigDecimal.ONE : BigDecimal.ZERO;
            case Double d -> BigDecimal.valueOf(d);
            case Float f -> BigDecimal.valueOf(f);
            case Number n -> BigDecimal.valueOf(n.longValue());
            case byte[] bytes -> new BigDecimal(new BigInteger(1, bytes));
            case String text -> parsed(text, wanted);
            default ->
                throw SqlFailure.error(
                        206, "Operand type clash: %s is incompatible with %s".formatted(nameOf(value), name(wanted)));
        };
    }

    private static BigDecimal parsed(String text, SqlType wanted) {
        try {
            return text.isBlank() && wanted instanceof SqlType.Whole ? BigDecimal.ZERO : new BigDecimal(text.strip());
        } catch (NumberFormatException e) {
            throw SqlFailure.error(
                    245,
                    "Conversion failed when converting the varchar value '%s' to data type %s."
                            .formatted(text, name(wanted)));
        }
    }

    /// @param wanted the type that text is converted to: datetime reads it differently from its younger
    ///     siblings
    LocalDateTime dateTime(Object value, SqlType wanted) {
        return switch (value) {
            case LocalDateTime dateTime -> dateTime;
            case LocalDate date -> date.atStartOfDay();
            case OffsetDateTime offset -> offset.toLocalDateTime();
            case LocalTime time -> LocalDate.of(1900, 1, 1).atTime(time);
            case String text -> Dates.parse(text, wanted, dates);
            default -> throw SqlFailure.error(529, "Explicit conversion to a date is not allowed.");
        };
    }

    private static UUID uuid(Object value) {
        if (value instanceof UUID uuid) {
            return uuid;
        }
        try {
            return UUID.fromString(text(value, 0).strip().replace("{", "").replace("}", ""));
        } catch (IllegalArgumentException e) {
            throw SqlFailure.error(
                    8169, "Conversion failed when converting from a character string to uniqueidentifier.");
        }
    }

    private static byte[] bytes(Object value, SqlType.Binary type, int style) {
        byte[] bytes = value instanceof byte[] given
                ? given
                : switch (value) {
                    case String text when style == 1 -> HexFormat.of().parseHex(text.substring(2));
                    case String text when style == 2 -> HexFormat.of().parseHex(text);
                    case String text -> text.getBytes(StandardCharsets.UTF_16LE);
                    case UUID uuid ->
                        ByteBuffer.allocate(16)
                                .putLong(uuid.getMostSignificantBits())
                                .putLong(uuid.getLeastSignificantBits())
                                .array();
                    default -> number(value, type).toBigInteger().toByteArray();
                };
        return type.length() == SqlType.MAX || bytes.length <= type.length()
                ? bytes
                : Arrays.copyOf(bytes, type.length());
    }

    private static String fit(String text, SqlType.Characters type) {
        if (type.length() == SqlType.MAX || text.length() <= type.length()) {
            return type.fixed() ? text + " ".repeat(type.length() - text.length()) : text;
        }
        return text.substring(0, type.length());
    }

    public static String text(Object value, int style) {
        return switch (value) {
            case String text -> text;
            case Boolean bit -> bit ? "1" : "0";
            case BigDecimal decimal -> decimal.toPlainString();
            case LocalDateTime dateTime -> Dates.format(dateTime, style);
            case LocalDate date -> date.toString();
            case OffsetDateTime offset -> offset.toString();
            case UUID uuid -> uuid.toString().toUpperCase(Locale.ROOT);
            case byte[] bytes
            when style == 1 -> "0x" + HexFormat.of().withUpperCase().formatHex(bytes);
            case byte[] bytes when style == 2 -> HexFormat.of().withUpperCase().formatHex(bytes);
            case byte[] bytes -> new String(bytes, StandardCharsets.UTF_16LE);
            default -> value.toString();
        };
    }

    /// Compares as SQL Server does after it has converted to the type of higher precedence. Text compares by
    /// the collation.
    int compare(Object left, Object right) {
        if (left instanceof String a && right instanceof String b) {
            return collation.compare(a, b);
        }
        if (isTemporal(left) || isTemporal(right)) {
            return dateTime(left, ofText(right)).compareTo(dateTime(right, ofText(left)));
        }
        if (left instanceof UUID && left.equals(right)) {
            return 0;
        }
        if (left instanceof UUID || right instanceof UUID) {
            return uuid(left).toString().compareTo(uuid(right).toString());
        }
        if (left instanceof byte[] a && right instanceof byte[] b) {
            return Arrays.compareUnsigned(a, b);
        }
        SqlType wanted =
                left instanceof BigDecimal || right instanceof BigDecimal ? SqlType.decimal(38, 0) : SqlType.INT;
        return number(left, wanted).compareTo(number(right, wanted));
    }

    /// What text beside this date is converted to. The views say datetime nearly everywhere, and so does this:
    /// datetime is the one of them that can be misread.
    private static SqlType ofText(Object date) {
        return date instanceof LocalDateTime ? SqlType.DATETIME : SqlType.datetime2(SqlType.LARGEST_SCALE_OF_TIME);
    }

    /// The same value for all that compare as equal: GROUP BY and DISTINCT.
    @Nullable
    Object key(@Nullable Object value) {
        return value instanceof String text ? collation.key(text) : value;
    }

    private static boolean isTemporal(Object value) {
        return value instanceof LocalDateTime
                || value instanceof LocalDate
                || value instanceof LocalTime
                || value instanceof OffsetDateTime;
    }

    /// The type of higher precedence, which two operands are converted to.
    static SqlType common(SqlType left, SqlType right) {
        if (left instanceof SqlType.Characters a && right instanceof SqlType.Characters b) {
            boolean max = a.length() == SqlType.MAX || b.length() == SqlType.MAX;
            boolean national = a.national() || b.national();
            int length = max ? SqlType.MAX : Math.min(Math.max(a.length(), b.length()), national ? 4000 : 8000);
            return new SqlType.Characters(national, false, length);
        }
        if (left instanceof SqlType.Decimal a && right instanceof SqlType.Decimal b) {
            int scale = Math.max(a.scale(), b.scale());
            int whole = Math.max(a.precision() - a.scale(), b.precision() - b.scale());
            return SqlType.decimal(Math.min(SqlType.LARGEST_PRECISION, whole + scale), scale);
        }
        return precedence(left) >= precedence(right) ? left : right;
    }

    private static int precedence(SqlType type) {
        return switch (type) {
            case SqlType.DateTimeOffset _ -> 100;
            case SqlType.DateTime2 _ -> 99;
            case SqlType.DateTime _ -> 98;
            case SqlType.Date _ -> 97;
            case SqlType.Time _ -> 96;
            case SqlType.Approximate approximate -> 80 + approximate.bytes();
            case SqlType.Decimal _ -> 70;
            case SqlType.Whole whole -> 60 + whole.bytes();
            case SqlType.Bit _ -> 50;
            case SqlType.UniqueIdentifier _ -> 40;
            case SqlType.Characters characters -> characters.national() ? 31 : 30;
            case SqlType.Binary _ -> 20;
        };
    }

    /// The name of a type as messages have it.
    static String name(SqlType type) {
        return switch (type) {
            case SqlType.Whole whole ->
                switch (whole.bytes()) {
                    case 1 -> "tinyint";
                    case 2 -> "smallint";
                    case 4 -> "int";
                    default -> "bigint";
                };
            case SqlType.Bit _ -> "bit";
            case SqlType.Decimal _ -> "numeric";
            case SqlType.Approximate _ -> "float";
            case SqlType.Date _ -> "date";
            case SqlType.Time _ -> "time";
            case SqlType.DateTime _ -> "datetime";
            case SqlType.DateTime2 _ -> "datetime2";
            case SqlType.DateTimeOffset _ -> "datetimeoffset";
            case SqlType.UniqueIdentifier _ -> "uniqueidentifier";
            case SqlType.Characters characters -> characters.national() ? "nvarchar" : "varchar";
            case SqlType.Binary _ -> "varbinary";
        };
    }

    private static String nameOf(Object value) {
        String name = value.getClass().getSimpleName().toLowerCase(Locale.ROOT);
        return name.length() > LONGEST_SHOWN ? name.substring(0, LONGEST_SHOWN) : name;
    }
}
