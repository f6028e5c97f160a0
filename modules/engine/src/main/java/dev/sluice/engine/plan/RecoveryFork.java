package dev.sluice.engine.plan;

import dev.sluice.engine.plan.RestorePlan.Stop;
import dev.sluice.engine.plan.RestoringDatabase.Stopped;
import dev.sluice.mtf.Lsn;
import dev.sluice.mtf.RecoveryModel;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;

/// One recovery fork of a family with everything on the way to it: where a restore can begin, and where each
/// beginning leads.
final class RecoveryFork {

    /// How far it came.
    sealed interface Walk {

        /// @param logs    in order
        /// @param stop    on each statement
        /// @param end what is known of the stop when the last log has been read
        record Reached(RollForwardStart start, List<Backup> logs, Stop stop, End end) implements Walk {}

        /// @param why   what stood in the way at the end of it
        /// @param found the same, for programs
        record Stuck(RollForwardStart start, RollForwardPosition at, String why, List<PlanFinding> found)
                implements Walk {}
    }

    /// What is known, from the times of a log backup alone, of an instant that should lie in it.
    enum End {
        /// A record behind it is in the log, or there is no stop: SQL Server meets it.
        MET,
        /// Every record up to the instant is in it, and perhaps none behind it: then SQL Server leaves the
        /// database restoring, and it is there all the same.
        COMPLETE,
        /// Perhaps records up to the instant are in the next log.
        UNKNOWN;

        /// A log backup has all records that were written before it began.
        static End of(Backup log, Instant instant) {
            Instant last = log.lastRecord();
            if (last != null && last.isAfter(instant)) {
                return MET;
            }
            return log.started().isAfter(instant) ? COMPLETE : UNKNOWN;
        }
    }

    private final DatabaseFamily family;
    private final Lineage lineage;
    private final List<Backup> all;
    private final LogBackups logs;
    private final Map<Lsn, List<Backup>> empty = new HashMap<>();
    private final List<RollForwardStart> starts;

    RecoveryFork(DatabaseFamily family, UUID fork) {
        this.family = family;
        this.lineage = Lineage.of(fork, family.branches());
        this.all = family.all().stream().filter(lineage::holds).toList();
        this.logs = new LogBackups(all.stream()
                .filter(backup -> backup.kind() == Backup.Kind.LOG)
                .filter(family::usable)
                .toList());
        all.stream()
                .filter(backup -> backup.kind() == Backup.Kind.LOG && backup.isEmpty())
                .forEach(log -> empty.computeIfAbsent(log.firstLsn(), _ -> new ArrayList<>())
                        .add(log));
        this.starts = starts();
    }

    UUID fork() {
        return lineage.fork();
    }

    /// The newest first, by LSN.
    private List<RollForwardStart> starts() {
        List<RollForwardStart> found = new ArrayList<>();
        for (Backup backup : all) {
            if (!family.usable(backup)) {
                continue;
            }
            if (backup.kind() == Backup.Kind.FULL) {
                found.add(RollForwardStart.with(backup, null, backup));
            } else if (backup.kind() == Backup.Kind.DIFFERENTIAL) {
                family.baseOf(backup)
                        .filter(family::usable)
                        .ifPresent(full -> found.add(RollForwardStart.with(full, backup, backup)));
            }
        }
        found.sort(Comparator.<RollForwardStart, Lsn>comparing(
                        start -> start.last().lastLsn())
                .reversed());
        return List.copyOf(found);
    }

    List<RollForwardStart> allStarts() {
        return starts;
    }

    /// The beginnings for a database that has got this backup last, as far as it was not told to stop.
    List<RollForwardStart> startsBehind(Backup restored, Stopped stopped) {
        List<RollForwardStart> found = new ArrayList<>();
        if (restored.kind() == Backup.Kind.FULL) {
            starts.stream()
                    .filter(start -> start.differential() != null && restored.equals(start.full()))
                    .forEach(start -> found.add(RollForwardStart.with(null, start.differential(), start.last())));
        }
        found.add(new RollForwardStart(null, null, restored, stopped));
        return found;
    }

    /// Whether this backup lies on the way.
    boolean holds(Backup backup) {
        return lineage.holds(backup);
    }

    // ---- to an instant ----

    Walk to(RestoreTarget.At target, List<RollForwardStart> from) {
        return best(from, start -> start.isNotBehind(target.instant()), (start, dead) -> {
            List<Backup> path = new ArrayList<>();
            RollForwardPosition here = start.position();
            while (true) {
                if (quietUntil(here, target.instant())) {
                    return new Walk.Reached(start, path, new Stop.Nowhere(), End.MET);
                }
                Optional<Backup> next = logs.next(here);
                if (next.isEmpty() || !dead.add(next.get())) {
                    return stuck(start, here);
                }
                Backup log = next.get();
                path.add(log);
                if (end(log).isAfter(target.instant()) || log.started().isAfter(target.instant())) {
                    return covered(start, path, log, target);
                }
                here = RollForwardPosition.after(log);
            }
        });
    }

    private Walk covered(RollForwardStart start, List<Backup> path, Backup log, RestoreTarget.At target) {
        // The last record was written before the instant, and the backup began behind it.
        boolean whole = !end(log).isAfter(target.instant());
        if (!whole && log.has(Backup.Trait.BULK_LOGGED)) {
            return new Walk.Stuck(
                    start,
                    RollForwardPosition.after(log),
                    "the instant lies in %s, which has bulk-logged changes: SQL Server can only restore all of it"
                            .formatted(log.named()),
                    List.of(new PlanFinding.Unusable(log, "it cannot be stopped within, having bulk-logged changes")));
        }
        if (log.path().crosses()) {
            Optional<Instant> alive = family.lastSignOf(log.path().first(), log);
            if (alive.isPresent() && target.instant().isBefore(alive.get())) {
                return new Walk.Stuck(
                        start,
                        RollForwardPosition.after(log),
                        "at that instant the database was on recovery fork %s still, and no backup of it reaches so far"
                                .formatted(log.path().first()),
                        List.of());
            }
        }
        return whole
                ? new Walk.Reached(start, path, new Stop.Nowhere(), End.MET)
                : new Walk.Reached(start, path, new Stop.At(target.stopAt()), End.of(log, target.instant()));
    }

    /// When the last record of a log backup was written at the latest.
    static Instant end(Backup log) {
        Instant last = log.lastRecord();
        return last == null ? log.finished() : last;
    }

    /// Whether an empty log backup shows that nothing was logged from here until behind the instant.
    private boolean quietUntil(RollForwardPosition here, Instant instant) {
        return empty.getOrDefault(here.lsn(), List.of()).stream()
                .anyMatch(log -> log.path().continues(here.lsn(), here.fork())
                        && log.started().isAfter(instant));
    }

    // ---- to an LSN ----

    Walk to(RestoreTarget.Before target, List<RollForwardStart> from) {
        return best(from, start -> start.isNotBehind(target.lsn()), (start, dead) -> {
            List<Backup> path = new ArrayList<>();
            RollForwardPosition here = start.position();
            while (!here.lsn().equals(target.lsn())) {
                Optional<Backup> next = logs.next(here);
                if (next.isEmpty() || !dead.add(next.get())) {
                    return stuck(start, here);
                }
                path.add(next.get());
                if (next.get().lastLsn().compareTo(target.lsn()) > 0) {
                    return next.get().has(Backup.Trait.BULK_LOGGED)
                            ? new Walk.Stuck(
                                    start,
                                    here,
                                    "the LSN lies in %s, which has bulk-logged changes: SQL Server can only restore all of it"
                                            .formatted(next.get().named()),
                                    List.of())
                            : new Walk.Reached(start, path, new Stop.BeforeLsn(target.lsn()), End.MET);
                }
                here = RollForwardPosition.after(next.get());
            }
            // The end of a backup needs no stop.
            return new Walk.Reached(start, path, new Stop.Nowhere(), End.MET);
        });
    }

    // ---- to a mark ----

    /// To the log that has the mark, or, where only SQL Server can find it, to the first one that may.
    Walk to(RestoreTarget.Marked target, List<RollForwardStart> from) {
        Lsn lsn = target.lsn();
        return best(
                from,
                start -> lsn == null ? start.isNotBehind(target.near()) : start.isNotBehind(lsn),
                (start, dead) -> {
                    List<Backup> path = new ArrayList<>();
                    RollForwardPosition here = start.position();
                    while (true) {
                        Optional<Backup> next = logs.next(here);
                        if (next.isEmpty() || !dead.add(next.get())) {
                            return stuck(start, here);
                        }
                        Backup log = next.get();
                        path.add(log);
                        if (mayHave(log, target)) {
                            return lsn != null && log.has(Backup.Trait.BULK_LOGGED)
                                    ? new Walk.Stuck(
                                            start,
                                            here,
                                            "the mark lies in %s, which has bulk-logged changes: SQL Server can only restore all of it"
                                                    .formatted(log.named()),
                                            List.of())
                                    : new Walk.Reached(start, path, target.stop(), End.MET);
                        }
                        here = RollForwardPosition.after(log);
                    }
                });
    }

    private static boolean mayHave(Backup log, RestoreTarget.Marked target) {
        Lsn lsn = target.lsn();
        return lsn == null ? !end(log).isBefore(target.near()) : log.lastLsn().compareTo(lsn) > 0;
    }

    /// Log backups to go on with when SQL Server has not found the mark: where msdb says which log has it, the
    /// next one, because the transaction may end there; otherwise all of them.
    List<Backup> following(Backup log, RestoreTarget.Marked target) {
        List<Backup> behind = path(RollForwardPosition.after(log));
        return target.lsn() == null ? behind : behind.stream().limit(1).toList();
    }

    // ---- to the end ----

    /// As far as any beginning leads; the one with the least to read.
    Optional<Walk.Reached> toTheEnd(List<RollForwardStart> from) {
        Map<Backup, RollForwardPosition> ends = new HashMap<>();
        RollForwardStart best = null;
        RollForwardPosition furthest = null;
        for (RollForwardStart start : from) {
            RollForwardPosition end = end(start.position(), ends);
            boolean here = end.fork().equals(lineage.fork());
            boolean whole = !start.isWithinLast() || !end.equals(start.position());
            if (here && whole && (furthest == null || end.lsn().compareTo(furthest.lsn()) > 0)) {
                best = start;
                furthest = end;
            }
        }
        if (best == null) {
            return Optional.empty();
        }
        return Optional.of(new Walk.Reached(best, path(best.position()), new Stop.Nowhere(), End.MET));
    }

    private List<Backup> path(RollForwardPosition from) {
        List<Backup> path = new ArrayList<>();
        Optional<Backup> next = logs.next(from);
        while (next.isPresent()) {
            path.add(next.get());
            next = logs.next(RollForwardPosition.after(next.get()));
        }
        return path;
    }

    /// Where a roll forward from here ends; ways that meet are walked once.
    RollForwardPosition end(RollForwardPosition from, Map<Backup, RollForwardPosition> known) {
        List<Backup> walked = new ArrayList<>();
        RollForwardPosition here = from;
        Optional<Backup> next = logs.next(here);
        while (next.isPresent() && !known.containsKey(next.get())) {
            walked.add(next.get());
            here = RollForwardPosition.after(next.get());
            next = logs.next(here);
        }
        RollForwardPosition end = next.isPresent() ? known.getOrDefault(next.get(), here) : here;
        walked.forEach(log -> known.put(log, end));
        return end;
    }

    /// What a log leaves open that leads into another fork: if that began behind the instant only, and the end
    /// of the old one is lost, the state at the instant is lost as well.
    Optional<PlanFinding> doubt(Backup log, Instant instant) {
        return log.path().crosses() && family.firstSeen(log.path().last()).isAfter(instant)
                ? Optional.of(new PlanFinding.Note(
                        "the database changed to another recovery path at LSN %s, within %s, and no backup says when: if that was after the wanted instant, what was changed between is lost, and this is the state at that LSN"
                                .formatted(log.path().forkPoint(), log.named())))
                : Optional.empty();
    }

    /// Log backups that follow, for a stop that the last one may turn out not to contain.
    List<Backup> following(Backup log, Instant until) {
        List<Backup> spare = new ArrayList<>();
        Optional<Backup> next = logs.next(RollForwardPosition.after(log));
        while (next.isPresent()) {
            spare.add(next.get());
            if (End.of(next.get(), until) != End.UNKNOWN) {
                break;
            }
            next = logs.next(RollForwardPosition.after(next.get()));
        }
        return spare;
    }

    // ---- what stands in the way ----

    private interface Path {
        Walk from(RollForwardStart start, Set<Backup> dead);
    }

    private Walk best(List<RollForwardStart> from, Predicate<RollForwardStart> early, Path path) {
        Set<Backup> dead = new HashSet<>();
        Walk.Stuck first = null;
        for (RollForwardStart start : from) {
            if (early.test(start)) {
                switch (path.from(start, dead)) {
                    case Walk.Reached reached -> {
                        return reached;
                    }
                    // The newest beginning tells best what is missing.
                    case Walk.Stuck stuck -> first = first == null ? stuck : first;
                }
            }
        }
        return first == null ? nothingToBeginWith(from) : first;
    }

    private Walk nothingToBeginWith(List<RollForwardStart> from) {
        RollForwardStart any = from.isEmpty() ? null : from.getLast();
        List<PlanFinding> found = all.stream()
                .filter(backup -> backup.kind() != Backup.Kind.LOG)
                .filter(backup -> !family.usable(backup))
                .<PlanFinding>map(backup -> new PlanFinding.Unusable(backup, family.unusable(backup)))
                .toList();
        if (any == null) {
            return new Walk.Stuck(
                    NOTHING,
                    new RollForwardPosition(Lsn.ZERO, lineage.fork()),
                    found.isEmpty()
                            ? "there is no full backup to begin with"
                            : "there is no full backup to begin with that can be used: "
                                    + found.getFirst().text(),
                    found);
        }
        if (any.isWithinLast() && !family.usable(any.last())) {
            PlanFinding last = new PlanFinding.Unusable(any.last(), family.unusable(any.last()));
            return new Walk.Stuck(
                    any,
                    any.position(),
                    "the database has a part only of its last log backup, and needs the rest: " + last.text(),
                    List.of(last));
        }
        return new Walk.Stuck(
                any,
                any.position(),
                any.full() == null
                        ? "the database has been rolled forward beyond that point already, or may have been"
                        : "no full backup ended before that point; the first one that can be used ended at %s (LSN %s)"
                                .formatted(any.last().finished(), any.last().lastLsn()),
                found);
    }

    private static final RollForwardStart NOTHING = RollForwardStart.with(null, null, DatabaseFamily.NONE);

    private Walk stuck(RollForwardStart start, RollForwardPosition here) {
        List<PlanFinding> found = standsInTheWay(here);
        String why;
        if (!found.isEmpty()) {
            why = found.getFirst().text();
        } else if (start.last().recoveryModel() == RecoveryModel.SIMPLE) {
            why = "the database was in SIMPLE recovery, so only the end of a data backup can be reached";
        } else {
            why = "no log backup reaches so far; the last one ends at LSN %s".formatted(here.lsn());
        }
        return new Walk.Stuck(start, here, why, found);
    }

    /// Data backups that lead further than this position and cannot be read: without a word, an older state would
    /// pass for the end.
    List<PlanFinding> lostBehind(RollForwardPosition here) {
        return all.stream()
                .filter(backup -> backup.kind() != Backup.Kind.LOG
                        && backup.isLost()
                        && backup.lastLsn().compareTo(here.lsn()) > 0)
                .<PlanFinding>map(backup -> new PlanFinding.Unusable(backup, family.unusable(backup)))
                .toList();
    }

    /// What keeps a roll forward from going on behind this position; nothing at the end of everything.
    List<PlanFinding> standsInTheWay(RollForwardPosition here) {
        Optional<Backup> holder = all.stream()
                .filter(backup -> backup.kind() == Backup.Kind.LOG && here.takes(backup) && !family.usable(backup))
                .findFirst();
        Optional<Backup> behind = logs.beyond(here.lsn());
        if (behind.isPresent()) {
            return List.of(new PlanFinding.Gap(
                    behind.get().path().first(),
                    here.lsn(),
                    behind.get().firstLsn(),
                    holder.orElse(null),
                    behind.get().has(Backup.Trait.BEGINS_LOG_CHAIN)));
        }
        return holder.<List<PlanFinding>>map(
                        backup -> List.of(new PlanFinding.Unusable(backup, family.unusable(backup))))
                .orElse(List.of());
    }
}
