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
import org.jspecify.annotations.Nullable;

/// Answers questions about jobs that are over, from the objects of all processes in the bucket, and from the journal
/// of this one.
///
/// It reads day by day, the newest first, and no further than the answer needs. At most one object is held unpacked,
/// beside as many entries as were asked for. Objects that were read are kept packed, up to a bound, for the next
/// question.
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
    private final PackedObjects cache;

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
        this.cache = new PackedObjects(cacheable);
    }

    /// An object as a listing shows it.
    private record Listed(HistoryKey key, ObjectInfo object) {}

    /// Packed objects, those that were asked for last. A version of an object has an ETag of its own.
    private static final class PackedObjects {
        private final long most;
        private final LinkedHashMap<String, byte[]> objects = new LinkedHashMap<>(16, 0.75f, true);
        private long bytes;

        PackedObjects(long most) {
            this.most = most;
        }

        synchronized byte @Nullable [] get(String name) {
            return objects.get(name);
        }

        synchronized void put(String name, byte[] packed) {
            if (packed.length > most || objects.containsKey(name)) {
                return;
            }
            objects.put(name, packed);
            bytes += packed.length;
            var eldest = objects.entrySet().iterator();
            while (bytes > most) {
                bytes -= eldest.next().getValue().length;
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
        eachDay(day(query.since()), day(query.until()), unreadable, (_, entries) -> {
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
        return new HistoryPage(found, more[0], unreadable.all());
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
        record Place(String database, LocalDate day) {}
        Unreadable unreadable = new Unreadable();
        Map<Place, DayTotals> totals = new HashMap<>();
        boolean[] full = new boolean[1];
        eachDay(first, last, unreadable, (day, entries) -> {
            entries.accept(entry -> {
                Place place = new Place(entry.database(), day);
                if (totals.size() < MOST_TOTALS || totals.containsKey(place)) {
                    totals.merge(place, DayTotals.of(entry, day), DayTotals::plus);
                } else {
                    full[0] = true;
                }
            });
            return !full[0];
        });
        if (full[0]) {
            unreadable.accept("there is more history than can be summed up at once; ask for fewer days");
        }
        return new Totals(
                totals.values().stream()
                        .sorted(Comparator.comparing(DayTotals::database).thenComparing(DayTotals::day))
                        .toList(),
                unreadable.all());
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

    private void eachDay(LocalDate first, LocalDate last, Unreadable unreadable, EachDay each) {
        // The journal before the listing: a day that leaves the journal in between was stored before.
        List<HistoryDay> held = journal == null ? List.of() : journal.held();
        Set<String> own = new HashSet<>();
        held.forEach(day -> own.add(day.id()));
        NavigableMap<LocalDate, List<Listed>> stored = listed(first, last, unreadable);
        NavigableMap<LocalDate, List<HistoryDay>> here = new TreeMap<>();
        for (HistoryDay day : held) {
            if (!day.day().isBefore(first) && !day.day().isAfter(last)) {
                here.computeIfAbsent(day.day(), _ -> new ArrayList<>()).add(day);
            }
        }
        Set<LocalDate> days = new HashSet<>(stored.keySet());
        days.addAll(here.keySet());
        for (LocalDate day : days.stream().sorted(Comparator.reverseOrder()).toList()) {
            boolean on = each.on(day, entries -> {
                here.getOrDefault(day, List.of()).forEach(one -> one.entries().forEach(entries));
                for (Listed one : stored.getOrDefault(day, List.of())) {
                    if (!own.contains(one.key().id())) {
                        read(one, entries, unreadable);
                    }
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

    private void read(Listed one, Consumer<HistoryEntry> each, Unreadable unreadable) {
        String name = store.config().prefix() + one.key().key();
        Consumer<byte[]> decode = packed -> HistoryObject.read(one.key(), name, packed, each, unreadable);
        String version = one.key().key() + " " + one.object().eTag();
        byte[] kept = cache.get(version);
        if (kept != null) {
            decode.accept(kept);
            return;
        }
        Optional<byte[]> packed;
        try {
            packed = Blocking.uncancellably(
                    store.read(one.key().key(), (_, body) -> body.readNBytes(HistoryObject.LARGEST + 1)));
        } catch (S3Failure e) {
            if (!e.kind().isOfObject()) {
                throw e;
            }
            unreadable.accept("%s cannot be read: %s".formatted(name, e.getMessage()));
            return;
        }
        if (packed.isEmpty()) {
            return; // it was removed meanwhile
        }
        if (packed.get().length > HistoryObject.LARGEST) {
            unreadable.accept("%s is larger than any object of history".formatted(name));
            return;
        }
        cache.put(version, packed.get());
        decode.accept(packed.get());
    }
}
