package dev.sluice.sidecar.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.BackupType;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// What may start when.
class AgendaTest {

    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
    private static final Cron NIGHTLY = Cron.parse("0 1 * * *");
    private static final Cron QUARTERLY = Cron.parse("*/15 * * * *");

    private Instant now = Instant.parse("2026-06-01T12:00:00Z");
    private final InstantSource clock = () -> now;
    private final Agenda agenda = new Agenda(clock, 2);

    private static Timetable table(String database, Map<BackupType, Cron> tables) {
        return new Timetable(database, tables, BERLIN, Duration.ZERO);
    }

    private void followed(String database, Map<BackupType, Cron> tables) {
        agenda.follow(
                table(database, tables),
                Map.of(BackupType.FULL, now.minusSeconds(3600), BackupType.LOG, now.minusSeconds(60)));
    }

    private List<String> begun() {
        return agenda.begin().stream()
                .map(job -> job.type() + " " + job.database())
                .toList();
    }

    private Job only(List<Job> jobs) {
        assertThat(jobs).hasSize(1);
        return jobs.getFirst();
    }

    @Test
    void aDatabaseWithoutAFullBackupGetsOneAtOnceAndNothingElseBefore() {
        agenda.follow(
                table(
                        "New",
                        Map.of(BackupType.FULL, NIGHTLY, BackupType.DIFFERENTIAL, NIGHTLY, BackupType.LOG, QUARTERLY)),
                Map.of());

        Job full = only(agenda.begin());
        assertThat(full.type()).isEqualTo(BackupType.FULL);
        Instant began = now;
        now = now.plus(Duration.ofHours(1));
        assertThat(begun()).as("no log before the chain has begun").isEmpty();

        agenda.ended(full, BackupType.FULL, began, Ending.GOOD);

        assertThat(begun()).containsExactly("LOG New");
    }

    @Test
    void aNightOfDowntimeIsCaughtUpWithOneBackupOfEachType() {
        agenda.follow(
                table("Sales", Map.of(BackupType.FULL, NIGHTLY, BackupType.LOG, QUARTERLY)),
                Map.of(
                        BackupType.FULL, now.minus(Duration.ofDays(9)),
                        BackupType.LOG, now.minus(Duration.ofDays(2))));

        List<Job> jobs = agenda.begin();
        assertThat(jobs).extracting(Job::type).containsExactly(BackupType.LOG, BackupType.FULL);
        jobs.forEach(job -> agenda.ended(job, job.type(), now, Ending.GOOD));

        assertThat(begun()).isEmpty();
        assertThat(agenda.due("Sales", BackupType.LOG)).contains(Instant.parse("2026-06-01T12:15:00Z"));
        assertThat(agenda.due("Sales", BackupType.FULL)).contains(Instant.parse("2026-06-01T23:00:00Z"));
    }

    @Test
    void aBackupOnTheMinuteIsNotDueAgainAfterARestartEvenIfTheServersClockLagsBehind() {
        now = Instant.parse("2026-06-01T23:05:00Z");

        agenda.follow(
                table("Sales", Map.of(BackupType.FULL, NIGHTLY)),
                Map.of(BackupType.FULL, Instant.parse("2026-06-01T22:59:48Z")));

        assertThat(begun()).isEmpty();
    }

    @Test
    void whenAFullAndADifferentialAreDueTheFullServesBoth() {
        agenda.follow(
                table("Sales", Map.of(BackupType.FULL, NIGHTLY, BackupType.DIFFERENTIAL, NIGHTLY)),
                Map.of(BackupType.FULL, now.minus(Duration.ofDays(2))));

        Job full = only(agenda.begin());
        assertThat(full.type()).isEqualTo(BackupType.FULL);
        agenda.ended(full, BackupType.FULL, now, Ending.GOOD);

        assertThat(begun()).isEmpty();
    }

    @Test
    void whileAFullThatFailedWaitsTheDifferentialIsTaken() {
        agenda.follow(
                table("Sales", Map.of(BackupType.FULL, NIGHTLY, BackupType.DIFFERENTIAL, NIGHTLY)),
                Map.of(BackupType.FULL, now.minus(Duration.ofDays(2))));
        agenda.ended(only(agenda.begin()), BackupType.FULL, now, Ending.FAILED);

        assertThat(begun()).containsExactly("DIFFERENTIAL Sales");
    }

    @Test
    void aDifferentialThatBecameAFullOneCountsAsFull() {
        agenda.follow(
                table("Sales", Map.of(BackupType.FULL, Cron.parse("0 1 * * SUN"), BackupType.DIFFERENTIAL, NIGHTLY)),
                Map.of(BackupType.FULL, now.minus(Duration.ofDays(1)).minusSeconds(60)));
        Job job = only(agenda.begin());
        assertThat(job.type()).isEqualTo(BackupType.DIFFERENTIAL);

        agenda.ended(job, BackupType.FULL, now, Ending.GOOD);

        assertThat(begun()).isEmpty();
        assertThat(agenda.due("Sales", BackupType.DIFFERENTIAL)).contains(Instant.parse("2026-06-01T23:00:00Z"));
    }

    @Test
    void logsOvertakeAFullBackupOfTheSameDatabaseAndDataNeverTakesTheLastPlace() {
        followed("A", Map.of(BackupType.FULL, NIGHTLY, BackupType.LOG, QUARTERLY));
        followed("B", Map.of(BackupType.FULL, NIGHTLY, BackupType.LOG, QUARTERLY));
        now = Instant.parse("2026-06-01T23:00:00Z");

        assertThat(begun()).containsExactly("LOG A", "LOG B");
        agenda.running().forEach(job -> agenda.ended(job, BackupType.LOG, now, Ending.GOOD));
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
        Job full = only(agenda.begin());
        agenda.ask("A", BackupType.DIFFERENTIAL, false);
        agenda.ask("A", BackupType.FULL, true);

        assertThat(begun()).isEmpty();
        agenda.ended(full, BackupType.FULL, now, Ending.GOOD);

        assertThat(begun()).containsExactly("FULL A");
    }

    @Test
    void failuresAreTriedAgainLessAndLessOften() {
        followed("A", Map.of(BackupType.FULL, NIGHTLY, BackupType.LOG, Cron.parse("* * * * *")));
        now = now.plusSeconds(60);
        Instant begin = now;
        int attempts = 0;
        while (now.isBefore(begin.plus(Duration.ofHours(1)))) {
            for (Job job : agenda.begin()) {
                attempts++;
                agenda.ended(job, job.type(), now, Ending.FAILED);
            }
            now = now.plusSeconds(1);
        }

        // After 30 s, 1, 2, 4 minutes, then every five.
        assertThat(attempts).isEqualTo(15);
        assertThat(agenda.failures("A", BackupType.LOG)).isEqualTo(15);
        now = now.plus(Duration.ofMinutes(5));
        Job job = only(agenda.begin());
        agenda.ended(job, job.type(), now, Ending.GOOD);
        assertThat(agenda.failures("A", BackupType.LOG)).isZero();
        assertThat(agenda.due("A", BackupType.LOG))
                .hasValueSatisfying(due -> assertThat(due).isAfter(now));
    }

    @Test
    void aCancelledBackupWaitsForItsNextTime() {
        followed("A", Map.of(BackupType.FULL, NIGHTLY));
        now = Instant.parse("2026-06-01T23:00:00Z");
        Job job = only(agenda.begin());

        agenda.ended(job, BackupType.FULL, now, Ending.CANCELLED);

        assertThat(begun()).isEmpty();
        assertThat(agenda.due("A", BackupType.FULL)).contains(Instant.parse("2026-06-02T23:00:00Z"));
    }

    @Test
    void aLogThatIsLeftOutWaitsForItsNextTimeAlsoIfThereNeverWasOne() {
        agenda.follow(
                table("Simple", Map.of(BackupType.FULL, NIGHTLY, BackupType.LOG, QUARTERLY)),
                Map.of(BackupType.FULL, now.minusSeconds(3600)));
        Job job = only(agenda.begin());

        agenda.ended(job, BackupType.LOG, now, Ending.LEFT_OUT);

        assertThat(agenda.due("Simple", BackupType.LOG)).contains(Instant.parse("2026-06-01T12:15:00Z"));
        assertThat(agenda.failures("Simple", BackupType.LOG)).isZero();
    }

    @Test
    void copyOnlyBackupsMoveNoTable() {
        followed("A", Map.of(BackupType.FULL, NIGHTLY));
        now = Instant.parse("2026-06-01T22:00:00Z");
        Job asked = agenda.ask("A", BackupType.FULL, true);
        assertThat(agenda.begin()).containsExactly(asked);

        now = Instant.parse("2026-06-01T23:10:00Z");
        agenda.ended(asked, BackupType.FULL, now, Ending.GOOD);

        assertThat(begun()).containsExactly("FULL A");
    }

    @Test
    void whatAPersonTookServesTheTableUnlessItsClockIsWrong() {
        followed("Sales", Map.of(BackupType.FULL, NIGHTLY));
        now = now.plus(Duration.ofDays(1));

        agenda.heard("Sales", Map.of(BackupType.FULL, now.plus(Duration.ofHours(1))));
        assertThat(agenda.due("Sales", BackupType.FULL).orElseThrow()).isBefore(now);
        agenda.heard("Sales", Map.of(BackupType.FULL, now.minusSeconds(5)));

        assertThat(begun()).isEmpty();
        assertThat(agenda.due("Sales", BackupType.FULL)).contains(Instant.parse("2026-06-02T23:00:00Z"));
    }

    @Test
    void anEditedTableStartsNothingByItself() {
        agenda.follow(
                table("A", Map.of(BackupType.FULL, Cron.parse("0 1 * * SUN"))),
                Map.of(BackupType.FULL, now.minus(Duration.ofDays(1))));

        agenda.follow(table("A", Map.of(BackupType.FULL, Cron.parse("0 11 * * *"))), Map.of());

        assertThat(begun()).isEmpty();
        assertThat(agenda.due("A", BackupType.FULL)).contains(Instant.parse("2026-06-02T09:00:00Z"));
    }

    @Test
    void whatWaitsCanBeWithdrawnAndWhatIsHeldDoesNotBegin() {
        followed("A", Map.of(BackupType.FULL, NIGHTLY));
        Job asked = agenda.ask("A", BackupType.FULL, false);
        assertThat(agenda.hold("A")).isTrue();
        assertThat(agenda.hold("A")).as("held already").isFalse();

        assertThat(begun()).isEmpty();
        assertThat(agenda.withdraw(asked.id())).isTrue();
        agenda.release("A");

        assertThat(begun()).isEmpty();
    }

    @Test
    void whatWaitsForADatabaseThatIsGoneIsGivenBackAndNeverBegins() {
        followed("Sales", Map.of(BackupType.FULL, NIGHTLY));
        followed("Other", Map.of(BackupType.FULL, NIGHTLY));
        Job lost = agenda.ask("Sales", BackupType.FULL, false);
        Job stays = agenda.ask("Other", BackupType.FULL, false);

        assertThat(agenda.retain(List.of("Other"))).containsExactly(lost);
        assertThat(agenda.begin()).containsExactly(stays);
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

        assertThat(agenda.want("Sales", BackupType.DIFFERENTIAL, "a gap")).isTrue();
        assertThat(agenda.want("Sales", BackupType.DIFFERENTIAL, "another gap")).isFalse();
        assertThat(agenda.want("Unknown", BackupType.FULL, "a gap")).isFalse();

        Job job = only(agenda.begin());
        assertThat(job.type()).isEqualTo(BackupType.DIFFERENTIAL);
        assertThat(job.reason()).isEqualTo("a gap");
        assertThat(job.asked()).isFalse();
        agenda.ended(job, BackupType.DIFFERENTIAL, now, Ending.GOOD);
        assertThat(begun()).isEmpty();
        assertThat(agenda.due("Sales", BackupType.DIFFERENTIAL)).isEmpty();
    }

    @Test
    void whatIsWantedIsTriedAgainUntilItIsGood() {
        followed("Sales", Map.of(BackupType.FULL, NIGHTLY));
        agenda.want("Sales", BackupType.DIFFERENTIAL, "a gap");

        agenda.ended(only(agenda.begin()), BackupType.DIFFERENTIAL, now, Ending.FAILED);

        assertThat(begun()).as("after a pause").isEmpty();
        now = now.plusSeconds(31);
        assertThat(begun()).containsExactly("DIFFERENTIAL Sales");
    }

    @Test
    void aFullBackupServesWhatWasWantedOfADifferentialUnlessItHadBegunBefore() {
        followed("Sales", Map.of(BackupType.FULL, NIGHTLY));
        agenda.ask("Sales", BackupType.FULL, false);
        Job early = only(agenda.begin());
        Instant began = now;
        now = now.plusSeconds(60);
        agenda.want("Sales", BackupType.DIFFERENTIAL, "a gap");

        agenda.ended(early, BackupType.FULL, began, Ending.GOOD);
        Job differential = only(agenda.begin());
        assertThat(differential.type()).isEqualTo(BackupType.DIFFERENTIAL);

        agenda.ended(differential, BackupType.FULL, now, Ending.GOOD);
        assertThat(begun()).isEmpty();
    }

    @Test
    void whatIsWantedAndCancelledIsLeftToThePersonWhoDidIt() {
        followed("Sales", Map.of(BackupType.FULL, NIGHTLY));
        agenda.want("Sales", BackupType.DIFFERENTIAL, "a gap");

        agenda.ended(only(agenda.begin()), BackupType.DIFFERENTIAL, now, Ending.CANCELLED);

        now = now.plusSeconds(3600);
        assertThat(begun()).isEmpty();
    }
}
