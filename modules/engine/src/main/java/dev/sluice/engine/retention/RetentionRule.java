package dev.sluice.engine.retention;

import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.plan.PlanRequest;
import dev.sluice.engine.plan.Planner;
import dev.sluice.engine.plan.Planning;
import dev.sluice.engine.plan.RestorePlan;
import dev.sluice.engine.plan.RestoreTarget;
import dev.sluice.engine.plan.Window;
import dev.sluice.mtf.Lsn;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Which of a database's backups may go.
///
/// A backup stays if any of these holds, and every backup that a restore of it reads stays with it:
///
/// - It belongs to the newest chain that can be restored, of its family and recovery fork, or is the newest full
/// backup there that is not copy-only. No rule overrides this.
/// - It is adopted: only a person who names it removes it, and no rule counts it.
/// - It is unconfirmed, or its document says too little to tell what rests on it.
/// - `full: N`: it is not older than the N newest full backups of its family and fork. Only full backups count
///   that SQL Server has called good, that are undamaged and complete, and not copy-only. Where there are fewer
///   than N, everything stays.
/// - `days: N`: a moment of the last N days cannot be restored without it, or it ended within them.
/// - `weeks: N`, `months: N`, `years: N`: it is the last full backup of one of the newest N of these periods that
/// have one ([CalendarPoints]). The log behind it goes, so what stays of such a period is one point. Full backups
/// count that SQL Server has called good and that are undamaged and complete.
///
/// Everything else goes: also copy-only and damaged backups, once they are older than all that. Every fork and
/// every family is looked at for itself, so what a database left behind when it was restored to an earlier
/// point, or dropped and made anew, keeps its own N.
///
/// The planner decides what a restore reads; nothing here has a rule of its own about chains.
public final class RetentionRule {

    private record Place(UUID family, UUID fork) {
        static Place of(Backup backup) {
            return new Place(backup.family(), backup.path().last());
        }
    }

    private final List<Backup> all;
    private final KeepRule rule;
    private final Instant now;
    private final Planner planner;
    private final Map<String, String> reasons = new HashMap<>();
    private final Set<String> points = new HashSet<>();

    private RetentionRule(List<Backup> all, KeepRule rule, Instant now) {
        this.all = all;
        this.rule = rule;
        this.now = now;
        this.planner = new Planner(all);
    }

    /// One choice a backup, in their order.
    ///
    /// @param backups all of one database, unconfirmed ones included
    /// @param now     by SQL Server's clock
    public static List<KeepDecision> decide(List<Backup> backups, KeepRule rule, Instant now) {
        return new RetentionRule(List.copyOf(backups), rule, now).decide();
    }

    /// The ids of those full backups that stay for a week, a month or a year alone. The log backups behind them go,
    /// or have gone: there a gap in the log is what the rule says, and no loss.
    ///
    /// @param backups as above
    public static Set<String> points(List<Backup> backups, KeepRule rule, Instant now) {
        RetentionRule decision = new RetentionRule(List.copyOf(backups), rule, now);
        decision.decide();
        return Set.copyOf(decision.points);
    }

    private List<KeepDecision> decide() {
        newestChains();
        for (Backup backup : all) {
            if (!(backup.place() instanceof Backup.Place.Stored)) {
                keep(backup, "unconfirmed");
            } else if (backup.has(Backup.Trait.ADOPTED)) {
                keep(backup, "adopted: it goes only when a person names it");
            }
        }
        places().forEach(this::countFulls);
        if (rule.days() != null) {
            lastDays(now.minus(Duration.ofDays(rule.days())));
        }
        waysIn();
        // Last, so that the reason of those that other promises need is that.
        places().values().forEach(this::calendar);
        return all.stream()
                .map(backup -> {
                    String reason = reasons.get(backup.id());
                    return reason == null
                            ? new KeepDecision(backup, false, rule.reasonToGo())
                            : new KeepDecision(backup, true, reason);
                })
                .toList();
    }

    private void keep(Backup backup, String reason) {
        reasons.putIfAbsent(backup.id(), reason);
    }

    private void keepPlan(Planning planning, String reason) {
        if (planning instanceof RestorePlan plan) {
            plan.allBackups().forEach(backup -> keep(backup, reason));
        }
    }

    private Map<Place, List<Backup>> places() {
        return all.stream().collect(Collectors.groupingBy(Place::of, LinkedHashMap::new, Collectors.toList()));
    }

    // ---- the newest chain ----

    private void newestChains() {
        Map<Place, Window> newest = new HashMap<>();
        for (Window window : planner.report().windows()) {
            newest.merge(
                    new Place(window.family(), window.fork()),
                    window,
                    (one, other) -> one.lastLsn().compareTo(other.lastLsn()) >= 0 ? one : other);
        }
        newest.forEach((place, window) -> all.stream()
                .filter(backup ->
                        Place.of(backup).equals(place) && backup.lastLsn().equals(window.lastLsn()))
                .filter(RetentionRule::sound)
                .forEach(last -> keepPlan(through(last), "part of the newest chain that can be restored")));
        // The newest chain may begin with a copy-only one, and the next differential rests on this.
        places().values()
                .forEach(backups -> ordinaryFulls(backups)
                        .findFirst()
                        .ifPresent(full -> keep(full, "the newest full backup that is not copy-only")));
    }

    private Planning through(Backup backup) {
        return planner.plan(PlanRequest.to(new RestoreTarget.Through(backup.id())));
    }

    private static boolean sound(Backup backup) {
        return backup.place() instanceof Backup.Place.Stored && readable(backup);
    }

    private static boolean readable(Backup backup) {
        return !backup.has(Backup.Trait.DAMAGED)
                && !backup.has(Backup.Trait.SNAPSHOT)
                && backup.missing().isEmpty();
    }

    // ---- full: N ----

    private void countFulls(Place place, List<Backup> backups) {
        Integer count = rule.full();
        if (count == null) {
            return;
        }
        List<Backup> fulls = ordinaryFulls(backups).toList();
        if (fulls.size() < count) {
            backups.forEach(backup -> keep(
                    backup,
                    String.format(Locale.ROOT, "there are %d of %d full backups to keep", fulls.size(), count)));
            return;
        }
        fulls.subList(0, count)
                .forEach(full -> keep(full, String.format(Locale.ROOT, "one of the newest %d full backups", count)));
        Backup oldest = fulls.get(count - 1);
        for (Backup backup : backups) {
            // A differential that ends behind the oldest one may rest on an older full backup, and then needs
            // that; the ways in see to it.
            if (backup.lastLsn().compareTo(oldest.lastLsn()) > 0) {
                keep(backup, String.format(Locale.ROOT, "newer than the oldest of the newest %d full backups", count));
            }
        }
    }

    /// The newest first.
    private static Stream<Backup> ordinaryFulls(List<Backup> backups) {
        return countable(backups)
                .filter(backup -> !backup.copyOnly())
                .sorted(Comparator.comparing(Backup::lastLsn).reversed());
    }

    private static Stream<Backup> countable(List<Backup> backups) {
        return backups.stream()
                .filter(backup -> backup.kind() == Backup.Kind.FULL && sound(backup))
                .filter(backup -> !backup.has(Backup.Trait.ADOPTED));
    }

    // ---- weeks, months, years ----

    private void calendar(List<Backup> backups) {
        CalendarPoints.of(countable(backups).toList(), rule).forEach((full, reason) -> {
            if (!reasons.containsKey(full.id())) {
                keep(full, reason);
                points.add(full.id());
            }
        });
    }

    // ---- days: N ----

    private void lastDays(Instant from) {
        for (Backup backup : all) {
            if (!backup.finished().isBefore(from)) {
                keep(backup, String.format(Locale.ROOT, "ended within the last %d days", rule.days()));
            }
        }
        // The zone matters to the literal of STOPAT only, and this plan is never executed.
        RestoreTarget.At instant = new RestoreTarget.At(from, LocalDateTime.ofInstant(from, ZoneOffset.UTC));
        for (List<Backup> backups : places().values()) {
            keepPlan(
                    new Planner(onTheWayTo(backups)).plan(PlanRequest.to(instant)),
                    String.format(Locale.ROOT, "needed for the beginning of the last %d days", rule.days()));
        }
    }

    /// One fork's backups with everything that may lead there: at an instant the planner chooses among forks,
    /// and every one of them shall keep its own.
    private List<Backup> onTheWayTo(List<Backup> ofPlace) {
        Place place = Place.of(ofPlace.getFirst());
        return all.stream()
                .filter(backup -> backup.family().equals(place.family()))
                .filter(backup -> leadsTo(backup.path().last(), place.fork(), backup.family()))
                .toList();
    }

    private boolean leadsTo(UUID fork, UUID wanted, UUID family) {
        UUID here = wanted;
        for (int depth = 0; depth <= all.size(); depth++) {
            if (here.equals(fork)) {
                return true;
            }
            Optional<UUID> before = parent(here, family);
            if (before.isEmpty()) {
                return false;
            }
            here = before.get();
        }
        return false;
    }

    private Optional<UUID> parent(UUID fork, UUID family) {
        return all.stream()
                .filter(backup ->
                        backup.family().equals(family) && backup.path().crosses())
                .filter(backup -> backup.path().last().equals(fork))
                .map(backup -> backup.path().first())
                .findFirst();
    }

    // ---- what they rest on ----

    /// Every kept differential needs its base, and every kept log a way to it. A log that follows a kept one which can
    /// be reached needs no other way, so it is not asked about.
    private void waysIn() {
        for (List<Backup> backups : places().values()) {
            waysIn(backups.stream()
                    .filter(backup -> reasons.containsKey(backup.id()) && sound(backup))
                    .sorted(Comparator.comparing(Backup::lastLsn))
                    .toList());
        }
        // A restore may ask for an unconfirmed backup by its id, so what it needs stays. Plans to other backups never
        // use it, so they would not keep that.
        all.stream()
                .filter(backup -> backup.place() instanceof Backup.Place.Unconfirmed)
                .filter(RetentionRule::readable)
                .filter(backup -> backup.kind() != Backup.Kind.FULL)
                .forEach(this::wayTo);
    }

    /// @param kept of one fork, by their ends
    private void waysIn(List<Backup> kept) {
        NavigableMap<Lsn, Backup> ends = new TreeMap<>();
        Set<String> reached = new HashSet<>();
        for (Backup backup : kept) {
            boolean isReached = backup.kind() == Backup.Kind.FULL
                    || (backup.kind() == Backup.Kind.LOG
                            ? isReachable(backup, ends.lowerEntry(backup.lastLsn()), reached)
                            : wayTo(backup));
            if (isReached) {
                reached.add(backup.id());
            }
            if (backup.kind() == Backup.Kind.FULL || (backup.kind() == Backup.Kind.LOG && !backup.copyOnly())) {
                ends.merge(backup.lastLsn(), backup, (one, other) -> reached.contains(one.id()) ? one : other);
            }
        }
    }

    /// @param before what ends last before the log's end
    private boolean isReachable(Backup log, Map.@Nullable Entry<Lsn, Backup> before, Set<String> reached) {
        if (before == null || before.getKey().compareTo(log.firstLsn()) < 0) {
            return wayTo(log);
        }
        return reached.contains(before.getValue().id()) || (hasStartWithin(log) && wayTo(log));
    }

    /// Whether a data backup ends in the log's range, from which a restore may begin when nothing leads to the log
    /// before. Without one, what could not be reached there cannot be reached here either.
    private boolean hasStartWithin(Backup log) {
        return all.stream()
                .filter(backup -> backup.kind() == Backup.Kind.FULL || backup.kind() == Backup.Kind.DIFFERENTIAL)
                .anyMatch(backup -> backup.lastLsn().compareTo(log.firstLsn()) >= 0
                        && backup.lastLsn().compareTo(log.lastLsn()) <= 0);
    }

    /// Keeps what a restore of the backup reads; false when none can be made.
    private boolean wayTo(Backup backup) {
        Planning planning = through(backup);
        keepPlan(planning, "needed by backup " + backup.id());
        return planning instanceof RestorePlan;
    }
}
