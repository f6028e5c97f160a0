package dev.sluice.sidecar.serve;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.plan.BackupFacts;
import dev.sluice.engine.plan.Planner;
import dev.sluice.engine.plan.Window;
import dev.sluice.engine.run.Blocking;
import dev.sluice.sidecar.serve.PackedEntries.Entry;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// What the bucket has of each database, as of the last look. Documents are read once, and only what planning
/// needs of them is kept, packed: the sums of a large backup's blocks would fill the heap, and so would ten thousand
/// backups of each database.
///
/// **Threading:** any thread; looks at one database are made one after the other.
final class InventoryCache {

    private static final Logger log = LoggerFactory.getLogger(InventoryCache.class);
    private static final int DOCUMENTS_AT_ONCE = 16;

    private final Catalog catalog;
    private final Function<String, Set<BackupType>> copyOnly;
    private final Predicate<String> listed;
    private final Map<String, Entries> known = new ConcurrentHashMap<>();
    private final Map<String, View> views = new ConcurrentHashMap<>();
    private final Map<String, PackedEntries> stored = new ConcurrentHashMap<>();
    private final Set<String> told = ConcurrentHashMap.newKeySet();
    private final Map<String, Integer> packed = new ConcurrentHashMap<>(); // bytes of each database's entries
    private final AtomicBoolean heapIsTold = new AtomicBoolean();
    private volatile int unreadablePendings;

    /// Of databases whose policies take no copy-only backups.
    InventoryCache(Catalog catalog) {
        this(catalog, _ -> Set.of(), _ -> false);
    }

    /// @param copyOnly the types of which the policy of a database takes copy-only backups; asked at each look
    /// @param listed   of which databases [#stored] lists the backups; asked at each look
    InventoryCache(Catalog catalog, Function<String, Set<BackupType>> copyOnly, Predicate<String> listed) {
        this.catalog = catalog;
        this.copyOnly = copyOnly;
        this.listed = listed;
    }

    /// A database's entries. Guarded by itself.
    private static final class Entries {
        PackedEntries read = PackedEntries.NONE;
        final Set<String> unreadable = new HashSet<>(); // their keys
    }

    /// A database's backups at one moment.
    ///
    /// @param began    when the last one of each type began that was not copy-only, unless the policy takes such
    /// @param ended    when it ended
    /// @param intact   whether the newest backup can be restored, with all that it rests on. A policy's
    ///                 copy-only logs do not count: another program's log backup makes a gap before those that
    ///                 follow
    /// @param window   the stretch that reaches furthest; null for none
    /// @param backups  how many can be planned with
    /// @param fulls    the sets of full backups that are not damaged
    /// @param unreadable how many entries are no document that this program understands
    /// @param logsBehindGap how many log backups reach further than the window: behind a gap in the log, so nothing
    ///                      leads to them. Zero where there is no window
    record View(
            Map<BackupType, Instant> began,
            Map<BackupType, Instant> ended,
            boolean intact,
            @Nullable Window window,
            int backups,
            Set<UUID> fulls,
            int unreadable,
            int logsBehindGap) {}

    Optional<View> view(String database) {
        return Optional.ofNullable(views.get(database));
    }

    /// All databases that were looked at.
    Set<String> databases() {
        return Set.copyOf(views.keySet());
    }

    /// Every entry of a database that could be read; another object whenever something has changed. Empty for a
    /// database that is not to be listed.
    PackedEntries stored(String database) {
        return stored.getOrDefault(database, PackedEntries.NONE);
    }

    void retain(Iterable<String> databases) {
        Map<String, Boolean> wanted = new HashMap<>();
        databases.forEach(name -> wanted.put(name, true));
        known.keySet().retainAll(wanted.keySet());
        views.keySet().retainAll(wanted.keySet());
        stored.keySet().retainAll(wanted.keySet());
        packed.keySet().retainAll(wanted.keySet());
    }

    /// Looks again. Entries that cannot be read are told once, and left out: the others are good for what they
    /// were good for before.
    ///
    /// **Errors:** [S3Failure]; then the last look stands.
    View refresh(String database) {
        Entries entries = known.computeIfAbsent(database, _ -> new Entries());
        synchronized (entries) {
            List<CatalogKey> keys = Blocking.uncancellably(catalog.list(database));
            Set<String> names = keys.stream().map(CatalogKey::key).collect(Collectors.toSet());
            entries.unreadable.retainAll(names);
            List<Entry> all = new ArrayList<>(entries.read.stream()
                    .filter(entry -> names.contains(entry.key()))
                    .toList());
            if (all.size() < entries.read.count()) {
                entries.read = PackedEntries.NONE.with(all);
            }
            Set<String> known = all.stream().map(Entry::key).collect(Collectors.toSet());
            Set<String> refused = ConcurrentHashMap.newKeySet();
            List<Entry> read = Blocking.uncancellably(Flux.fromIterable(keys)
                    .filter(key -> !known.contains(key.key()) && !entries.unreadable.contains(key.key()))
                    .flatMapSequential(
                            key -> catalog.read(key, e -> {
                                        refused.add(key.key());
                                        tell(e);
                                    })
                                    .filter(document -> document.database().equals(database))
                                    .map(document -> entry(key, document)),
                            DOCUMENTS_AT_ONCE));
            entries.read = entries.read.with(read);
            all.addAll(read);
            entries.unreadable.addAll(refused);
            boolean hidden = keys.reversed().stream()
                    .findFirst()
                    .filter(newest -> entries.unreadable.contains(newest.key()))
                    .isPresent();
            return publish(database, entries, all, hidden);
        }
    }

    /// This process has added a backup. What is in the bucket of it is known, and need not be read there; what other
    /// processes have added is seen at the next look.
    ///
    /// **Errors:** [S3Failure] where nothing was known of the database, so that it is looked at.
    View add(String database, BackupResult taken) {
        Entries entries = known.get(database);
        if (entries == null || !views.containsKey(database)) {
            return refresh(database);
        }
        synchronized (entries) {
            String key = taken.key().key();
            List<Entry> all = new ArrayList<>(entries.read.stream().toList());
            // A look may have seen it already.
            if (all.stream().noneMatch(entry -> entry.key().equals(key))) {
                Entry added = entry(taken.key(), taken.document());
                entries.read = entries.read.with(List.of(added));
                all.add(added);
            }
            // The names of a database's entries sort as time does.
            boolean hidden = entries.unreadable.stream().anyMatch(name -> name.compareTo(key) > 0);
            return publish(database, entries, all, hidden);
        }
    }

    /// @param all    that can be read, which `entries` has packed
    /// @param hidden whether the newest entry of all cannot be read
    private View publish(String database, Entries entries, List<Entry> all, boolean hidden) {
        View view = view(all, entries.unreadable.size(), hidden, copyOnly.apply(database));
        if (listed.test(database)) {
            stored.put(database, entries.read);
        } else {
            stored.remove(database);
        }
        views.put(database, view);
        packed.put(database, entries.read.packedBytes());
        tellHeap();
        return view;
    }

    /// Once, and while there is time to do something about it: a service whose heap is full ends.
    private void tellHeap() {
        long bytes = packed.values().stream().mapToLong(Integer::longValue).sum();
        long heap = Runtime.getRuntime().maxMemory();
        if (bytes > heap / 2 && heapIsTold.compareAndSet(false, true)) {
            log.atWarn()
                    .addKeyValue("bytes", bytes)
                    .addKeyValue("heap", heap)
                    .log("what is known of the bucket's backups takes more than half of the heap: keep fewer, or give"
                            + " SLUICE_JVM_FLAGS a larger -Xmx");
        }
    }

    /// Entries that could not be read are read again at the next look: a person may have brought them back.
    void readAgain() {
        known.values().forEach(entries -> {
            synchronized (entries) {
                entries.unreadable.clear();
            }
        });
    }

    private void tell(CatalogException e) {
        String why = String.valueOf(e.getMessage());
        if (told.add(why)) {
            log.atWarn().addKeyValue("cause", why).log("a document of the catalog cannot be read");
        }
    }

    /// How many pending documents could not be read at the last look.
    int unreadablePendings() {
        return unreadablePendings;
    }

    /// How many backups of each database are unconfirmed: Sluice did not hear SQL Server's verdict. While a
    /// document of such a backup cannot be read, no count falls below what it was the last time.
    ///
    /// @param before the counts of the last time
    Mono<Map<String, Integer>> unconfirmed(Map<String, Integer> before) {
        AtomicInteger unreadable = new AtomicInteger();
        return catalog.pendings(e -> {
                    unreadable.incrementAndGet();
                    tell(e);
                })
                .filter(document -> !document.stripes().isEmpty())
                .collectList()
                .map(documents -> {
                    Map<String, Integer> counts = new HashMap<>();
                    documents.forEach(document -> counts.merge(document.database(), 1, Integer::sum));
                    unreadablePendings = unreadable.get();
                    if (unreadablePendings > 0) {
                        before.forEach((database, count) -> counts.merge(database, count, Math::max));
                    }
                    return counts;
                });
    }

    private static Entry entry(CatalogKey key, BackupDocument document) {
        Instant ended = document.finishedAt();
        return new Entry(
                key.key(),
                document.type(),
                document.copyOnly(),
                document.startedAt(),
                ended == null ? document.startedAt() : ended,
                BackupFacts.of(document).orElse(null));
    }

    /// @param hidden whether the newest entry of all cannot be read
    /// @param copyOnly types of which copy-only ones count
    private static View view(List<Entry> entries, int unreadable, boolean hidden, Set<BackupType> copyOnly) {
        Map<BackupType, Instant> began = new EnumMap<>(BackupType.class);
        Map<BackupType, Instant> ended = new EnumMap<>(BackupType.class);
        List<Backup> backups = new ArrayList<>(entries.size());
        for (Entry one : entries) {
            if (!one.copyOnly() || copyOnly.contains(one.type())) {
                began.merge(one.type(), one.began(), InventoryCache::later);
                ended.merge(one.type(), one.ended(), InventoryCache::later);
            }
            if (one.backup() != null) {
                backups.add(one.backup());
            }
        }
        Window window = new Planner(backups).report().newest().orElse(null);
        Backup newest = backups.stream()
                .filter(one -> !copyOnly.contains(BackupType.LOG) || one.kind() != Backup.Kind.LOG || !one.copyOnly())
                .max(Comparator.comparing(Backup::finished))
                .orElse(null);
        boolean intact = !hidden
                && window != null
                && newest != null
                && newest.family().equals(window.family())
                && newest.path().last().equals(window.fork())
                && newest.lastLsn().compareTo(window.lastLsn()) <= 0;
        Set<UUID> fulls = backups.stream()
                .filter(one -> one.kind() == Backup.Kind.FULL && !one.has(Backup.Trait.DAMAGED))
                .map(Backup::set)
                .collect(Collectors.toUnmodifiableSet());
        return new View(began, ended, intact, window, backups.size(), fulls, unreadable, behindGap(backups, window));
    }

    private static int behindGap(List<Backup> backups, @Nullable Window window) {
        return window == null
                ? 0
                : (int) backups.stream()
                        .filter(one -> one.kind() == Backup.Kind.LOG
                                && one.family().equals(window.family())
                                && one.path().last().equals(window.fork())
                                && one.lastLsn().compareTo(window.lastLsn()) > 0)
                        .count();
    }

    private static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }
}
