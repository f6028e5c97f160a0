package dev.sluice.engine.plan;

import dev.sluice.mtf.Lsn;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A recovery fork and those that it came from, each as far as the next one branched off.
///
/// @param fork   the fork itself
/// @param limits fork to where the path leaves it; null for the fork itself, which nothing leaves
record Lineage(UUID fork, Map<UUID, @Nullable Lsn> limits) {

    /// @param branches fork to the log backup that led into it
    static Lineage of(UUID fork, Map<UUID, Backup> branches) {
        Map<UUID, @Nullable Lsn> limits = new LinkedHashMap<>();
        limits.put(fork, null);
        Backup into = branches.get(fork);
        while (into != null && !limits.containsKey(into.path().first())) {
            limits.put(into.path().first(), into.path().forkPoint());
            into = branches.get(into.path().first());
        }
        return new Lineage(fork, limits);
    }

    /// The log backups that lead from one fork into another.
    static Map<UUID, Backup> branches(Collection<Backup> backups) {
        Map<UUID, Backup> branches = new HashMap<>();
        for (Backup backup : backups) {
            if (backup.path().crosses()) {
                branches.put(backup.path().last(), backup);
            }
        }
        return branches;
    }

    /// Whether the backup is on the path: on one of its forks, and not beyond the point where the path leaves it.
    boolean holds(Backup backup) {
        UUID last = backup.path().last();
        if (!limits.containsKey(last) || !limits.containsKey(backup.path().first())) {
            return false;
        }
        Lsn limit = limits.get(last);
        return limit == null || backup.lastLsn().compareTo(limit) <= 0;
    }
}
