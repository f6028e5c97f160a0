package dev.sluice.simulator.tds;

import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/// Dates and times as SQL Server counts them.
///
/// The newer types count days from 0001-01-01 and units of 10^-scale seconds; `datetime` counts days from
/// 1900-01-01 and units of 1/300 second.
final class Temporals {

    private static final LocalDate FIRST_DAY = LocalDate.of(1, 1, 1);
    private static final LocalDate LAST_DAY = LocalDate.of(9999, 12, 31);
    private static final LocalDate FIRST_DAY_OF_DATETIME = LocalDate.of(1753, 1, 1);
    private static final LocalDate EPOCH_OF_DATETIME = LocalDate.of(1900, 1, 1);
    private static final long TICKS_PER_SECOND = 300;
    private static final long TICKS_PER_DAY = TICKS_PER_SECOND * 86_400;
    private static final long MILLIS_PER_SECOND = 1000;
    private static final long NANOS_PER_SECOND = 1_000_000_000;
    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final int SMALLDATETIME = 4;
    private static final int DATETIME = 8;

    private Temporals() {}

    static int timeBytes(int scale) {
        if (scale <= 2) {
            return 3;
        }
        return scale <= 4 ? 4 : 5;
    }

    static void writeDate(LocalDate date, WireBuffer out) {
        requireDay(date, FIRST_DAY);
        out.lowBytes(ChronoUnit.DAYS.between(FIRST_DAY, date), 3);
    }

    static LocalDate readDate(WireInput in, int bytes) throws ProtocolException {
        return day(FIRST_DAY, in.unsigned(bytes));
    }

    static void writeTime(LocalTime time, int scale, WireBuffer out) {
        out.lowBytes(time.toNanoOfDay() / nanosPerUnit(scale), timeBytes(scale));
    }

    static LocalTime readTime(WireInput in, int scale, int bytes) throws ProtocolException {
        long nanos = in.unsigned(bytes) * nanosPerUnit(scale);
        if (nanos < 0 || nanos > LocalTime.MAX.toNanoOfDay()) {
            throw new ProtocolException(String.format(Locale.ROOT, "a time of day is %d ns after midnight", nanos));
        }
        return LocalTime.ofNanoOfDay(nanos);
    }

    static void writeDateTime2(LocalDateTime value, int scale, WireBuffer out) {
        writeTime(value.toLocalTime(), scale, out);
        writeDate(value.toLocalDate(), out);
    }

    static LocalDateTime readDateTime2(WireInput in, int scale, int timeBytes) throws ProtocolException {
        LocalTime time = readTime(in, scale, timeBytes);
        return readDate(in, 3).atTime(time);
    }

    /// The wire has the instant in UTC, then the offset in minutes.
    static void writeOffset(OffsetDateTime value, int scale, WireBuffer out) {
        writeDateTime2(value.withOffsetSameInstant(ZoneOffset.UTC).toLocalDateTime(), scale, out);
        out.u16(value.getOffset().getTotalSeconds() / 60);
    }

    static OffsetDateTime readOffset(WireInput in, int scale, int timeBytes) throws ProtocolException {
        LocalDateTime utc = readDateTime2(in, scale, timeBytes);
        int minutes = (short) in.u16();
        if (Math.abs(minutes) > 14 * 60) {
            throw new ProtocolException(String.format(Locale.ROOT, "a time zone is %d minutes from UTC", minutes));
        }
        return utc.atOffset(ZoneOffset.UTC).withOffsetSameInstant(ZoneOffset.ofTotalSeconds(minutes * 60));
    }

    static void writeDateTime(LocalDateTime value, WireBuffer out) {
        long ticks = Math.round(value.toLocalTime().toNanoOfDay() * (double) TICKS_PER_SECOND / NANOS_PER_SECOND);
        LocalDate date = ticks == TICKS_PER_DAY ? value.toLocalDate().plusDays(1) : value.toLocalDate();
        requireDay(date, FIRST_DAY_OF_DATETIME);
        out.i32((int) ChronoUnit.DAYS.between(EPOCH_OF_DATETIME, date)).i32((int) (ticks % TICKS_PER_DAY));
    }

    /// Reads `datetime`, and `smalldatetime` with its days in 16 bits and minutes.
    static LocalDateTime readDateTime(WireInput in, int length) throws ProtocolException {
        if (length == SMALLDATETIME) {
            LocalDate date = day(EPOCH_OF_DATETIME, in.u16());
            return date.atStartOfDay().plusMinutes(in.u16());
        }
        if (length != DATETIME) {
            throw new ProtocolException("a datetime has 4 or 8 bytes, got " + length);
        }
        LocalDate date = day(EPOCH_OF_DATETIME, in.i32());
        long millis = Math.round(in.u32() * (double) MILLIS_PER_SECOND / TICKS_PER_SECOND);
        return date.atStartOfDay().plusNanos(millis * NANOS_PER_MILLI);
    }

    private static LocalDate day(LocalDate from, long days) throws ProtocolException {
        LocalDate date = from.plusDays(days);
        if (date.isBefore(FIRST_DAY) || date.isAfter(LAST_DAY)) {
            throw new ProtocolException(String.format(Locale.ROOT, "a date is %d days after %s", days, from));
        }
        return date;
    }

    private static void requireDay(LocalDate date, LocalDate first) {
        if (date.isBefore(first) || date.isAfter(LAST_DAY)) {
            throw new IllegalArgumentException("%s is not within %s to %s".formatted(date, first, LAST_DAY));
        }
    }

    private static long nanosPerUnit(int scale) {
        long nanos = NANOS_PER_SECOND;
        for (int i = 0; i < scale; i++) {
            nanos /= 10;
        }
        return nanos;
    }
}
