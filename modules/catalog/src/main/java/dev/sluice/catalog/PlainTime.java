package dev.sluice.catalog;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/// Reads times in UTC as documents have them, `2026-11-30T10:00:00.123Z`. The formatter of the JDK takes many times as
/// long in a program that has just begun, and a fleet's summaries have hundreds of thousands of times.
final class PlainTime {

    private static final String FORM = "dddd-dd-ddTdd:dd:dd";
    private static final int NANO_DIGITS = 9;

    private PlainTime() {}

    /// As [Instant#parse], which decides about every text of another form, and about values such as month 13.
    static Instant parse(String text) {
        Instant plain = plain(text);
        return plain != null ? plain : Instant.parse(text);
    }

    private static @Nullable Instant plain(String text) {
        int end = text.length() - 1;
        int fraction = end - FORM.length() - 1; // digits behind the point
        if (end < FORM.length() || text.charAt(end) != 'Z' || fraction == 0 || fraction > NANO_DIGITS) {
            return null;
        }
        for (int i = 0; i < end; i++) {
            char form = i < FORM.length() ? FORM.charAt(i) : i == FORM.length() ? '.' : 'd';
            char found = text.charAt(i);
            if (form == 'd' ? found < '0' || found > '9' : found != form) {
                return null;
            }
        }
        int month = number(text, 5, 7);
        int day = number(text, 8, 10);
        int hour = number(text, 11, 13);
        int minute = number(text, 14, 16);
        int second = number(text, 17, 19);
        // Every month has 28 days. The others, and what is no time of day, are for the JDK to judge.
        if (month < 1 || month > 12 || day < 1 || day > 28 || hour > 23 || minute > 59 || second > 59) {
            return null;
        }
        int nanos = 0;
        if (fraction > 0) {
            nanos = number(text, FORM.length() + 1, end);
            for (int i = fraction; i < NANO_DIGITS; i++) {
                nanos *= 10;
            }
        }
        return LocalDateTime.of(number(text, 0, 4), month, day, hour, minute, second, nanos)
                .toInstant(ZoneOffset.UTC);
    }

    private static int number(String text, int from, int to) {
        int number = 0;
        for (int i = from; i < to; i++) {
            number = 10 * number + text.charAt(i) - '0';
        }
        return number;
    }
}
