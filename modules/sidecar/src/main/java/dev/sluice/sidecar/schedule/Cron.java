package dev.sluice.sidecar.schedule;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A time table of five fields: minute, hour, day of the month, month, day of the week.
///
/// Fields are `*`, numbers, names (`JAN`, `SUN`), ranges (`MON-SAT`), steps (`*/5`, `0-30/10`) and lists of those.
/// 0 and 7 are both Sunday. When neither kind of day is `*`, a day of either kind matches, as everywhere.
///
/// Where clocks change: a local time that does not exist runs at the first one that exists after it; one that exists
/// twice runs once, the first time. Only a table whose hour is `*` goes on through the repeated hour, for it means an
/// interval rather than a time of day: a log backup every five minutes must not pause for an hour.
public final class Cron {

    private static final List<String> MONTHS =
            List.of("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC");
    private static final List<String> DAYS = List.of("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT");

    /// 29 February on a certain weekday comes back after 28 years, or 40 around 2100.
    private static final int HORIZON_YEARS = 41;

    private final String text;
    private final BitSet minutes;
    private final BitSet hours;
    private final BitSet daysOfMonth;
    private final BitSet months;
    private final BitSet daysOfWeek;
    private final boolean everyHour;
    private final boolean eitherDay;

    private Cron(String text, List<String> fields) {
        this.text = text;
        this.minutes = new Field("minute", 0, 59, List.of()).parse(fields.get(0));
        this.hours = new Field("hour", 0, 23, List.of()).parse(fields.get(1));
        this.daysOfMonth = new Field("day of the month", 1, 31, List.of()).parse(fields.get(2));
        this.months = new Field("month", 1, 12, MONTHS).parse(fields.get(3));
        this.daysOfWeek = new Field("day of the week", 0, 7, DAYS).parse(fields.get(4));
        if (daysOfWeek.get(7)) {
            daysOfWeek.set(0);
        }
        this.everyHour = fields.get(1).equals("*");
        this.eitherDay = !fields.get(2).startsWith("*") && !fields.get(4).startsWith("*");
    }

    /// **Errors:** [IllegalArgumentException], which says what is wrong with which field.
    public static Cron parse(String text) {
        List<String> fields = List.of(text.strip().split("\\s+"));
        if (fields.size() != 5) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT,
                    "a time table has 5 fields (minute, hour, day of the month, month, day of the week), not %d",
                    fields.size()));
        }
        Cron cron = new Cron(String.join(" ", fields), fields);
        if (cron.nextLocal(LocalDateTime.of(2024, 1, 1, 0, 0)).isEmpty()) {
            throw new IllegalArgumentException("'%s' never comes".formatted(text.strip()));
        }
        return cron;
    }

    /// One field's values.
    private record Field(String name, int first, int last, List<String> names) {

        BitSet parse(String text) {
            BitSet values = new BitSet();
            for (String part : text.split(",", -1)) {
                String[] range = part.split("/", -1);
                if (range.length > 2) {
                    throw wrong(part);
                }
                int step = range.length == 1 ? 1 : number(range[1], part);
                if (step < 1) {
                    throw wrong(part);
                }
                String[] ends = range[0].equals("*") ? new String[] {"*"} : range[0].split("-", -1);
                int from = range[0].equals("*") ? first : value(ends[0], part);
                int to = range[0].equals("*") ? last : value(ends[ends.length - 1], part);
                if (ends.length == 1 && range.length == 2) {
                    to = last;
                }
                if (ends.length > 2 || from > to) {
                    throw wrong(part);
                }
                for (int i = from; i <= to; i += step) {
                    values.set(i);
                }
            }
            return values;
        }

        private int value(String text, String part) {
            int named = names.indexOf(text.toUpperCase(Locale.ROOT));
            int value = named >= 0 ? named + first : number(text, part);
            if (value < first || value > last) {
                throw wrong(part);
            }
            return value;
        }

        private int number(String text, String part) {
            if (!text.matches("\\d{1,3}")) {
                throw wrong(part);
            }
            return Integer.parseInt(text);
        }

        private IllegalArgumentException wrong(String part) {
            return new IllegalArgumentException(String.format(
                    Locale.ROOT,
                    "'%s' is no %s: it is %d to %d%s, *, a range, a step, or a list of those",
                    part,
                    name,
                    first,
                    last,
                    names.isEmpty() ? "" : " or a name like " + names.get(1)));
        }
    }

    /// The first time after `after`; empty when there is none within a lifetime.
    public Optional<Instant> next(Instant after, ZoneId zone) {
        ZoneRules rules = zone.getRules();
        Optional<Instant> next = timeOfDay(after, rules);
        return everyHour ? repeatedHour(after, next, rules).or(() -> next) : next;
    }

    /// Each local time once.
    private Optional<Instant> timeOfDay(Instant after, ZoneRules rules) {
        LocalDateTime from = LocalDateTime.ofInstant(after, rules.getOffset(after));
        Optional<LocalDateTime> local = nextLocal(from.truncatedTo(ChronoUnit.MINUTES));
        while (local.isPresent()) {
            Instant instant = firstInstant(local.get(), rules);
            if (instant.isAfter(after)) {
                return Optional.of(instant);
            }
            local = nextLocal(local.get().plusMinutes(1));
        }
        return Optional.empty();
    }

    private static Instant firstInstant(LocalDateTime local, ZoneRules rules) {
        List<ZoneOffset> offsets = rules.getValidOffsets(local);
        return offsets.isEmpty() ? rules.getTransition(local).getInstant() : local.toInstant(offsets.getFirst());
    }

    /// The first match after `after` and before `limit` in the second run of an hour that comes twice.
    private Optional<Instant> repeatedHour(Instant after, Optional<Instant> limit, ZoneRules rules) {
        Instant end = limit.orElse(after);
        ZoneOffsetTransition change = rules.nextTransition(after.minus(Duration.ofDays(1)));
        while (change != null && change.getInstant().isBefore(end)) {
            if (change.isOverlap()) {
                Optional<LocalDateTime> local = nextLocal(change.getDateTimeAfter());
                while (local.isPresent() && local.get().isBefore(change.getDateTimeBefore())) {
                    Instant instant = local.get().toInstant(change.getOffsetAfter());
                    if (instant.isAfter(after) && instant.isBefore(end)) {
                        return Optional.of(instant);
                    }
                    local = nextLocal(local.get().plusMinutes(1));
                }
            }
            change = rules.nextTransition(change.getInstant());
        }
        return Optional.empty();
    }

    /// The first local time that matches, `from` included.
    private Optional<LocalDateTime> nextLocal(LocalDateTime from) {
        int lastYear = from.getYear() + HORIZON_YEARS;
        LocalDateTime time = from;
        while (time.getYear() <= lastYear) {
            if (!months.get(time.getMonthValue())) {
                time = time.truncatedTo(ChronoUnit.DAYS).withDayOfMonth(1).plusMonths(1);
            } else if (!dayMatches(time)) {
                time = time.truncatedTo(ChronoUnit.DAYS).plusDays(1);
            } else if (!hours.get(time.getHour())) {
                time = time.truncatedTo(ChronoUnit.HOURS).plusHours(1);
            } else if (!minutes.get(time.getMinute())) {
                time = time.plusMinutes(1);
            } else {
                return Optional.of(time);
            }
        }
        return Optional.empty();
    }

    private boolean dayMatches(LocalDateTime time) {
        boolean ofMonth = daysOfMonth.get(time.getDayOfMonth());
        boolean ofWeek = daysOfWeek.get(time.getDayOfWeek().getValue() % 7);
        return eitherDay ? ofMonth || ofWeek : ofMonth && ofWeek;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Cron cron && cron.text.equals(text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    /// As it was written.
    @Override
    public String toString() {
        return text;
    }
}
