package dev.sluice.sidecar.history;

import dev.sluice.sidecar.schedule.JobOutcome;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The jobs that this process has ended and that are not all in the bucket yet, within bounds.
///
/// A job is an entry of its own, with these exceptions, which are summed up for each database, type, origin,
/// outcome, failure and hour:
///
/// - good log backups of the schedule;
/// - the same failure, or cancel, from the fourth in an hour on, and the same reason to leave a backup out from the
///   second on: a bucket that is away for a day makes a database fail 288 times;
/// - everything behind [Limits#own] entries in a day.
///
/// When there are too many sums, those of past hours are put together for the day. What has no room even then is
/// dropped, and counted. A day that is over leaves when it was stored, or when [Limits#days] newer ones need its
/// place.
///
/// **Threading:** any thread; never waits.
final class HistoryJournal {

    private static final int ALIKE_FAILED = 3;
    private static final int ALIKE_LEFT_OUT = 1;
    private static final int WHOLE_DAY = -1;

    private final Limits limits;
    private final Supplier<String> ids;
    private final TreeMap<LocalDate, Day> days = new TreeMap<>(); // guarded by this
    private long dropped; // guarded by this

    /// @param own  entries of a day that are a job each
    /// @param sums of a day
    /// @param days that are held, the current one included
    record Limits(int own, int sums, int days) {

        /// In the worst case some 15 MB of heap for three days; 1 MB for a day of 300 databases.
        static final Limits DEFAULT = new Limits(4_000, 20_000, 3);
    }

    /// @param ids unique ids of objects
    HistoryJournal(Limits limits, Supplier<String> ids) {
        this.limits = limits;
        this.ids = ids;
    }

    /// What the jobs of one sum have in common.
    private record Alike(
            String database,
            JobType type,
            JobOrigin origin,
            JobOutcome outcome,
            @Nullable String failure,
            int hour) {

        static Alike of(HistoryEntry entry) {
            return new Alike(
                    entry.database(),
                    entry.type(),
                    entry.origin(),
                    entry.outcome(),
                    entry.failure(),
                    entry.ended().atOffset(ZoneOffset.UTC).getHour());
        }

        Alike ofTheDay() {
            return new Alike(database, type, origin, outcome, failure, WHOLE_DAY);
        }
    }

    /// One sum while it grows.
    private static final class Sum {
        private final HistoryEntry first;
        private int count;
        private Instant began;
        private Instant ended;
        private Duration took = Duration.ZERO;
        private Duration longest = Duration.ZERO;
        private long bytes;
        private final Map<WaitedFor.Side, Duration> waited = new EnumMap<>(WaitedFor.Side.class);
        private @Nullable String text;

        Sum(HistoryEntry first) {
            this.first = first;
            this.began = first.began();
            this.ended = first.ended();
        }

        Sum add(HistoryEntry more) {
            count += more.count();
            began = more.began().isBefore(began) ? more.began() : began;
            ended = more.ended().isAfter(ended) ? more.ended() : ended;
            took = took.plus(more.took());
            longest = more.longest().compareTo(longest) > 0 ? more.longest() : longest;
            bytes += more.bytes();
            WaitedFor side = more.waitedFor();
            if (side != null) {
                waited.merge(side.side(), side.stripes(), Duration::plus);
            }
            text = more.text() == null ? text : more.text();
            return this;
        }

        HistoryEntry entry() {
            Optional<WaitedFor> most = waited.entrySet().stream()
                    .max(Map.Entry.comparingByValue())
                    .map(side -> new WaitedFor(side.getKey(), side.getValue()));
            return count == 1
                    ? first
                    : new HistoryEntry(
                            first.database(),
                            first.source(),
                            first.type(),
                            first.origin(),
                            first.outcome(),
                            count,
                            null,
                            began,
                            ended,
                            took,
                            longest,
                            bytes,
                            most.orElse(null),
                            null,
                            first.failure(),
                            text);
        }
    }

    private static final class Day {
        private final LocalDate date;
        private final String id;
        private final List<HistoryEntry> own = new ArrayList<>();
        private final Map<Alike, Integer> alike = new HashMap<>();
        private final Map<Alike, Sum> sums = new LinkedHashMap<>();
        private long dropped;
        private long version;
        private long stored;

        Day(LocalDate date, String id) {
            this.date = date;
            this.id = id;
        }

        HistoryDay snapshot() {
            List<HistoryEntry> entries = new ArrayList<>(own);
            // Neighbours that resemble each other pack best.
            sums.values().stream()
                    .map(Sum::entry)
                    .sorted(Comparator.comparing(HistoryEntry::database)
                            .thenComparing(HistoryEntry::type)
                            .thenComparing(HistoryEntry::ended))
                    .forEach(entries::add);
            return new HistoryDay(date, id, dropped, entries);
        }
    }

    /// What became of a job.
    enum Kept {
        /// It has an entry of its own.
        OWN,
        SUMMED,
        DROPPED
    }

    synchronized Kept add(HistoryEntry entry) {
        Day day = day(entry.ended().atOffset(ZoneOffset.UTC).toLocalDate());
        Kept kept = keep(day, entry);
        day.version++;
        if (kept == Kept.DROPPED) {
            day.dropped++;
            dropped++;
        }
        return kept;
    }

    /// A clock that was set back must not open a day again that was stored and has left: nothing is written under
    /// one name twice, since each day that is opened has an id of its own.
    private Day day(LocalDate date) {
        Day there = days.get(date);
        if (there != null) {
            return there;
        }
        Day opened = new Day(date, ids.get());
        days.put(date, opened);
        days.values().removeIf(day -> day != opened && day.version == day.stored);
        while (days.size() > limits.days()) {
            Day oldest = days.firstEntry().getValue() == opened
                    ? days.higherEntry(date).getValue()
                    : days.firstEntry().getValue();
            days.remove(oldest.date);
            long lost = oldest.snapshot().jobs() + oldest.dropped;
            opened.dropped += lost;
            dropped += lost - oldest.dropped;
        }
        return opened;
    }

    private Kept keep(Day day, HistoryEntry entry) {
        Alike alike = Alike.of(entry);
        if (!entry.isRoutine() && day.own.size() < limits.own()) {
            int most = switch (entry.outcome()) {
                case GOOD -> Integer.MAX_VALUE;
                case FAILED, UNCONFIRMED, CANCELLED -> ALIKE_FAILED;
                case LEFT_OUT -> ALIKE_LEFT_OUT;
            };
            if (most == Integer.MAX_VALUE || day.alike.merge(alike, 1, Integer::sum) <= most) {
                day.own.add(entry);
                return Kept.OWN;
            }
        }
        if (!day.sums.containsKey(alike) && day.sums.size() >= limits.sums()) {
            foldPastHours(day, alike.hour());
        }
        Alike place = day.sums.containsKey(alike) || day.sums.size() < limits.sums() ? alike : alike.ofTheDay();
        Sum sum = day.sums.get(place);
        if (sum == null && day.sums.size() >= limits.sums()) {
            return Kept.DROPPED;
        }
        (sum == null ? day.sums.computeIfAbsent(place, _ -> new Sum(entry)) : sum).add(entry);
        return Kept.SUMMED;
    }

    private static void foldPastHours(Day day, int current) {
        Map<Alike, Sum> folded = new LinkedHashMap<>();
        day.sums.forEach((alike, sum) -> {
            Alike place = alike.hour() == current ? alike : alike.ofTheDay();
            HistoryEntry entry = sum.entry();
            folded.computeIfAbsent(place, _ -> new Sum(entry)).add(entry);
        });
        day.sums.clear();
        day.sums.putAll(folded);
        // The same jobs again in a later hour may have entries of their own again.
        day.alike.keySet().removeIf(alike -> alike.hour() != current);
    }

    // ---- storing ----

    /// A day that was not stored since it changed.
    ///
    /// @param version to be given back when it is stored
    record Unstored(HistoryDay day, long version) {}

    /// The earliest first.
    synchronized List<Unstored> unstored() {
        return days.values().stream()
                .filter(day -> day.version != day.stored)
                .map(day -> new Unstored(day.snapshot(), day.version))
                .toList();
    }

    synchronized boolean isStored() {
        return days.values().stream().allMatch(day -> day.version == day.stored);
    }

    /// This version of the day is in the bucket.
    synchronized void stored(Unstored what) {
        Day day = days.get(what.day().day());
        if (day != null && day.id.equals(what.day().id())) {
            day.stored = what.version();
        }
    }

    // ---- reading ----

    /// All that is held, the earliest day first.
    synchronized List<HistoryDay> held() {
        return days.values().stream().map(Day::snapshot).toList();
    }

    /// How many jobs found no room since the process began.
    synchronized long dropped() {
        return dropped;
    }
}
