package dev.sluice.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Random histories of a database and its backups, restored to random instants and compared with what was there
/// then. 200 of them with `-Dsluice.long=true`.
@Timeout(value = 600, unit = TimeUnit.SECONDS)
class RandomHistoryTest {

    private static final int HISTORIES = Boolean.getBoolean("sluice.long") ? 200 : 12;
    private static final int STEPS = 14;

    private record Backup(char type, LocalDateTime taken, List<byte[]> stripes) {}

    private record Moment(LocalDateTime when, Map<Long, Long> versions) {}

    @Test
    void everyInstantBetweenTwoBackupsCanBeReachedAgain() throws Exception {
        long start = Long.getLong("sluice.seed", System.nanoTime());
        for (int i = 0; i < HISTORIES; i++) {
            long seed = start + i;
            try (Bench bench = new Bench(options -> options.withDatabase("Sales", 1 << 20))) {
                history(bench, new SplittableRandom(seed));
            } catch (AssertionError e) {
                throw new AssertionError("history of -Dsluice.seed=%d".formatted(seed), e);
            }
        }
    }

    private static void history(Bench bench, SplittableRandom random) throws Exception {
        List<Backup> backups = new ArrayList<>();
        List<Moment> moments = new ArrayList<>();
        take(bench, backups, random, "DATABASE", 'D', "");
        for (int i = 0; i < STEPS; i++) {
            bench.later(Duration.ofSeconds(10));
            switch (random.nextInt(8)) {
                case 0 -> take(bench, backups, random, "DATABASE", 'D', "");
                case 1 -> take(bench, backups, random, "DATABASE", 'I', "DIFFERENTIAL");
                case 2, 3 -> take(bench, backups, random, "LOG", 'L', "");
                case 4 -> {
                    bench.server
                            .faults()
                            .next(random.nextBoolean() ? new Fault.FailsAfter(0) : new Fault.FailsAfterComplete());
                    List<String> names = bench.names(1);
                    try (BackupClient client =
                            BackupClient.storing(bench.vdi, names).start()) {
                        assertThat(bench.errors("BACKUP LOG [Sales] TO " + Bench.clauses(names)))
                                .isNotEmpty();
                        client.awaitEnd();
                    }
                }
                default -> {
                    bench.work("Sales", 1 + random.nextInt(6), random.nextLong(1_000));
                    moments.add(new Moment(bench.time(), bench.server.pageVersions("Sales")));
                }
            }
        }
        bench.later(Duration.ofSeconds(10));
        bench.work("Sales", 1, 1);
        Map<Long, Long> end = bench.server.pageVersions("Sales");
        take(bench, backups, random, "LOG", 'L', "");

        restoreToEnd(bench, backups, "End");
        assertThat(bench.server.pageVersions("End")).isEqualTo(end);
        if (!moments.isEmpty()) {
            Moment target = moments.get(random.nextInt(moments.size()));
            restoreTo(bench, backups, target.when().plusSeconds(5), "Then");
            assertThat(bench.server.pageVersions("Then")).isEqualTo(target.versions());
        }
    }

    private static void take(
            Bench bench, List<Backup> backups, SplittableRandom random, String what, char type, String with)
            throws InterruptedException {
        int stripes = 1 + random.nextInt(3);
        String options = with + (random.nextBoolean() ? (with.isEmpty() ? "" : ", ") + "CHECKSUM" : "");
        backups.add(new Backup(type, bench.time(), bench.backUp(what + " [Sales]", stripes, options)));
    }

    private static void restoreToEnd(Bench bench, List<Backup> backups, String name) throws InterruptedException {
        roll(bench, backups, backups.size(), name, "");
        bench.ok("RESTORE DATABASE [%s] WITH RECOVERY".formatted(name));
    }

    private static void restoreTo(Bench bench, List<Backup> backups, LocalDateTime when, String name)
            throws InterruptedException {
        int before = 0;
        while (before < backups.size() && backups.get(before).taken().isBefore(when)) {
            before++;
        }
        String stop = ", STOPAT = N'%s'".formatted(when);
        roll(bench, backups, before, name, stop);
        List<Backup> after = backups.subList(before, backups.size());
        Backup log = after.stream()
                .filter(backup -> backup.type() == 'L')
                .findFirst()
                .orElseThrow();
        bench.restored("LOG [%s]".formatted(name), log.stripes(), "NORECOVERY" + stop);
        bench.ok("RESTORE DATABASE [%s] WITH RECOVERY".formatted(name));
    }

    /// The last full backup among the first `count`, the last differential behind it, and all logs behind that.
    private static void roll(Bench bench, List<Backup> backups, int count, String name, String stop)
            throws InterruptedException {
        int full = last(backups, 0, count, 'D');
        bench.restored(
                "DATABASE [%s]".formatted(name), backups.get(full).stripes(), Bench.moved(name, "NORECOVERY" + stop));
        int base = Math.max(full, last(backups, full, count, 'I'));
        if (base > full) {
            bench.restored("DATABASE [%s]".formatted(name), backups.get(base).stripes(), "NORECOVERY" + stop);
        }
        for (Backup log : backups.subList(base, count)) {
            if (log.type() == 'L') {
                // 4326 says that all of this log is in the database already, as it may be behind a data backup.
                assertThat(Bench.numbers(bench.restore("LOG [%s]".formatted(name), log.stripes(), "NORECOVERY" + stop)))
                        .isIn(List.of(), List.of(4326, 3013));
            }
        }
    }

    private static int last(List<Backup> backups, int from, int to, char type) {
        for (int i = to - 1; i >= from; i--) {
            if (backups.get(i).type() == type) {
                return i;
            }
        }
        return -1;
    }
}
