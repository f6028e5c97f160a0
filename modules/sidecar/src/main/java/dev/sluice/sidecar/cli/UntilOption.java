package dev.sluice.sidecar.cli;

import dev.sluice.sidecar.hold.HoldEnd;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneId;

/// `--until` of commands: an instant, or a date, which is included.
final class UntilOption {

    private UntilOption() {}

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
            return HoldEnd.parse(text, zone);
        } catch (DateTimeException e) {
            throw new UsageError(
                    "'%s' is neither an instant nor a date".formatted(text),
                    "Say --until 2027-06-30, which includes that day, or --until 2027-06-30T12:00:00Z.");
        }
    }
}
