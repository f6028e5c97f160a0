package dev.sluice.engine.retention;

import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.plan.Planner;
import dev.sluice.engine.plan.Window;
import dev.sluice.engine.retention.DeletionPlan.Lost;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/// What cannot be restored any more when some backups are gone. Pure: no server, no bucket.
///
/// @param lost       what can be restored now and not afterwards, the earliest first
/// @param stranded   the ids of backups that stay and are of no use afterwards: their end cannot be reached any
///                   more, or they are differentials whose base goes
/// @param restorable whether anything can be restored afterwards
public record DeletionEffect(List<Lost> lost, List<String> stranded, boolean restorable) {

    public DeletionEffect {
        lost = List.copyOf(lost);
        stranded = List.copyOf(stranded);
    }

    /// @param all  of one database
    /// @param gone the ids of those that go
    public static DeletionEffect of(List<Backup> all, Set<String> gone) {
        List<Backup> rest =
                all.stream().filter(backup -> !gone.contains(backup.id())).toList();
        List<Window> before = new Planner(all).report().windows();
        List<Window> after = new Planner(rest).report().windows();
        Set<UUID> bases = all.stream()
                .filter(backup -> gone.contains(backup.id()))
                .map(Backup::set)
                .collect(Collectors.toSet());
        List<String> stranded = rest.stream()
                .filter(backup -> isWithin(before, backup))
                .filter(backup -> !isWithin(after, backup) || bases.contains(backup.differentialBase()))
                .map(Backup::id)
                .toList();
        return new DeletionEffect(LostWindows.between(before, after), stranded, !after.isEmpty());
    }

    /// Whether the end of a backup can be reached. A plan for each of ten thousand backups would take minutes.
    private static boolean isWithin(List<Window> windows, Backup backup) {
        return windows.stream()
                .anyMatch(window -> window.family().equals(backup.family())
                        && window.fork().equals(backup.path().last())
                        && window.firstLsn().compareTo(backup.lastLsn()) <= 0
                        && window.lastLsn().compareTo(backup.lastLsn()) >= 0);
    }
}
