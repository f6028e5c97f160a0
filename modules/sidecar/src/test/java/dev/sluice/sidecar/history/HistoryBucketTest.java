package dev.sluice.sidecar.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.catalog.Keys;
import dev.sluice.catalog.Ulid;
import dev.sluice.s3.ProviderProfile;
import dev.sluice.s3.RetryPolicy;
import dev.sluice.s3.S3Store;
import dev.sluice.s3.StoreConfig;
import dev.sluice.sidecar.history.HistoryJournal.Limits;
import dev.sluice.sidecar.history.HistoryWriter.Pace;
import dev.sluice.simulator.s3.EmbeddedS3;
import dev.sluice.testsupport.FaultyProxy;
import dev.sluice.testsupport.FaultyProxy.Script;
import dev.sluice.testsupport.Reaction.Answer;
import dev.sluice.testsupport.Reaction.Fault;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// History in a bucket: one that works, one that is away, one that refuses, and one with strange objects in it.
@Timeout(120)
class HistoryBucketTest {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Duration NEVER = Duration.ofDays(1);
    private static final Keys KEYS = new Keys("prod-1");
    /// Of today: old history goes by the bucket's clock.
    private final Instant noon = Instant.now().truncatedTo(ChronoUnit.DAYS).plus(Duration.ofHours(12));

    private static final Duration MOMENT = Duration.ofMillis(50);

    @TempDir
    Path directory;

    private final Ulid ids = new Ulid(Clock.systemUTC());
    private EmbeddedS3 s3;
    private FaultyProxy proxy;
    private S3Store store;
    private S3Store direct;

    @BeforeEach
    void start() throws IOException {
        s3 = EmbeddedS3.start(directory, "backups");
        proxy = new FaultyProxy(s3.endpoint());
        store = store(proxy.endpoint());
        direct = store(s3.endpoint());
    }

    @AfterEach
    void stop() {
        store.close();
        direct.close();
        proxy.close();
        s3.close();
    }

    private S3Store store(URI endpoint) {
        return S3Store.open(new StoreConfig(
                endpoint,
                "us-east-1",
                "backups",
                "prod/",
                true,
                new StoreConfig.Credentials(s3.accessKeyId(), s3.secretAccessKey(), null),
                ProviderProfile.AWS,
                StoreConfig.Limits.DEFAULT,
                new RetryPolicy(2, Duration.ofMillis(5), Duration.ofMillis(5), Duration.ofSeconds(5))));
    }

    /// @param removal until the first removal, and between further ones
    private History history(int days, Duration sum, Duration removal) {
        return History.start(
                store,
                KEYS,
                "1.0",
                "prod-1",
                days,
                Limits.DEFAULT,
                new Pace(MOMENT, sum, removal, removal, Duration.ofSeconds(20), Duration.ofSeconds(2)));
    }

    private List<String> objects() {
        return direct.list(KEYS.history())
                .map(object -> object.key().substring(KEYS.history().length()))
                .collectList()
                .block(SOON);
    }

    private String object(LocalDate day, HistoryEntry... entries) {
        String id = ids.next();
        HistoryKey key = HistoryKey.of(KEYS, day, id);
        direct.put(key.key(), HistoryObject.write(new HistoryDay(day, id, 0, List.of(entries)), "1.0", "prod-1"))
                .block(SOON);
        return key.key();
    }

    private HistoryPage found(HistoryReader reader, int limit) {
        return reader.find(new HistoryQuery(
                _ -> true,
                noon.minus(Duration.ofDays(30)),
                noon.plus(Duration.ofDays(30)),
                EnumSet.allOf(JobType.class),
                false,
                limit));
    }

    private HistoryPage inBucket() {
        return found(new HistoryReader(direct, KEYS), 1_000);
    }

    @Test
    void aJobReachesTheBucketSoonAndASumAtTheEndAtTheLatest() {
        try (History history = history(90, NEVER, NEVER)) {
            history.add(Entries.log("Sales", noon, 1_000, 5));
            assertThat(found(history.reader(), 10).entries()).as("from memory").hasSize(1);
            assertThat(objects()).isEmpty();

            history.add(Entries.full("Sales", noon.plusSeconds(1)));
            await().atMost(SOON).until(() -> inBucket().entries().size() == 2);
            assertThat(found(history.reader(), 10).entries())
                    .as("what is in memory and in the bucket is told once")
                    .hasSize(2);

            history.add(Entries.log("Sales", noon.plusSeconds(2), 1_000, 5));
        }

        assertThat(inBucket().entries()).extracting(HistoryEntry::count).containsExactlyInAnyOrder(1, 2);
        assertThat(objects()).hasSize(1);
    }

    @Test
    void eachProcessHasAnObjectOfItsOwnAndAReaderSeesAllOfThemTheNewestFirst() {
        for (int i = 0; i < 3; i++) {
            try (History history = history(90, NEVER, NEVER)) {
                history.add(Entries.full("Db" + i, noon.plusSeconds(i)));
                history.add(Entries.full("Db" + i, noon.minus(Duration.ofDays(1 + i))));
            }
        }

        HistoryPage all = inBucket();
        HistoryPage some = found(new HistoryReader(direct, KEYS), 4);

        assertThat(objects()).hasSize(6);
        assertThat(all.more()).isFalse();
        assertThat(all.entries())
                .extracting(HistoryEntry::database)
                .containsExactly("Db2", "Db1", "Db0", "Db0", "Db1", "Db2");
        assertThat(some.more()).isTrue();
        assertThat(some.entries()).isEqualTo(all.entries().subList(0, 4));
    }

    @Test
    void aBucketThatIsAwayHoldsUpNothingAndGetsTheHistoryWhenItIsBack() {
        proxy.follow((_, _) -> Fault.ERROR_500);
        try (History history = history(90, MOMENT, MOMENT)) {
            long began = System.nanoTime();
            for (int i = 0; i < 1_000; i++) {
                history.add(Entries.full("Sales", noon.plusSeconds(i)));
            }
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(2));
            await().atMost(SOON).until(() -> history.failures() >= 3);

            proxy.follow(Script.passing());

            await().atMost(SOON)
                    .until(() -> found(new HistoryReader(direct, KEYS), 5_000)
                                    .entries()
                                    .size()
                            == 1_000);
            assertThat(history.dropped()).isZero();
        }
    }

    @Test
    void aBucketThatNeverAnswersHoldsUpTheEndByAFewSecondsOnly() {
        proxy.follow((_, _) -> Fault.FROZEN);
        History history = history(90, MOMENT, NEVER);
        history.add(Entries.full("Sales", noon));
        await().atMost(SOON).until(() -> proxy.count("PUT", "/history/") > 0);

        long began = System.nanoTime();
        history.close();

        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(8));
        assertThat(objects()).isEmpty();
    }

    @Test
    void whatIsTooOldGoesWhicheverProcessWroteItAndNothingElse() {
        LocalDate today = Instant.now().atOffset(ZoneOffset.UTC).toLocalDate();
        for (int age : new int[] {91, 92, 400, 90, 1, 0, -3}) {
            String _ = object(today.minusDays(age), Entries.full("Sales", noon));
        }
        direct.put(KEYS.history() + "2001-01-01_notes.txt", new byte[1]).block(SOON);
        direct.put(KEYS.root() + "data/2001-01-01_01J00000000000000000000001.jsonl.gz", new byte[1])
                .block(SOON);

        try (History _ = history(90, NEVER, MOMENT)) {
            await().atMost(SOON).until(() -> objects().size() == 5);
        }

        assertThat(objects())
                .extracting(name -> name.substring(0, 10))
                .containsExactlyInAnyOrder(
                        "2001-01-01",
                        today.minusDays(90).toString(),
                        today.minusDays(1).toString(),
                        today.toString(),
                        today.plusDays(3).toString());
        assertThat(direct.list(KEYS.data()).collectList().block(SOON)).hasSize(1);
    }

    @Test
    void withoutHistoryNothingIsStoredAndNothingIsRemoved() {
        String _ = object(LocalDate.parse("2001-01-01"), Entries.full("Sales", noon));
        try (History history = history(0, MOMENT, MOMENT)) {
            history.add(Entries.full("Sales", noon));
            assertThat(found(history.reader(), 10).entries()).isEmpty();
            assertThat(objects()).hasSize(1);

            history.keep(7);
            history.add(Entries.full("Sales", noon));

            await().atMost(SOON).until(() -> inBucket().entries().size() == 1);
            await().atMost(SOON)
                    .until(() -> objects().size() == 1 && !objects().getFirst().startsWith("2001"));
        }
    }

    @Test
    void aBucketThatRefusesToRemoveIsNotAskedWithoutEnd() {
        for (int i = 0; i < 20; i++) {
            String _ = object(LocalDate.parse("2001-01-01").plusDays(i), Entries.full("Sales", noon));
        }
        proxy.follow(
                (request, _) -> request.is("DELETE", "/history/") ? Answer.error(403, "AccessDenied") : Fault.NONE);
        try (History history = history(90, MOMENT, MOMENT)) {
            await().atMost(SOON).until(() -> history.failures() > 0);
            history.add(Entries.full("Sales", noon));
            await().atMost(SOON).until(() -> objects().size() == 21);

            assertThat(proxy.count("DELETE", "/history/")).isLessThanOrEqualTo(5);
        }
    }

    @Test
    void strangeObjectsAreNamedAndTheOthersAreRead() {
        LocalDate day = noon.atOffset(ZoneOffset.UTC).toLocalDate();
        String _ = object(day, Entries.full("Sales", noon));
        String denied = object(day, Entries.full("Denied", noon));
        String damaged = HistoryKey.of(KEYS, day, ids.next()).key();
        direct.put(damaged, "not gzip".getBytes(StandardCharsets.UTF_8)).block(SOON);
        String huge = HistoryKey.of(KEYS, day, ids.next()).key();
        direct.put(huge, new byte[HistoryObject.LARGEST + 1]).block(SOON);
        direct.put(KEYS.history() + "readme.txt", new byte[1]).block(SOON);
        String id = denied.substring(denied.lastIndexOf('_') + 1);
        proxy.follow((request, _) -> request.is("GET", id) ? Answer.error(403, "AccessDenied") : Fault.NONE);

        HistoryPage page = found(new HistoryReader(store, KEYS), 100);

        assertThat(page.entries()).extracting(HistoryEntry::database).containsExactly("Sales");
        assertThat(page.unreadable())
                .hasSize(3)
                .anyMatch(text -> text.contains(denied))
                .anyMatch(text -> text.contains(damaged))
                .anyMatch(text -> text.contains(huge));
    }

    @Test
    void anObjectThatHasNotChangedIsReadOnce() {
        LocalDate day = noon.atOffset(ZoneOffset.UTC).toLocalDate();
        String _ = object(day, Entries.full("Sales", noon));
        try (History history = history(90, NEVER, NEVER)) {
            proxy.follow(Script.passing());
            for (int i = 0; i < 3; i++) {
                assertThat(found(history.reader(), 10).entries()).hasSize(1);
            }

            assertThat(proxy.requests().stream()
                            .filter(request -> request.is("GET", ".jsonl.gz"))
                            .count())
                    .isEqualTo(1);
        }
    }

    @Test
    void aDayIsSummedUpOnceAndWhatIsWrongWithItIsToldEachTime() {
        LocalDate day = noon.atOffset(ZoneOffset.UTC).toLocalDate();
        String changing = object(day, Entries.full("Sales", noon));
        HistoryKey damaged = HistoryKey.of(KEYS, day, ids.next());
        direct.put(damaged.key(), "not gzip".getBytes(StandardCharsets.UTF_8)).block(SOON);
        try (History history = history(90, NEVER, NEVER)) {
            proxy.follow(Script.passing());
            history.add(Entries.full("Ware", noon));
            HistoryReader.Totals first = history.reader().totals(day, day);
            history.add(Entries.full("Ware", noon));
            HistoryReader.Totals second = history.reader().totals(day, day);

            assertThat(proxy.requests().stream()
                            .filter(request -> request.is("GET", ".jsonl.gz"))
                            .count())
                    .isEqualTo(2);
            assertThat(first.unreadable()).hasSize(1).isEqualTo(second.unreadable());
            assertThat(first.totals()).extracting(DayTotals::good).containsExactly(1, 1);
            assertThat(second.totals()).extracting(DayTotals::good).containsExactly(1, 2);

            // Another process stores a newer version of its object.
            HistoryKey key = HistoryKey.parse(KEYS, changing).orElseThrow();
            direct.put(
                            changing,
                            HistoryObject.write(
                                    new HistoryDay(
                                            day,
                                            key.id(),
                                            0,
                                            List.of(
                                                    Entries.full("Sales", noon),
                                                    Entries.full("Sales", noon.plusSeconds(1)))),
                                    "1.0",
                                    "prod-1"))
                    .block(SOON);
            assertThat(history.reader().totals(day, day).totals())
                    .extracting(DayTotals::good)
                    .containsExactly(2, 2);
        }
    }

    @Test
    void totalsTellOfEachDatabaseAndDayWhatWasGoodAndWhatFailed() {
        LocalDate day = noon.atOffset(ZoneOffset.UTC).toLocalDate();
        String _ = object(
                day,
                Entries.full("Sales", noon),
                Entries.full("Sales", noon.plusSeconds(9)),
                Entries.failed("Sales", JobType.DIFFERENTIAL, noon, "busy"),
                Entries.failed("Sales", JobType.LOG, noon, "busy"),
                Entries.failed("Sales", JobType.DRILL, noon, "backup-damaged"),
                Entries.log("Ware", noon, 5, 5));
        String _ = object(day.minusDays(1), Entries.full("Ware", noon.minus(Duration.ofDays(1))));
        String _ = object(day.minusDays(9), Entries.full("Ware", noon.minus(Duration.ofDays(9))));

        HistoryReader.Totals totals = new HistoryReader(direct, KEYS).totals(day.minusDays(3), day);

        assertThat(totals.totals())
                .containsExactly(
                        new DayTotals("Sales", day, 2, 1, Duration.ofMinutes(6), 2L << 30, 0, 1, 1),
                        new DayTotals("Ware", day.minusDays(1), 1, 0, Duration.ofMinutes(3), 1L << 30, 0, 0, 0),
                        new DayTotals("Ware", day, 0, 0, Duration.ZERO, 0, 1, 0, 0));
    }
}
