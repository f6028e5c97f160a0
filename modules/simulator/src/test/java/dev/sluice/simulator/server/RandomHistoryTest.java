package dev.sluice.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.mtf.Lsn;
import dev.sluice.simulator.tds.Batch;
import dev.sluice.simulator.tds.Cancellation;
import dev.sluice.simulator.tds.CollectedResponse;
import dev.sluice.simulator.tds.SqlSession;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Random histories of a database and its backups, restored on random paths to the end, to an instant and to a log
/// sequence number, and compared page by page with what was there then.
///
/// Backups are full, differential and log ones, in any number of stripes, packed or not, beside the workload or
/// in peace; some are outside the chain, some fail in any of the ways that there are. No failure may cost a log
/// record, and on the way of every restore what does not belong there is refused with SQL Server's numbers
/// first.
///
/// 8 of them; 200 with `-Dsluice.long=true`.
@Timeout(value = 1800, unit = TimeUnit.SECONDS)
class RandomHistoryTest {

    private static final int HISTORIES = Boolean.getBoolean("sluice.long") ? 200 : 8;
    private static final int STEPS = 16;
    private static final Duration STEP = Duration.ofSeconds(10);
    private static final Duration PATIENTLY = Duration.ofSeconds(60);

    /// @param written its options
    /// @param then what was committed when it was taken
    private record Backup(
            char type,
            boolean copyOnly,
            String written,
            LocalDateTime taken,
            List<byte[]> stripes,
            Map<Long, Long> then) {
        String what() {
            return type == 'L' ? "LOG" : "DATABASE";
        }
    }

    private record Moment(LocalDateTime when, Lsn next, Map<Long, Long> versions) {}

    private final List<Backup> backups = new ArrayList<>();
    private final List<Moment> moments = new ArrayList<>();
    private final Set<String> stored = new HashSet<>();
    private SplittableRandom random = new SplittableRandom();
    private Bench bench;
    private int copies;
    private final Set<Integer> refusals = new TreeSet<>();

    @Test
    void everyInstantCanBeReachedAgainAndNoFailureCostsALogRecord() throws Exception {
        long start = Long.getLong("sluice.seed", System.nanoTime());
        System.getLogger(RandomHistoryTest.class.getName())
                .log(System.Logger.Level.INFO, "-Dsluice.seed={0}", Long.toString(start));
        for (int i = 0; i < HISTORIES; i++) {
            long seed = start + i;
            try (Bench fresh = new Bench(options -> options.withDatabase("Sales", 1 << 20))) {
                bench = fresh;
                random = new SplittableRandom(seed);
                backups.clear();
                moments.clear();
                stored.clear();
                history();
            } catch (AssertionError | Exception e) {
                throw new AssertionError("history of -Dsluice.seed=%d".formatted(seed), e);
            }
        }
        if (HISTORIES >= 200) {
            assertThat(refusals).contains(3132, 3227, 3258, 3136, 4305, 4326);
        }
    }

    private void history() throws Exception {
        take('D', false);
        for (int i = 0; i < STEPS; i++) {
            bench.later(STEP);
            switch (random.nextInt(12)) {
                case 0 -> take('D', random.nextInt(3) == 0);
                case 1 -> take('I', false);
                case 2, 3 -> take('L', false);
                case 4 -> take('L', true);
                case 5, 6 -> fail();
                case 7 -> takeBesideTheWorkload();
                default -> work();
            }
        }
        bench.later(STEP);
        work();
        bench.later(STEP);
        Map<Long, Long> end = bench.server.pageVersions("Sales");
        take('L', false);

        String all = roll(backups.size(), "");
        bench.ok("RESTORE DATABASE [%s] WITH RECOVERY".formatted(all));
        assertThat(bench.server.pageVersions(all)).isEqualTo(end);
        Moment target = moments.get(random.nextInt(moments.size()));
        LocalDateTime instant = target.when().plusSeconds(5);
        restoreTo(target, ", STOPAT = N'%s'".formatted(Bench.iso(instant)));
        restoreTo(target, ", STOPBEFOREMARK = N'lsn:%s'".formatted(target.next().toDecimal()));
        Lsn last = new Lsn(target.next().vlf(), target.next().block() - 1, 1);
        restoreTo(target, ", STOPATMARK = N'lsn:%s'".formatted(last.toDecimal()));
    }

    private void work() throws Exception {
        bench.work("Sales", 1 + random.nextInt(6), random.nextLong(1_000));
        Object next =
                bench.value("SELECT l.log_end_lsn FROM sys.databases d CROSS APPLY sys.dm_db_log_stats(d.database_id) l"
                        + " WHERE d.name = N'Sales'");
        moments.add(new Moment(bench.time(), Lsn.parse((String) next), bench.server.pageVersions("Sales")));
    }

    private static String statement(char type) {
        return type == 'L' ? "LOG [Sales]" : "DATABASE [Sales]";
    }

    private String options(char type, boolean copyOnly) {
        List<String> options = new ArrayList<>(List.of("FORMAT"));
        if (type == 'I') {
            options.add("DIFFERENTIAL");
        }
        if (copyOnly) {
            options.add("COPY_ONLY");
        }
        for (String one : List.of("CHECKSUM", "COMPRESSION", "BLOCKSIZE = 4096", "MAXTRANSFERSIZE = 262144")) {
            if (random.nextInt(3) == 0) {
                options.add(one);
            }
        }
        return String.join(", ", options);
    }

    private void take(char type, boolean copyOnly) throws Exception {
        List<String> names = bench.names(1 + random.nextInt(3));
        LocalDateTime taken = bench.time();
        Map<Long, Long> then = bench.server.pageVersions("Sales");
        String with = options(type, copyOnly);
        try (BackupClient client = BackupClient.storing(bench.vdi, names).start()) {
            bench.ok("BACKUP %s TO %s WITH %s".formatted(statement(type), Bench.clauses(names), with));
            client.awaitEnd();
            stored.add(names.getFirst());
            backups.add(new Backup(type, copyOnly, with, taken, client.stripes(), then));
        }
        nothingIsLost();
    }

    private void nothingIsLost() {
        assertThat(bench.server.lostLogRecords("Sales", stored::contains)).isZero();
    }

    private void fail() throws Exception {
        char type = "DIL".charAt(random.nextInt(3));
        bench.server
                .faults()
                .next(
                        switch (random.nextInt(7)) {
                            case 0 -> new Fault.FailsAfter(random.nextInt(100_000));
                            case 1 -> new Fault.FailsAfterComplete();
                            case 2 -> new Fault.AbortsAfter(random.nextInt(100_000));
                            case 3 -> new Fault.CancelsAfter(random.nextInt(100_000));
                            case 4 -> new Fault.DiesAtCommand(random.nextInt(8));
                            default -> new Fault.DiesBeforeTruncation();
                        });
        List<String> names = bench.names(1 + random.nextInt(3));
        try (BackupClient client = BackupClient.storing(bench.vdi, names).start()) {
            String with = options(type, false);
            CollectedResponse response =
                    bench.run("BACKUP %s TO %s WITH %s".formatted(statement(type), Bench.clauses(names), with));
            client.awaitEndOrAbort();
            boolean good = response.errors().isEmpty(); // what was to strike later than the end did not strike
            if (good) {
                stored.add(names.getFirst());
                backups.add(new Backup(
                        type, false, with, bench.time(), client.stripes(), bench.server.pageVersions("Sales")));
            } else {
                assertThat(Bench.numbers(response)).endsWith(3013);
            }
        }
        nothingIsLost();
    }

    /// A full backup that is held up while transactions and a log backup go on beside it.
    private void takeBesideTheWorkload() throws Exception {
        bench.server.faults().next(Faults.Target.DATA, new Fault.StallsAfter(random.nextInt(500_000)));
        List<String> names = bench.names(1 + random.nextInt(3));
        String with = options('D', false);
        String sql = "BACKUP DATABASE [Sales] TO %s WITH %s".formatted(Bench.clauses(names), with);
        LocalDateTime taken = bench.time();
        Map<Long, Long> then = bench.server.pageVersions("Sales");
        try (BackupClient client = BackupClient.storing(bench.vdi, names).start();
                SqlSession other = bench.server.open(41)) {
            CollectedResponse response = new CollectedResponse();
            FutureTask<Boolean> backup = new FutureTask<>(() -> {
                other.execute(Batch.of(sql), response, new Cancellation());
                return true;
            });
            Thread.ofPlatform().daemon().start(backup);
            await().atMost(PATIENTLY)
                    .until(() -> backup.isDone() || bench.server.faults().isStalling());
            int place = backups.size();
            bench.later(STEP);
            work();
            if (random.nextBoolean()) {
                bench.later(STEP);
                take('L', false);
            }
            bench.server.faults().release();
            assertThat(backup.get(PATIENTLY.toSeconds(), TimeUnit.SECONDS)).isTrue();
            client.awaitEnd();
            assertThat(response.errors()).isEmpty();
            stored.add(names.getFirst());
            backups.add(place, new Backup('D', false, with, taken, client.stripes(), then));
        }
        nothingIsLost();
    }

    private void restoreTo(Moment target, String stop) throws Exception {
        int before = 0;
        while (before < backups.size() && backups.get(before).taken().isBefore(target.when())) {
            before++;
        }
        String name = roll(before, stop);
        Backup last = backups.subList(before, backups.size()).stream()
                .filter(backup -> backup.type() == 'L')
                .findFirst()
                .orElseThrow();
        bench.restored("LOG [%s]".formatted(name), last.stripes(), with(last, "NORECOVERY" + stop));
        bench.ok("RESTORE DATABASE [%s] WITH RECOVERY".formatted(name));
        assertThat(bench.server.pageVersions(name)).as(stop).isEqualTo(target.versions());
    }

    private static String with(Backup backup, String options) {
        return options + (backup.written().contains("BLOCKSIZE = 4096") ? ", BLOCKSIZE = 4096" : "");
    }

    /// Any full backup among the first `count`, perhaps a differential that is based on it, and all logs behind
    /// that.
    ///
    /// @return the name of the database, which waits for more
    private String roll(int count, String stop) throws Exception {
        List<Integer> fulls = indexes(0, count, 'D');
        int full = fulls.get(random.nextInt(fulls.size()));
        Backup first = backups.get(full);
        String name = "Copy" + ++copies;
        refuseWrongStripes(name, first);
        bench.restored(
                "DATABASE [%s]".formatted(name),
                first.stripes(),
                with(first, Bench.moved(name, "REPLACE, NORECOVERY" + stop)));
        int base = full;
        for (int i : indexes(full, count, 'I')) {
            boolean fits = fulls.stream()
                    .noneMatch(f -> f > full && f < i && !backups.get(f).copyOnly());
            if (!first.copyOnly() && fits && random.nextBoolean()) {
                base = i;
            } else if (first.copyOnly() || !fits) {
                requireRefusal(3136, numbers(name, backups.get(i), "NORECOVERY" + stop));
            }
        }
        if (base > full) {
            bench.restored(
                    "DATABASE [%s]".formatted(name),
                    backups.get(base).stripes(),
                    with(backups.get(base), "NORECOVERY" + stop));
        }
        rollLogs(name, base, count, stop);
        return name;
    }

    private void rollLogs(String name, int base, int count, String stop) throws Exception {
        List<Integer> logs = indexes(base, count, 'L').stream()
                .filter(i -> !backups.get(i).copyOnly())
                .toList();
        for (int n = 0; n < logs.size(); n++) {
            Backup log = backups.get(logs.get(n));
            if (random.nextInt(4) == 0) {
                refuseDamage(name, log, stop);
            }
            boolean standby = random.nextInt(3) == 0;
            List<Integer> errors = numbers(name, log, (standby ? "STANDBY = N'/d/undo'" : "NORECOVERY") + stop);
            // 4326 says that all of this log is in the database already, as it may be behind a data backup.
            if (!errors.isEmpty()) {
                requireRefusal(4326, errors);
            }
            if (standby && errors.isEmpty()) {
                assertThat(bench.server.pageVersions(name)).isEqualTo(log.then());
            }
            // One log further on there is a gap, unless the one between is empty.
            if (n + 2 < logs.size() && errors.isEmpty() && stop.isEmpty()) {
                Backup tooFar = backups.get(logs.get(n + 2));
                Backup skipped = backups.get(logs.get(n + 1));
                if (!skipped.then().equals(log.then())) {
                    requireRefusal(4305, numbers(name, tooFar, "NORECOVERY"));
                }
            }
        }
    }

    private List<Integer> numbers(String name, Backup backup, String with) throws InterruptedException {
        return Bench.numbers(
                bench.restore("%s [%s]".formatted(backup.what(), name), backup.stripes(), with(backup, with)));
    }

    private void refuseWrongStripes(String name, Backup backup) throws Exception {
        List<byte[]> stripes = new ArrayList<>(backup.stripes());
        int expected;
        if (stripes.size() == 1) {
            return;
        }
        Backup other = backups.stream()
                .filter(one -> !one.equals(backup) && one.stripes().size() == stripes.size())
                .findFirst()
                .orElse(null);
        switch (random.nextInt(3)) {
            case 0 -> {
                stripes.removeLast();
                expected = 3132;
            }
            case 1 -> {
                stripes.set(1, stripes.getFirst());
                expected = 3227;
            }
            default -> {
                if (other == null) {
                    return;
                }
                stripes.set(1, other.stripes().get(1));
                expected = 3258;
            }
        }
        requireRefusal(
                expected,
                Bench.numbers(bench.restore(
                        "DATABASE [%s]".formatted(name), stripes, with(backup, Bench.moved(name, "NORECOVERY")))));
    }

    private void requireRefusal(int number, List<Integer> errors) {
        assertThat(errors).containsExactly(number, 3013);
        refusals.add(number);
    }

    /// Changes one byte of a log record, which must be found, and must change nothing.
    private void refuseDamage(String name, Backup log, String stop) throws Exception {
        byte[] changed = log.stripes().getFirst().clone();
        int at = (int) (changed.length * 0.7);
        changed[at] ^= 0x10;
        List<byte[]> stripes = new ArrayList<>(log.stripes());
        stripes.set(0, changed);
        Map<Long, Long> before = bench.server.pageVersions(name);
        List<Integer> errors =
                Bench.numbers(bench.restore("LOG [%s]".formatted(name), stripes, with(log, "NORECOVERY" + stop)));
        if (errors.isEmpty()) {
            // Padding behind the log is covered by nothing in a backup without checksums; then the log is whole.
            return;
        }
        assertThat(errors).endsWith(3013).hasSize(2);
        assertThat(bench.server.pageVersions(name)).isEqualTo(before);
    }

    private List<Integer> indexes(int from, int to, char type) {
        List<Integer> found = new ArrayList<>();
        for (int i = from; i < to; i++) {
            if (backups.get(i).type() == type) {
                found.add(i);
            }
        }
        return found;
    }
}
