package dev.sluice.engine.fleet;

import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.Summaries.StoredSummary;
import dev.sluice.catalog.SummaryDocument;
import dev.sluice.catalog.SummaryDocument.Database;
import dev.sluice.catalog.SummaryDocument.Drill;
import java.time.Instant;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The databases of the replicas of an availability group, each of which knows only what it has tried itself: a replica
/// that takes no backup of a database has nothing to complain of.
///
/// So the worst condition counts, with the sentences of every replica, named by it. What can be restored is what the
/// last writer says, because all of them read it from the same catalog. A silent replica's word is no longer heard,
/// unless all are silent; that it is silent is failing by itself.
///
/// Databases outside the group, such as `master`, are different ones under one name; they are merged too, as their
/// backups are.
final class ReplicaSummaries {

    private static final Comparator<StoredSummary> LAST_WRITTEN =
            Comparator.comparing(one -> one.modified() == null ? Instant.MIN : one.modified());

    private final List<StoredSummary> heard;
    private final StoredSummary last;

    /// @param stored one at least
    /// @param now    by the bucket's clock
    ReplicaSummaries(List<StoredSummary> stored, Instant now) {
        this.last = stored.stream().max(LAST_WRITTEN).orElseThrow();
        List<StoredSummary> alive = stored.stream()
                .filter(one -> !FleetServer.isSilent(one, now))
                .sorted(LAST_WRITTEN)
                .toList();
        this.heard = alive.isEmpty() ? stored.stream().sorted(LAST_WRITTEN).toList() : alive;
    }

    /// The one that was written last.
    StoredSummary last() {
        return last;
    }

    /// How many databases found no room in one of the summaries.
    int omitted() {
        return heard.stream().mapToInt(one -> one.document().omitted()).max().orElse(0);
    }

    /// The worst first.
    List<Database> databases() {
        if (heard.size() == 1) {
            return heard.getFirst().document().databases();
        }
        Map<String, Database> merged = new LinkedHashMap<>();
        for (StoredSummary one : heard) {
            String replica = one.document().identity().name();
            for (Database database : one.document().databases()) {
                merged.merge(database.name(), named(replica, database), ReplicaSummaries::merged);
            }
        }
        return merged.values().stream()
                .sorted(Comparator.comparing(Database::condition).thenComparing(Database::name))
                .toList();
    }

    private static Database named(String replica, Database database) {
        return new Database(
                database.name(),
                database.condition(),
                database.problems().stream()
                        .map(problem -> replica + ": " + problem)
                        .toList(),
                database.earliest(),
                database.latest(),
                database.unconfirmed(),
                database.types(),
                database.drill());
    }

    private static Database merged(Database before, Database later) {
        return new Database(
                later.name(),
                before.condition().compareTo(later.condition()) < 0 ? before.condition() : later.condition(),
                Stream.concat(before.problems().stream(), later.problems().stream())
                        .toList(),
                later.earliest(),
                later.latest(),
                Math.max(before.unconfirmed(), later.unconfirmed()),
                types(before.types(), later.types()),
                drill(before.drill(), later.drill()));
    }

    private static List<SummaryDocument.Type> types(
            List<SummaryDocument.Type> before, List<SummaryDocument.Type> later) {
        Map<BackupType, SummaryDocument.Type> types = new EnumMap<>(BackupType.class);
        Stream.concat(before.stream(), later.stream())
                .forEach(type -> types.merge(
                        type.type(),
                        type,
                        (one, other) -> new SummaryDocument.Type(
                                one.type(),
                                later(one.last(), other.last()),
                                later(one.next(), other.next()),
                                one.failed() || other.failed())));
        return List.copyOf(types.values());
    }

    private static @Nullable Drill drill(@Nullable Drill one, @Nullable Drill other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return one.finishedAt().isAfter(other.finishedAt()) ? one : other;
    }

    private static @Nullable Instant later(@Nullable Instant one, @Nullable Instant other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return one.isAfter(other) ? one : other;
    }
}
