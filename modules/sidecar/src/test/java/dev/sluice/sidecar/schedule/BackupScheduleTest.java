package dev.sluice.sidecar.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.sluice.catalog.BackupType;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// What may start when.
class BackupScheduleTest {

    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
    private static final Cron NIGHTLY = Cron.parse("0 1 * * *");
    private static final Cron QUARTERLY = Cron.parse("*/15 * * * *");

    private Instant now = Instant.parse("2026-06-01T12:00:00Z");
    private final InstantSource clock = () -> now;
    private final BackupSchedule schedule = new BackupSchedule(clock, 2);

    private static Timetable table(String database, Map<BackupType, Cron> tables) {
        return new Timetable(database, tables, BERLIN, Duration.ZERO);
    }

    private void followed(String database, Map<BackupType, Cron> tables) {
        schedule.follow(
                table(database, tables),
                Map.of(BackupType.FULL, now.minusSeconds(3600), BackupType.LOG, now.minusSeconds(60)));
    }

    private List<String> begun() {
        return schedule.begin().stream()
                .map(job -> job.type() + " " + job.database())
                .toList();
    }

    private BackupJob only(List<BackupJob> jobs) {
        assertThat(jobs).hasSize(1);
        return jobs.getFirst();
    }

    @Test
    void aDatabaseWithoutAFullBackupGetsOneAtOnceAndNothingElseBefore() {
        schedule.follow(
                table(
                        "New",
                        Map.of(BackupType.FULL, NIGHTLY, BackupType.DIFFERENTIAL, NIGHTLY, BackupType.LOG, QUARTERLY)),
                Map.of());

        BackupJob full = only(schedule.begin());
        assertThat(full.type()).isEqualTo(BackupType.FULL);
        Instant began = now;
        now = now.plus(Duration.ofHours(1));
        assertThat(begun()).as("no log before the chain has begun").isEmpty();

        schedule.ended(full, BackupType.FULL, began, JobOutcome.GOOD);

        assertThat(begun()).containsExactly("LOG New");
    }

    @Test
    void aNightOfDowntimeIsCaughtUpWithOneBackupOfEachType() {
        schedule.follow(
                table("Sales", Map.of(BackupType.FULL, NIGHTLY, BackupType.LOG, QUARTERLY)),
                Map.of(
                        BackupType.FULL, now.minus(Duration.ofDays(9)),
                        BackupType.LOG, now.minus(Duration.ofDays(2))));

        List<BackupJob> jobs = schedule.begin();
        assertThat(jobs).extracting(BackupJob::type).containsExactly(BackupType.LOG, BackupType.FULL);
        jobs.forEach(job -> schedule.ended(job, job.type(), now, JobOutcome.GOOD));

        assertThat(begun()).isEmpty();
        assertThat(schedule.due("Sales", BackupType.LOG)).contains(Instant.parse("2026-06-01T12:15:00Z"));
        assertThat(schedule.due("Sales", BackupType.FULL)).contains(Instant.parse("2026-06-01T23:00:00Z"));
    }

    @Test
    void aBackupOnTheMinuteIsNotDueAgainAfterARestartEvenIfTheServersClockLagsBehind() {
        now = Instant.parse("2026-06-01T23:05:00Z");

        schedule.follow(
                table("Sales", Map.of(BackupType.FULL, NIGHTLY)),
                Map.of(BackupType.FULL, Instant.parse("2026-06-01T22:59:48Z")));

        assertThat(begun()).isEmpty();
    }

    @Test
    void whenAFullAndADifferentialAreDueTheFullServesBoth() {
        schedule.follow(
                table("Sales", Map.of(BackupType.FULL, NIGHTLY, BackupType.DIFFERENTIAL, NIGHTLY)),
                Map.of(BackupType.FULL, now.minus(Duration.ofDays(2))));

        BackupJob full = only(schedule.begin());
        assertThat(full.type()).isEqualTo(BackupType.FULL);
        schedule.ended(full, BackupType.FULL, now, JobOutcome.GOOD);

        assertThat(begun()).isEmpty();
    }

    @Test
    void whileAFullThatFailedWaitsTheDifferentialIsTaken() {
        schedule.follow(
                table("Sales", Map.of(BackupType.FULL, NIGHTLY, BackupType.DIFFERENTIAL, NIGHTLY)),
                Map.of(BackupType.FULL, now.minus(Duration.ofDays(2))));
        schedule.ended(only(schedule.begin()), BackupType.FULL, now, JobOutcome.FAILED);

        assertThat(begun()).containsExactly("DIFFERENTIAL Sales");
    }

    @Test
    void aDifferentialThatBecameAFullOneCountsAsFull() {
        schedule.follow(
                table("Sales", Map.of(BackupType.FULL, Cron.parse("0 1 * * SUN"), BackupType.DIFFERENTIAL, NIGHTLY)),
                Map.of(BackupType.FULL, now.minus(Duration.ofDays(1)).minusSeconds(60)));
        BackupJob job = only(schedule.begin());
        assertThat(job.type()).isEqualTo(BackupType.DIFFERENTIAL);

        schedule.ended(job, BackupType.FULL, now, JobOutcome.GOOD);

        assertThat(begun()).isEmpty();
        assertThat(schedule.due("Sales", BackupType.DIFFERENTIAL)).contains(Instant.parse("2026-06-01T23:00:00Z"));
    }

    @Test
    void logsOvertakeAFullBackupOfTheSameDatabaseAndDataNeverTakesTheLastPlace() {
        followed("A", Map.of(BackupType.FULL, NIGHTLY, BackupType.LOG, QUARTERLY));
        followed("B", Map.of(BackupType.FULL, NIGHTLY, BackupType.LOG, QUARTERLY));
        now = Instant.parse("2026-06-01T23:00:00Z");

        assertThat(begun()).containsExactly("LOG A", "LOG B");
        schedule.running().forEach(job -> schedule.ended(job, BackupType.LOG, now, JobOutcome.GOOD));
        assertThat(begun()).as("one place is left to logs").containsExactly("FULL A");

        now = now.plus(Duration.ofMinutes(15));
        assertThat(begun()).containsExactly("LOG A");
        assertThat(begun()).as("a log backup excludes itself").isEmpty();
    }

    @Test
    void withoutLogsDataTakesAllPlaces() {
        List.of("A", "B", "C").forEach(name -> followed(name, Map.of(BackupType.FULL, NIGHTLY)));
        now = now.plus(Duration.ofDays(1));

        assertThat(begun()).containsExactly("FULL A", "FULL B");
    }

    @Test
    void dataBackupsOfOneDatabaseDoNotOverlap() {
        followed("A", Map.of(BackupType.FULL, NIGHTLY));
        now = now.plus(Duration.ofDays(1));
        BackupJob full = only(schedule.begin());
        schedule.ask("A", BackupType.DIFFERENTIAL, false);
        schedule.ask("A", BackupType.FULL, true);

        assertThat(begun()).isEmpty();
        schedule.ended(full, BackupType.FULL, now, JobOutcome.GOOD);

        assertThat(begun()).containsExactly("FULL A");
    }

    @Test
    void failuresAreTriedAgainLessAndLessOften() {
        followed("A", Map.of(BackupType.FULL, NIGHTLY, BackupType.LOG, Cron.parse("* * * * *")));
        now = now.plusSeconds(60);
        Instant begin = now;
        int attempts = 0;
        while (now.isBefore(begin.plus(Duration.ofHours(1)))) {
            for (BackupJob job : schedule.begin()) {
                attempts++;
                schedule.ended(job, job.type(), now, JobOutcome.FAILED);
            }
            now = now.plusSeconds(1);
        }

        // After 30 s, 1, 2, 4 minutes, then every five.
        assertThat(attempts).isEqualTo(15);
        assertThat(schedule.failures("A", BackupType.LOG)).isEqualTo(15);
        now = now.plus(Duration.ofMinutes(5));
        BackupJob job = only(schedule.begin());
        schedule.ended(job, job.type(), now, JobOutcome.GOOD);
        assertThat(schedule.failures("A", BackupType.LOG)).isZero();
        assertThat(schedule.due("A", BackupType.LOG))
                .hasValueSatisfying(due -> assertThat(due).isAfter(now));
    }

    @Test
    void aCancelledBackupWaitsForItsNextTime() {
        followed("A", Map.of(BackupType.FULL, NIGHTLY));
        now = Instant.parse("2026-06-01T23:00:00Z");
        BackupJob job = only(schedule.begin());

        schedule.ended(job, BackupType.FULL, now, JobOutcome.CANCELLED);

        assertThat(begun()).isEmpty();
        assertThat(schedule.due("A", BackupType.FULL)).contains(Instant.parse("2026-06-02T23:00:00Z"));
    }

    @Test
    void aLogThatIsLeftOutWaitsForItsNextTimeAlsoIfThereNeverWasOne() {
        schedule.follow(
                table("Simple", Map.of(BackupType.FULL, NIGHTLY, BackupType.LOG, QUARTERLY)),
                Map.of(BackupType.FULL, now.minusSeconds(3600)));
        BackupJob job = only(schedule.begin());

        schedule.ended(job, BackupType.LOG, now, JobOutcome.LEFT_OUT);

        assertThat(schedule.due("Simple", BackupType.LOG)).contains(Instant.parse("2026-06-01T12:15:00Z"));
        assertThat(schedule.failures("Simple", BackupType.LOG)).isZero();
    }

    @Test
    void copyOnlyBackupsMoveNoTable() {
        followed("A", Map.of(BackupType.FULL, NIGHTLY));
        now = Instant.parse("2026-06-01T22:00:00Z");
        BackupJob asked = schedule.ask("A", BackupType.FULL, true);
        assertThat(schedule.begin()).containsExactly(asked);

        now = Instant.parse("2026-06-01T23:10:00Z");
        schedule.ended(asked, BackupType.FULL, now, JobOutcome.GOOD);

        assertThat(begun()).containsExactly("FULL A");
    }

    @Test
    void copyOnlyBackupsServeATableThatTakesThem() {
        schedule.follow(
                new Timetable(
                        "Trial", Map.of(BackupType.FULL, NIGHTLY), BERLIN, Duration.ZERO, Set.of(BackupType.FULL)),
                Map.of(BackupType.FULL, now.minusSeconds(3600)));
        assertThat(schedule.ask("Trial", BackupType.FULL, false).copyOnly())
                .as("of a person who does not say it")
                .isTrue();
        BackupJob asked = only(schedule.begin());
        schedule.ended(asked, BackupType.FULL, now, JobOutcome.GOOD);
        now = Instant.parse("2026-06-01T23:00:00Z");

        BackupJob job = only(schedule.begin());
        schedule.ended(job, BackupType.FULL, now, JobOutcome.GOOD);

        assertThat(job.copyOnly()).isTrue();
        assertThat(begun()).isEmpty();
        assertThat(schedule.due("Trial", BackupType.FULL)).contains(Instant.parse("2026-06-02T23:00:00Z"));
    }

    private static Timetable trial(Set<BackupType> copyOnly) {
        return new Timetable(
                "Trial", Map.of(BackupType.FULL, NIGHTLY, BackupType.LOG, QUARTERLY), BERLIN, Duration.ZERO, copyOnly);
    }

    private void followedTrial(Set<BackupType> copyOnly) {
        schedule.follow(trial(copyOnly), Map.of(BackupType.FULL, now.minusSeconds(3600), BackupType.LOG, now));
    }

    @Test
    void aTableThatTakesOrdinaryBackupsAfterATrialBeginsWithAFullBackup() {
        followedTrial(Set.of(BackupType.FULL, BackupType.LOG));
        assertThat(begun()).isEmpty();

        assertThat(schedule.endsCopyOnly(trial(Set.of()))).isTrue();
        schedule.follow(trial(Set.of()), Map.of());

        assertThat(schedule.endsCopyOnly(trial(Set.of()))).isFalse();
        BackupJob full = only(schedule.begin());
        assertThat(full.type()).isEqualTo(BackupType.FULL);
        assertThat(full.copyOnly()).isFalse();
        schedule.ended(full, BackupType.FULL, now, JobOutcome.GOOD);
        now = now.plus(Duration.ofMinutes(15));
        assertThat(begun()).containsExactly("LOG Trial");
    }

    @Test
    void anOrdinaryFullBackupFromBeforeTheTrialServesTheTableAgain() {
        followedTrial(Set.of(BackupType.FULL, BackupType.LOG));

        schedule.follow(trial(Set.of()), Map.of(BackupType.FULL, now.minusSeconds(3600)));

        assertThat(schedule.due("Trial", BackupType.FULL)).contains(Instant.parse("2026-06-01T23:00:00Z"));
    }

    @Test
    void ordinaryLogsGoOnWhileTheFirstOrdinaryFullBackupIsTaken() {
        followedTrial(Set.of(BackupType.FULL));

        schedule.follow(trial(Set.of()), Map.of());

        BackupJob full = only(schedule.begin());
        assertThat(full.type()).isEqualTo(BackupType.FULL);
        assertThat(full.reason()).contains("not copy-only");
        now = now.plus(Duration.ofMinutes(15));
        assertThat(begun()).containsExactly("LOG Trial");
    }

    @Test
    void nothingIsWantedOfAChainThatIsAnotherProgramsFromNowOn() {
        followedTrial(Set.of());
        schedule.want("Trial", BackupType.FULL, "the chain is broken");

        schedule.follow(trial(Set.of(BackupType.FULL, BackupType.LOG)), Map.of());

        assertThat(begun()).isEmpty();
    }

    @Test
    void whatAPersonTookServesTheTableUnlessItsClockIsWrong() {
        followed("Sales", Map.of(BackupType.FULL, NIGHTLY));
        now = now.plus(Duration.ofDays(1));

        schedule.heard("Sales", Map.of(BackupType.FULL, now.plus(Duration.ofHours(1))));
        assertThat(schedule.due("Sales", BackupType.FULL).orElseThrow()).isBefore(now);
        schedule.heard("Sales", Map.of(BackupType.FULL, now.minusSeconds(5)));

        assertThat(begun()).isEmpty();
        assertThat(schedule.due("Sales", BackupType.FULL)).contains(Instant.parse("2026-06-02T23:00:00Z"));
    }

    @Test
    void anEditedTableStartsNothingByItself() {
        schedule.follow(
                table("A", Map.of(BackupType.FULL, Cron.parse("0 1 * * SUN"))),
                Map.of(BackupType.FULL, now.minus(Duration.ofDays(1))));

        schedule.follow(table("A", Map.of(BackupType.FULL, Cron.parse("0 11 * * *"))), Map.of());

        assertThat(begun()).isEmpty();
        assertThat(schedule.due("A", BackupType.FULL)).contains(Instant.parse("2026-06-02T09:00:00Z"));
    }

    @Test
    void whatWaitsCanBeWithdrawnAndWhatIsHeldDoesNotBegin() {
        followed("A", Map.of(BackupType.FULL, NIGHTLY));
        BackupJob asked = schedule.ask("A", BackupType.FULL, false);
        assertThat(schedule.hold("A")).isTrue();
        assertThat(schedule.hold("A")).as("held already").isFalse();

        assertThat(begun()).isEmpty();
        assertThat(schedule.withdraw(asked.id())).isTrue();
        schedule.release("A");

        assertThat(begun()).isEmpty();
    }

    @Test
    void whatWaitsForADatabaseThatIsGoneIsGivenBackAndNeverBegins() {
        followed("Sales", Map.of(BackupType.FULL, NIGHTLY));
        followed("Other", Map.of(BackupType.FULL, NIGHTLY));
        BackupJob lost = schedule.ask("Sales", BackupType.FULL, false);
        BackupJob stays = schedule.ask("Other", BackupType.FULL, false);

        assertThat(schedule.retain(List.of("Other"))).containsExactly(lost);
        assertThat(schedule.begin()).containsExactly(stays);
    }

    @Test
    void jitterSpreadsDatabasesAndIsTheSameAtEveryStart() {
        List<Duration> offsets = IntStream.range(0, 100)
                .mapToObj(i -> new Timetable("Database" + i, Map.of(), BERLIN, Duration.ofMinutes(10)).offset())
                .toList();

        assertThat(offsets).allMatch(offset -> offset.compareTo(Duration.ofMinutes(10)) < 0);
        assertThat(offsets.stream().map(Duration::toMinutes).distinct()).hasSize(10);
        assertThat(new Timetable("sales", Map.of(), BERLIN, Duration.ofHours(1)).offset())
                .isEqualTo(new Timetable("Sales", Map.of(), BERLIN, Duration.ofHours(1)).offset())
                .isEqualTo(Duration.ofMillis(SALES));
    }

    /// A change would move everybody's backups by up to an hour at an update.
    private static final long SALES = 44_996;

    @Test
    void aJitterThatIsLongerThanTheDistanceOfTheTableLosesNothing() {
        Timetable table = new Timetable("Sales", Map.of(BackupType.LOG, QUARTERLY), BERLIN, Duration.ofHours(1));
        Instant first = table.next(BackupType.LOG, now).orElseThrow();

        assertThat(table.next(BackupType.LOG, first)).contains(first.plus(Duration.ofMinutes(15)));
    }

    @Test
    void aLocalTimeThatDoesNotExistRunsAtTheNextOneAndOneThatComesTwiceRunsOnce() {
        Timetable table = table("Sales", Map.of(BackupType.FULL, Cron.parse("30 2 * * *")));

        assertThat(table.next(BackupType.FULL, Instant.parse("2026-03-28T12:00:00Z")))
                .contains(Instant.parse("2026-03-29T01:00:00Z"));
        assertThat(table.next(BackupType.FULL, Instant.parse("2026-03-29T01:00:00Z")))
                .contains(Instant.parse("2026-03-30T00:30:00Z"));
        assertThat(table.next(BackupType.FULL, Instant.parse("2026-10-24T12:00:00Z")))
                .contains(Instant.parse("2026-10-25T00:30:00Z"));
        assertThat(table.next(BackupType.FULL, Instant.parse("2026-10-25T00:30:00Z")))
                .contains(Instant.parse("2026-10-26T01:30:00Z"));
    }

    // ---- what nobody's table asks for ----

    @Test
    void whatIsWantedIsDueAtOnceWithItsReasonAndOnlyOnce() {
        followed("Sales", Map.of(BackupType.FULL, NIGHTLY));

        assertThat(schedule.want("Sales", BackupType.DIFFERENTIAL, "a gap")).isTrue();
        assertThat(schedule.want("Sales", BackupType.DIFFERENTIAL, "another gap"))
                .isFalse();
        assertThat(schedule.want("Unknown", BackupType.FULL, "a gap")).isFalse();

        BackupJob job = only(schedule.begin());
        assertThat(job.type()).isEqualTo(BackupType.DIFFERENTIAL);
        assertThat(job.reason()).isEqualTo("a gap");
        assertThat(job.asked()).isFalse();
        schedule.ended(job, BackupType.DIFFERENTIAL, now, JobOutcome.GOOD);
        assertThat(begun()).isEmpty();
        assertThat(schedule.due("Sales", BackupType.DIFFERENTIAL)).isEmpty();
    }

    @Test
    void whatIsWantedIsTriedAgainUntilItIsGood() {
        followed("Sales", Map.of(BackupType.FULL, NIGHTLY));
        schedule.want("Sales", BackupType.DIFFERENTIAL, "a gap");

        schedule.ended(only(schedule.begin()), BackupType.DIFFERENTIAL, now, JobOutcome.FAILED);

        assertThat(begun()).as("after a pause").isEmpty();
        now = now.plusSeconds(31);
        assertThat(begun()).containsExactly("DIFFERENTIAL Sales");
    }

    @Test
    void aFullBackupServesWhatWasWantedOfADifferentialUnlessItHadBegunBefore() {
        followed("Sales", Map.of(BackupType.FULL, NIGHTLY));
        schedule.ask("Sales", BackupType.FULL, false);
        BackupJob early = only(schedule.begin());
        Instant began = now;
        now = now.plusSeconds(60);
        schedule.want("Sales", BackupType.DIFFERENTIAL, "a gap");

        schedule.ended(early, BackupType.FULL, began, JobOutcome.GOOD);
        BackupJob differential = only(schedule.begin());
        assertThat(differential.type()).isEqualTo(BackupType.DIFFERENTIAL);

        schedule.ended(differential, BackupType.FULL, now, JobOutcome.GOOD);
        assertThat(begun()).isEmpty();
    }

    @Test
    void whatIsWantedAndCancelledIsLeftToThePersonWhoDidIt() {
        followed("Sales", Map.of(BackupType.FULL, NIGHTLY));
        schedule.want("Sales", BackupType.DIFFERENTIAL, "a gap");

        schedule.ended(only(schedule.begin()), BackupType.DIFFERENTIAL, now, JobOutcome.CANCELLED);

        now = now.plusSeconds(3600);
        assertThat(begun()).isEmpty();
    }

    @Test
    void whatIsPausedDoesNotStartAndIsMadeUpForOnceWhenThePauseEnds() {
        followed("Sales", Map.of(BackupType.FULL, NIGHTLY, BackupType.LOG, QUARTERLY));
        followed("Other", Map.of(BackupType.FULL, NIGHTLY, BackupType.LOG, QUARTERLY));
        boolean[] isPaused = {true};
        schedule.pausedBy((database, _) -> isPaused[0] && database.equals("Sales"));
        now = now.plus(Duration.ofHours(2));

        List<BackupJob> others = schedule.begin();
        assertThat(others).extracting(BackupJob::database).containsExactly("Other");
        assertThat(schedule.takePaused())
                .extracting(BackupJob::type, BackupJob::database)
                .containsExactly(tuple(BackupType.LOG, "Sales"));
        now = now.plus(Duration.ofHours(2));
        schedule.begin();
        assertThat(schedule.takePaused()).as("told once").isEmpty();
        BackupJob asked = schedule.ask("Sales", BackupType.FULL, true);
        assertThat(schedule.begin()).as("a person asks for it").containsExactly(asked);
        schedule.ended(asked, BackupType.FULL, now, JobOutcome.GOOD);

        isPaused[0] = false;
        BackupJob log = only(schedule.begin().stream()
                .filter(job -> job.database().equals("Sales"))
                .toList());
        assertThat(log.type()).isEqualTo(BackupType.LOG);
        schedule.ended(log, BackupType.LOG, now, JobOutcome.GOOD);
        assertThat(schedule.due("Sales", BackupType.LOG))
                .as("by its table again")
                .contains(now.plus(Duration.ofMinutes(15)));
    }

    @Test
    void aDifferentialWaitsForNoFullBackupThatIsPaused() {
        followed("Sales", Map.of(BackupType.FULL, NIGHTLY, BackupType.DIFFERENTIAL, NIGHTLY));
        schedule.pausedBy((_, type) -> type == BackupType.FULL);
        now = now.plus(Duration.ofHours(24));

        assertThat(begun()).containsExactly("DIFFERENTIAL Sales");
        assertThat(schedule.takePaused()).extracting(BackupJob::type).containsExactly(BackupType.FULL);
    }
}
