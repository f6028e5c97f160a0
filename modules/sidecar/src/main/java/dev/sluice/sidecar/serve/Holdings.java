package dev.sluice.sidecar.serve;

import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.plan.BackupFacts;
import dev.sluice.engine.plan.Planner;
import dev.sluice.engine.plan.Window;
import dev.sluice.s3.catalog.BackupDocument;
import dev.sluice.s3.catalog.BackupType;
import dev.sluice.s3.catalog.Catalog;
import dev.sluice.s3.catalog.CatalogKey;
import java.time.Instant;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// What the bucket has of each database, as of the last look. Documents are read once, and only what planning
/// needs of them is kept: the sums of a large backup's blocks would fill the heap.
///
/// **Threading:** any thread; looks at one database are made one after the other.
final class Holdings {

    private static final int DOCUMENTS_AT_ONCE = 16;

    private final Catalog catalog;
    private final Map<String, Map<String, Known>> known = new ConcurrentHashMap<>();
    private final Map<String, View> views = new ConcurrentHashMap<>();

    Holdings(Catalog catalog) {
        this.catalog = catalog;
    }

    /// One entry of the catalog.
    private record Known(
            BackupType type,
            boolean copyOnly,
            Instant began,
            Instant ended,
            @Nullable Backup backup) {}

    /// A database's backups at one moment.
    ///
    /// @param began    when the last one of each type began that was not copy-only
    /// @param ended    when it ended
    /// @param intact   whether the newest backup can be restored, with all that it rests on
    /// @param window   the stretch that reaches furthest; null for none
    /// @param backups  all that can be planned with
    record View(
            Map<BackupType, Instant> began,
            Map<BackupType, Instant> ended,
            boolean intact,
            @Nullable Window window,
            List<Backup> backups) {

        boolean holds(UUID set) {
            return backups.stream()
                    .anyMatch(backup -> backup.set().equals(set)
                            && backup.kind() == Backup.Kind.FULL
                            && !backup.has(Backup.Trait.DAMAGED));
        }
    }

    Optional<View> view(String database) {
        return Optional.ofNullable(views.get(database));
    }

    void retain(Iterable<String> databases) {
        Map<String, Boolean> wanted = new HashMap<>();
        databases.forEach(name -> wanted.put(name, true));
        known.keySet().retainAll(wanted.keySet());
        views.keySet().retainAll(wanted.keySet());
    }

    /// Looks again.
    ///
    /// **Errors:** those of the catalog; then the last look stands.
    View refresh(String database) {
        Map<String, Known> entries = known.computeIfAbsent(database, _ -> new HashMap<>());
        synchronized (entries) {
            List<CatalogKey> keys =
                    catalog.list(database).collectList().blockOptional().orElse(List.of());
            entries.keySet().retainAll(keys.stream().map(CatalogKey::key).toList());
            Flux.fromIterable(keys)
                    .filter(key -> !entries.containsKey(key.key()))
                    .flatMapSequential(
                            key -> catalog.read(key).map(document -> Map.entry(key.key(), document)), DOCUMENTS_AT_ONCE)
                    .filter(entry -> entry.getValue().database().equals(database))
                    .collectList()
                    .blockOptional()
                    .orElse(List.of())
                    .forEach(entry -> entries.put(entry.getKey(), known(entry.getValue())));
            View view = view(entries);
            views.put(database, view);
            return view;
        }
    }

    /// How many backups nobody heard a verdict of, by database.
    Mono<Map<String, Integer>> unconfirmed() {
        return catalog.pendings()
                .filter(document -> !document.stripes().isEmpty())
                .collectList()
                .map(documents -> {
                    Map<String, Integer> counts = new HashMap<>();
                    documents.forEach(document -> counts.merge(document.database(), 1, Integer::sum));
                    return counts;
                });
    }

    private static Known known(BackupDocument document) {
        Instant ended = document.finishedAt();
        return new Known(
                document.type(),
                document.copyOnly(),
                document.startedAt(),
                ended == null ? document.startedAt() : ended,
                BackupFacts.of(document).orElse(null));
    }

    private static View view(Map<String, Known> entries) {
        Map<BackupType, Instant> began = new EnumMap<>(BackupType.class);
        Map<BackupType, Instant> ended = new EnumMap<>(BackupType.class);
        for (Known one : entries.values()) {
            if (!one.copyOnly()) {
                began.merge(one.type(), one.began(), Holdings::later);
                ended.merge(one.type(), one.ended(), Holdings::later);
            }
        }
        List<Backup> backups = entries.values().stream()
                .map(Known::backup)
                .filter(java.util.Objects::nonNull)
                .toList();
        Window window = new Planner(backups)
                .report().windows().stream()
                        .max(Comparator.comparing(Window::latest).thenComparing(Window::lastLsn))
                        .orElse(null);
        Backup newest =
                backups.stream().max(Comparator.comparing(Backup::finished)).orElse(null);
        boolean intact = window != null
                && newest != null
                && newest.family().equals(window.family())
                && newest.path().last().equals(window.fork())
                && newest.lastLsn().compareTo(window.lastLsn()) <= 0;
        return new View(began, ended, intact, window, backups);
    }

    private static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }
}
