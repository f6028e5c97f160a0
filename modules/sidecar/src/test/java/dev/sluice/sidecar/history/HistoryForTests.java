package dev.sluice.sidecar.history;

import static dev.sluice.sidecar.history.Entries.full;

import dev.sluice.catalog.Keys;
import dev.sluice.catalog.Ulid;
import dev.sluice.s3.S3Store;
import dev.sluice.sidecar.history.HistoryJournal.Limits;
import dev.sluice.sidecar.history.HistoryWriter.Pace;
import dev.sluice.sidecar.schedule.JobOutcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.EnumSet;
import java.util.List;

/// History that does not wait for its times, for tests of other packages.
public final class HistoryForTests {

    private static final Duration MOMENT = Duration.ofMillis(20);
    private static final String OLD = "01J00000000000000000000001";

    private HistoryForTests() {}

    public static History start(S3Store store, Keys keys) {
        return History.start(
                store,
                keys,
                "test",
                "test",
                90,
                Limits.DEFAULT,
                new Pace(MOMENT, MOMENT, MOMENT, Duration.ofHours(1), Duration.ofSeconds(20), Duration.ofSeconds(5)));
    }

    public static void addBackup(History history, String database) {
        history.add(full(database, Instant.now()));
    }

    /// An object of a day that is long past.
    public static String putOld(S3Store store, Keys keys) {
        HistoryKey key = HistoryKey.of(keys, LocalDate.parse("2001-01-01"), OLD);
        store.put(
                        key.key(),
                        HistoryObject.write(
                                new HistoryDay(key.day(), OLD, 0, List.of(full("Sales", Instant.now()))), "1", "test"))
                .block(Duration.ofMinutes(1));
        return key.key();
    }

    /// The objects of the 13 days before today, as files: a full backup on Sundays and a differential on other days,
    /// logs each hour, but nothing on the fifth day before today, and failures on the fourth and the ninth.
    ///
    /// @param directory of the history in the embedded bucket
    public static void writeTwoWeeks(Path directory, String database) throws IOException {
        Ulid ids = new Ulid(Clock.systemUTC());
        Keys keys = new Keys("test");
        for (int age = 1; age <= 13; age++) {
            LocalDate day = LocalDate.now(ZoneOffset.UTC).minusDays(age);
            HistoryJournal journal = new HistoryJournal(Limits.DEFAULT, ids::next);
            for (int hour = 0; hour < (age == 5 ? 0 : 24); hour++) {
                Instant at = day.atStartOfDay().plusHours(hour).toInstant(ZoneOffset.UTC);
                journal.add(Entries.log(database, at, 900, 40_000));
                if (hour == 1) {
                    boolean sunday = day.getDayOfWeek() == DayOfWeek.SUNDAY;
                    journal.add(Entries.of(
                            database,
                            sunday ? JobType.FULL : JobType.DIFFERENTIAL,
                            JobOrigin.SCHEDULE,
                            JobOutcome.GOOD,
                            at,
                            Duration.ofSeconds(sunday ? 1_500 : 200 + 37L * (age % 6)),
                            (sunday ? 40L : 4L + age % 6) << 28,
                            null,
                            null));
                }
                if ((age == 4 || age == 9) && hour > 20) {
                    journal.add(Entries.failed(database, JobType.LOG, at, "store-failed"));
                }
            }
            for (HistoryDay one : journal.held()) {
                String key = HistoryKey.of(keys, one.day(), one.id()).key();
                Files.write(
                        Files.createDirectories(directory).resolve(key.substring(key.lastIndexOf('/') + 1)),
                        HistoryObject.write(one, "test", "test"));
            }
        }
    }

    /// Everything that can be read.
    public static HistoryPage all(S3Store store, Keys keys) {
        return new HistoryReader(store, keys)
                .find(new HistoryQuery(
                        _ -> true, Instant.EPOCH, Instant.MAX, EnumSet.allOf(JobType.class), false, 100));
    }
}
