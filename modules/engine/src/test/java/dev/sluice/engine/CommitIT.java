package dev.sluice.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.Catalog;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.recovery.RecoveryReport;
import dev.sluice.engine.restore.RestoreObserver;
import dev.sluice.engine.restore.RestoreRequest;
import dev.sluice.engine.run.BackupLock;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.sql.AppLock;
import dev.sluice.engine.sql.BackupHistory;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.simulator.server.Fault;
import dev.sluice.simulator.server.Faults.History;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What becomes of a backup when SQL Server's verdict, or msdb, is not what one would wish.
@Timeout(180)
class CommitIT {

    @TempDir
    Path directory;

    /// With a full backup, and log behind it.
    private Installation start() throws Exception {
        Installation installation = Installation.start(directory, o -> o.withDatabase("Sales", 2 << 20));
        installation.backup(BackupRequest.full("Sales", 1));
        installation.work("Sales", 1);
        return installation;
    }

    private static void losesTheVerdict(Installation installation, BackupRequest request) {
        installation.server.faults().next(new Fault.LosesConnection());
        assertThatThrownBy(() -> installation.backup(request))
                .isInstanceOfSatisfying(OperationFailed.class, failure -> {
                    assertThat(failure.id()).hasToString("unconfirmed");
                    assertThat(failure.hint()).contains("sluice recover");
                });
        assertThat(installation.pendings())
                .singleElement()
                .satisfies(pending -> assertThat(pending.stripes()).isNotEmpty());
    }

    private static void restores(Installation installation, BackupDocument full, String as) {
        installation
                .engine
                .restore(RestoreRequest.of(full, as, false, true), RestoreObserver.SILENT)
                .block(Installation.SOON);
        assertThat(installation.server.compare("Sales", as)).isEmpty();
    }

    @Test
    void aLostVerdictIsFoundInMsdb() throws Exception {
        try (Installation installation = start()) {
            losesTheVerdict(installation, BackupRequest.full("Sales", 2));

            RecoveryReport report = installation.recover();

            assertThat(report.findings())
                    .extracting(RecoveryReport.Finding::decision)
                    .containsExactly(RecoveryReport.Decision.COMMITTED);
            assertThat(installation.pendings()).isEmpty();
            assertThat(installation.entries("Sales")).hasSize(2);
            restores(installation, installation.entries("Sales").getLast(), "Copy");
        }
    }

    /// `after` shortens the search and decides nothing.
    @Test
    void aRowIsFoundBehindAnotherOneAndWithoutIt() throws Exception {
        try (Installation installation = start()) {
            BackupDocument first = installation.entries("Sales").getFirst();
            BackupDocument second =
                    installation.backup(BackupRequest.log("Sales")).document();
            String firstSet = first.history().set().orElseThrow().toString();
            String secondSet = second.history().set().orElseThrow().toString();
            try (SqlSession session = installation.engine.environment().server().connect()) {
                assertThat(List.of(firstSet, secondSet, "", UUID.randomUUID().toString()))
                        .allSatisfy(after -> assertThat(BackupHistory.find(session, second.deviceSet(), after))
                                .hasValueSatisfying(
                                        row -> assertThat(row.set()).hasToString("Optional[%s]".formatted(secondSet))));
                assertThat(BackupHistory.find(session, "no-such-device", firstSet))
                        .isEmpty();
            }
        }
    }

    @Test
    void withoutARowTheDifferentialBaseProvesAFullBackup() throws Exception {
        try (Installation installation = start()) {
            installation.server.faults().history(History.OFF);
            losesTheVerdict(installation, BackupRequest.full("Sales", 1));

            RecoveryReport report = installation.recover();

            assertThat(report.findings()).singleElement().satisfies(finding -> {
                assertThat(finding.decision()).isEqualTo(RecoveryReport.Decision.COMMITTED);
                assertThat(finding.proof()).contains("differentials rest on it");
            });
            restores(installation, installation.entries("Sales").getLast(), "Copy");
        }
    }

    @Test
    void withoutARowTheEndOfTheBackedUpLogProvesALogBackup() throws Exception {
        try (Installation installation = start()) {
            installation.server.faults().history(History.PURGED);
            losesTheVerdict(installation, BackupRequest.log("Sales"));

            RecoveryReport report = installation.recover();

            assertThat(report.findings()).singleElement().satisfies(finding -> {
                assertThat(finding.decision()).isEqualTo(RecoveryReport.Decision.COMMITTED);
                assertThat(finding.proof()).contains("reaches past its end");
            });
            assertThat(installation.entries("Sales")).hasSize(2);
        }
    }

    @Test
    void whatNothingProvesIsKeptListedAndFoundLater() throws Exception {
        try (Installation installation = start()) {
            installation.server.faults().history(History.LATE);
            losesTheVerdict(installation, BackupRequest.differential("Sales"));

            assertThat(installation.recover().findings())
                    .extracting(RecoveryReport.Finding::decision)
                    .containsExactly(RecoveryReport.Decision.UNCONFIRMED);
            assertThat(installation.pendings()).singleElement().satisfies(kept -> {
                assertThat(kept.verdict().outcome()).isEqualTo(BackupDocument.Outcome.UNCONFIRMED);
                assertThat(kept.verdict().proof()).contains("leaves no other trace");
            });

            installation.server.faults().history(History.NORMAL);
            assertThat(installation.recover().findings())
                    .extracting(RecoveryReport.Finding::decision)
                    .containsExactly(RecoveryReport.Decision.COMMITTED);
            assertThat(installation.pendings()).isEmpty();
        }
    }

    /// A request that was on its way when its sender died has arrived behind the removal of everything, and a
    /// later log backup reaches past the end of the one that failed.
    @Test
    void aDocumentWithoutItsDataIsNeverCommitted() throws Exception {
        try (Installation installation = start()) {
            installation.server.faults().next(new Fault.LosesConnection());
            assertThatThrownBy(() -> installation.backup(BackupRequest.log("Sales")))
                    .isInstanceOf(OperationFailed.class);
            BackupDocument late = installation.pendings().getFirst();
            installation
                    .store
                    .delete(late.stripes().getFirst().segments().getFirst().key())
                    .block(Installation.SOON);
            installation.work("Sales", 2);
            installation.backup(BackupRequest.log("Sales"));

            RecoveryReport report = installation.recover();

            assertThat(report.findings()).singleElement().satisfies(finding -> {
                assertThat(finding.decision()).isEqualTo(RecoveryReport.Decision.UNCONFIRMED);
                assertThat(finding.proof()).contains("not all of its objects are in the bucket");
            });
            assertThat(installation.entries("Sales")).hasSize(2);
        }
    }

    @Test
    void aServerThatDiesBeforeItWritesMsdbLosesNothing() throws Exception {
        try (Installation installation = start()) {
            installation.server.faults().next(new Fault.DiesBeforeHistory());
            assertThatThrownBy(() -> installation.backup(BackupRequest.log("Sales")))
                    .isInstanceOf(OperationFailed.class);

            installation.recover();

            assertThat(installation.lostLogRecords("Sales")).isZero();
        }
    }

    @Test
    void whatIsMissingFromMsdbIsCompletedLater() throws Exception {
        for (History trouble : List.of(History.OFFLINE, History.LATE)) {
            try (Installation installation =
                    Installation.start(directory.resolve(trouble.name()), o -> o.withDatabase("Sales", 1 << 20))) {
                installation.server.faults().history(trouble);
                BackupResult result = installation.backup(BackupRequest.full("Sales", 1));
                assertThat(result.historyMissing()).as("%s", trouble).isTrue();
                assertThat(result.document().lastLsn().signum())
                        .as("from the stream")
                        .isPositive();
                assertThat(result.document().verdict().proof()).contains("3014");
                assertThat(installation.pendings()).isEmpty();

                installation.server.faults().history(History.NORMAL);
                RecoveryReport report = installation.recover();

                if (trouble == History.LATE) {
                    assertThat(report.findings())
                            .extracting(RecoveryReport.Finding::decision)
                            .containsExactly(RecoveryReport.Decision.COMPLETED);
                    assertThat(installation.entries("Sales"))
                            .singleElement()
                            .satisfies(
                                    entry -> assertThat(entry.history().set()).isPresent());
                    assertThat(installation.recover().findings()).isEmpty();
                }
            }
        }
    }

    @Test
    void aBackupThatSqlServerCallsBadAfterEverythingWasDurableLeavesNothing() throws Exception {
        try (Installation installation = start()) {
            List<String> before = installation.keys();
            installation.server.faults().next(new Fault.FailsAfterComplete());

            assertThatThrownBy(() -> installation.backup(BackupRequest.log("Sales")))
                    .isInstanceOf(OperationFailed.class);

            assertThat(installation.keys()).isEqualTo(before);
            assertThat(installation.uploads()).isEmpty();
        }
    }

    /// 3013, and yet the log is truncated, or the next differential rests on it: whatever SQL Server says, it
    /// relies on this backup.
    @ParameterizedTest
    @EnumSource(
            value = BackupType.class,
            names = {"FULL", "LOG"})
    void whatSqlServerReliesOnIsKeptAlsoWhenItCallsItBad(BackupType type) throws Exception {
        try (Installation installation = start()) {
            installation.server.faults().next(new Fault.FailsAfterTruncation());

            assertThatThrownBy(() -> installation.backup(Installation.request("Sales", type, false, 2)))
                    .isInstanceOfSatisfying(OperationFailed.class, failure -> {
                        assertThat(failure.id()).hasToString("unconfirmed");
                        assertThat(failure.getMessage()).contains("3013");
                    });

            assertThat(installation.recover().findings())
                    .extracting(RecoveryReport.Finding::decision)
                    .containsExactly(RecoveryReport.Decision.COMMITTED);
            assertThat(installation.entries("Sales"))
                    .extracting(BackupDocument::type)
                    .containsExactly(BackupType.FULL, type);
            installation.work("Sales", 2);
            installation.backup(BackupRequest.log("Sales"));
            assertThat(installation.lostLogRecords("Sales")).isZero();
        }
    }

    /// Where the log belongs to several replicas, its end is no proof either way.
    @Test
    void aLogBackupThatMayHaveTruncatedIsKeptAlsoWhereNothingCanBeProved() throws Exception {
        try (Installation installation = start()) {
            installation.sql("EXEC sluice_availability_group @database = N'Sales'");
            installation.server.faults().next(new Fault.FailsAfterTruncation());

            assertThatThrownBy(() -> installation.backup(BackupRequest.log("Sales")))
                    .isInstanceOfSatisfying(
                            OperationFailed.class,
                            failure -> assertThat(failure.id()).hasToString("unconfirmed"));

            assertThat(installation.recover().findings())
                    .extracting(RecoveryReport.Finding::decision)
                    .containsExactly(RecoveryReport.Decision.UNCONFIRMED);
            assertThat(installation.pendings())
                    .singleElement()
                    .satisfies(pending -> assertThat(pending.stripes()).isNotEmpty());
        }
    }

    /// Its run lives, in another process, and has lost the session with its lock. While recover waits for the
    /// statement to end, SQL Server is told that everything is durable.
    @Test
    void aDocumentThatIsDescribedWhileRecoverWaitsIsDecidedUponAsItIsThen() throws Exception {
        try (Installation installation = start()) {
            installation.server.faults().history(History.OFF);
            losesTheVerdict(installation, BackupRequest.log("Sales"));
            BackupDocument described = installation.pendings().getFirst();
            Catalog catalog = installation.engine.environment().catalog();
            catalog.writePending(described.withStripes(List.of())).block(Installation.SOON);
            installation.server.faults().next(new Fault.NeverOpens());
            CompletableFuture<Void> statement =
                    CompletableFuture.runAsync(() -> assertThatThrownBy(() -> installation.sql(
                                    "BACKUP LOG [Sales] TO VIRTUAL_DEVICE = N'%s'".formatted(described.deviceSet())))
                            .isInstanceOf(AssertionError.class));
            await().atMost(Installation.SOON)
                    .until(() -> installation.server.faults().isStalling());

            CompletableFuture<RecoveryReport> recovery =
                    new Engine(installation.engine.environment()).recover().toFuture();
            String lock = BackupLock.name(installation.engine.environment(), "Sales", true);
            await().atMost(Installation.SOON).until(() -> isHeld(installation, lock));
            await().during(Duration.ofSeconds(1)).atMost(Duration.ofSeconds(10)).until(() -> !recovery.isDone());
            catalog.writePending(described).block(Installation.SOON);
            installation.server.faults().release();
            statement.get(60, TimeUnit.SECONDS);

            assertThat(recovery.get(60, TimeUnit.SECONDS).findings())
                    .extracting(RecoveryReport.Finding::decision)
                    .containsExactly(RecoveryReport.Decision.COMMITTED);
            assertThat(installation.entries("Sales")).hasSize(2);
        }
    }

    private static boolean isHeld(Installation installation, String lock) {
        try (SqlSession session = installation.engine.environment().server().connect()) {
            boolean taken = AppLock.take(session, lock);
            if (taken) {
                AppLock.release(session, lock);
            }
            return !taken;
        }
    }

    /// A person edits it, or a newer version has written it.
    @Test
    void aDocumentThatCannotBeUnderstoodHoldsUpNoOther() throws Exception {
        try (Installation installation = start()) {
            losesTheVerdict(installation, BackupRequest.log("Sales"));
            String garbled = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
            String key = installation.engine.environment().catalog().keys().pending(garbled);
            installation
                    .store
                    .put(key, "{\"schemaVersion\": 99}".getBytes(UTF_8))
                    .block(Installation.SOON);

            RecoveryReport report = installation.recover();

            assertThat(report.findings())
                    .extracting(RecoveryReport.Finding::decision)
                    .containsExactlyInAnyOrder(RecoveryReport.Decision.UNREADABLE, RecoveryReport.Decision.COMMITTED);
            assertThat(installation.keys()).contains(key);
        }
    }

    /// A join and a prune replace or remove entries under this lock.
    @Test
    void anEntryIsCompletedOnlyUnderItsLock() throws Exception {
        try (Installation installation = start()) {
            installation.server.faults().history(History.LATE);
            installation.work("Sales", 2);
            installation.backup(BackupRequest.log("Sales"));
            installation.server.faults().history(History.NORMAL);
            String lock = BackupLock.name(installation.engine.environment(), "Sales", true);

            try (SqlSession somebody =
                    installation.engine.environment().server().connect()) {
                await().atMost(Installation.SOON).until(() -> AppLock.take(somebody, lock));
                assertThat(installation.recover().findings()).isEmpty();
            }
            await().atMost(Installation.SOON)
                    .untilAsserted(() -> assertThat(installation.recover().findings())
                            .extracting(RecoveryReport.Finding::decision)
                            .containsExactly(RecoveryReport.Decision.COMPLETED));
        }
    }

    /// Somebody holds a lock on msdb's tables: the backup is good, and its row is read later.
    @Test
    void aBackupDoesNotWaitForMsdbToBeReadable() throws Exception {
        try (Installation installation = start()) {
            Engine impatient = new Engine(installation.answering(Duration.ofSeconds(1)));
            installation.server.faults().next(new Fault.Remembers(History.NORMAL));
            installation.server.faults().history(History.LOCKED);

            BackupResult result = impatient
                    .backup(BackupRequest.log("Sales"), RunObserver.SILENT)
                    .block(Installation.SOON);

            assertThat(result).isNotNull();
            assertThat(result.document().history()).isNull();
            assertThat(installation.pendings()).isEmpty();
            installation.server.faults().history(History.NORMAL);
            assertThat(installation.recover().findings())
                    .extracting(RecoveryReport.Finding::decision)
                    .containsExactly(RecoveryReport.Decision.COMPLETED);
        }
    }

    @Test
    void aServerWithoutCompleteIsServedByItsLastFlush() throws Exception {
        try (Installation installation = start()) {
            installation.sql("EXEC sluice_fault 'complete-never'");

            installation.backup(BackupRequest.log("Sales"));

            assertThat(installation.entries("Sales")).hasSize(2);
        }
    }

    @Test
    void anEntryThatWasWrittenBeforeTheCrashIsNotWrittenAgain() throws Exception {
        try (Installation installation = start()) {
            BackupDocument entry = installation.entries("Sales").getFirst();
            installation.engine.environment().catalog().writePending(entry).block(Installation.SOON);

            RecoveryReport report = installation.recover();

            assertThat(report.findings())
                    .singleElement()
                    .satisfies(finding -> assertThat(finding.proof()).contains("in the catalog already"));
            assertThat(installation.entries("Sales")).containsExactly(entry);
            assertThat(installation.pendings()).isEmpty();
        }
    }

    /// Somebody has killed a session that slept: the lock is gone, and the backup goes on.
    @Test
    void aRunOfThisProcessIsLeftAloneAlsoWhenItHasLostItsLock() throws Exception {
        try (Installation installation = start()) {
            installation.server.faults().next(new Fault.StallsAfter(64 << 10));
            var running = installation
                    .engine
                    .backup(BackupRequest.full("Sales", 1), RunObserver.SILENT)
                    .toFuture();
            await().atMost(Installation.SOON)
                    .until(() -> installation.server.faults().isStalling());
            String lock = BackupLock.name(installation.engine.environment(), "Sales", false);
            try (SqlSession session = installation.engine.environment().server().connect()) {
                session.query("SELECT session_id FROM sys.dm_exec_sessions WHERE program_name = 'Sluice'"
                                + " AND session_id <> @@SPID")
                        .forEach(row -> installation.sql("KILL " + row.number("session_id")));
            }
            await().atMost(Installation.SOON).until(() -> !isHeld(installation, lock));

            assertThat(installation.recover().findings()).singleElement().satisfies(finding -> {
                assertThat(finding.decision()).isEqualTo(RecoveryReport.Decision.RUNNING);
                assertThat(finding.proof()).contains("this process");
            });

            installation.server.faults().release();
            assertThat(running).succeedsWithin(Installation.SOON);
        }
    }

    @Test
    void aPendingBackupOfARunThatLivesIsLeftAlone() throws Exception {
        try (Installation installation = start()) {
            installation.server.faults().next(new Fault.StallsAfter(64 << 10));
            var running = installation
                    .engine
                    .backup(BackupRequest.full("Sales", 1), RunObserver.SILENT)
                    .toFuture();
            await().atMost(Installation.SOON)
                    .until(() -> installation.server.faults().isStalling());

            assertThat(installation.recover().findings())
                    .extracting(RecoveryReport.Finding::decision)
                    .containsExactly(RecoveryReport.Decision.RUNNING);

            installation.server.faults().release();
            assertThat(running).succeedsWithin(Installation.SOON);
            assertThat(installation.entries("Sales"))
                    .extracting(BackupDocument::type)
                    .containsExactly(BackupType.FULL, BackupType.FULL);
        }
    }
}
