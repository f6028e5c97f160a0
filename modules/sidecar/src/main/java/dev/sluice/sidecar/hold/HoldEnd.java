package dev.sluice.sidecar.hold;

import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneId;

/// The end of a hold as a person says it: an instant, or a date, which the hold includes.
public final class HoldEnd {

    private HoldEnd() {}

    /// **Errors:** [DateTimeException] for anything else.
    ///
    /// @param zone in which a date's day ends
    public static Instant parse(String text, ZoneId zone) {
        return text.contains("T")
                ? OffsetDateTime.parse(text).toInstant()
                : LocalDate.parse(text).plusDays(1).atStartOfDay(zone).toInstant();
    }
}
