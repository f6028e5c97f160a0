package dev.sluice.sidecar.cli;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneId;

/// The end of a hold as a person says it: an instant, or a date, which the hold includes.
final class HoldEnd {

    private HoldEnd() {}

    /// @param zone in which a date's day ends
    ///
    /// **Errors:** [UsageError] for anything else, and for what is past.
    static Instant parse(String text, ZoneId zone, Instant now) {
        Instant end = instant(text, zone);
        if (!end.isAfter(now)) {
            throw new UsageError("--until %s is past".formatted(text), "Say an instant or a date to come.");
        }
        return end;
    }

    private static Instant instant(String text, ZoneId zone) {
        try {
            return text.contains("T")
                    ? OffsetDateTime.parse(text).toInstant()
                    : LocalDate.parse(text).plusDays(1).atStartOfDay(zone).toInstant();
        } catch (DateTimeException e) {
            throw new UsageError(
                    "'%s' is neither an instant nor a date".formatted(text),
                    "Say --until 2027-06-30, which includes that day, or --until 2027-06-30T12:00:00Z.");
        }
    }
}
