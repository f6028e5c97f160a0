package dev.sluice.engine.plan;

import dev.sluice.mtf.Lsn;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What a database shall be restored to.
public sealed interface RestoreTarget {

    /// Everything that was committed at this instant or before.
    ///
    /// @param stopAt the same in SQL Server's local time, as STOPAT wants it
    record At(Instant instant, LocalDateTime stopAt) implements RestoreTarget {}

    /// All records before this one, which is not included: a backup's `last_lsn` means all of that backup.
    record Before(Lsn lsn) implements RestoreTarget {}

    /// The first transaction with this mark.
    ///
    /// @param within whether the marked transaction is wanted, too
    /// @param after  the time from which on marks of this name count, by SQL Server's clock; null for all of them
    /// @param near   when the mark was made, or, where that is not known, no later than it
    /// @param lsn    of the mark's record; null where only SQL Server can tell which log has it
    record Marked(
            String name,
            boolean within,
            @Nullable LocalDateTime after,
            Instant near,
            @Nullable Lsn lsn) implements RestoreTarget {

        RestorePlan.Stop.Mark stop() {
            return new RestorePlan.Stop.Mark(name, within, after);
        }
    }

    /// Everything there is.
    record End() implements RestoreTarget {}

    /// What this backup ends with.
    record Through(String backupId) implements RestoreTarget {}

    /// Reads `end`, `lsn:39000000048800071`, `lsn:39:488:71`, or an instant: `2026-03-01T10:42:00+01:00`,
    /// `2026-03-01T09:42:00Z`, or without an offset if the server's zone is stated.
    ///
    /// **Errors:** [UnclearTime] for a time that is none, or two; [IllegalArgumentException] for anything else.
    static RestoreTarget parse(String text, ServerTime time) {
        String trimmed = text.strip();
        if (trimmed.equalsIgnoreCase("end")) {
            return new End();
        }
        if (trimmed.toLowerCase(Locale.ROOT).startsWith("lsn:")) {
            String number = trimmed.substring(4).strip();
            return new Before(number.contains(":") ? Lsn.parse(number) : Lsn.ofDecimal(decimal(number)));
        }
        Instant instant = instant(trimmed.replace(' ', 'T'), time);
        return new At(instant, time.stopAt(instant));
    }

    private static BigInteger decimal(String number) {
        try {
            return new BigInteger(number);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "an LSN is written lsn:39000000048800071 or lsn:39:488:71, got '%s'".formatted(number), e);
        }
    }

    private static Instant instant(String text, ServerTime time) {
        try {
            return text.endsWith("]")
                    ? ZonedDateTime.parse(text).toInstant()
                    : OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException _) {
            // Perhaps without an offset.
        }
        LocalDateTime local;
        try {
            local = LocalDateTime.parse(text);
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException(
                    "'%s' is neither `end`, nor an LSN (lsn:N), nor an instant such as 2026-03-01T10:42:00+01:00"
                            .formatted(text),
                    e);
        }
        return time.meant(local);
    }
}
