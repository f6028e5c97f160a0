package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.engine.backup.BackupOptions;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.BackupRequests;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.backup.StripeRule;
import dev.sluice.engine.chain.ChainFinding;
import dev.sluice.engine.chain.ChainPolicy;
import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.plan.BackupFacts;
import dev.sluice.engine.plan.Planner;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.run.Storage;
import dev.sluice.engine.sql.DataChanges;
import dev.sluice.engine.sql.ServerDatabases;
import dev.sluice.s3.ObjectOptions;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What a policy may ask of a backup, and what SQL Server says that decides about it.
@Timeout(180)
class BackupOptionsIT {

    private static final BackupOptions BY_LOG_SIZE = BackupOptions.DEFAULT.withStripeRule(StripeRule.BY_LOG_SIZE);

    @TempDir
    Path directory;

    private Installation start() throws Exception {
        return Installation.start(directory, o -> o.withDatabase("Sales", 2 << 20));
    }

    private static int stripes(BackupResult result) {
        return result.document().stripes().size();
    }

    @Test
    void aLogBackupHasAsManyStripesAsItsLogFillsUnlessTheyWereAskedForExactly() throws Exception {
        try (Installation installation = start()) {
            BackupRequest eight = BackupRequest.log("Sales").withStripes(8);
            installation.backup("Sales", 1);
            installation.work("Sales", 1);

            assertThat(stripes(installation.backup(eight.withOptions(BY_LOG_SIZE))))
                    .isEqualTo(1);
            assertThat(stripes(installation.backup(eight))).isEqualTo(8);

            // 512 bytes a record, seven records a transaction: about 70 MiB.
            installation.sql("EXEC sluice_workload @database = N'Sales', @transactions = 20500, @seed = 2");
            BackupResult large = installation.backup(eight.withOptions(BY_LOG_SIZE));

            assertThat(stripes(large)).isEqualTo(2);
            assertThat(large.document().statement().orElseThrow())
                    .contains(
                            "VIRTUAL_DEVICE = N'%s'".formatted(large.document().deviceSet()), "BUFFERCOUNT = 8");
            assertThat(stripes(
                            installation.backup(BackupRequest.full("Sales", 3).withOptions(BY_LOG_SIZE))))
                    .as("another type's number is meant as it is")
                    .isEqualTo(3);
        }
    }

    @Test
    void theEntrySaysWhatWasAskedForTheObjects() throws Exception {
        try (Installation installation = start()) {
            Storage.Lock lock = new Storage.Lock(ObjectOptions.LockMode.GOVERNANCE, Duration.ofDays(3));
            BackupRequest request = BackupRequest.full("Sales", 1)
                    .withOptions(BackupOptions.DEFAULT.withStorage(new Storage.Choice("STANDARD_IA", lock)));

            BackupDocument taken = installation.backup(request).document();

            assertThat(installation.entries("Sales")).singleElement().satisfies(entry -> {
                assertThat(entry.options().objects())
                        .isEqualTo(new BackupDocument.StoredAs(
                                "STANDARD_IA",
                                new ObjectOptions.Lock(
                                        ObjectOptions.LockMode.GOVERNANCE,
                                        taken.startedAt().plus(Duration.ofDays(3)))));
                assertThat(installation.engine.environment().storage().lock(entry))
                        .as("of what is written later, too")
                        .isEqualTo(entry.lock().orElseThrow());
            });
            assertThat(installation.backup("Sales", 1).document().options().objects())
                    .isNull();
        }
    }

    @Test
    void copyOnlyBackupsBesideAnotherProgramTouchNoChainAndAreNotMeasuredByIt() throws Exception {
        try (Installation installation = start()) {
            Engine other = new Engine(installation.besides("other"));
            BackupOptions trial = BackupOptions.DEFAULT.withChain(ChainPolicy.IGNORE);
            BackupDocument base = take(other, BackupRequest.full("Sales", 1)).document();
            BackupRequest full =
                    BackupRequest.full("Sales", 1).withCopyOnly(true).withOptions(trial);
            BackupRequest log = BackupRequest.log("Sales").withCopyOnly(true).withOptions(trial);

            BackupResult ours = installation.backup(full);
            installation.work("Sales", 1);
            BackupResult ourLog = installation.backup(log);
            installation.work("Sales", 2);
            BackupDocument foreignLog = take(other, BackupRequest.log("Sales")).document();
            installation.work("Sales", 3);
            BackupResult behind = installation.backup(log);
            BackupDocument foreignDifferential =
                    take(other, BackupRequest.differential("Sales")).document();

            assertThat(ours.chain()).isEmpty();
            assertThat(ourLog.chain()).isEmpty();
            assertThat(behind.chain()).isEmpty();
            assertThat(foreignLog.firstLsn())
                    .as("the other program's log backup has what ours has, too")
                    .isLessThan(ourLog.document().lastLsn());
            assertThat(behind.document().firstLsn())
                    .as("between ours there is log that only the other program has")
                    .isGreaterThan(ourLog.document().lastLsn());
            assertThat(foreignDifferential.stream().guid("differential_base_guid"))
                    .isEqualTo(base.stream().set());
            assertThat(restorableTo(installation))
                    .as("what is behind the gap cannot be restored")
                    .isEqualTo(ourLog.document().lastLsn());

            assertThat(installation
                            .backup(BackupRequest.log("Sales").withCopyOnly(true))
                            .chain())
                    .as("a backup that looks at the chain finds that the log is elsewhere")
                    .isNotEmpty();

            BackupResult next = installation.backup(full);
            assertThat(restorableTo(installation))
                    .isGreaterThanOrEqualTo(next.document().lastLsn());
        }
    }

    @Test
    void besideCopyOnlyFullBackupsTheLogIsWatchedAndNoAnswerMovesTheOtherProgramsBase() throws Exception {
        try (Installation installation = start()) {
            Engine other = new Engine(installation.besides("other"));
            BackupDocument base = take(other, BackupRequest.full("Sales", 1)).document();
            installation.backup(BackupRequest.full("Sales", 1)
                    .withCopyOnly(true)
                    .withOptions(BackupOptions.DEFAULT.withChain(ChainPolicy.IGNORE)));
            BackupRequest log = BackupRequest.log("Sales")
                    .withOptions(BackupOptions.DEFAULT.withChain(ChainPolicy.FULL.besideOtherFulls()));
            installation.work("Sales", 1);

            BackupResult first = installation.backup(log);

            assertThat(first.chain()).as("the base is the other program's").isEmpty();
            assertThat(restorableTo(installation)).isEqualTo(first.document().lastLsn());

            installation.work("Sales", 2);
            take(other, BackupRequest.log("Sales"));
            installation.work("Sales", 3);
            BackupResult behind = installation.backup(log);

            assertThat(behind.chain()).extracting(ChainFinding::kind).containsExactly(ChainFinding.Kind.FOREIGN_LOG);
            assertThat(behind.answer()).isNotNull();
            assertThat(behind.answer().document().type()).isEqualTo(BackupType.FULL);
            assertThat(behind.answer().document().copyOnly()).isTrue();
            assertThat(behind.answer().chain()).as("it heals the chain").isEmpty();
            assertThat(take(other, BackupRequest.differential("Sales")).document().stream()
                            .guid("differential_base_guid"))
                    .isEqualTo(base.stream().set());
            installation.work("Sales", 4);
            BackupResult last = installation.backup(log);
            assertThat(last.chain()).isEmpty();
            assertThat(restorableTo(installation)).isEqualTo(last.document().lastLsn());
        }
    }

    /// The end of the window that reaches furthest.
    private static BigInteger restorableTo(Installation installation) {
        List<Backup> backups = installation.entries("Sales").stream()
                .flatMap(entry -> BackupFacts.of(entry).stream())
                .toList();
        return new Planner(backups)
                .report().windows().stream()
                        .map(window -> window.lastLsn().toDecimal())
                        .max(Comparator.naturalOrder())
                        .orElseThrow();
    }

    private static BackupResult take(Engine engine, BackupRequest request) {
        return engine.backup(request, RunObserver.SILENT).block(Installation.SOON);
    }

    @Test
    void whatAnswersABrokenChainIsTakenAsItsOwnTypeIs() throws Exception {
        try (Installation installation = start()) {
            installation.backup("Sales", 1);
            installation.work("Sales", 1);
            take(new Engine(installation.besides("other")), BackupRequest.full("Sales", 1));
            BackupRequest log =
                    BackupRequest.log("Sales").withOptions(BackupOptions.DEFAULT.withChain(ChainPolicy.FULL));
            BackupRequests others =
                    (database, type) -> BackupRequest.of(database, type).withStripes(type == BackupType.FULL ? 3 : 1);

            BackupResult result =
                    installation.engine.backup(log, others, RunObserver.SILENT).block(Installation.SOON);

            assertThat(result.answer()).isNotNull();
            assertThat(result.answer().document().type()).isEqualTo(BackupType.FULL);
            assertThat(stripes(result.answer())).isEqualTo(3);
        }
    }

    @Test
    void sqlServerSaysHowMuchHasChangedSinceTheLastFullBackupThatIsABase() throws Exception {
        try (Installation installation = start()) {
            ServerDatabases databases =
                    new ServerDatabases(installation.engine.environment().server());
            installation.backup("Sales", 1);

            assertThat(databases.changes("Sales")).contains(new DataChanges(0, 2 << 20));

            installation.work("Sales", 1);
            DataChanges changed = databases.changes("Sales").orElseThrow();
            installation.backup(BackupRequest.full("Sales", 1).withCopyOnly(true));
            installation.backup(BackupRequest.differential("Sales"));

            assertThat(changed.changed()).isPositive().isLessThanOrEqualTo(2 << 20);
            assertThat(changed.changed() % 65_536).isZero();
            assertThat(databases.changes("Sales")).contains(changed);
            assertThat(databases.changes("Nowhere")).isEmpty();

            installation.backup("Sales", 1);
            assertThat(databases.changes("Sales").orElseThrow().changed()).isZero();
        }
    }
}
