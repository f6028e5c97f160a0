package dev.sluice.engine.plan;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Backups of a family that were taken under another database's name: before the database was renamed, or of the
/// database that it was restored from.
public final class OtherNames {

    private OtherNames() {}

    /// Whether a backup rests on one that is not among these: a log without a full backup before it on the way
    /// to its fork, or a differential without its base.
    ///
    /// @param own what is in the bucket under the database's own name
    public static boolean areNeeded(Collection<Backup> own) {
        List<Backup> fulls =
                own.stream().filter(backup -> backup.kind() == Backup.Kind.FULL).toList();
        Set<UUID> sets = fulls.stream().map(Backup::set).collect(Collectors.toSet());
        boolean noBase = own.stream()
                .anyMatch(backup ->
                        backup.kind() == Backup.Kind.DIFFERENTIAL && !sets.contains(backup.differentialBase()));
        return noBase || firstLogs(own).anyMatch(log -> isAlone(log, fulls, Lineage.branches(own)));
    }

    private static Stream<Backup> firstLogs(Collection<Backup> own) {
        Map<UUID, Backup> first = new HashMap<>();
        own.stream()
                .filter(backup -> backup.kind() == Backup.Kind.LOG)
                .forEach(log -> first.merge(
                        log.path().last(),
                        log,
                        (one, other) -> one.lastLsn().compareTo(other.lastLsn()) <= 0 ? one : other));
        return first.values().stream();
    }

    /// A log backup that ran beside a full one may end before it.
    private static boolean isAlone(Backup log, List<Backup> fulls, Map<UUID, Backup> branches) {
        Lineage way = Lineage.of(log.path().last(), branches);
        return fulls.stream()
                .noneMatch(full -> way.holds(full) && full.firstLsn().compareTo(log.lastLsn()) <= 0);
    }

    /// Those of `others` that lie on the way to a fork of the database, and not beyond the point where its way
    /// leaves theirs: what the other database did afterwards is none of its past.
    ///
    /// @param forks  that the database is or was on
    /// @param own    its backups, which tell where its forks branched off
    /// @param others of the same family
    public static List<Backup> leadingTo(Set<UUID> forks, Collection<Backup> own, Collection<Backup> others) {
        Set<Backup> all = new LinkedHashSet<>(own);
        all.addAll(others);
        Map<UUID, Backup> branches = Lineage.branches(all);
        List<Lineage> ways =
                forks.stream().map(fork -> Lineage.of(fork, branches)).toList();
        return others.stream()
                .filter(backup -> ways.stream().anyMatch(way -> way.holds(backup)))
                .toList();
    }
}
