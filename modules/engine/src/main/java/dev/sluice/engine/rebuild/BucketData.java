package dev.sluice.engine.rebuild;

import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.DataKey;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.s3.ObjectInfo;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The data of a server's backups, held against what tells of it.
///
/// Listed in this order: data, pending documents, notes of removals, entries. A backup that ends meanwhile has its
/// entry before its pending document goes, and one that is removed its note before its entry goes; so what is found
/// here without any of the three is told of by nothing.
///
/// @param backups by directory and id
/// @param strange objects below the data's prefix that are no segment of a backup of this server
/// @param pending ids of backups without a verdict
/// @param removed ids of backups that were given up on purpose
/// @param entries the keys of entries, by id
/// @param damaged what is wrong with notes of removals that cannot be read: their keys say which backups they are of
/// @param unclear why it is not known which backups were given up; empty when it is
public record BucketData(
        Map<String, Stored> backups,
        List<ObjectInfo> strange,
        Set<String> pending,
        Set<String> removed,
        Map<String, List<CatalogKey>> entries,
        List<String> damaged,
        List<String> unclear) {

    public BucketData {
        backups = Map.copyOf(backups);
        strange = List.copyOf(strange);
        pending = Set.copyOf(pending);
        removed = Set.copyOf(removed);
        entries = Map.copyOf(entries);
        damaged = List.copyOf(damaged);
        unclear = List.copyOf(unclear);
    }

    /// The objects of a backup.
    ///
    /// @param directory of its database
    public record Stored(String directory, String id, List<Segment> segments) {

        public Stored {
            segments = List.copyOf(segments);
        }

        public long bytes() {
            return segments.stream()
                    .mapToLong(segment -> segment.object().bytes())
                    .sum();
        }
    }

    /// An object with what its key says.
    public record Segment(DataKey key, ObjectInfo object) {}

    /// @param database only this one's; null for all of the server's
    ///
    /// **Errors:** [CatalogException] when the bucket refuses to list one of them; [dev.sluice.s3.S3Failure].
    public static BucketData read(Environment env, Blocking blocking, @Nullable String database) {
        Catalog catalog = env.catalog();
        String root = catalog.keys().root();
        Map<String, List<Segment>> segments = new TreeMap<>();
        List<ObjectInfo> strange = new ArrayList<>();
        String prefix =
                database == null ? catalog.keys().data() : catalog.keys().data(database);
        blocking.readEach(
                env.store().list(prefix),
                object -> DataKey.parse(object.key())
                        .filter(key -> root.equals(key.server() + "/"))
                        .ifPresentOrElse(
                                key -> segments.computeIfAbsent(
                                                key.database() + "/" + key.backupId(), _ -> new ArrayList<>())
                                        .add(new Segment(key, object)),
                                () -> strange.add(object)));
        Set<String> pending = new HashSet<>(blocking.readAll(catalog.pendingIds()));
        List<String> damaged = new ArrayList<>();
        List<String> unclear = new ArrayList<>();
        Set<String> removed = new HashSet<>();
        blocking.readEach(
                catalog.removals(e -> noted(e, removed, damaged, unclear)), removal -> removed.add(removal.backupId()));
        Map<String, List<CatalogKey>> entries =
                blocking.readAll(database == null ? catalog.list() : catalog.list(database)).stream()
                        .collect(Collectors.groupingBy(CatalogKey::backupId));
        Map<String, Stored> backups = new TreeMap<>();
        segments.values().forEach(all -> {
            DataKey first = all.getFirst().key();
            backups.put(first.database() + "/" + first.backupId(), new Stored(first.database(), first.backupId(), all));
        });
        return new BucketData(backups, strange, pending, removed, entries, damaged, unclear);
    }

    /// A note that cannot be read is a note all the same: its key says whose.
    private static void noted(CatalogException e, Set<String> removed, List<String> damaged, List<String> unclear) {
        String id = e.backupId();
        if (id == null) {
            unclear.add(String.valueOf(e.getMessage()));
        } else {
            removed.add(id);
            damaged.add(String.valueOf(e.getMessage()));
        }
    }

    /// The backups of which nothing tells, by directory and id.
    public List<Stored> lost() {
        return backups.values().stream()
                .filter(stored -> !pending.contains(stored.id())
                        && !removed.contains(stored.id())
                        && !entries.containsKey(stored.id()))
                .sorted(Comparator.comparing(Stored::directory).thenComparing(Stored::id))
                .toList();
    }
}
