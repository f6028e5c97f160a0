package dev.sluice.engine.plan;

import dev.sluice.engine.plan.RecoveryFork.Walk;
import dev.sluice.engine.plan.RestorePlan.Recovery;
import dev.sluice.engine.plan.RestorePlan.Step;
import dev.sluice.engine.plan.RestorePlan.Stop;
import dev.sluice.mtf.Lsn;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Finds the way from backups to a wanted point.
///
/// First the recovery fork that the database was on at that point, then the newest full backup before it and the
/// newest differential of that very full backup, then log backups, each containing the record behind the one
/// before. Where that way is broken, older differentials and full backups are tried: a way round a damaged file is
/// worth its time.
///
/// **Source:** the rules are numbered in the documentation of `msdb.dbo.backupset` and of the restore sequences.
/// A differential fits only the full backup with the GUID that it names. Logs follow by `first_lsn <= last <
/// last_lsn` on the same recovery path.
public final class Planner {

    private final List<Backup> backups;

    /// @param backups of one database, by name or by family, in any order; those that only msdb knows too, as far
    ///                as they explain what is missing
    public Planner(List<Backup> backups) {
        this.backups = List.copyOf(backups);
    }

    private record Place(DatabaseFamily family, UUID fork) {
        RecoveryFork trail() {
            return family.trail(fork);
        }
    }

    /// A plan, or why there is none.
    public Planning plan(PlanRequest request) {
        List<DatabaseFamily> families =
                DatabaseFamily.of(backups, request.unconfirmed() || namesUnconfirmed(request.target()));
        List<Place> places = places(families);
        if (places.isEmpty()) {
            return new Planning.Unreachable("there are no backups", List.of(), List.of());
        }
        RestoringDatabase standing = request.standing();
        if (standing != null) {
            Optional<Backup> last = families.stream()
                    .flatMap(family -> family.bySet(standing.set()).stream())
                    .findFirst();
            if (last.isEmpty()) {
                return new Planning.Unreachable(
                        "the database got backup set %s last, which is not among these backups"
                                .formatted(standing.set()),
                        List.of(),
                        windows(families));
            }
            places.removeIf(place -> !place.trail().holds(last.get()));
            return plan(request, families, places, last.get());
        }
        return plan(request, families, places, null);
    }

    private boolean namesUnconfirmed(RestoreTarget target) {
        return target instanceof RestoreTarget.Through(String id)
                && backups.stream()
                        .anyMatch(
                                backup -> backup.id().equals(id) && backup.place() instanceof Backup.Place.Unconfirmed);
    }

    private static List<Place> places(List<DatabaseFamily> families) {
        List<Place> places = new ArrayList<>();
        for (DatabaseFamily family : families) {
            family.forks().forEach(fork -> places.add(new Place(family, fork)));
        }
        return places;
    }

    private Planning plan(
            PlanRequest request, List<DatabaseFamily> families, List<Place> places, @Nullable Backup restored) {
        return switch (request.target()) {
            case RestoreTarget.At at -> {
                places.sort(aliveAt(at.instant()));
                yield first(request, families, places, restored, (trail, starts) -> trail.to(at, starts));
            }
            case RestoreTarget.Before before -> {
                places.sort(latestFirst());
                yield first(request, families, places, restored, (trail, starts) -> trail.to(before, starts));
            }
            case RestoreTarget.Marked marked -> {
                places.sort(aliveAt(marked.near()));
                yield first(request, families, places, restored, (trail, starts) -> trail.to(marked, starts));
            }
            case RestoreTarget.End _ -> {
                places.sort(latestFirst());
                yield toTheEnd(request, families, places.getFirst(), restored);
            }
            case RestoreTarget.Through(String id) -> through(request, families, id, restored);
        };
    }

    /// The fork that began last before the instant; then those that no backup had shown yet, the next one first. A
    /// database can be on a fork before its first backup there.
    private static Comparator<Place> aliveAt(Instant instant) {
        Comparator<Place> seen = Comparator.comparing(place -> place.family().firstSeen(place.fork()));
        return Comparator.<Place, Boolean>comparing(
                        place -> place.family().firstSeen(place.fork()).isAfter(instant))
                .thenComparing(
                        (one, other) -> one.family().firstSeen(one.fork()).isAfter(instant)
                                ? seen.compare(one, other)
                                : seen.compare(other, one));
    }

    private static Comparator<Place> latestFirst() {
        return Comparator.<Place, Instant>comparing(place -> place.family().lastSeen(place.fork()))
                .reversed();
    }

    private static List<RollForwardStart> starts(PlanRequest request, RecoveryFork trail, @Nullable Backup restored) {
        RestoringDatabase standing = request.standing();
        return restored == null || standing == null
                ? trail.allStarts()
                : trail.startsBehind(restored, standing.stopped());
    }

    private interface Way {
        Walk walk(RecoveryFork trail, List<RollForwardStart> starts);
    }

    private Planning first(
            PlanRequest request,
            List<DatabaseFamily> families,
            List<Place> places,
            @Nullable Backup restored,
            Way way) {
        Walk.Stuck best = null;
        boolean elsewhere = false;
        RestorePlan plan = null;
        for (Place place : places) {
            RecoveryFork trail = place.trail();
            Walk walk = way.walk(trail, starts(request, trail, restored));
            if (walk instanceof Walk.Reached reached) {
                if (plan == null) {
                    plan = built(request, trail, reached, List.of());
                } else {
                    elsewhere = true;
                }
            } else if (walk instanceof Walk.Stuck stuck && best == null) {
                best = stuck;
            }
        }
        if (plan == null) {
            return new Planning.Unreachable(
                    best == null ? "the database is on a recovery path of its own" : best.why(),
                    best == null ? List.of() : best.found(),
                    windows(families));
        }
        if (!elsewhere || !(request.target() instanceof RestoreTarget.Before)) {
            return plan;
        }
        PlanFinding note = new PlanFinding.Note(
                "that LSN exists on another recovery path as well, with other records; the path that was backed up last is taken");
        return new RestorePlan(
                plan.target(),
                plan.steps(),
                plan.spare(),
                Stream.concat(plan.findings().stream(), Stream.of(note)).toList());
    }

    private Planning toTheEnd(
            PlanRequest request, List<DatabaseFamily> families, Place place, @Nullable Backup restored) {
        RecoveryFork trail = place.trail();
        List<RollForwardStart> starts = starts(request, trail, restored);
        Optional<Walk.Reached> reached = trail.toTheEnd(starts);
        if (reached.isEmpty()) {
            Walk.Stuck stuck = (Walk.Stuck) trail.to(new RestoreTarget.Before(Lsn.ZERO), starts);
            return new Planning.Unreachable(stuck.why(), stuck.found(), windows(families));
        }
        Backup last = reached.get().logs().isEmpty()
                ? reached.get().start().last()
                : reached.get().logs().getLast();
        RollForwardPosition end = RollForwardPosition.after(last);
        List<PlanFinding> findings = new ArrayList<>(trail.standsInTheWay(end));
        findings.addAll(trail.lostBehind(end));
        return built(request, trail, reached.get(), findings);
    }

    private Planning through(PlanRequest request, List<DatabaseFamily> families, String id, @Nullable Backup restored) {
        Backup wanted = backups.stream()
                .filter(backup -> backup.id().equals(id))
                .findFirst()
                .orElse(null);
        if (wanted == null) {
            return new Planning.Unreachable("there is no backup " + id, List.of(), windows(families));
        }
        DatabaseFamily family = families.stream()
                .filter(one -> one.guid().equals(wanted.family()))
                .findFirst()
                .orElseThrow();
        RecoveryFork trail = family.trail(wanted.path().last());
        if (!family.usable(wanted)) {
            PlanFinding found = new PlanFinding.Unusable(wanted, family.unusable(wanted));
            return new Planning.Unreachable(found.text(), List.of(found), windows(families));
        }
        if (wanted.kind() != Backup.Kind.LOG) {
            List<RollForwardStart> starts = starts(request, trail, restored);
            return starts.stream()
                    .filter(start -> start.last().equals(wanted))
                    .findFirst()
                    .<Planning>map(start -> built(
                            request,
                            trail,
                            new Walk.Reached(start, List.of(), new Stop.Nowhere(), RecoveryFork.End.MET),
                            List.of()))
                    .orElseGet(() -> new Planning.Unreachable(
                            restored == null
                                    ? new PlanFinding.NoBase(wanted).text()
                                    : "the database got another backup before, to which this one does not fit",
                            List.of(new PlanFinding.NoBase(wanted)),
                            windows(families)));
        }
        List<Place> places =
                new ArrayList<>(List.of(new Place(family, wanted.path().last())));
        return first(
                request,
                families,
                places,
                restored,
                (one, starts) -> one.to(new RestoreTarget.Before(wanted.lastLsn()), starts));
    }

    // ---- the plan itself ----

    private static RestorePlan built(
            PlanRequest request, RecoveryFork trail, Walk.Reached reached, List<PlanFinding> more) {
        List<Step> steps = new ArrayList<>();
        List<Step> spare = new ArrayList<>();
        List<PlanFinding> findings = new ArrayList<>(more);
        Recovery restoring = new Recovery.NoRecovery();
        RollForwardStart start = reached.start();
        for (Backup backup : data(start)) {
            steps.add(new Step.Restore(backup, ofData(reached.stop()), restoring));
        }
        // Only SQL Server knows whether it has met the stop. Told to recover with the log that should contain it,
        // it does so if it has, and otherwise leaves the database restoring.
        boolean recoversWithLog = reached.stop().isMetByServer() && !(request.ending() instanceof Recovery.NoRecovery);
        for (int i = 0; i < reached.logs().size(); i++) {
            boolean last = i == reached.logs().size() - 1;
            steps.add(new Step.Restore(
                    reached.logs().get(i), reached.stop(), last && recoversWithLog ? request.ending() : restoring));
        }
        if (!recoversWithLog && !(request.ending() instanceof Recovery.NoRecovery)) {
            steps.add(new Step.Recover(request.ending()));
        }
        RecoveryFork.End end = reached.end();
        if (end == RecoveryFork.End.UNKNOWN && request.target() instanceof RestoreTarget.At at) {
            for (Backup log : trail.following(reached.logs().getLast(), at.instant())) {
                spare.add(new Step.Restore(log, reached.stop(), recoversWithLog ? request.ending() : restoring));
                end = RecoveryFork.End.of(log, at.instant());
            }
            if (spare.isEmpty()) {
                findings.add(
                        new PlanFinding.Note(
                                "the instant lies while the last log backup was running: SQL Server will say whether it is in it"));
            }
        }
        if (request.target() instanceof RestoreTarget.Marked marked) {
            for (Backup log : trail.following(reached.logs().getLast(), marked)) {
                spare.add(new Step.Restore(log, reached.stop(), recoversWithLog ? request.ending() : restoring));
            }
        }
        if (end == RecoveryFork.End.COMPLETE && recoversWithLog) {
            spare.add(new Step.Recover(request.ending()));
        }
        for (Backup backup : new RestorePlan(request.target(), steps, spare, List.of()).allBackups()) {
            if (request.target() instanceof RestoreTarget.At at) {
                trail.doubt(backup, at.instant()).ifPresent(findings::add);
            }
            if (backup.place() instanceof Backup.Place.Unconfirmed) {
                findings.add(new PlanFinding.Unconfirmed(backup));
            }
        }
        return new RestorePlan(request.target(), steps, spare, findings);
    }

    /// RESTORE DATABASE takes no names of marks.
    private static Stop ofData(Stop stop) {
        return stop instanceof Stop.Mark ? new Stop.Nowhere() : stop;
    }

    private static List<Backup> data(RollForwardStart start) {
        return Stream.of(start.full(), start.differential())
                .filter(Objects::nonNull)
                .toList();
    }

    // ---- what there is ----

    /// What can be reached, and what is missing or cannot be used. Unconfirmed backups do not count.
    public ChainReport report() {
        List<DatabaseFamily> families = DatabaseFamily.of(backups, false);
        return new ChainReport(windows(families), ChainFindings.of(families));
    }

    private static List<Window> windows(List<DatabaseFamily> families) {
        return families.stream()
                .flatMap(family -> Windows.of(family).stream())
                .sorted(Comparator.comparing(Window::earliest))
                .toList();
    }
}
