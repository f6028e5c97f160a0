package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.plan.PlanRequest;
import dev.sluice.engine.plan.Planning;
import dev.sluice.engine.plan.RestorePlan;
import dev.sluice.engine.plan.RestoreTarget;
import dev.sluice.engine.restore.RestoreRequest;
import dev.sluice.engine.restore.RestoreRequest.Existing;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.simulator.server.Fault;
import dev.sluice.simulator.server.Faults;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;

/// Random histories of workload, backups of every type, cancels, failures and restores in place; then the
/// database is restored to random instants of it, and each copy must equal what was there then. An instant may
/// be out of reach, but nothing may ever be restored to another state than the one that was asked for.
///
/// `-Dsluice.histories=200` runs so many; a seed is logged, and `-Dsluice.seed=N` begins with that one.
@Timeout(value = 3, unit = TimeUnit.HOURS)
class RestoreHistoriesIT {

    private static final int HISTORIES = Integer.getInteger("sluice.histories", 4);
    private static final int STEPS = 12;
    private static final List<BackupType> TYPES = List.of(BackupType.FULL, BackupType.DIFFERENTIAL, BackupType.LOG);

    @TempDir
    Path directory;

    /// An instant of the database.
    ///
    /// @param states what it held then: more than one where a restore in place went back behind the instant. On the
    ///               fork that lives the database then stood still, at what was restored, until it went on
    private record Moment(Instant when, Set<Map<Long, Long>> states) {

        static Moment of(Instant when, Map<Long, Long> pages) {
            return new Moment(when, Set.of(pages));
        }

        /// The same after a restore in place to `then`.
        Moment after(Instant then, Map<Long, Long> restored) {
            if (!when.isAfter(then)) {
                return this;
            }
            Set<Map<Long, Long>> both = new HashSet<>(states);
            both.add(restored);
            return new Moment(when, both);
        }
    }

    private int restored;
    private int refused;

    @Test
    void everyCopyEqualsItsSourceAtThatInstant() throws Exception {
        long start = Long.getLong("sluice.seed", System.nanoTime());
        System.Logger log = System.getLogger(RestoreHistoriesIT.class.getName());
        log.log(System.Logger.Level.INFO, "seed {0}", Long.toString(start));
        for (int i = 0; i < HISTORIES; i++) {
            long seed = start + i;
            Path place = Files.createDirectories(directory.resolve("history-" + i));
            try (RestoreBench bench = RestoreBench.start(place, 512 << 10)) {
                history(bench, new SplittableRandom(seed));
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError(
                        "history of -Dsluice.seed=%d -Dsluice.histories=1: %s".formatted(seed, e.getMessage()), e);
            }
        }
        log.log(
                System.Logger.Level.INFO,
                "{0} histories, {1} restores equal, {2} instants out of reach",
                HISTORIES,
                restored,
                refused);
        assertThat(restored).isGreaterThanOrEqualTo(HISTORIES);
    }

    private void history(RestoreBench bench, SplittableRandom random) throws Exception {
        List<Moment> moments = new ArrayList<>();
        boolean broken = false; // by a restore in place: what was not backed up before is gone
        bench.backUp(BackupType.FULL, 1 + random.nextInt(3));
        for (int i = 0; i < STEPS; i++) {
            bench.later(Duration.ofSeconds(10));
            switch (random.nextInt(12)) {
                case 0 -> bench.backUp(BackupType.FULL, 1 + random.nextInt(3));
                case 1 -> bench.backUp("Sales", BackupType.FULL, true, 1);
                case 2, 3 -> bench.backUp(BackupType.DIFFERENTIAL, 1 + random.nextInt(2));
                case 4, 5 -> bench.backUp(BackupType.LOG, 1 + random.nextInt(2));
                case 6 -> failing(bench, random);
                case 7 -> cancelled(bench, random);
                case 8 -> broken |= inPlace(bench, moments, random);
                default -> {
                    bench.work("Sales", 1 + random.nextInt(6), random.nextLong(1_000));
                    moments.add(Moment.of(bench.now().plusSeconds(5), bench.pages("Sales")));
                }
            }
        }
        bench.later(Duration.ofSeconds(10));
        bench.work("Sales", 1, 1);
        bench.later(Duration.ofSeconds(10));
        // After a restore in place nothing but a data backup leads to the new recovery fork.
        bench.backUp(broken ? BackupType.FULL : BackupType.LOG, 1);
        bench.work("Sales", 1, 2);
        Map<Long, Long> end = bench.pages("Sales");
        bench.later(Duration.ofSeconds(10));
        bench.backUp(BackupType.LOG, 1);

        bench.restore(PlanRequest.to(new RestoreTarget.End()), "End");
        assertThat(bench.pages("End")).as("the end").isEqualTo(end);
        restored++;
        for (int i = 0; i < 2 && !moments.isEmpty(); i++) {
            Moment moment = moments.remove(random.nextInt(moments.size()));
            reach(bench, moment, "Then" + i, !broken);
        }
    }

    private void reach(RestoreBench bench, Moment moment, String name, boolean mustBeReachable) {
        Planning planning = bench.plan(PlanRequest.to(bench.at(moment.when())));
        switch (planning) {
            case RestorePlan plan -> {
                bench.restore(RestoreRequest.of(plan, bench.inventory().documents(), name, Map.of(), Existing.KEEP));
                assertThat(bench.pages(name)).as("at %s", moment.when()).isIn(moment.states());
                restored++;
            }
            case Planning.Unreachable no -> {
                assertThat(mustBeReachable)
                        .as("%s: %s", moment.when(), no.why())
                        .isFalse();
                refused++;
            }
        }
    }

    private static void failing(RestoreBench bench, SplittableRandom random) {
        Fault fault = random.nextBoolean() ? new Fault.FailsAfter(0) : new Fault.FailsAfterComplete();
        BackupType type = TYPES.get(random.nextInt(TYPES.size()));
        bench.installation.server.faults().next(type == BackupType.LOG ? Faults.Target.LOG : Faults.Target.DATA, fault);
        try {
            bench.backUp(type, 1);
            throw new AssertionError("the backup should have failed");
        } catch (OperationFailed e) {
            assertThat(e.id()).doesNotHaveToString("unexpected");
        }
    }

    /// At whatever moment: it may have been too late.
    private static void cancelled(RestoreBench bench, SplittableRandom random) {
        Disposable backup = bench.engine()
                .backup(
                        Installation.request("Sales", TYPES.get(random.nextInt(TYPES.size())), false, 1),
                        RunObserver.SILENT)
                .subscribe(_ -> {}, _ -> {});
        long until = System.nanoTime() + random.nextLong(200_000_000);
        while (System.nanoTime() < until && !backup.isDisposed()) {
            Thread.onSpinWait();
        }
        backup.dispose();
        bench.engine().idle().block(Duration.ofMinutes(2));
    }

    /// Back to an earlier instant, over itself: from here on the database is on another recovery fork.
    private static boolean inPlace(RestoreBench bench, List<Moment> moments, SplittableRandom random) {
        if (moments.isEmpty()) {
            return false;
        }
        Moment moment = moments.get(random.nextInt(moments.size()));
        if (!(bench.plan(PlanRequest.to(bench.at(moment.when()))) instanceof RestorePlan plan)) {
            return false;
        }
        bench.restore(RestoreRequest.of(
                plan, bench.inventory().documents(), "Sales", Map.of(), Existing.REPLACE_AND_DISCARD_TAIL));
        Map<Long, Long> restored = bench.pages("Sales");
        assertThat(restored).as("in place, at %s", moment.when()).isIn(moment.states());
        moments.replaceAll(each -> each.after(moment.when(), restored));
        return true;
    }
}
