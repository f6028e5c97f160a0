package dev.sluice.engine.plan;

import dev.sluice.mtf.Lsn;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/// The stretches of a family's history that can be reached.
final class Windows {

    private Windows() {}

    static List<Window> of(DatabaseFamily family) {
        List<Window> windows = new ArrayList<>();
        for (UUID fork : family.forks()) {
            windows.addAll(of(family, family.trail(fork)));
        }
        return windows;
    }

    private static List<Window> of(DatabaseFamily family, RecoveryFork trail) {
        Map<Backup, RollForwardPosition> ends = new HashMap<>();
        Map<Lsn, Window> byEnd = new HashMap<>();
        Map<RollForwardPosition, Instant> times = endTimes(family);
        for (RollForwardStart start : trail.allStarts()) {
            RollForwardPosition begin = RollForwardPosition.after(start.last());
            RollForwardPosition end = trail.end(begin, ends);
            if (!end.fork().equals(trail.fork())) {
                continue; // another fork's
            }
            Instant from = start.last().finished();
            Instant to = end.equals(begin) ? from : times.getOrDefault(end, from);
            Window one = new Window(
                    family.guid(),
                    trail.fork(),
                    start.last().database(),
                    from,
                    to.isBefore(from) ? from : to,
                    begin.lsn(),
                    end.lsn());
            // Chains that end in the same place are one stretch, which begins with the first of its data backups.
            byEnd.merge(end.lsn(), one, (a, b) -> a.firstLsn().compareTo(b.firstLsn()) <= 0 ? a : b);
        }
        return List.copyOf(byEnd.values());
    }

    private static Map<RollForwardPosition, Instant> endTimes(DatabaseFamily family) {
        Map<RollForwardPosition, Instant> times = new HashMap<>();
        for (Backup backup : family.all()) {
            if (backup.kind() == Backup.Kind.LOG && family.usable(backup)) {
                times.merge(
                        RollForwardPosition.after(backup), RecoveryFork.end(backup), (a, b) -> a.isAfter(b) ? a : b);
            }
        }
        return times;
    }
}
