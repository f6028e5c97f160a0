package dev.sluice.simulator.query;

import dev.sluice.simulator.tsql.SqlFailure;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoField;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;

/// Dates as text, and the units of DATEDIFF and DATEADD.
final class Dates {

    private static final DateTimeFormatter ISO = new DateTimeFormatterBuilder()
            .appendPattern("yyyy-MM-dd")
            .optionalStart()
            .appendPattern("['T'][' ']HH:mm[:ss]")
            .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
            .optionalEnd()
            .parseDefaulting(ChronoField.HOUR_OF_DAY, 0)
            .parseDefaulting(ChronoField.MINUTE_OF_HOUR, 0)
            .toFormatter(Locale.ROOT);

    private static final DateTimeFormatter COMPACT = new DateTimeFormatterBuilder()
            .appendPattern("yyyyMMdd[' 'HH:mm[:ss]]")
            .parseDefaulting(ChronoField.HOUR_OF_DAY, 0)
            .parseDefaulting(ChronoField.MINUTE_OF_HOUR, 0)
            .toFormatter(Locale.ROOT);

    private static final DateTimeFormatter DEFAULT_STYLE = DateTimeFormatter.ofPattern("MMM d yyyy h:mma", Locale.ROOT);
    private static final DateTimeFormatter STYLE_120 = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);
    private static final DateTimeFormatter STYLE_121 =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS", Locale.ROOT);
    private static final DateTimeFormatter STYLE_126 =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS", Locale.ROOT);
    private static final DateTimeFormatter STYLE_112 = DateTimeFormatter.ofPattern("yyyyMMdd", Locale.ROOT);

    private Dates() {}

    static LocalDateTime parse(String text) {
        String trimmed = text.strip();
        for (DateTimeFormatter format : List.of(ISO, COMPACT)) {
            try {
                return LocalDateTime.parse(trimmed, format);
            } catch (DateTimeParseException _) {
                // perhaps another one
            }
        }
        try {
            return OffsetDateTime.parse(trimmed).toLocalDateTime();
        } catch (DateTimeParseException e) {
            throw SqlFailure.error(241, "Conversion failed when converting date and/or time from character string.");
        }
    }

    static String format(LocalDateTime value, int style) {
        return switch (style) {
            case 20, 120 -> STYLE_120.format(value);
            case 21, 25, 121 -> STYLE_121.format(value);
            case 126 -> STYLE_126.format(value);
            case 127 -> STYLE_126.format(value) + "Z";
            case 112 -> STYLE_112.format(value);
            default -> DEFAULT_STYLE.format(value);
        };
    }

    static ChronoUnit unit(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "year", "yy", "yyyy" -> ChronoUnit.YEARS;
            case "month", "mm", "m" -> ChronoUnit.MONTHS;
            case "week", "wk", "ww" -> ChronoUnit.WEEKS;
            case "day", "dd", "d" -> ChronoUnit.DAYS;
            case "hour", "hh" -> ChronoUnit.HOURS;
            case "minute", "mi", "n" -> ChronoUnit.MINUTES;
            case "second", "ss", "s" -> ChronoUnit.SECONDS;
            case "millisecond", "ms" -> ChronoUnit.MILLIS;
            case "microsecond", "mcs" -> ChronoUnit.MICROS;
            case "nanosecond", "ns" -> ChronoUnit.NANOS;
            default -> throw SqlFailure.error(155, "'%s' is not a recognized datepart option.".formatted(name));
        };
    }

    /// DATEDIFF counts boundaries crossed, not time passed.
    static long difference(ChronoUnit unit, LocalDateTime from, LocalDateTime to) {
        return switch (unit) {
            case YEARS -> to.getYear() - from.getYear();
            case MONTHS -> (to.getYear() - from.getYear()) * 12L + to.getMonthValue() - from.getMonthValue();
            case WEEKS -> ChronoUnit.DAYS.between(from.toLocalDate(), to.toLocalDate()) / 7;
            case DAYS -> ChronoUnit.DAYS.between(from.toLocalDate(), to.toLocalDate());
            default -> unit.between(from.truncatedTo(unit), to.truncatedTo(unit));
        };
    }
}
