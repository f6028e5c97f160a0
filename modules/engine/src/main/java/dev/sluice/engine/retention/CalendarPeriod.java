package dev.sluice.engine.retention;

import java.time.LocalDate;
import java.time.temporal.IsoFields;
import java.util.Locale;

/// A kind of period of which a rule keeps the last full backup.
enum CalendarPeriod {
    /// Of ISO 8601: from Monday on. It belongs to the year in which most of its days are.
    WEEK,
    MONTH,
    YEAR;

    /// The period that has this day, as people write it: `2026-W48`, `2026-11`, `2026`. The names of one kind sort
    /// as the periods follow each other.
    String of(LocalDate day) {
        return switch (this) {
            case WEEK ->
                String.format(
                        Locale.ROOT,
                        "%04d-W%02d",
                        day.get(IsoFields.WEEK_BASED_YEAR),
                        day.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR));
            case MONTH -> String.format(Locale.ROOT, "%04d-%02d", day.getYear(), day.getMonthValue());
            case YEAR -> String.format(Locale.ROOT, "%04d", day.getYear());
        };
    }

    String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
