package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.engine.plan.PlanRequest;
import dev.sluice.engine.plan.RestoreTarget;
import dev.sluice.engine.retention.HoldRequest;
import dev.sluice.engine.retention.KeepRule;
import dev.sluice.engine.retention.PruneRequest;
import dev.sluice.engine.retention.RetentionRule;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import java.nio.file.Path;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.temporal.TemporalAdjusters;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A year of backups in a bucket, by a server whose clock the test moves, over both changes of Berlin's clocks: full
/// backups every six days, a differential and a log behind each. Every promise is made at once, two backups are held,
/// and the bucket is pruned after each full backup. What is kept is what the rule says, every kept full backup restores
/// to the state that the database had then, and nothing held goes.
@Timeout(400)
class RetentionYearIT {

    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
    private static final KeepRule RULE = new KeepRule(1, 13, 3, 5, 2, BERLIN);
    private static final int ROUNDS = 62;

    @TempDir
    Path directory;

    private final List<BackupDocument> fulls = new ArrayList<>();
    private final Map<String, Map<Long, Long>> states = new HashMap<>();

    @Test
    void whatIsKeptIsWhatTheRuleSaysAndRestores() throws Exception {
        try (RestoreBench bench =
                RestoreBench.start(directory, BERLIN, options -> options.withDatabase("Sales", 256 << 10))) {
            Set<String> held = new HashSet<>();
            Set<String> ended = new HashSet<>();
            for (int round = 0; round < ROUNDS; round++) {
                bench.later(Duration.ofHours(6 * 24 - 5));
                fulls.add(backUp(bench, BackupType.FULL));
                bench.later(Duration.ofHours(3));
                backUp(bench, BackupType.DIFFERENTIAL);
                bench.later(Duration.ofHours(2));
                BackupDocument log = backUp(bench, BackupType.LOG);
                if (round == 7) {
                    held.addAll(hold(bench, log, null));
                } else if (round == 15) {
                    ended.addAll(hold(bench, log, bench.now().plus(Duration.ofDays(100))));
                }
                if (round == 25) {
                    assertThat(listed(bench)).as("before its hold ends").containsAll(ended);
                }
                prune(bench);
            }

            Set<String> kept = listed(bench);
            assertThat(kept).containsAll(held);
            assertThat(held).hasSize(3);
            Set<String> expected = expected(bench.now());
            assertThat(fulls.stream().map(BackupDocument::backupId).filter(kept::contains))
                    .containsExactlyInAnyOrderElementsOf(fulls.stream()
                            .map(BackupDocument::backupId)
                            .filter(id -> expected.contains(id) || held.contains(id))
                            .toList());
            assertThat(ended)
                    .as("once its hold has ended")
                    .hasSize(3)
                    .noneMatch(id -> kept.contains(id) && !expected.contains(id));
            restoreAll(bench, kept);
        }
    }

    private BackupDocument backUp(RestoreBench bench, BackupType type) throws Exception {
        bench.work("Sales", 2, fulls.size());
        BackupDocument backup = bench.backUp(type, 1);
        states.put(backup.backupId(), bench.pages("Sales"));
        return backup;
    }

    private static List<String> hold(RestoreBench bench, BackupDocument backup, Instant until) {
        return bench.engine()
                .hold(new HoldRequest(backup, until, "audit", bench.now()))
                .block(Installation.SOON)
                .hold()
                .backups();
    }

    /// The server releases the lock of the backup before a moment after its session was closed.
    private static void prune(RestoreBench bench) {
        for (int i = 0; ; i++) {
            try {
                bench.engine()
                        .prune(new PruneRequest(
                                "Sales", (backups, now) -> RetentionRule.decide(backups, RULE, now), false))
                        .block(Installation.SOON);
                return;
            } catch (OperationFailed e) {
                if (e.id() != FailureId.BUSY || i == 100) {
                    throw e;
                }
                LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
            }
        }
    }

    private static Set<String> listed(RestoreBench bench) {
        return Set.copyOf(bench.engine()
                .environment()
                .catalog()
                .list("Sales")
                .map(CatalogKey::backupId)
                .collectList()
                .block(Installation.SOON));
    }

    /// The full backups that the rule keeps of all that were ever taken, by another way than the rule's.
    private Set<String> expected(Instant now) {
        Set<String> expected = new HashSet<>();
        expected.addAll(lastOfEach(3, day -> day.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY))));
        expected.addAll(lastOfEach(5, day -> YearMonth.from(day).atDay(1)));
        expected.addAll(lastOfEach(2, day -> day.withDayOfYear(1)));
        Instant from = now.minus(Duration.ofDays(13));
        BackupDocument before = null;
        for (BackupDocument full : fulls) {
            if (full.finishedAt().isBefore(from)) {
                before = full;
            } else {
                expected.add(full.backupId());
            }
        }
        expected.add(before.backupId()); // the first moment of the last days rests on it
        return expected;
    }

    private List<String> lastOfEach(int number, Function<LocalDate, LocalDate> firstDay) {
        TreeMap<LocalDate, String> last = new TreeMap<>();
        fulls.forEach(full -> last.put(firstDay.apply(LocalDate.ofInstant(full.startedAt(), BERLIN)), full.backupId()));
        return last.descendingMap().values().stream().limit(number).toList();
    }

    private void restoreAll(RestoreBench bench, Set<String> kept) {
        int copies = 0;
        for (String id : kept.stream().sorted().collect(Collectors.toList())) {
            String copy = "Copy" + copies++;
            bench.restore(PlanRequest.to(new RestoreTarget.Through(id)), copy);
            assertThat(bench.pages(copy)).as(id).isEqualTo(states.get(id));
        }
        System.getLogger(RetentionYearIT.class.getName())
                .log(System.Logger.Level.INFO, "{0} of {1} backups kept and restored", copies, states.size());
    }
}
