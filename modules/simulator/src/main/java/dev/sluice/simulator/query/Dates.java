package dev.sluice.simulator.query;

import dev.sluice.simulator.regional.DateFormat;
import dev.sluice.simulator.tds.SqlType;
import dev.sluice.simulator.tsql.SqlFailure;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Dates as text, and the units of DATEDIFF and DATEADD.
final class Dates {

    private static final String TIME = "(\\d{1,2}:\\d{2}(?::\\d{2}(?:\\.\\d{1,7})?)?)";
    private static final Pattern ISO_8601 =
            Pattern.compile("(\\d{4})-(\\d{2})-(\\d{2})T" + TIME + "(Z|[+-]\\d{2}:\\d{2})?");
    private static final Pattern UNSEPARATED = Pattern.compile("(\\d{4})(\\d{2})(\\d{2})(?: " + TIME + ")?");
    private static final Pattern SEPARATED =
            Pattern.compile("(\\d{1,4})([-/.])(\\d{1,2})\\2(\\d{1,4})(?: " + TIME + ")?");
    private static final Pattern CLOCK = Pattern.compile("(\\d{1,2}):(\\d{2})(?::(\\d{2})(?:\\.(\\d{1,7}))?)?");
    private static final int DIGITS_OF_NANOS = 9;
    private static final int DIGITS_OF_DATETIME = 3;
    private static final int DIGITS_OF_YEAR = 4;

    private static final DateTimeFormatter DEFAULT_STYLE = DateTimeFormatter.ofPattern("MMM d yyyy h:mma", Locale.ROOT);
    private static final DateTimeFormatter STYLE_120 = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);
    private static final DateTimeFormatter STYLE_121 =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS", Locale.ROOT);
    private static final DateTimeFormatter STYLE_126 =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS", Locale.ROOT);
    private static final DateTimeFormatter STYLE_112 = DateTimeFormatter.ofPattern("yyyyMMdd", Locale.ROOT);

    private Dates() {}

    /// Text as a date.
    ///
    /// ISO 8601 with its `T`, and eight digits without separators, mean the same everywhere. With separators,
    /// the date format decides what is day and what is month; and where the year comes first, datetime reads
    /// day and month in the format's order as well, so that `2026-03-04` is the third of April under dmy. The
    /// younger types read that as year, month, day under every format. Years have four digits here.
    ///
    /// **Source:** the documentation of SET DATEFORMAT and of each type ("supported string literal formats").
    /// What text STOPAT takes is not documented beyond the types of its variable, of which datetime is the
    /// largest.
    static LocalDateTime parse(String text, SqlType wanted, DateFormat dates) {
        String trimmed = text.strip();
        boolean datetime = wanted instanceof SqlType.DateTime;
        Matcher iso = ISO_8601.matcher(trimmed);
        if (iso.matches()) {
            String offset = iso.group(5);
            boolean complete = iso.group(4).length() > "HH:mm".length() && (offset == null || offset.equals("Z"));
            if (datetime && !complete) {
                throw notADate();
            }
            return at(iso.group(1), iso.group(2), iso.group(3), iso.group(4), datetime);
        }
        Matcher plain = UNSEPARATED.matcher(trimmed);
        if (plain.matches()) {
            return at(plain.group(1), plain.group(2), plain.group(3), plain.group(4), datetime);
        }
        Matcher separated = SEPARATED.matcher(trimmed);
        if (!separated.matches()) {
            return withoutDate(trimmed, datetime);
        }
        String first = separated.group(1);
        String second = separated.group(3);
        String third = separated.group(4);
        String time = separated.group(5);
        if (!datetime && dates == DateFormat.YDM) {
            throw notADate();
        }
        if (first.length() == DIGITS_OF_YEAR && third.length() <= 2) {
            boolean dayFirst = datetime && dates.isDayFirst();
            return dayFirst ? at(first, third, second, time, true) : at(first, second, third, time, datetime);
        }
        if (third.length() == DIGITS_OF_YEAR && first.length() <= 2) {
            return dates.isDayFirst()
                    ? at(third, second, first, time, datetime)
                    : at(third, first, second, time, datetime);
        }
        throw notADate();
    }

    /// A time alone is one of the first day that datetime knows.
    private static LocalDateTime withoutDate(String text, boolean datetime) {
        if (!CLOCK.matcher(text).matches()) {
            throw notADate();
        }
        return at("1900", "1", "1", text, datetime);
    }

    private static LocalDateTime at(String year, String month, String day, @Nullable String time, boolean datetime) {
        try {
            LocalDate date = LocalDate.of(Integer.parseInt(year), Integer.parseInt(month), Integer.parseInt(day));
            return date.atTime(time == null ? LocalTime.MIDNIGHT : time(time, datetime));
        } catch (DateTimeException e) {
            if (datetime) {
                throw SqlFailure.error(
                        242,
                        "The conversion of a varchar data type to a datetime data type resulted in an out-of-range value.");
            }
            throw notADate();
        }
    }

    private static LocalTime time(String text, boolean datetime) {
        Matcher clock = CLOCK.matcher(text);
        if (!clock.matches()) {
            throw notADate();
        }
        String fraction = clock.group(4) == null ? "" : clock.group(4);
        if (datetime && fraction.length() > DIGITS_OF_DATETIME) {
            throw notADate();
        }
        int nanos = Integer.parseInt(fraction + "0".repeat(DIGITS_OF_NANOS - fraction.length()));
        int seconds = clock.group(3) == null ? 0 : Integer.parseInt(clock.group(3));
        return LocalTime.of(Integer.parseInt(clock.group(1)), Integer.parseInt(clock.group(2)), seconds, nanos);
    }

    private static SqlFailure notADate() {
        return SqlFailure.error(241, "Conversion failed when converting date and/or time from character string.");
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
