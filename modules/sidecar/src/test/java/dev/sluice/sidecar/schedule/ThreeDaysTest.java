package dev.sluice.sidecar.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.plan.PlanRequest;
import dev.sluice.engine.plan.Planner;
import dev.sluice.engine.plan.Planning;
import dev.sluice.engine.plan.RestorePlan;
import dev.sluice.engine.plan.RestoreTarget;
import dev.sluice.engine.retention.KeepDecision;
import dev.sluice.engine.retention.KeepRule;
import dev.sluice.engine.retention.RetentionRule;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Three days in Berlin, the clocks going back in the second night: a weekly full backup that takes five hours,
/// nightly differentials, logs every quarter of an hour; an hour without a bucket, six hours without a service,
/// and a stranger's full backup.
class ThreeDaysTest {

    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
    private static final Instant SATURDAY = local("2026-10-24T00:00");
    private static final Instant OUTAGE = local("2026-10-25T18:00");
    private static final Instant OUTAGE_ENDS = OUTAGE.plus(Duration.ofHours(1));
    private static final Instant DOWN = local("2026-10-26T08:00");
    private static final Instant UP = local("2026-10-26T14:00");
    private static final Instant END = SATURDAY.plus(Duration.ofDays(3));

    private static final Timetable SALES = new Timetable(
            "Sales",
            Map.of(
                    BackupType.FULL, Cron.parse("30 2 * * SUN"),
                    BackupType.DIFFERENTIAL, Cron.parse("30 2 * * *"),
                    BackupType.LOG, Cron.parse("*/15 * * * *")),
            BERLIN,
            Duration.ZERO);
    private static final Timetable ORDERS = new Timetable(
            "Orders",
            Map.of(
                    BackupType.FULL, Cron.parse("0 1 * * *"),
                    BackupType.DIFFERENTIAL, Cron.parse("0 13 * * *"),
                    BackupType.LOG, Cron.parse("*/5 * * * *")),
            ZoneId.of("America/New_York"),
            Duration.ofMinutes(2));

    private final World world = new World(
            SATURDAY,
            List.of(SALES, ORDERS),
            3,
            (type, began) -> switch (type) {
                case FULL -> began.equals(SATURDAY) ? Duration.ofMinutes(20) : Duration.ofHours(5);
                case DIFFERENTIAL -> Duration.ofMinutes(20);
                case LOG -> Duration.ofSeconds(20);
            },
            instant -> !instant.isBefore(OUTAGE) && instant.isBefore(OUTAGE_ENDS));

    private static Instant local(String time) {
        return LocalDateTime.parse(time).atZone(BERLIN).toInstant();
    }

    @BeforeEach
    void threeDays() {
        world.start();
        world.runUntil(local("2026-10-25T12:00"));
        world.foreignFull("Orders");
        world.runUntil(DOWN);
        world.stop();
        world.passUntil(UP);
        world.start();
        world.runUntil(END);
    }

    @Test
    void theFullBackupsAreTheFirstOneAndTheSundaysOnceThoughItsTimeComesTwice() {
        assertThat(world.began("Sales", BackupType.FULL))
                .containsExactly(SATURDAY, Instant.parse("2026-10-25T00:30:00Z"));
    }

    @Test
    void differentialsComeEachNightExceptTheOneOfTheFull() {
        assertThat(world.began("Sales", BackupType.DIFFERENTIAL))
                .containsExactly(local("2026-10-24T02:30"), local("2026-10-26T02:30"));
    }

    @Test
    void logsOvertakeTheFullAndGoOnThroughTheHourThatComesTwice() {
        World.Run full = world.good("Sales", BackupType.FULL).getLast();
        List<Instant> beside = world.began("Sales", BackupType.LOG).stream()
                .filter(began -> began.isAfter(full.began()) && began.isBefore(full.ended()))
                .toList();

        assertThat(beside).hasSize(19);
        for (int i = 0; i < beside.size(); i++) {
            assertThat(beside.get(i)).isEqualTo(full.began().plus(Duration.ofMinutes(15L * (i + 1))));
        }
    }

    @Test
    void noTwoDataBackupsAndNoTwoLogBackupsOfOneDatabaseOverlapAndNoMoreThanAllowedRun() {
        for (int i = 0; i < world.runs.size(); i++) {
            World.Run one = world.runs.get(i);
            for (World.Run other : world.runs.subList(i + 1, world.runs.size())) {
                boolean sameKind = (one.taken() == BackupType.LOG) == (other.taken() == BackupType.LOG);
                if (one.database().equals(other.database()) && sameKind) {
                    assertThat(one.began().isBefore(other.ended())
                                    && other.began().isBefore(one.ended()))
                            .as("%s and %s", one, other)
                            .isFalse();
                }
            }
        }
        assertThat(world.mostAtOnce).isEqualTo(3);
    }

    @Test
    void anOutageOfTheBucketIsNoFloodAndItsEndIsNoticedWithinMinutes() {
        List<World.Run> failed = world.runs.stream()
                .filter(run -> run.ending() == JobOutcome.FAILED && run.began().isBefore(OUTAGE_ENDS))
                .filter(run -> run.database().equals("Sales") && run.planned() == BackupType.LOG)
                .toList();
        Instant first = world.began("Sales", BackupType.LOG).stream()
                .filter(began -> !began.isBefore(OUTAGE_ENDS))
                .findFirst()
                .orElseThrow();

        assertThat(failed).hasSizeBetween(8, 16);
        assertThat(Duration.between(OUTAGE_ENDS, first)).isLessThanOrEqualTo(Duration.ofMinutes(6));
    }

    @Test
    void sixHoursOfDowntimeAreCaughtUpWithOneLogBackup() {
        List<Instant> logs = world.began("Sales", BackupType.LOG);

        assertThat(logs).noneMatch(began -> began.isAfter(DOWN) && began.isBefore(UP));
        assertThat(logs.stream().filter(began -> !began.isBefore(UP)).limit(2))
                .containsExactly(UP, UP.plus(Duration.ofMinutes(15)));
    }

    @Test
    void aDifferentialUponAStrangersFullBecomesAFull() {
        List<World.Run> promoted = world.runs.stream()
                .filter(run -> run.planned() == BackupType.DIFFERENTIAL && run.taken() == BackupType.FULL)
                .toList();

        assertThat(promoted).isNotEmpty().allSatisfy(run -> {
            assertThat(run.database()).isEqualTo("Orders");
            assertThat(run.began()).isAfter(local("2026-10-25T12:00"));
        });
    }

    @Test
    void retentionKeepsWhatItPromisesAndEveryKeptPointRestores() {
        for (KeepRule rule : List.of(new KeepRule(1, 1), new KeepRule(2, null), new KeepRule(null, 2))) {
            for (String database : List.of("Sales", "Orders")) {
                keeps(rule, database);
            }
        }
    }

    private void keeps(KeepRule rule, String database) {
        List<Backup> all = world.backups.stream()
                .filter(backup -> backup.database().equals(database))
                .toList();
        List<KeepDecision> decisions = RetentionRule.decide(all, rule, END);
        List<Backup> kept = decisions.stream()
                .filter(KeepDecision::kept)
                .map(KeepDecision::backup)
                .toList();
        Planner before = new Planner(all);
        Planner after = new Planner(kept);

        // Every moment of the last days that could be reached still can.
        if (rule.days() != null) {
            for (Instant t = END.minus(Duration.ofDays(rule.days())); t.isBefore(END); t = t.plusSeconds(300)) {
                PlanRequest request =
                        PlanRequest.to(new RestoreTarget.At(t, LocalDateTime.ofInstant(t, ZoneOffset.UTC)));
                assertThat(after.plan(request) instanceof RestorePlan)
                        .as("%s of %s", t, database)
                        .isEqualTo(before.plan(request) instanceof RestorePlan);
            }
        }
        // The newest full backups are there with all that came after them.
        Integer count = rule.full();
        if (count != null) {
            List<Backup> fulls = all.stream()
                    .filter(backup -> backup.kind() == Backup.Kind.FULL)
                    .toList();
            Backup oldest = fulls.get(Math.max(0, fulls.size() - count));
            assertThat(kept)
                    .containsAll(all.stream()
                            .filter(backup -> backup.lastLsn().compareTo(oldest.lastLsn()) >= 0)
                            .toList());
        }
        // Whatever stays can be restored from what stays.
        for (Backup backup : kept) {
            Planning plan = after.plan(PlanRequest.to(new RestoreTarget.Through(backup.id())));
            assertThat(plan).as("%s with %s", backup.id(), rule).isInstanceOf(RestorePlan.class);
        }
        // And no more stays than that.
        assertThat(removable(decisions, rule, kept))
                .as("%s of %s", rule, database)
                .isEmpty();
        assertThat(kept.size()).isLessThanOrEqualTo(all.size());
        if (database.equals("Sales") && rule.equals(new KeepRule(1, 1))) {
            assertThat(kept).as("something goes").hasSizeLessThan(all.size());
        }
    }

    /// Kept backups that no promise needs, found the slow way: by what each moment and each counted backup
    /// reads.
    private static List<String> removable(List<KeepDecision> decisions, KeepRule rule, List<Backup> kept) {
        Set<String> needed = new HashSet<>();
        Planner planner = new Planner(kept);
        List<Backup> fulls = kept.stream()
                .filter(backup -> backup.kind() == Backup.Kind.FULL)
                .toList();
        Integer count = rule.full();
        Backup oldest = fulls.get(count == null ? fulls.size() - 1 : Math.max(0, fulls.size() - count));
        Instant from = rule.days() == null ? END : END.minus(Duration.ofDays(rule.days()));
        for (Backup backup : kept) {
            boolean counted = count != null && backup.lastLsn().compareTo(oldest.lastLsn()) >= 0;
            if (counted || !backup.finished().isBefore(from) || backup.equals(kept.getLast())) {
                plan(planner, new RestoreTarget.Through(backup.id()), needed);
            }
        }
        plan(planner, new RestoreTarget.At(from, LocalDateTime.ofInstant(from, ZoneOffset.UTC)), needed);
        plan(planner, new RestoreTarget.End(), needed);
        return decisions.stream()
                .filter(KeepDecision::kept)
                .filter(decision -> !needed.contains(decision.backup().id()))
                .map(decision -> decision.backup().id() + ": " + decision.reason())
                .toList();
    }

    private static void plan(Planner planner, RestoreTarget target, Set<String> needed) {
        if (planner.plan(PlanRequest.to(target)) instanceof RestorePlan plan) {
            needed.addAll(plan.allBackups().stream().map(Backup::id).collect(Collectors.toSet()));
        }
    }
}
