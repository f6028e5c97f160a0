package dev.sluice.engine.plan;

import dev.sluice.mtf.Lsn;
import dev.sluice.mtf.RecoveryModel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/// What is missing in a set of backups, and what of it cannot be used.
final class ChainFindings {

    private ChainFindings() {}

    static List<PlanFinding> of(List<DatabaseFamily> families) {
        Set<PlanFinding> found = new LinkedHashSet<>();
        for (DatabaseFamily family : families) {
            for (UUID fork : family.forks()) {
                found.addAll(gaps(family, family.trail(fork)));
            }
            found.addAll(foreignBases(family));
            found.addAll(single(family));
        }
        return List.copyOf(found);
    }

    /// Where roll forwards end although logs go on: each once.
    private static List<PlanFinding> gaps(DatabaseFamily family, RecoveryFork trail) {
        Map<Backup, RollForwardPosition> known = new HashMap<>();
        Set<Lsn> ends = new LinkedHashSet<>();
        List<PlanFinding> gaps = new ArrayList<>();
        for (RollForwardStart start : trail.allStarts()) {
            // In SIMPLE recovery no log has to follow.
            if (start.last().recoveryModel() == RecoveryModel.SIMPLE) {
                continue;
            }
            RollForwardPosition end = trail.end(RollForwardPosition.after(start.last()), known);
            if (ends.add(end.lsn())) {
                trail.standsInTheWay(end).stream()
                        .filter(PlanFinding.Gap.class::isInstance)
                        .forEach(gaps::add);
            }
        }
        gaps.addAll(orphanedLogs(family, trail, known.keySet()));
        return gaps;
    }

    /// Logs that nothing leads to: those before the first full backup do no harm, others lie behind a gap that is
    /// reported already.
    private static List<PlanFinding> orphanedLogs(DatabaseFamily family, RecoveryFork trail, Set<Backup> reached) {
        boolean nothing = trail.allStarts().isEmpty();
        return family.all().stream()
                .filter(backup -> nothing && backup.kind() == Backup.Kind.LOG && !reached.contains(backup))
                .filter(backup -> backup.path().last().equals(trail.fork()) && family.usable(backup))
                .limit(1)
                .<PlanFinding>map(log -> new PlanFinding.Note(
                        "no full backup leads to the log backups of recovery fork %s, the first of which is %s"
                                .formatted(trail.fork(), log.named())))
                .toList();
    }

    private static List<PlanFinding> foreignBases(DatabaseFamily family) {
        List<PlanFinding> found = new ArrayList<>();
        Backup newestFull = family.all().stream()
                .filter(backup -> backup.kind() == Backup.Kind.FULL && !backup.copyOnly())
                .max(Comparator.comparing(Backup::lastLsn))
                .orElse(null);
        for (Backup full : family.all()) {
            boolean foreign = full.place() instanceof Backup.Place.Absent && full.kind() == Backup.Kind.FULL;
            if (!foreign || full.copyOnly()) {
                continue;
            }
            List<Backup> based = family.all().stream()
                    .filter(backup -> backup.kind() == Backup.Kind.DIFFERENTIAL && family.usable(backup))
                    .filter(backup -> full.set().equals(backup.differentialBase()))
                    .toList();
            if (!based.isEmpty() || full.equals(newestFull)) {
                found.add(new PlanFinding.ForeignBase(full, based));
            }
        }
        return found;
    }

    private static List<PlanFinding> single(DatabaseFamily family) {
        List<PlanFinding> found = new ArrayList<>();
        for (Backup backup : family.all()) {
            if (backup.place() instanceof Backup.Place.Absent) {
                continue;
            }
            if (backup.place() instanceof Backup.Place.Unconfirmed) {
                found.add(new PlanFinding.Unconfirmed(backup));
            } else if (!family.usable(backup)) {
                found.add(new PlanFinding.Unusable(backup, family.unusable(backup)));
            } else if (backup.kind() == Backup.Kind.DIFFERENTIAL
                    && family.baseOf(backup).isEmpty()) {
                found.add(new PlanFinding.NoBase(backup));
            }
        }
        return found;
    }
}
