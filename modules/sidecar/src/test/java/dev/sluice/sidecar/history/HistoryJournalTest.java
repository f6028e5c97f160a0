package dev.sluice.sidecar.history;

import static dev.sluice.sidecar.history.Entries.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.sidecar.history.HistoryJournal.Limits;
import dev.sluice.sidecar.history.HistoryJournal.Unstored;
import dev.sluice.sidecar.schedule.JobOutcome;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// What the journal sums up, and that it has a bound.
class HistoryJournalTest {

    private static final Instant MIDNIGHT = Instant.parse("2026-03-10T00:00:00Z");

    private final AtomicInteger ids = new AtomicInteger();

    private HistoryJournal journal(Limits limits) {
        return new HistoryJournal(limits, () -> "id-" + ids.incrementAndGet());
    }

    private final HistoryJournal journal = journal(Limits.DEFAULT);

    private List<HistoryEntry> only(HistoryJournal of) {
        assertThat(of.held()).hasSize(1);
        return of.held().getFirst().entries();
    }

    @Test
    void goodLogBackupsOfTheScheduleAreSummedUpForEachHour() {
        for (int minute = 0; minute < 90; minute++) {
            journal.add(Entries.log("Sales", NOON.plusSeconds(60L * minute), minute == 7 ? 9_000 : 500, 1_000));
        }

        List<HistoryEntry> sums = only(journal);

        assertThat(sums).extracting(HistoryEntry::count).containsExactly(60, 30);
        HistoryEntry first = sums.getFirst();
        assertThat(first.began()).isEqualTo(NOON.minusMillis(500));
        assertThat(first.ended()).isEqualTo(NOON.plusSeconds(59 * 60));
        assertThat(first.took()).isEqualTo(Duration.ofMillis(59 * 500 + 9_000));
        assertThat(first.longest()).isEqualTo(Duration.ofSeconds(9));
        assertThat(first.bytes()).isEqualTo(60_000);
        assertThat(first.waitedFor())
                .isEqualTo(new WaitedFor(WaitedFor.Side.S3, Duration.ofMillis((59 * 500 + 9_000) / 2)));
        assertThat(first.due()).isNull();
    }

    @Test
    void everythingElseIsAnEntryOfItsOwn() {
        journal.add(Entries.full("Sales", NOON));
        journal.add(Entries.full("Sales", NOON.plusSeconds(1)));
        journal.add(Entries.of(
                "Sales",
                JobType.LOG,
                JobOrigin.REQUEST,
                JobOutcome.GOOD,
                NOON.plusSeconds(2),
                Duration.ofSeconds(1),
                5,
                null,
                null));
        journal.add(Entries.failed("Sales", JobType.LOG, NOON.plusSeconds(3), "store-failed"));
        journal.add(Entries.leftOut("Sales", NOON.plusSeconds(4)));

        assertThat(only(journal)).hasSize(5).allMatch(entry -> entry.count() == 1);
    }

    @Test
    void theSameFailureAgainAndAgainIsSummedUpAndAnotherOneIsNot() {
        for (int i = 0; i < 12; i++) {
            journal.add(Entries.failed("Sales", JobType.LOG, NOON.plusSeconds(60L * i), "store-failed"));
            journal.add(Entries.leftOut("Ware", NOON.plusSeconds(60L * i)));
        }
        journal.add(Entries.failed("Sales", JobType.LOG, NOON.plusSeconds(900), "busy"));
        journal.add(Entries.failed("Ware", JobType.LOG, NOON.plusSeconds(901), "store-failed"));

        assertThat(only(journal))
                .extracting(entry -> "%s %s %d".formatted(entry.database(), entry.failure(), entry.count()))
                .containsExactlyInAnyOrder(
                        "Sales store-failed 1",
                        "Sales store-failed 1",
                        "Sales store-failed 1",
                        "Sales store-failed 9",
                        "Ware null 1",
                        "Ware null 11",
                        "Sales busy 1",
                        "Ware store-failed 1");
    }

    @Test
    void behindTheBoundEntriesAreSummedUpThenHoursAndThenDroppedAndCounted() {
        HistoryJournal small = journal(new Limits(2, 4, 3));
        for (int i = 0; i < 5; i++) {
            small.add(Entries.full("Sales", NOON.plusSeconds(i)));
        }
        assertThat(only(small)).extracting(HistoryEntry::count).containsExactly(1, 1, 3);

        // Each hour has a sum, until there are too many: then past hours are one.
        for (int hour = 0; hour < 5; hour++) {
            small.add(Entries.log("Sales", MIDNIGHT.plus(Duration.ofHours(13 + hour)), 1, 1));
        }
        assertThat(only(small).stream().filter(entry -> entry.type() == JobType.LOG))
                .extracting(HistoryEntry::count)
                .containsExactlyInAnyOrder(3, 1, 1);
        assertThat(small.dropped()).isZero();

        for (int i = 0; i < 100; i++) {
            small.add(Entries.log("Database " + i, MIDNIGHT.plus(Duration.ofHours(20)), 1, 1));
        }
        assertThat(only(small).size()).isLessThanOrEqualTo(6);
        assertThat(small.dropped()).isPositive();
        assertThat(small.held().getFirst().dropped()).isEqualTo(small.dropped());
        assertThat(small.held().getFirst().jobs() + small.dropped()).isEqualTo(5 + 5 + 100);
    }

    /// Any mix of jobs: none is lost without being counted, and the bounds hold.
    @Test
    void everyJobIsCountedSomewhereAndTheBoundsHold() {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 60; round++) {
            Limits limits = new Limits(1 + random.nextInt(20), 1 + random.nextInt(20), 1 + random.nextInt(3));
            HistoryJournal some = journal(limits);
            int jobs = 1 + random.nextInt(400);
            for (int i = 0; i < jobs; i++) {
                Instant at = MIDNIGHT.plusSeconds(random.nextInt(3 * 86_400));
                String database = "Db" + random.nextInt(5);
                switch (random.nextInt(4)) {
                    case 0 -> some.add(Entries.full(database, at));
                    case 1 -> some.add(Entries.failed(database, JobType.LOG, at, "busy"));
                    case 2 -> some.add(Entries.leftOut(database, at));
                    default -> some.add(Entries.log(database, at, 1, 1));
                }
                assertThat(some.held()).hasSizeLessThanOrEqualTo(limits.days());
                assertThat(some.held()).allMatch(day -> day.entries().size() <= limits.own() + limits.sums());
            }
            long held = some.held().stream().mapToLong(HistoryDay::jobs).sum();
            assertThat(held + some.dropped())
                    .as("seed %d round %d", seed, round)
                    .isEqualTo(jobs);
        }
    }

    @Test
    void aDayLeavesWhenItIsStoredAndNoNameIsUsedTwice() {
        journal.add(Entries.full("Sales", NOON));
        Unstored first = journal.unstored().getFirst();
        journal.add(Entries.full("Sales", NOON.plusSeconds(1)));
        journal.stored(first);
        assertThat(journal.isStored()).as("one came meanwhile").isFalse();
        journal.stored(journal.unstored().getFirst());
        assertThat(journal.isStored()).isTrue();
        assertThat(journal.held()).as("it is today's").hasSize(1);

        journal.add(Entries.full("Sales", NOON.plus(Duration.ofDays(1))));
        assertThat(journal.held()).extracting(HistoryDay::day).containsExactly(LocalDate.parse("2026-03-11"));
        // The clock is set back.
        journal.add(Entries.full("Sales", NOON.plusSeconds(2)));

        assertThat(journal.held())
                .extracting(HistoryDay::day)
                .containsExactly(LocalDate.parse("2026-03-10"), LocalDate.parse("2026-03-11"));
        assertThat(journal.held().getFirst().id()).isNotEqualTo(first.day().id());
    }
}
