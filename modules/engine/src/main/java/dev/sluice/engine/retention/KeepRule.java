package dev.sluice.engine.retention;

import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What a policy promises to keep. What is null promises nothing. A backup goes only if no promise needs it.
///
/// @param full   the newest so many full backups, with everything that rests on them
/// @param days   every moment of the last so many days
/// @param weeks  the last full backup of each of the newest so many weeks that have one. Weeks are those of
///               ISO 8601: they begin on Monday
/// @param months the same for months
/// @param years  the same for years
/// @param zone   whose calendar says where weeks, months and years begin. Nothing else depends on it: a day of
///               `days` has 24 hours
public record KeepRule(
        @Nullable Integer full,
        @Nullable Integer days,
        @Nullable Integer weeks,
        @Nullable Integer months,
        @Nullable Integer years,
        ZoneId zone) {

    public KeepRule {
        List<Integer> said = Stream.of(
                        Optional.ofNullable(full),
                        Optional.ofNullable(days),
                        Optional.ofNullable(weeks),
                        Optional.ofNullable(months),
                        Optional.ofNullable(years))
                .flatMap(Optional::stream)
                .toList();
        if (said.isEmpty()) {
            throw new IllegalArgumentException("a rule that keeps nothing would delete everything");
        }
        if (said.stream().anyMatch(number -> number < 1)) {
            throw new IllegalArgumentException("a rule keeps at least one");
        }
    }

    /// Without a calendar.
    public KeepRule(@Nullable Integer full, @Nullable Integer days) {
        this(full, days, null, null, null, ZoneOffset.UTC);
    }

    /// How many periods of this kind have a full backup that stays; null when the rule says nothing of them.
    @Nullable
    Integer number(CalendarPeriod period) {
        return switch (period) {
            case WEEK -> weeks;
            case MONTH -> months;
            case YEAR -> years;
        };
    }

    /// Why a backup goes.
    String reasonToGo() {
        return weeks == null && months == null && years == null ? "older than " + this : "not among " + this;
    }

    @Override
    public String toString() {
        List<String> promises = new ArrayList<>();
        if (full != null) {
            promises.add(String.format(Locale.ROOT, "the newest %d full backups", full));
        }
        if (days != null) {
            promises.add(String.format(Locale.ROOT, "the last %d days", days));
        }
        for (CalendarPeriod period : CalendarPeriod.values()) {
            Integer number = number(period);
            if (number != null) {
                promises.add(String.format(Locale.ROOT, "the last full backups of %d %ss", number, period.word()));
            }
        }
        return promises.size() == 1
                ? promises.getFirst()
                : String.join(", ", promises.subList(0, promises.size() - 1)) + " and " + promises.getLast();
    }
}
