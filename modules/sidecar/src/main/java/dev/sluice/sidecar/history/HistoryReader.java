package dev.sluice.sidecar.history;

import dev.sluice.catalog.Keys;
import dev.sluice.engine.run.Blocking;
import dev.sluice.s3.ObjectInfo;
import dev.sluice.s3.S3Failure;
import dev.sluice.s3.S3Store;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/// Answers questions about jobs that are over, from the objects of all processes in the bucket, and from the journal
/// of this one.
///
/// It reads day by day, the newest first, and no further than the answer needs. At most one object is held unpacked,
/// beside as many entries as were asked for. For the next question it keeps, up to a bound, objects as they are
/// stored, and the totals of each.
///
/// **Errors:** [S3Failure] when the store does not answer, refuses everything, or refuses the listing. An object that
/// is damaged, or that the bucket refuses, is named in the answer.
///
/// **Threading:** any thread that may block.
public final class HistoryReader {

    /// A page of a listing has a thousand keys; this is ten years of three restarts a day.
    private static final int MOST_OBJECTS = 12_000;

    private static final int MOST_UNREADABLE = 100;
    private static final int MOST_TOTALS = 50_000;
    private static final Comparator<HistoryEntry> BY_END =
            Comparator.comparing(HistoryEntry::ended).thenComparing(HistoryEntry::began);

    private final S3Store store;
    private final Keys keys;
    private final @Nullable HistoryJournal journal;
    private final KnownVersions<byte[]> cache;
    private final KnownVersions<ObjectTotals> summed;

    /// Of the bucket alone, for one question.
    public HistoryReader(S3Store store, Keys keys) {
        this(store, keys, null, 0);
    }

    /// @param journal   of this process; null for none
    /// @param cacheable bytes of objects that are kept
    HistoryReader(S3Store store, Keys keys, @Nullable HistoryJournal journal, long cacheable) {
        this.store = store;
        this.keys = keys;
        this.journal = journal;
        this.cache = new KnownVersions<>(cacheable, bytes -> bytes.length);
        this.summed = new KnownVersions<>(
                cacheable == 0 ? 0 : MOST_TOTALS,
                totals -> 1L + totals.totals().size() + totals.unreadable().size());
    }

    /// An object as a listing shows it.
    private record Listed(HistoryKey key, ObjectInfo object) {

        /// A version of an object has an ETag of its own.
        String version() {
            return key.key() + " " + object.eTag();
        }
    }

    /// What is known of versions of objects, as much as fits; what was asked for last stays.
    private static final class KnownVersions<V> {
        private final long most;
        private final ToLongFunction<V> size;
        private final LinkedHashMap<String, V> known = new LinkedHashMap<>(16, 0.75f, true);
        private long sizes;

        /// @param most of the sizes together
        KnownVersions(long most, ToLongFunction<V> size) {
            this.most = most;
            this.size = size;
        }

        synchronized @Nullable V get(String version) {
            return known.get(version);
        }

        synchronized void put(String version, V value) {
            if (size.applyAsLong(value) > most || known.containsKey(version)) {
                return;
            }
            known.put(version, value);
            sizes += size.applyAsLong(value);
            var eldest = known.entrySet().iterator();
            while (sizes > most) {
                sizes -= size.applyAsLong(eldest.next().getValue());
                eldest.remove();
            }
        }
    }

    /// What could not be read, as far as it is told.
    private static final class Unreadable implements Consumer<String> {
        private final List<String> told = new ArrayList<>();
        private int more;

        @Override
        public void accept(String what) {
            if (told.size() < MOST_UNREADABLE) {
                told.add(what);
            } else {
                more++;
            }
        }

        List<String> all() {
            if (more == 0) {
                return told;
            }
            List<String> all = new ArrayList<>(told);
            all.add(String.format(Locale.ROOT, "%d more objects cannot be read", more));
            return all;
        }
    }

    /// The newest jobs that the query takes.
    public HistoryPage find(HistoryQuery query) {
        Unreadable unreadable = new Unreadable();
        // One more than is wanted tells whether there are more.
        PriorityQueue<HistoryEntry> newest = new PriorityQueue<>(BY_END);
        boolean[] more = new boolean[1];
        Found all = found(day(query.since()), day(query.until()), unreadable);
        eachDay(all, unreadable, (_, entries) -> {
            entries.accept(entry -> {
                if (query.takes(entry)) {
                    newest.add(entry);
                    if (newest.size() > query.limit()) {
                        newest.poll();
                        more[0] = true;
                    }
                }
            });
            return !more[0];
        });
        List<HistoryEntry> found = new ArrayList<>(newest);
        found.sort(BY_END.reversed());
        return new HistoryPage(found, more[0], unreadable.all(), all.lastStored());
    }

    /// What each database did on each of these days, by database and day.
    ///
    /// @param totals of databases and days with at least one job
    public record Totals(List<DayTotals> totals, List<String> unreadable) {

        public Totals {
            totals = List.copyOf(totals);
            unreadable = List.copyOf(unreadable);
        }
    }

    /// @param first a day in UTC, as `last`, which is included
    public Totals totals(LocalDate first, LocalDate last) {
        Unreadable unreadable = new Unreadable();
        DayTable table = new DayTable();
        Found found = found(first, last, unreadable);
        found.here()
                .values()
                .forEach(days ->
                        days.forEach(day -> day.entries().forEach(entry -> table.add(DayTotals.of(entry, day.day())))));
        for (Listed one : found.stored().values().stream().flatMap(List::stream).toList()) {
            ObjectTotals summed = totals(one, unreadable);
            summed.totals().forEach(table::add);
            summed.unreadable().forEach(unreadable);
        }
        if (table.full) {
            unreadable.accept("there is more history than can be summed up at once; ask for fewer days");
        }
        return new Totals(table.sorted(), unreadable.all());
    }

    /// A stored day is summed up once: its lines are many, and its object does not change any more.
    private ObjectTotals totals(Listed one, Unreadable unreadable) {
        ObjectTotals known = summed.get(one.version());
        if (known != null) {
            return known;
        }
        List<String> wrong = new ArrayList<>();
        DayTable table = new DayTable();
        boolean read =
                read(one, entry -> table.add(DayTotals.of(entry, one.key().day())), wrong::add);
        ObjectTotals totals = new ObjectTotals(table.sorted(), wrong);
        if (read && !table.full) {
            summed.put(one.version(), totals);
        } else if (table.full) {
            unreadable.accept("%s has more databases than can be summed up".formatted(name(one)));
        }
        return totals;
    }

    /// What one object comes to.
    private record ObjectTotals(List<DayTotals> totals, List<String> unreadable) {}

    /// Totals by database and day, with a bound: what an object says may be hostile.
    private static final class DayTable {
        private record Place(String database, LocalDate day) {}

        private final Map<Place, DayTotals> totals = new HashMap<>();
        private boolean full;

        void add(DayTotals more) {
            Place place = new Place(more.database(), more.day());
            if (totals.size() < MOST_TOTALS || totals.containsKey(place)) {
                totals.merge(place, more, DayTotals::plus);
            } else {
                full = true;
            }
        }

        List<DayTotals> sorted() {
            return totals.values().stream()
                    .sorted(Comparator.comparing(DayTotals::database).thenComparing(DayTotals::day))
                    .toList();
        }
    }

    /// The entries of one day.
    private interface EachDay {

        /// @param entries hands over each of them
        /// @return whether an earlier day is wanted too
        boolean on(LocalDate day, Consumer<Consumer<HistoryEntry>> entries);
    }

    private static LocalDate day(Instant instant) {
        // Instants may lie outside of the years that a date of the calendar can be written with.
        Instant least = Instant.parse("0001-01-01T00:00:00Z");
        Instant most = Instant.parse("9999-12-31T00:00:00Z");
        Instant bounded = instant.isBefore(least) ? least : instant.isAfter(most) ? most : instant;
        return bounded.atOffset(ZoneOffset.UTC).toLocalDate();
    }

    /// What there is for some days.
    ///
    /// @param here   in the journal
    /// @param stored in the bucket, without what is in the journal too
    private record Found(NavigableMap<LocalDate, List<HistoryDay>> here, NavigableMap<LocalDate, List<Listed>> stored) {

        @Nullable
        Instant lastStored() {
            return stored.values().stream()
                    .flatMap(List::stream)
                    .map(one -> one.object().modified())
                    .max(Comparator.naturalOrder())
                    .orElse(null);
        }
    }

    private Found found(LocalDate first, LocalDate last, Unreadable unreadable) {
        // The journal before the listing: a day that leaves the journal in between was stored before.
        List<HistoryDay> held = journal == null ? List.of() : journal.held();
        Set<String> own = new HashSet<>();
        held.forEach(day -> own.add(day.id()));
        NavigableMap<LocalDate, List<Listed>> stored = listed(first, last, unreadable);
        stored.values()
                .forEach(day -> day.removeIf(one -> own.contains(one.key().id())));
        NavigableMap<LocalDate, List<HistoryDay>> here = new TreeMap<>();
        for (HistoryDay day : held) {
            if (!day.day().isBefore(first) && !day.day().isAfter(last)) {
                here.computeIfAbsent(day.day(), _ -> new ArrayList<>()).add(day);
            }
        }
        return new Found(here, stored);
    }

    private void eachDay(Found found, Unreadable unreadable, EachDay each) {
        Set<LocalDate> days = new HashSet<>(found.stored().keySet());
        days.addAll(found.here().keySet());
        for (LocalDate day : days.stream().sorted(Comparator.reverseOrder()).toList()) {
            boolean on = each.on(day, entries -> {
                found.here()
                        .getOrDefault(day, List.of())
                        .forEach(one -> one.entries().forEach(entries));
                for (Listed one : found.stored().getOrDefault(day, List.of())) {
                    boolean _ = read(one, entries, unreadable);
                }
            });
            if (!on) {
                return;
            }
        }
    }

    private NavigableMap<LocalDate, List<Listed>> listed(LocalDate first, LocalDate last, Unreadable unreadable) {
        NavigableMap<LocalDate, List<Listed>> listed = new TreeMap<>();
        List<ObjectInfo> objects = Blocking.uncancellably(store.list(keys.history())
                .filter(object -> HistoryKey.parse(keys, object.key())
                        .filter(key -> !key.day().isBefore(first) && !key.day().isAfter(last))
                        .isPresent())
                .take(MOST_OBJECTS + 1));
        if (objects.size() > MOST_OBJECTS) {
            unreadable.accept(String.format(
                    Locale.ROOT,
                    "there are more than %d objects of history in this time; only the earliest of them were read",
                    MOST_OBJECTS));
        }
        for (ObjectInfo object : objects) {
            HistoryKey.parse(keys, object.key())
                    .ifPresent(key -> listed.computeIfAbsent(key.day(), _ -> new ArrayList<>())
                            .add(new Listed(key, object)));
        }
        return listed;
    }

    private String name(Listed one) {
        return store.config().prefix() + one.key().key();
    }

    /// @return whether it was read, be it damaged or not
    private boolean read(Listed one, Consumer<HistoryEntry> each, Consumer<String> unreadable) {
        byte[] kept = cache.get(one.version());
        if (kept != null) {
            HistoryObject.read(one.key(), name(one), kept, each, unreadable);
            return true;
        }
        Optional<byte[]> packed;
        try {
            packed = Blocking.uncancellably(
                    store.read(one.key().key(), (_, body) -> body.readNBytes(HistoryObject.LARGEST + 1)));
        } catch (S3Failure e) {
            if (!e.kind().isOfObject()) {
                throw e;
            }
            unreadable.accept("%s cannot be read: %s".formatted(name(one), e.getMessage()));
            return false;
        }
        if (packed.isEmpty()) {
            return false; // it was removed meanwhile
        }
        if (packed.get().length > HistoryObject.LARGEST) {
            unreadable.accept("%s is larger than any object of history".formatted(name(one)));
            return true;
        }
        cache.put(one.version(), packed.get());
        HistoryObject.read(one.key(), name(one), packed.get(), each, unreadable);
        return true;
    }
}
