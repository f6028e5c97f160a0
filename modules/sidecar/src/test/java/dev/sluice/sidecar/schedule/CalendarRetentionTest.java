package dev.sluice.sidecar.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.plan.PlanRequest;
import dev.sluice.engine.plan.Planner;
import dev.sluice.engine.plan.RestorePlan;
import dev.sluice.engine.plan.RestoreTarget;
import dev.sluice.engine.retention.KeepDecision;
import dev.sluice.engine.retention.KeepRule;
import dev.sluice.engine.retention.RetentionRule;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.TemporalAdjusters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What weeks, months and years keep, over the changes of the clocks, with every other promise beside them.
class CalendarRetentionTest {

    private static final Logger log = LoggerFactory.getLogger(CalendarRetentionTest.class);
    private static final Duration HALF_HOUR = Duration.ofMinutes(30);

    private static Instant local(String time, ZoneId zone) {
        return LocalDateTime.parse(time).atZone(zone).toInstant();
    }

    private static List<String> kept(List<Backup> backups, KeepRule rule, Instant now) {
        return RetentionRule.decide(backups, rule, now).stream()
                .filter(KeepDecision::kept)
                .map(decision -> decision.backup().id())
                .toList();
    }

    // ---- single rules ----

    @ParameterizedTest
    @CsvSource({
        // 28 March is a Sunday without an hour between 2 and 3 in Berlin, 25 October one with two of them.
        "Europe/Berlin, 2027-03-28T23:59, 2027-03-29T00:00, WEEK",
        "Europe/Berlin, 2026-10-25T23:59, 2026-10-26T00:00, WEEK",
        "Europe/Berlin, 2026-10-31T23:59, 2026-11-01T00:00, MONTH",
        "America/New_York, 2026-10-31T23:59, 2026-11-01T00:00, MONTH",
        "America/New_York, 2026-12-31T23:59, 2027-01-01T00:00, YEAR",
        "Pacific/Kiritimati, 2026-12-31T23:59, 2027-01-01T00:00, YEAR",
    })
    void aPeriodBeginsAtMidnightOfTheZone(String zoneId, String before, String after, String period) {
        ZoneId zone = ZoneId.of(zoneId);
        BackupSeries series = new BackupSeries();
        series.take(Backup.Kind.FULL, local(before, zone).minus(HALF_HOUR), Duration.ofMinutes(1));
        series.take(Backup.Kind.FULL, local(before, zone), Duration.ofSeconds(10));
        series.take(Backup.Kind.FULL, local(after, zone), Duration.ofSeconds(10));
        series.take(Backup.Kind.FULL, local(after, zone).plus(HALF_HOUR), Duration.ofMinutes(1));
        Instant now = local(after, zone).plus(Duration.ofHours(2));
        KeepRule rule = switch (period) {
            case "WEEK" -> new KeepRule(null, null, 2, null, null, zone);
            case "MONTH" -> new KeepRule(null, null, null, 2, null, zone);
            default -> new KeepRule(null, null, null, null, 2, zone);
        };

        assertThat(kept(series.all, rule, now)).containsExactly("F0001", "F0003");
    }

    @Test
    void aBackupBelongsToTheDayInWhichItBegan() {
        BackupSeries series = new BackupSeries();
        Instant sunday = Instant.parse("2026-11-29T23:00:00Z");
        series.take(Backup.Kind.FULL, sunday, Duration.ofHours(5));
        series.take(Backup.Kind.FULL, sunday.plus(Duration.ofDays(1)), Duration.ofHours(5));
        KeepRule rule = new KeepRule(null, null, 2, null, null, ZoneOffset.UTC);

        assertThat(RetentionRule.decide(series.all, rule, sunday.plus(Duration.ofDays(2))))
                .extracting(KeepDecision::reason)
                .containsExactly(
                        "the last full backup of week 2026-W48", "part of the newest chain that can be restored");
    }

    @Test
    void aWeekBelongsToTheYearOfItsThursdayAndTheReasonNamesEveryPeriod() {
        BackupSeries series = new BackupSeries();
        // Friday, in the 53rd week of 2026.
        Instant newYear = Instant.parse("2027-01-01T01:00:00Z");
        series.take(Backup.Kind.FULL, newYear.minus(Duration.ofDays(7)), HALF_HOUR);
        series.take(Backup.Kind.FULL, newYear, HALF_HOUR);
        series.take(Backup.Kind.FULL, newYear.plus(Duration.ofDays(400)), HALF_HOUR);
        KeepRule rule = new KeepRule(null, null, 2, 2, 2, ZoneOffset.UTC);

        assertThat(RetentionRule.decide(series.all, rule, newYear.plus(Duration.ofDays(401))))
                .extracting(KeepDecision::reason)
                .containsExactly(
                        "not among the last full backups of 2 weeks, the last full backups of 2 months and the last full backups of 2 years",
                        "the last full backup of week 2026-W53, month 2027-01, year 2027",
                        "part of the newest chain that can be restored");
    }

    @Test
    void theLogAndTheDifferentialsBehindAPointGoAndAreNotReportedAsAGap() {
        BackupSeries series = new BackupSeries();
        Instant monday = Instant.parse("2026-11-02T01:00:00Z");
        for (int week = 0; week < 3; week++) {
            Instant at = monday.plus(Duration.ofDays(7L * week));
            series.take(Backup.Kind.FULL, at, HALF_HOUR);
            series.take(Backup.Kind.LOG, at.plus(Duration.ofHours(10)), Duration.ofMinutes(1));
            series.take(Backup.Kind.DIFFERENTIAL, at.plus(Duration.ofDays(3)), HALF_HOUR);
            series.take(Backup.Kind.LOG, at.plus(Duration.ofDays(6)), Duration.ofMinutes(1));
        }
        Instant now = monday.plus(Duration.ofDays(21));
        KeepRule rule = new KeepRule(null, null, 3, null, null, ZoneOffset.UTC);

        assertThat(kept(series.all, rule, now)).containsExactly("F0000", "F0004", "F0008", "D0010", "L0011");
        assertThat(RetentionRule.points(series.all, rule, now)).containsExactlyInAnyOrder("F0000", "F0004");
    }

    @Test
    void copyOnlyFullsCountOnlyInAPeriodWithoutAnotherAndDamagedOnesNever() {
        BackupSeries series = new BackupSeries();
        BackupSeries.Traits copy = new BackupSeries.Traits(true, new Backup.Place.Stored(), Set.of(), Set.of());
        BackupSeries.Traits damaged =
                new BackupSeries.Traits(false, new Backup.Place.Stored(), Set.of(Backup.Trait.DAMAGED), Set.of());
        Instant first = Instant.parse("2026-03-10T01:00:00Z");
        series.take(Backup.Kind.FULL, first, HALF_HOUR);
        series.take(Backup.Kind.FULL, first.plus(Duration.ofDays(3)), HALF_HOUR, copy);
        series.take(Backup.Kind.FULL, first.plus(Duration.ofDays(31)), HALF_HOUR, copy);
        series.take(Backup.Kind.FULL, first.plus(Duration.ofDays(33)), HALF_HOUR, damaged);
        series.take(Backup.Kind.FULL, first.plus(Duration.ofDays(61)), HALF_HOUR, damaged);
        series.take(Backup.Kind.FULL, first.plus(Duration.ofDays(92)), HALF_HOUR);
        KeepRule rule = new KeepRule(null, null, null, 3, null, ZoneOffset.UTC);

        // Of March the ordinary one, of April the copy, of May none; June.
        assertThat(kept(series.all, rule, first.plus(Duration.ofDays(93)))).containsExactly("F0000", "F0002", "F0005");
    }

    @Test
    void periodsWithoutAFullBackupAreNotCounted() {
        BackupSeries series = new BackupSeries();
        Instant first = Instant.parse("2020-06-01T01:00:00Z");
        series.take(Backup.Kind.FULL, first, HALF_HOUR);
        series.take(Backup.Kind.FULL, first.plus(Duration.ofDays(400)), HALF_HOUR);
        KeepRule rule = new KeepRule(null, null, null, 2, null, ZoneOffset.UTC);

        assertThat(kept(series.all, rule, first.plus(Duration.ofDays(4000)))).containsExactly("F0000", "F0001");
    }

    // ---- a year of days ----

    /// Every night a full backup, at an hour that one night of the year has not and another has twice; noon
    /// differentials; logs every four hours. Each noon all that the rule lets go of is removed, as `serve` does.
    /// What stays must be what the rule says of the whole history, though most of that has gone.
    @ParameterizedTest
    @ValueSource(strings = {"Europe/Berlin", "America/New_York"})
    void aYearOfDaysKeepsWhatTheRuleSaysThoughPrunedEachDay(String zoneId) {
        ZoneId zone = ZoneId.of(zoneId);
        KeepRule rule = new KeepRule(2, 7, 5, 6, 2, zone);
        Cron full = Cron.parse("30 2 * * *");
        Cron differential = Cron.parse("0 12 * * *");
        Cron logs = Cron.parse("0 */4 * * *");
        LocalDate begins = LocalDate.of(2026, 2, 20);
        BackupSeries series = new BackupSeries();
        List<Backup> bucket = new ArrayList<>();
        int gone = 0;

        for (LocalDate day = begins; day.isBefore(begins.plusDays(400)); day = day.plusDays(1)) {
            Instant morning = day.atStartOfDay(zone).toInstant();
            Instant evening = day.plusDays(1).atStartOfDay(zone).toInstant();
            TreeMap<Instant, Backup.Kind> due = new TreeMap<>();
            due(logs, morning, evening, zone).forEach(at -> due.put(at.plusSeconds(90), Backup.Kind.LOG));
            due(differential, morning, evening, zone).forEach(at -> due.put(at, Backup.Kind.DIFFERENTIAL));
            due(full, morning, evening, zone).forEach(at -> due.put(at, Backup.Kind.FULL));
            due.forEach((at, kind) -> {
                if (kind == Backup.Kind.FULL || series.hasBase()) {
                    bucket.add(series.take(kind, at, Duration.ofSeconds(kind == Backup.Kind.LOG ? 10 : 60)));
                }
            });
            Set<String> kept = Set.copyOf(kept(bucket, rule, evening));
            gone += bucket.size() - kept.size();
            bucket.removeIf(backup -> !kept.contains(backup.id()));

            assertThat(ids(bucket.stream().filter(backup -> backup.kind() == Backup.Kind.FULL)))
                    .as("%s in %s", day, zone)
                    .containsExactlyElementsOf(ids(fullsToKeep(series.all, rule, evening).stream()
                            .sorted(Comparator.comparing(Backup::lastLsn))));
            everythingRestores(bucket, day.toString());
        }
        everyMomentRestores(bucket, series.all.getLast().finished(), 7);
        assertThat(series.all)
                .filteredOn(backup -> backup.kind() == Backup.Kind.FULL)
                .hasSize(400);
        assertThat(gone).isGreaterThan(2_500);
        log.atInfo()
                .addKeyValue("zone", zone)
                .addKeyValue("gone", gone)
                .addKeyValue("kept", bucket.size())
                .log("a year of days");
    }

    private static List<Instant> due(Cron cron, Instant from, Instant to, ZoneId zone) {
        List<Instant> due = new ArrayList<>();
        Optional<Instant> next = cron.next(from.minusSeconds(1), zone);
        while (next.isPresent() && next.get().isBefore(to)) {
            due.add(next.get());
            next = cron.next(next.get(), zone);
        }
        return due;
    }

    private static List<String> ids(Stream<Backup> backups) {
        return backups.map(Backup::id).toList();
    }

    /// By another way than the rule's: days are put into periods by their first days.
    private static Set<Backup> fullsToKeep(List<Backup> all, KeepRule rule, Instant now) {
        List<Backup> fulls =
                all.stream().filter(backup -> backup.kind() == Backup.Kind.FULL).toList();
        Set<Backup> keep = new HashSet<>(points(fulls, rule));
        int full = Objects.requireNonNull(rule.full());
        keep.addAll(fulls.subList(Math.max(0, fulls.size() - full), fulls.size()));
        // Of the last days, and the one that their first moment rests on.
        Instant from = now.minus(Duration.ofDays(Objects.requireNonNull(rule.days())));
        fulls.stream().filter(backup -> !backup.finished().isBefore(from)).forEach(keep::add);
        fulls.stream()
                .filter(backup -> backup.finished().isBefore(from))
                .reduce((_, later) -> later)
                .ifPresent(keep::add);
        if (fulls.size() < full) {
            keep.addAll(fulls);
        }
        return keep;
    }

    private static Set<Backup> points(List<Backup> fulls, KeepRule rule) {
        Set<Backup> points = new LinkedHashSet<>();
        points.addAll(lastOfEach(
                fulls, rule, rule.weeks(), day -> day.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY))));
        points.addAll(lastOfEach(
                fulls, rule, rule.months(), day -> YearMonth.from(day).atDay(1)));
        points.addAll(lastOfEach(fulls, rule, rule.years(), day -> day.with(TemporalAdjusters.firstDayOfYear())));
        return points;
    }

    private static Set<Backup> lastOfEach(
            List<Backup> fulls, KeepRule rule, @Nullable Integer number, Function<LocalDate, LocalDate> firstDay) {
        if (number == null) {
            return Set.of();
        }
        TreeMap<LocalDate, List<Backup>> periods = fulls.stream()
                .collect(Collectors.groupingBy(
                        backup -> firstDay.apply(LocalDate.ofInstant(backup.started(), rule.zone())),
                        TreeMap::new,
                        Collectors.toList()));
        return periods.descendingMap().values().stream()
                .limit(number)
                .map(CalendarRetentionTest::theLast)
                .collect(Collectors.toSet());
    }

    private static Backup theLast(List<Backup> fulls) {
        List<Backup> ordinary =
                fulls.stream().filter(backup -> !backup.copyOnly()).toList();
        return (ordinary.isEmpty() ? fulls : ordinary)
                .stream().max(Comparator.comparing(Backup::lastLsn)).orElseThrow();
    }

    private static void everythingRestores(List<Backup> kept, String when) {
        Planner planner = new Planner(kept);
        for (Backup backup : kept) {
            assertThat(planner.plan(PlanRequest.to(new RestoreTarget.Through(backup.id()))))
                    .as("%s %s", when, backup.id())
                    .isInstanceOf(RestorePlan.class);
        }
    }

    private static void everyMomentRestores(List<Backup> kept, Instant end, int days) {
        Planner planner = new Planner(kept);
        for (Instant t = end.minus(Duration.ofDays(days)); t.isBefore(end); t = t.plusSeconds(1_800)) {
            assertThat(planner.plan(
                            PlanRequest.to(new RestoreTarget.At(t, LocalDateTime.ofInstant(t, ZoneOffset.UTC)))))
                    .as("%s", t)
                    .isInstanceOf(RestorePlan.class);
        }
    }

    // ---- random estates ----

    @Test
    void ofRandomEstatesEachPromiseIsKeptAndNothingRestsOnWhatGoes() {
        long seed = Long.getLong("sluice.seed", new Random().nextLong());
        log.atInfo().addKeyValue("seed", seed).log("random estates");
        Random random = new Random(seed);
        for (int i = 0; i < 300; i++) {
            BackupSeries series = randomSeries(random);
            Instant now = series.all.getLast().finished().plus(Duration.ofHours(random.nextInt(400)));
            KeepRule rule = randomRule(random);
            holds(series.all, rule, now, "estate %d of seed %d with %s".formatted(i, seed, rule));
        }
    }

    private static BackupSeries randomSeries(Random random) {
        BackupSeries series = new BackupSeries();
        Instant at = Instant.parse("2025-01-01T00:00:00Z").plus(Duration.ofHours(random.nextInt(9_000)));
        int size = 1 + random.nextInt(120);
        for (int i = 0; i < size; i++) {
            at = at.plus(Duration.ofMinutes(10 + random.nextInt(random.nextInt(10) == 0 ? 100_000 : 2_000)));
            int die = random.nextInt(10);
            Backup.Kind kind = die < 3 || !series.hasBase()
                    ? Backup.Kind.FULL
                    : die < 5 ? Backup.Kind.DIFFERENTIAL : Backup.Kind.LOG;
            series.take(kind, at, Duration.ofSeconds(1 + random.nextInt(500)), randomTraits(random));
        }
        return series;
    }

    private static BackupSeries.Traits randomTraits(Random random) {
        boolean copy = random.nextInt(8) == 0;
        return switch (random.nextInt(24)) {
            case 0 -> new BackupSeries.Traits(copy, new Backup.Place.Unconfirmed(), Set.of(), Set.of());
            case 1 -> new BackupSeries.Traits(copy, new Backup.Place.Stored(), Set.of(Backup.Trait.DAMAGED), Set.of());
            case 2 -> new BackupSeries.Traits(copy, new Backup.Place.Stored(), Set.of(), Set.of(1));
            case 3 -> new BackupSeries.Traits(copy, new Backup.Place.Stored(), Set.of(Backup.Trait.ADOPTED), Set.of());
            default -> new BackupSeries.Traits(copy, new Backup.Place.Stored(), Set.of(), Set.of());
        };
    }

    private static KeepRule randomRule(Random random) {
        List<ZoneId> zones = Stream.of("Europe/Berlin", "America/New_York", "Pacific/Apia", "UTC")
                .map(ZoneId::of)
                .toList();
        Integer[] numbers = new Integer[5];
        numbers[random.nextInt(5)] = 1 + random.nextInt(6);
        for (int i = 0; i < numbers.length; i++) {
            if (random.nextInt(3) == 0) {
                numbers[i] = 1 + random.nextInt(i == 1 ? 40 : 8);
            }
        }
        return rule(numbers, zones.get(random.nextInt(zones.size())));
    }

    private static KeepRule rule(Integer[] numbers, ZoneId zone) {
        return new KeepRule(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], zone);
    }

    private static void holds(List<Backup> all, KeepRule rule, Instant now, String which) {
        List<KeepDecision> decisions = RetentionRule.decide(all, rule, now);
        List<Backup> kept = decisions.stream()
                .filter(KeepDecision::kept)
                .map(KeepDecision::backup)
                .toList();
        assertThat(decisions)
                .as(which)
                .hasSameSizeAs(all)
                .allSatisfy(one -> assertThat(one.reason()).isNotBlank());

        List<Backup> countable = all.stream()
                .filter(backup -> backup.kind() == Backup.Kind.FULL
                        && backup.place() instanceof Backup.Place.Stored
                        && backup.traits().isEmpty()
                        && backup.missing().isEmpty())
                .toList();
        assertThat(kept).as(which).containsAll(points(countable, rule));
        assertThat(ids(kept.stream())).as(which).containsAll(RetentionRule.points(all, rule, now));
        countable.stream()
                .filter(backup -> !backup.copyOnly())
                .reduce((_, later) -> later)
                .ifPresent(newest -> assertThat(kept).as(which).contains(newest));
        Planner before = new Planner(all);
        Planner after = new Planner(kept);
        for (String id : promised(decisions)) {
            PlanRequest request = PlanRequest.to(new RestoreTarget.Through(id));
            assertThat(after.plan(request) instanceof RestorePlan)
                    .as("%s: %s", which, id)
                    .isEqualTo(before.plan(request) instanceof RestorePlan);
        }
        // The union of its promises: each of them alone keeps no more.
        Integer[] numbers = {rule.full(), rule.days(), rule.weeks(), rule.months(), rule.years()};
        for (int i = 0; i < numbers.length; i++) {
            if (numbers[i] != null) {
                Integer[] alone = new Integer[5];
                alone[i] = numbers[i];
                assertThat(ids(kept.stream()))
                        .as("%s, of %s", which, Arrays.toString(alone))
                        .containsAll(promised(RetentionRule.decide(all, rule(alone, rule.zone()), now)));
            }
        }
        assertThat(kept(kept, rule, now)).as("%s, again", which).containsExactlyElementsOf(ids(kept.stream()));
    }

    /// What stays for its own sake. With the others, which stay for a backup that needs them, that backup alone is
    /// promised: of two ways to it, one is enough.
    private static List<String> promised(List<KeepDecision> decisions) {
        return ids(decisions.stream()
                .filter(KeepDecision::kept)
                .filter(decision -> !decision.reason().startsWith("needed by backup"))
                .map(KeepDecision::backup));
    }
}
