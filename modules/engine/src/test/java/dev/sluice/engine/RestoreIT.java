package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.catalog.BackupDetails;
import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.DatabaseFile;
import dev.sluice.catalog.SetFacts;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.backup.TailLog;
import dev.sluice.engine.bucket.Downloads;
import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.plan.PlanFinding;
import dev.sluice.engine.plan.PlanRequest;
import dev.sluice.engine.plan.Planner;
import dev.sluice.engine.plan.Planning;
import dev.sluice.engine.plan.RestorePlan;
import dev.sluice.engine.plan.RestorePlan.Recovery;
import dev.sluice.engine.plan.RestoreTarget;
import dev.sluice.engine.plan.RestoringDatabase;
import dev.sluice.engine.recovery.VerdictDocument;
import dev.sluice.engine.restore.Listing;
import dev.sluice.engine.restore.RestoreCheck;
import dev.sluice.engine.restore.RestoreObserver;
import dev.sluice.engine.restore.RestorePosition;
import dev.sluice.engine.restore.RestoreRequest;
import dev.sluice.engine.restore.RestoreRequest.Existing;
import dev.sluice.engine.restore.RestoreResult;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.run.RunProgress;
import dev.sluice.engine.sql.RestoreFacts;
import dev.sluice.engine.sql.ServerMessage;
import dev.sluice.mtf.Lsn;
import dev.sluice.simulator.database.LogPosition;
import dev.sluice.simulator.server.Fault;
import dev.sluice.simulator.server.Faults;
import dev.sluice.simulator.server.Product;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;

/// Restores of whole chains through VDI and TDS, and everything that stops one.
@Timeout(180)
class RestoreIT {

    private static final PlanRequest END = PlanRequest.to(new RestoreTarget.End());

    @TempDir
    Path directory;

    @AfterEach
    void noThreadOfARunIsLeft() {
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                        .noneMatch(thread -> thread.getName().startsWith("sluice-")));
    }

    private RestoreBench start() throws Exception {
        return RestoreBench.start(directory, 2 << 20);
    }

    // ---- the way ----

    @Test
    void fullDifferentialAndLogsBringBackEveryInstant() throws Exception {
        try (RestoreBench bench = start()) {
            bench.backUp(BackupType.FULL, 3);
            Map<Instant, Map<Long, Long>> moments = new LinkedHashMap<>();
            for (int i = 1; i <= 4; i++) {
                bench.later(Duration.ofMinutes(1));
                bench.work("Sales", 6, i);
                moments.put(bench.now().plusSeconds(20), bench.pages("Sales"));
                bench.later(Duration.ofMinutes(1));
                bench.work("Sales", 2, 100 + i);
                bench.later(Duration.ofSeconds(20));
                bench.backUp(i == 2 ? BackupType.DIFFERENTIAL : BackupType.LOG, 1 + i % 2);
            }
            bench.later(Duration.ofMinutes(1));
            bench.work("Sales", 1, 7);
            bench.backUp(BackupType.LOG, 1);

            int number = 0;
            for (Map.Entry<Instant, Map<Long, Long>> moment : moments.entrySet()) {
                String copy = "Copy" + ++number;
                RestoreResult result = bench.restore(PlanRequest.to(bench.at(moment.getKey())), copy);
                assertThat(bench.pages(copy)).as("at %s", moment.getKey()).isEqualTo(moment.getValue());
                assertThat(result.state()).isEqualTo("ONLINE");
            }
            bench.restore(END, "Last");
            assertThat(bench.installation.server.compare("Sales", "Last")).isEmpty();
        }
    }

    @Test
    void aServerInAnotherZoneIsToldItsOwnLocalTime() throws Exception {
        try (RestoreBench bench = RestoreBench.start(
                directory, ZoneId.of("America/New_York"), options -> options.withDatabase("Sales", 1 << 20))) {
            bench.backUp(BackupType.FULL, 1);
            bench.later(Duration.ofMinutes(1));
            bench.work("Sales", 3, 1);
            Map<Long, Long> then = bench.pages("Sales");
            Instant instant = bench.now().plusSeconds(10);
            bench.later(Duration.ofMinutes(1));
            bench.work("Sales", 3, 2);
            bench.later(Duration.ofMinutes(1));
            bench.backUp(BackupType.LOG, 1);

            bench.restore(
                    PlanRequest.to(RestoreTarget.parse(
                            instant.toString(), bench.inventory().time())),
                    "Copy");

            assertThat(bench.pages("Copy")).isEqualTo(then);
        }
    }

    @Test
    void stopsBeforeALsnAndAtTheEndOfANamedBackup() throws Exception {
        try (RestoreBench bench = start()) {
            bench.backUp(BackupType.FULL, 1);
            bench.work("Sales", 3, 1);
            Map<Long, Long> then = bench.pages("Sales");
            BackupDocument log = bench.backUp(BackupType.LOG, 1);
            bench.work("Sales", 3, 2);
            bench.backUp(BackupType.LOG, 1);

            bench.restore(PlanRequest.to(new RestoreTarget.Through(log.backupId())), "A");
            bench.restore(
                    PlanRequest.to(RestoreTarget.parse(
                            "lsn:" + log.lastLsn(), bench.inventory().time())),
                    "B");

            assertThat(bench.pages("A")).isEqualTo(then);
            assertThat(bench.pages("B")).isEqualTo(then);
        }
    }

    @Test
    void onlySqlServerKnowsWhetherALogHasTheInstantAndTheNextOneIsUsedIfNot() throws Exception {
        try (RestoreBench bench = start()) {
            bench.backUp(BackupType.FULL, 1);
            bench.later(Duration.ofMinutes(1));
            bench.work("Sales", 3, 1);
            BackupDocument log = bench.backUp(BackupType.LOG, 1);
            bench.later(Duration.ofMinutes(1));
            bench.work("Sales", 3, 2);
            Map<Long, Long> then = bench.pages("Sales");
            Instant instant = bench.now().plusSeconds(10);
            bench.later(Duration.ofMinutes(1));
            bench.work("Sales", 3, 3);
            bench.later(Duration.ofMinutes(1));
            bench.backUp(BackupType.LOG, 1);
            RestorePlan right = bench.planned(PlanRequest.to(bench.at(instant)));
            // As if the log backup had run for longer, so that it might have had the instant.
            RestorePlan.Step.Restore last =
                    (RestorePlan.Step.Restore) right.steps().getLast();
            RestorePlan.Step.Restore early = new RestorePlan.Step.Restore(
                    bench.inventory().backups().stream()
                            .filter(backup -> backup.id().equals(log.backupId()))
                            .findFirst()
                            .orElseThrow(),
                    last.stop(),
                    last.recovery());
            RestorePlan plan =
                    new RestorePlan(right.target(), List.of(right.steps().getFirst(), early), List.of(last), List.of());

            bench.restore(RestoreRequest.of(plan, bench.inventory().documents(), "Copy", Map.of(), Existing.KEEP));

            assertThat(bench.pages("Copy")).isEqualTo(then);
            assertThat(bench.state("Copy")).isEqualTo("ONLINE");
            assertThatThrownBy(() -> bench.restore(RestoreRequest.of(
                            new RestorePlan(plan.target(), plan.steps(), List.of(), List.of()),
                            bench.inventory().documents(),
                            "Other",
                            Map.of(),
                            Existing.KEEP)))
                    .isInstanceOfSatisfying(
                            OperationFailed.class,
                            failure -> assertThat(failure.id()).hasToString("point-not-reached"));
            assertThat(bench.state("Other")).isEqualTo("RESTORING");
        }
    }

    @Test
    void anInstantThatNoLogHadYetIsReachedByGoingOnWithTheNextOne() throws Exception {
        try (RestoreBench bench = start()) {
            bench.backUp(BackupType.FULL, 1);
            bench.later(Duration.ofMinutes(1));
            bench.work("Sales", 3, 1);
            BackupDocument log = bench.backUp(BackupType.LOG, 1);
            bench.later(Duration.ofMinutes(1));
            bench.work("Sales", 3, 2);
            Map<Long, Long> then = bench.pages("Sales");
            Instant instant = bench.now().plusSeconds(10);
            PlanRequest wanted = PlanRequest.to(bench.at(instant));
            bench.later(Duration.ofMinutes(1));
            bench.work("Sales", 3, 3);

            assertThatThrownBy(() -> bench.restore(lasting(bench, wanted, log, "Copy", Existing.KEEP)))
                    .isInstanceOfSatisfying(OperationFailed.class, failure -> {
                        assertThat(failure.id()).hasToString("point-not-reached");
                        assertThat(failure.hint())
                                .contains("--continue and the same --to")
                                .contains("RESTORE DATABASE [Copy] WITH RECOVERY");
                    });
            PlanRequest further = wanted.continuing(bench.standing("Copy"));
            // As long as there is no other log, nothing has changed.
            assertThatThrownBy(() -> bench.restore(lasting(bench, further, log, "Copy", Existing.CONTINUE)))
                    .isInstanceOfSatisfying(
                            OperationFailed.class,
                            failure -> assertThat(failure.id()).hasToString("point-not-reached"));
            bench.backUp(BackupType.LOG, 1);
            bench.restore(lasting(bench, further, log, "Copy", Existing.CONTINUE));

            assertThat(bench.pages("Copy")).isEqualTo(then);
            assertThat(bench.state("Copy")).isEqualTo("ONLINE");
        }
    }

    @Test
    void aDatabaseThatIsLeftRestoringStandsAtTheInstantAsWell() throws Exception {
        try (RestoreBench bench = start()) {
            bench.backUp(BackupType.FULL, 1);
            bench.work("Sales", 3, 1);
            BackupDocument log = bench.backUp(BackupType.LOG, 1);
            bench.later(Duration.ofMinutes(1));
            bench.work("Sales", 3, 2);
            Map<Long, Long> then = bench.pages("Sales");
            PlanRequest wanted = PlanRequest.to(bench.at(bench.now().plusSeconds(10)));
            bench.later(Duration.ofMinutes(1));
            bench.work("Sales", 3, 3);
            bench.backUp(BackupType.LOG, 1);

            bench.restore(lasting(bench, wanted.ending(new Recovery.NoRecovery()), log, "Copy", Existing.KEEP));
            bench.sql("RESTORE DATABASE [Copy] WITH RECOVERY");

            assertThat(bench.pages("Copy")).isEqualTo(then);
        }
    }

    /// The request as it would be if a log backup had run until behind everything, so that it might have the
    /// instant.
    private static RestoreRequest lasting(
            RestoreBench bench, PlanRequest wanted, BackupDocument log, String as, Existing existing) {
        List<Backup> backups = bench.inventory().backups().stream()
                .map(backup -> backup.id().equals(log.backupId()) ? lasting(backup, bench.now()) : backup)
                .toList();
        RestorePlan plan = (RestorePlan) new Planner(backups).plan(wanted);
        return RestoreRequest.of(plan, bench.inventory().documents(), as, Map.of(), existing);
    }

    private static Backup lasting(Backup one, Instant finished) {
        return new Backup(
                one.id(),
                one.database(),
                one.kind(),
                one.copyOnly(),
                one.place(),
                one.set(),
                one.family(),
                one.path(),
                one.firstLsn(),
                one.lastLsn(),
                one.checkpointLsn(),
                one.differentialBase(),
                one.recoveryModel(),
                one.started(),
                finished,
                null,
                one.traits(),
                one.bytes(),
                one.stripes(),
                one.missing());
    }

    @Test
    void aRestoreThatGoesOnIsOpenedWhereTheNextLogBeginsBehindTheInstant() throws Exception {
        try (RestoreBench bench = start()) {
            bench.backUp(BackupType.FULL, 1);
            bench.work("Sales", 3, 1);
            bench.backUp(BackupType.LOG, 1);
            Map<Long, Long> then = bench.pages("Sales");
            bench.restore(END.ending(new Recovery.NoRecovery()), "A");
            bench.restore(END.ending(new Recovery.NoRecovery()), "B");
            bench.later(Duration.ofMinutes(1));
            PlanRequest wanted = PlanRequest.to(bench.at(bench.now()));
            bench.later(Duration.ofMinutes(1));
            bench.work("Sales", 3, 2);
            bench.later(Duration.ofMinutes(1));
            bench.backUp(BackupType.LOG, 1);

            bench.goOn(wanted, "A");
            bench.goOn(wanted.ending(new Recovery.NoRecovery()), "B");

            assertThat(bench.pages("A")).isEqualTo(then);
            assertThat(bench.state("A")).isEqualTo("ONLINE");
            assertThat(bench.state("B")).isEqualTo("RESTORING");
        }
    }

    @Test
    void aLogThatBeganBehindTheInstantAndHasNothingBehindItIsOpened() throws Exception {
        Product older = new Product(Product.Release.SQL_2019, Product.Edition.DEVELOPER);
        try (RestoreBench bench = RestoreBench.start(
                directory, ZoneOffset.UTC, options -> options.withProduct(older).withDatabase("Sales", 1 << 20))) {
            bench.backUp(BackupType.FULL, 1);
            bench.work("Sales", 3, 1);
            bench.later(Duration.ofMinutes(1));
            PlanRequest wanted = PlanRequest.to(bench.at(bench.now()));
            bench.later(Duration.ofMinutes(1));
            bench.backUp(BackupType.LOG, 1);

            bench.restore(wanted, "A");
            bench.restore(wanted.ending(new Recovery.Standby("/var/opt/mssql/undo")), "B");

            for (String copy : List.of("A", "B")) {
                assertThat(bench.installation.server.compare("Sales", copy)).isEmpty();
                assertThat(bench.state(copy)).isEqualTo("ONLINE");
            }
        }
    }

    @Test
    void sessionsThatAreDroppedWhileNothingIsAskedDoNotFailARestore() throws Exception {
        try (RestoreBench bench = start()) {
            bench.backUp(BackupType.FULL, 1);
            bench.later(Duration.ofMinutes(1));
            bench.work("Sales", 3, 1);
            Map<Long, Long> then = bench.pages("Sales");
            PlanRequest wanted = PlanRequest.to(bench.at(bench.now().plusSeconds(10)));
            bench.later(Duration.ofMinutes(1));
            bench.work("Sales", 3, 2);
            bench.backUp(BackupType.LOG, 1);
            AtomicInteger asked = new AtomicInteger();

            RestoreResult result = bench.engine()
                    .restore(bench.request(wanted, "Copy", Existing.KEEP), new RestoreObserver() {
                        @Override
                        public void streaming(String id, RunProgress progress) {
                            asked.incrementAndGet();
                            bench.dropSleepingSessions();
                        }
                    })
                    .block(Installation.SOON);

            assertThat(asked).hasValue(1);
            assertThat(result.state()).isEqualTo("ONLINE");
            assertThat(bench.pages("Copy")).isEqualTo(then);
        }
    }

    @Test
    void aServerThatGoesAwayBetweenTwoStepsIsToldWithTheWayOn() throws Exception {
        try (RestoreBench bench = start()) {
            bench.backUp(BackupType.FULL, 1);
            bench.work("Sales", 3, 1);
            bench.backUp(BackupType.LOG, 1);
            RestoreRequest request = bench.request(END, "Copy", Existing.KEEP);

            assertThatThrownBy(() -> bench.engine()
                            .restore(request, new RestoreObserver() {
                                @Override
                                public void said(ServerMessage message) {
                                    if (message.number() == 3014) {
                                        bench.installation.server.close();
                                    }
                                }
                            })
                            .block(Installation.SOON))
                    .isInstanceOfSatisfying(OperationFailed.class, failure -> {
                        assertThat(failure.id()).hasToString("sql-server-unavailable");
                        assertThat(failure.what()).contains("Step 2 of 3");
                        assertThat(failure.hint()).contains("--continue");
                    });
        }
    }

    @Test
    void standbyAndNorecoveryLeaveTheDatabaseWaitingAndContinueGoesOn() throws Exception {
        try (RestoreBench bench = start()) {
            bench.backUp(BackupType.FULL, 1);
            bench.work("Sales", 3, 1);
            bench.backUp(BackupType.LOG, 1);

            bench.restore(END.ending(new Recovery.NoRecovery()), "A");
            bench.restore(END.ending(new Recovery.Standby("/var/opt/mssql/undo")), "B");
            assertThat(bench.state("A")).isEqualTo("RESTORING");
            assertThat(bench.pages("B")).isEqualTo(bench.pages("Sales"));
            bench.work("Sales", 3, 2);
            bench.backUp(BackupType.LOG, 1);

            for (String copy : List.of("A", "B")) {
                RestoreResult result = bench.goOn(END, copy);
                assertThat(result.backups()).isEqualTo(1);
                assertThat(bench.installation.server.compare("Sales", copy)).isEmpty();
            }
        }
    }

    @Test
    void whatStoppedWithinALogGoesOnWithinIt() throws Exception {
        try (RestoreBench bench = start()) {
            bench.backUp(BackupType.FULL, 1);
            bench.work("Sales", 3, 1);
            bench.backUp(BackupType.LOG, 1);
            bench.later(Duration.ofMinutes(1));
            bench.work("Sales", 3, 2);
            Instant early = bench.now().plusSeconds(10);
            bench.later(Duration.ofMinutes(1));
            bench.work("Sales", 3, 3);
            Instant late = bench.now().plusSeconds(10);
            Map<Long, Long> then = bench.pages("Sales");
            bench.later(Duration.ofMinutes(1));
            bench.work("Sales", 3, 4);
            bench.later(Duration.ofMinutes(1));
            BackupDocument log = bench.backUp(BackupType.LOG, 1);
            PlanRequest toEarly = PlanRequest.to(bench.at(early));
            long first = LogPosition.record(Lsn.ofDecimal(log.firstLsn()));
            PlanRequest toLsn = PlanRequest.to(new RestoreTarget.Before(LogPosition.lsn(first + 3)));

            bench.restore(toEarly.ending(new Recovery.NoRecovery()), "A");
            bench.restore(toEarly.ending(new Recovery.Standby("/var/opt/mssql/undo")), "B");
            bench.restore(toEarly.ending(new Recovery.NoRecovery()), "C");
            bench.restore(toLsn.ending(new Recovery.NoRecovery()), "D");

            bench.goOn(END, "A");
            bench.goOn(END, "B");
            bench.goOn(PlanRequest.to(bench.at(late)), "C");
            bench.goOn(END, "D");
            for (String copy : List.of("A", "B", "D")) {
                assertThat(bench.installation.server.compare("Sales", copy))
                        .as(copy)
                        .isEmpty();
                assertThat(bench.state(copy)).isEqualTo("ONLINE");
            }
            assertThat(bench.pages("C")).isEqualTo(then);
        }
    }

    @Test
    void whatMayStandWithinALogButHasAllOfItGoesOnBehindIt() throws Exception {
        try (RestoreBench bench = start()) {
            bench.backUp(BackupType.FULL, 1);
            bench.work("Sales", 3, 1);
            BackupDocument log = bench.backUp(BackupType.LOG, 1);
            bench.work("Sales", 3, 2);
            bench.backUp(BackupType.LOG, 1);
            bench.restore(
                    PlanRequest.to(new RestoreTarget.Through(log.backupId())).ending(new Recovery.NoRecovery()), "A");
            RestorePosition position = RestorePosition.of(bench.engine().environment(), "A");

            bench.restore(bench.request(
                    END.continuing(
                            new RestoringDatabase(position.lastSet(), new RestoringDatabase.Stopped.Somewhere())),
                    "A",
                    Existing.CONTINUE));

            assertThat(bench.installation.server.compare("Sales", "A")).isEmpty();
        }
    }

    @Test
    void aRestoreThatFailedInTheMiddleIsContinuedFromThere() throws Exception {
        try (RestoreBench bench = start()) {
            bench.backUp(BackupType.FULL, 1);
            bench.work("Sales", 30, 1);
            bench.backUp(BackupType.LOG, 1);
            bench.work("Sales", 30, 2);
            bench.backUp(BackupType.LOG, 1);
            bench.installation.server.faults().next(Faults.Target.RESTORE, new Fault.FailsAfter(Long.MAX_VALUE));
            bench.installation.server.faults().next(Faults.Target.RESTORE, new Fault.FailsAfter(1));

            assertThatThrownBy(() -> bench.restore(END, "Copy"))
                    .isInstanceOfSatisfying(OperationFailed.class, failure -> {
                        assertThat(failure.what()).contains("Step 2 of 4").contains("LOG backup");
                        assertThat(failure.hint()).contains("--continue");
                    });
            assertThat(bench.state("Copy")).isEqualTo("RESTORING");

            RestoreResult result = bench.goOn(END, "Copy");

            assertThat(result.backups()).isEqualTo(2);
            assertThat(bench.installation.server.compare("Sales", "Copy")).isEmpty();
        }
    }

    @Test
    void aCancelEndsTheStatementAndLeavesWhatWasRestored() throws Exception {
        try (RestoreBench bench = RestoreBench.start(directory, 256 << 20)) {
            bench.backUp(BackupType.FULL, 2);
            bench.backUp(BackupType.LOG, 1);
            RestoreRequest request = bench.request(END, "Copy", Existing.KEEP);
            CountDownLatch streaming = new CountDownLatch(1);
            Disposable restore = bench.engine()
                    .restore(request, new RestoreObserver() {
                        @Override
                        public void streaming(String id, RunProgress progress) {
                            streaming.countDown();
                        }
                    })
                    .subscribe();
            assertThat(streaming.await(30, TimeUnit.SECONDS)).isTrue();

            restore.dispose();
            bench.engine().idle().block(Duration.ofSeconds(60));

            assertThat(bench.installation.server.outcomes().getLast().success()).isFalse();
            assertThat(bench.installation.vdi.setCount()).isZero();
            assertThat(bench.installation.budget.inUse()).isZero();
            assertThat(bench.state("Copy")).isNotEqualTo("ONLINE");
        }
    }

    // ---- files ----

    @Test
    void copiesGetFilesOfTheirOwnInTheDefaultDirectories() throws Exception {
        try (RestoreBench bench = start()) {
            bench.backUp(BackupType.FULL, 1);

            bench.restore(END, "Copy/1");
            bench.restore(END, "Copy 1");
            RestoreRequest elsewhere = RestoreRequest.of(
                    bench.planned(END),
                    bench.inventory().documents(),
                    "Third",
                    Map.of("Sales", "/mnt/fast/third.mdf"),
                    Existing.KEEP);
            bench.restore(elsewhere);

            try (var control = bench.engine().environment().server().connect()) {
                Map<String, String> paths = new HashMap<>();
                for (String name : List.of("Copy/1", "Copy 1", "Third")) {
                    RestoreFacts.read(control, name)
                            .existingFiles()
                            .forEach((logical, path) -> paths.put(name + ":" + logical, path));
                }
                assertThat(paths)
                        .containsEntry("Copy/1:Sales", "/var/opt/mssql/data/Copy_1_Sales.mdf")
                        .containsEntry("Copy 1:Sales", "/var/opt/mssql/data/Copy_1_Sales_2.mdf")
                        .containsEntry("Third:Sales", "/mnt/fast/third.mdf");
            }
        }
    }

    @Test
    void filesThatWereAddedAfterTheFullBackupGetPlacesOfTheirOwnToo() throws Exception {
        try (RestoreBench bench = start()) {
            bench.backUp(BackupType.FULL, 1);
            bench.work("Sales", 3, 1);
            bench.backUp(BackupType.LOG, 1);
            bench.sql("ALTER DATABASE [Sales] ADD FILE (NAME = N'Second', FILENAME = N'/var/opt/mssql/data/2.ndf')");
            bench.work("Sales", 3, 2);
            bench.backUp(BackupType.LOG, 1);
            bench.sql("ALTER DATABASE [Sales] ADD FILE (NAME = N'Third', FILENAME = N'/var/opt/mssql/data/3.ndf')");
            bench.work("Sales", 3, 3);
            bench.backUp(BackupType.DIFFERENTIAL, 1);

            bench.restore(END, "Copy");
            bench.restore(moving(bench, "Moved", "Third", "/mnt/fast/third.ndf", END));
            bench.restore(bench.request(END, "Sales", Existing.REPLACE_AND_DISCARD_TAIL));

            assertThat(files(bench, "Copy"))
                    .containsEntry("Second", "/var/opt/mssql/data/Copy_Second.ndf")
                    .containsEntry("Third", "/var/opt/mssql/data/Copy_Third.ndf");
            assertThat(files(bench, "Moved"))
                    .containsEntry("Second", "/var/opt/mssql/data/Moved_Second.ndf")
                    .containsEntry("Third", "/mnt/fast/third.ndf");
            assertThat(files(bench, "Sales")).containsEntry("Third", "/var/opt/mssql/data/3.ndf");
        }
    }

    @Test
    void aRestoreThatGoesOnPlacesTheFilesThatComeAndMovesNoneThatIsThere() throws Exception {
        try (RestoreBench bench = start()) {
            bench.backUp(BackupType.FULL, 1);
            bench.work("Sales", 3, 1);
            bench.backUp(BackupType.LOG, 1);
            bench.restore(END.ending(new Recovery.NoRecovery()), "Copy");
            RestoringDatabase last = bench.standing("Copy");
            bench.sql("ALTER DATABASE [Sales] ADD FILE (NAME = N'Second', FILENAME = N'/var/opt/mssql/data/2.ndf')");
            bench.work("Sales", 3, 2);
            bench.backUp(BackupType.LOG, 1);
            PlanRequest on = END.continuing(last);

            refused(bench, moving(bench, "Copy", "Sales", "/mnt/x.mdf", on), "file-is-there", "Copy_Sales.mdf");
            refused(bench, moving(bench, "Copy", "Scond", "/mnt/x.ndf", on), "no-such-file", "Second");
            bench.restore(moving(bench, "Copy", "Second", "/mnt/fast/second.ndf", on));

            assertThat(files(bench, "Copy"))
                    .containsEntry("Sales", "/var/opt/mssql/data/Copy_Sales.mdf")
                    .containsEntry("Second", "/mnt/fast/second.ndf");
            assertThat(bench.installation.server.compare("Sales", "Copy")).isEmpty();
        }
    }

    private static RestoreRequest moving(
            RestoreBench bench, String as, String logical, String path, PlanRequest wanted) {
        return RestoreRequest.of(
                bench.planned(wanted),
                bench.inventory().documents(),
                as,
                Map.of(logical, path),
                wanted.standing() == null ? Existing.KEEP : Existing.CONTINUE);
    }

    private static Map<String, String> files(RestoreBench bench, String database) {
        try (var control = bench.engine().environment().server().connect()) {
            return RestoreFacts.read(control, database).existingFiles();
        }
    }

    // ---- refusals, before anything is touched ----

    private static void refused(RestoreBench bench, RestoreRequest request, String id, String word) {
        int statements = bench.installation.server.outcomes().size();
        assertThatThrownBy(() -> bench.restore(request)).isInstanceOfSatisfying(OperationFailed.class, failure -> {
            assertThat(failure.id()).hasToString(id);
            assertThat(failure.what() + failure.where() + failure.hint()).contains(word);
        });
        assertThat(bench.installation.server.outcomes()).as("nothing was sent").hasSize(statements);
    }

    @Test
    void aDatabaseInAnAvailabilityGroupIsNotOverwrittenWhateverIsSaid() throws Exception {
        try (RestoreBench bench = start()) {
            bench.backUp(BackupType.FULL, 1);
            bench.sql("EXEC sluice_availability_group @database = N'Sales'");

            for (Existing existing : Existing.values()) {
                refused(bench, bench.request(END, "Sales", existing), "in-availability-group", "--as NAME");
            }
            bench.restore(END, "Copy");
            assertThat(bench.pages("Copy")).isEqualTo(bench.pages("Sales"));

            bench.sql("EXEC sluice_availability_group @database = N'Sales', @joined = 0");
            bench.restore(bench.request(END, "Sales", Existing.REPLACE_AND_DISCARD_TAIL));
        }
    }

    @Test
    void whatWaitsMustBeTheDatabaseThatTheBackupsAreOf() throws Exception {
        try (RestoreBench bench = RestoreBench.start(
                directory,
                ZoneOffset.UTC,
                options -> options.withDatabase("Sales", 512 << 10).withDatabase("Stock", 512 << 10))) {
            bench.backUp(BackupType.FULL, 1);
            bench.work("Sales", 3, 1);
            BackupDocument log = bench.backUp(BackupType.LOG, 1);
            BackupDocument stock = bench.backUp("Stock", BackupType.FULL, false, 1);
            bench.restore(END.ending(new Recovery.NoRecovery()), "Waiting");
            RestoringDatabase last = bench.standing("Waiting");
            bench.work("Sales", 3, 2);
            bench.backUp(BackupType.LOG, 1);
            RestoreRequest next = bench.request(END.continuing(last), "Waiting", Existing.CONTINUE);
            assertThat(next.backups().getFirst().firstLsn()).isEqualTo(log.lastLsn());

            // Somebody puts another database in its place, and msdb's history of the name goes on.
            bench.sql("DROP DATABASE [Waiting]");
            bench.restore(RestoreRequest.of(stock, "Waiting", false, false));

            refused(bench, next, "other-database", "--replace");
        }
    }

    @Test
    void whatWaitsOnAnotherRecoveryForkIsNotGoneOnWith() throws Exception {
        try (RestoreBench bench = start()) {
            bench.backUp(BackupType.FULL, 1);
            bench.work("Sales", 3, 1);
            bench.later(Duration.ofSeconds(10));
            Instant then = bench.now();
            bench.later(Duration.ofSeconds(10));
            bench.work("Sales", 3, 2);
            bench.backUp(BackupType.LOG, 1);
            RestoreRequest old = bench.request(END, "Copy", Existing.CONTINUE);
            // Back to an earlier instant, and on from there: a fork.
            bench.restore(bench.request(PlanRequest.to(bench.at(then)), "Sales", Existing.REPLACE_AND_DISCARD_TAIL));
            bench.work("Sales", 3, 3);
            BackupDocument forked = bench.backUp(BackupType.FULL, 1);
            bench.restore(RestoreRequest.of(forked, "Copy", false, false));

            RestoreRequest next = new RestoreRequest(
                    old.steps().subList(1, old.steps().size()), List.of(), "Copy", Map.of(), Existing.CONTINUE);

            refused(bench, next, "other-recovery-fork", "--replace");
        }
    }

    @Test
    void anExistingDatabaseAndTheTailOfItsLogAreKeptUnlessToldOtherwise() throws Exception {
        try (RestoreBench bench = start()) {
            bench.backUp(BackupType.FULL, 1);
            bench.work("Sales", 3, 1);

            refused(bench, bench.request(END, "Sales", Existing.KEEP), "database-exists", "--replace");
            refused(bench, bench.request(END, "Sales", Existing.REPLACE), "tail-would-be-lost", "--discard-tail");
            refused(bench, bench.request(END, "Sales", Existing.CONTINUE), "database-not-restoring", "ONLINE");

            bench.restore(bench.request(END, "Sales", Existing.REPLACE_AND_DISCARD_TAIL));
            assertThat(bench.pages("Sales")).isEmpty();
        }
    }

    @Test
    void theTailIsSavedBeforeTheDatabaseIsOverwrittenAndNothingIsLost() throws Exception {
        try (RestoreBench bench = start()) {
            bench.backUp(BackupType.FULL, 1);
            bench.work("Sales", 5, 1);
            Map<Long, Long> last = bench.pages("Sales");

            bench.installation.backup(BackupRequest.tail("Sales", TailLog.NORECOVERY));
            assertThat(bench.state("Sales")).isEqualTo("RESTORING");
            bench.restore(bench.request(END, "Sales", Existing.REPLACE));

            assertThat(bench.pages("Sales")).isEqualTo(last);
            assertThat(bench.state("Sales")).isEqualTo("ONLINE");
        }
    }

    @Test
    void theTailOfADatabaseThatCannotBeOpenedIsNotLostEither() throws Exception {
        try (RestoreBench bench = start()) {
            bench.backUp(BackupType.FULL, 1);
            bench.work("Sales", 5, 1);
            Map<Long, Long> last = bench.pages("Sales");
            bench.installation.server.damage("Sales");
            assertThat(bench.state("Sales")).isEqualTo("SUSPECT");

            RestoreRequest early = bench.request(END, "Sales", Existing.REPLACE);
            refused(bench, early, "tail-would-be-lost", "`sluice backup Sales --type tail --no-truncate`");
            BackupResult tail = bench.installation.backup(BackupRequest.tail("Sales", TailLog.NO_TRUNCATE));
            assertThat(tail.chain()).isEmpty();
            bench.restore(bench.request(END, "Sales", Existing.REPLACE));

            assertThat(bench.pages("Sales")).isEqualTo(last);
            assertThat(bench.state("Sales")).isEqualTo("ONLINE");
        }
    }

    @Test
    void aDatabaseThatWaitsForMoreIsNotOverwrittenByAccident() throws Exception {
        try (RestoreBench bench = start()) {
            bench.backUp(BackupType.FULL, 1);
            bench.restore(END.ending(new Recovery.NoRecovery()), "Copy");

            refused(bench, bench.request(END, "Copy", Existing.KEEP), "database-restoring", "--continue");
            bench.restore(bench.request(END, "Copy", Existing.REPLACE));
            assertThat(bench.state("Copy")).isEqualTo("ONLINE");
        }
    }

    @Test
    void sessionsInTheWayAreNamed() throws Exception {
        try (RestoreBench bench = start()) {
            bench.backUp(BackupType.FULL, 1);
            bench.sql("USE [Sales]");

            refused(
                    bench,
                    bench.request(END, "Sales", Existing.REPLACE_AND_DISCARD_TAIL),
                    "database-in-use",
                    "40 (sa, in process)");
        }
    }

    @Test
    void aMissingObjectIsFoundBeforeTheOldDatabaseIsGone() throws Exception {
        try (RestoreBench bench = start()) {
            BackupDocument backup = bench.backUp(BackupType.FULL, 2);
            RestoreRequest request = bench.request(END, "Sales", Existing.REPLACE_AND_DISCARD_TAIL);
            lose(bench, backup);

            refused(bench, request, "object-missing", "Stripe 2");
            refused(bench, request, "object-missing", "--without " + backup.backupId());
        }
    }

    @Test
    void aBackupThatLostAnObjectIsGoneRoundAndTold() throws Exception {
        try (RestoreBench bench = start()) {
            bench.backUp(BackupType.FULL, 2);
            bench.work("Sales", 3, 1);
            bench.later(Duration.ofMinutes(1));
            BackupDocument log = bench.backUp(BackupType.LOG, 1);
            bench.later(Duration.ofMinutes(1));
            BackupDocument broken = bench.backUp(BackupType.FULL, 2);
            bench.work("Sales", 3, 2);
            bench.later(Duration.ofMinutes(1));
            BackupDocument last = bench.backUp(BackupType.LOG, 1);
            assertThat(bench.request(END, "Copy", Existing.KEEP).backups())
                    .extracting(BackupDocument::backupId)
                    .containsExactly(broken.backupId(), last.backupId());
            lose(bench, broken);

            RestoreResult result = bench.restore(END, "Copy");

            assertThat(result.backups()).isEqualTo(3);
            assertThat(bench.installation.server.compare("Sales", "Copy")).isEmpty();
            assertThat(new Planner(bench.inventory().backups()).report().findings())
                    .extracting(PlanFinding::text)
                    .anySatisfy(
                            text -> assertThat(text).contains(broken.backupId()).contains("stripe 2 of 2 is missing"));

            // Without the first log, nothing leads behind it but what is broken: the end is another one, and told.
            assertThat(new Planner(bench.inventory().without(Set.of(log.backupId()))).plan(END))
                    .isInstanceOfSatisfying(
                            RestorePlan.class,
                            plan -> assertThat(plan.findings())
                                    .extracting(PlanFinding::text)
                                    .anySatisfy(text -> assertThat(text).contains(broken.backupId()))
                                    .anySatisfy(text -> assertThat(text).contains("to be left out")));
        }
    }

    @Test
    void anOlderStateThatIsTheEndForWantOfAnObjectIsNotOneWithoutAWord() throws Exception {
        try (RestoreBench bench = start()) {
            bench.sql("ALTER DATABASE [Sales] SET RECOVERY SIMPLE");
            BackupDocument old = bench.backUp(BackupType.FULL, 1);
            bench.work("Sales", 3, 1);
            bench.later(Duration.ofMinutes(1));
            BackupDocument broken = bench.backUp(BackupType.FULL, 2);
            lose(bench, broken);

            RestorePlan plan = bench.planned(END);

            assertThat(plan.backups()).extracting(backup -> backup.id()).containsExactly(old.backupId());
            assertThat(plan.findings())
                    .extracting(PlanFinding::text)
                    .singleElement()
                    .asString()
                    .contains(broken.backupId(), "stripe 2 of 2 is missing");
        }
    }

    private static void lose(RestoreBench bench, BackupDocument backup) {
        bench.installation
                .store
                .delete(backup.stripes().get(1).segments().getFirst().key())
                .block();
    }

    @Test
    void aNewerVersionAMissingCertificateAndTooLittleRoomAreRefused() throws Exception {
        try (RestoreBench bench = start()) {
            BackupDocument backup = bench.backUp(BackupType.FULL, 1);

            SetFacts newer = SetFacts.of(Map.of("software_version", "17.0.1000"));
            refused(bench, of(with(backup, streams(backup, newer, backup.files()))), "server-too-old", "version 17");

            SetFacts encrypted = backup.history().with(SetFacts.of(Map.of("encryptor_thumbprint", "00ff00ff")));
            refused(
                    bench,
                    of(with(backup, backup.details().withHistory(encrypted))),
                    "certificate-missing",
                    "0x00ff00ff");

            List<DatabaseFile> large = List.of(new DatabaseFile("Sales", "/d/Sales.mdf", 1L << 41, false));
            refused(
                    bench,
                    of(with(backup, streams(backup, backup.stream(), large))),
                    "no-space",
                    "2,199,023,255,552 bytes on /");
        }
    }

    @Test
    void aBackupThatTheMemoryCannotHoldIsFoundBeforeTheOldDatabaseIsGone() throws Exception {
        try (RestoreBench bench = start()) {
            bench.backUp(BackupType.FULL, 1);
            bench.work("Sales", 3, 1);
            BackupDocument log = bench.backUp(BackupType.LOG, 2);
            RestoreRequest request = bench.request(END, "Sales", Existing.REPLACE_AND_DISCARD_TAIL);
            long one = Downloads.plan(log).memoryPerStripe();
            Engine small = new Engine(bench.installation.within(2 * one - 1));
            try {
                RestoreCheck check = small.check(request).block(Installation.SOON);
                assertThatThrownBy(check::requireMet).isInstanceOfSatisfying(OperationFailed.class, failure -> {
                    assertThat(failure.id()).hasToString("not-enough-memory");
                    assertThat(failure.what()).contains(log.backupId()).contains("2 stripes");
                    assertThat(failure.hint()).contains("memory.budget");
                });
                assertThatThrownBy(() ->
                                small.restore(request, RestoreObserver.SILENT).block(Installation.SOON))
                        .isInstanceOf(OperationFailed.class);
            } finally {
                small.environment().budget().close();
            }
            assertThat(bench.state("Sales")).isEqualTo("ONLINE");
        }
    }

    @Test
    void aMisspeltLogicalNameIsRefusedWithTheNamesThereAre() throws Exception {
        try (RestoreBench bench = start()) {
            bench.backUp(BackupType.FULL, 1);

            refused(
                    bench,
                    RestoreRequest.of(
                            bench.planned(END),
                            bench.inventory().documents(),
                            "Copy",
                            Map.of("Slaes", "/x.mdf"),
                            Existing.KEEP),
                    "no-such-file",
                    "Sales_log");
        }
    }

    private static RestoreRequest of(BackupDocument backup) {
        return RestoreRequest.of(backup, "Copy", false, true);
    }

    private static BackupDetails streams(BackupDocument one, SetFacts stream, List<DatabaseFile> files) {
        return one.details().withStreams(one.details().streams(), stream, files);
    }

    private static BackupDocument with(BackupDocument one, BackupDetails details) {
        return VerdictDocument.with(
                one, one.finishedAt(), one.verdict(), one.firstLsn(), one.lastLsn(), one.stripes(), details);
    }

    // ---- what others have done ----

    @Test
    void aLogWhoseEntryIsLostIsNamedFromMsdb() throws Exception {
        try (RestoreBench bench = start()) {
            bench.backUp(BackupType.FULL, 1);
            bench.work("Sales", 3, 1);
            bench.later(Duration.ofMinutes(1));
            BackupDocument foreign = bench.backUp(BackupType.LOG, 1);
            bench.work("Sales", 3, 2);
            bench.later(Duration.ofMinutes(1));
            bench.backUp(BackupType.LOG, 1);
            // Only msdb knows of it now.
            bench.installation
                    .store
                    .list("test/catalog/")
                    .filter(object -> object.key().contains(foreign.backupId()))
                    .concatMap(object -> bench.installation.store.delete(object.key()))
                    .blockLast();

            Planning planning = bench.plan(PlanRequest.to(bench.at(bench.now().minusSeconds(5))));

            assertThat(planning)
                    .isInstanceOfSatisfying(
                            Planning.Unreachable.class,
                            no -> assertThat(no.why()).contains("Sluice took it as " + foreign.backupId()));
        }
    }

    // ---- asking about a backup ----

    @Test
    void sqlServerListsABackupFromTheBucketAndClosesEarlyWithoutAHang() throws Exception {
        try (RestoreBench bench = RestoreBench.start(directory, 96 << 20)) {
            BackupDocument backup = bench.backUp(BackupType.FULL, 2);

            Listing header = list(bench, backup, Listing.Kind.HEADERONLY);
            Listing files = list(bench, backup, Listing.Kind.FILELISTONLY);
            Listing label = list(bench, backup, Listing.Kind.LABELONLY);
            Listing verified = list(bench, backup, Listing.Kind.VERIFYONLY);

            assertThat(header.rows()).singleElement().satisfies(row -> {
                assertThat(row.text("DatabaseName")).isEqualTo("Sales");
                assertThat(row.guid("BackupSetGUID"))
                        .hasToString(backup.facts().set().orElseThrow().toString());
            });
            assertThat(files.rows()).extracting(row -> row.text("LogicalName")).containsExactly("Sales", "Sales_log");
            assertThat(label.rows())
                    .singleElement()
                    .satisfies(row -> assertThat(row.number("FamilyCount")).isEqualTo(2));
            assertThat(label.bytes()).isLessThan(backup.bytes() / 4);
            assertThat(verified.rows()).isEmpty();
            assertThat(verified.bytes()).isGreaterThan(96 << 20);
            assertThat(bench.installation.vdi.setCount()).isZero();
            assertThat(bench.installation.budget.inUse()).isZero();
        }
    }

    private static Listing list(RestoreBench bench, BackupDocument backup, Listing.Kind kind) {
        return bench.engine().list(backup, kind, RunObserver.SILENT).block(Installation.SOON);
    }
}
