package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.engine.backup.BackupOptions;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.Compression;
import dev.sluice.engine.backup.Encryption;
import dev.sluice.engine.inventory.Inventory;
import dev.sluice.engine.plan.PlanRequest;
import dev.sluice.engine.plan.RestoreTarget;
import dev.sluice.engine.restore.Listing;
import dev.sluice.engine.restore.RestorePosition;
import dev.sluice.engine.restore.RestoreRequest;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.sql.RestoreFacts;
import dev.sluice.simulator.regional.Collation;
import dev.sluice.simulator.regional.Language;
import dev.sluice.simulator.server.Fault;
import dev.sluice.simulator.server.Faults;
import dev.sluice.simulator.server.Product;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Everything that is said to SQL Server, said to servers where case tells, where `i` and `I` are two letters,
/// and where `2026-03-02` is the third of February.
@Timeout(180)
class RegionalIT {

    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({"LATIN1_GENERAL_CS, BRITISH", "TURKISH_CI, TURKISH", "LATIN1_GENERAL_BIN2, FRENCH"})
    void aWholeChainGoesAndComesBack(Collation collation, Language language) throws Exception {
        try (RestoreBench bench = RestoreBench.start(
                directory,
                ZoneOffset.UTC,
                options -> options.withDatabase("Sales", 1 << 20)
                        .withCollation(collation)
                        .withLanguage(language))) {
            BackupDocument full = bench.backUp(BackupType.FULL, 2);
            bench.later(Duration.ofMinutes(1));
            bench.work("Sales", 4, 1);
            bench.backUp(BackupType.DIFFERENTIAL, 1);
            bench.later(Duration.ofMinutes(1));
            bench.work("Sales", 4, 2);
            Map<Long, Long> then = bench.pages("Sales");
            Instant instant = bench.now().plusSeconds(10);
            bench.later(Duration.ofMinutes(1));
            bench.work("Sales", 4, 3);
            // The line breaks, so that msdb is asked afterwards.
            bench.installation.server.faults().next(Faults.Target.LOG, new Fault.LosesConnection());
            assertThatThrownBy(() -> bench.backUp(BackupType.LOG, 1)).isInstanceOf(OperationFailed.class);
            bench.installation.recover();
            bench.later(Duration.ofMinutes(1));
            bench.work("Sales", 2, 4);
            bench.backUp(BackupType.LOG, 2);

            bench.restore(PlanRequest.to(bench.at(instant)), "Then");
            bench.restore(PlanRequest.to(new RestoreTarget.End()), "Last");

            assertThat(bench.pages("Then")).isEqualTo(then);
            assertThat(bench.installation.server.compare("Sales", "Last")).isEmpty();
            assertThat(bench.inventory().documents()).hasSize(4);
            for (Listing.Kind kind : Listing.Kind.values()) {
                bench.engine().list(full, kind, RunObserver.SILENT).block(Installation.SOON);
            }
            bench.restore(RestoreRequest.of(full, "Part", false, false));
            RestorePosition.of(bench.engine().environment(), "Part");
            assertThat(bench.engine()
                            .verify(full, RunObserver.SILENT)
                            .block(Installation.SOON)
                            .problems())
                    .isEmpty();
        }
    }

    @Test
    void backupsAreFoundUnderAnySpellingThatTheServerTakes() throws Exception {
        try (RestoreBench bench = RestoreBench.start(directory, 1 << 20)) {
            BackupDocument full = bench.backUp(BackupType.FULL, 1);

            Inventory there = inventory(bench, "sALES");
            bench.sql("DROP DATABASE [Sales]");
            Inventory gone = inventory(bench, "sALES");

            assertThat(there.database()).isEqualTo("Sales");
            assertThat(there.documents()).extracting(BackupDocument::backupId).containsExactly(full.backupId());
            assertThat(there.notes()).isEmpty();
            assertThat(gone.documents())
                    .as("nobody can tell whether it is the same")
                    .isEmpty();
            assertThat(gone.notes()).singleElement().asString().contains("some of Sales: say the name");
            assertThat(inventory(bench, "Sales").documents())
                    .extracting(BackupDocument::backupId)
                    .containsExactly(full.backupId());
        }
    }

    @Test
    void whereCaseTellsAnotherSpellingIsAnotherDatabase() throws Exception {
        try (RestoreBench bench = RestoreBench.start(
                directory,
                ZoneOffset.UTC,
                options -> options.withDatabase("Sales", 1 << 20).withCollation(Collation.LATIN1_GENERAL_CS))) {
            bench.backUp(BackupType.FULL, 1);

            Inventory other = inventory(bench, "sales");

            assertThat(other.documents()).isEmpty();
            assertThat(other.notes()).singleElement().asString().contains("some of Sales");
        }
    }

    private static Inventory inventory(RestoreBench bench, String database) {
        return bench.engine().inventory(database, null).block(Installation.SOON);
    }

    @Test
    void filesOfADatabaseWhoseNameDiffersInCaseAloneAreLeftAlone() throws Exception {
        try (RestoreBench bench = RestoreBench.start(
                directory,
                ZoneOffset.UTC,
                options -> options.withDatabase("Sales", 1 << 20).withCollation(Collation.LATIN1_GENERAL_CS))) {
            bench.backUp(BackupType.FULL, 1);
            // Another database, with the same logical names.
            bench.restore(PlanRequest.to(new RestoreTarget.End()), "sales");
            bench.work("sales", 4, 1);
            Map<Long, Long> theirs = bench.pages("sales");

            bench.restore(bench.request(
                    PlanRequest.to(new RestoreTarget.End()),
                    "Sales",
                    RestoreRequest.Existing.REPLACE_AND_DISCARD_TAIL));
            bench.restore(PlanRequest.to(new RestoreTarget.End()), "SALES");

            assertThat(bench.pages("sales")).isEqualTo(theirs);
            assertThat(files(bench, "Sales")).containsEntry("Sales", "/var/opt/mssql/data/Sales.mdf");
            assertThat(files(bench, "sales")).containsEntry("Sales", "/var/opt/mssql/data/sales_Sales.mdf");
            assertThat(files(bench, "SALES")).containsEntry("Sales", "/var/opt/mssql/data/SALES_Sales_2.mdf");
        }
    }

    private static Map<String, String> files(RestoreBench bench, String database) {
        try (var control = bench.engine().environment().server().connect()) {
            return RestoreFacts.read(control, database).existingFiles();
        }
    }

    @Test
    void aBackupWhoseServerDiedIsFoundAgain() throws Exception {
        try (RestoreBench bench = RestoreBench.start(
                directory,
                ZoneOffset.UTC,
                options -> options.withDatabase("Sales", 1 << 20)
                        .withCollation(Collation.TURKISH_CS)
                        .withLanguage(Language.TURKISH))) {
            bench.backUp(BackupType.FULL, 1);
            bench.work("Sales", 4, 1);
            bench.installation.server.faults().next(Faults.Target.LOG, new Fault.DiesBeforeHistory());

            assertThatThrownBy(() -> bench.backUp(BackupType.LOG, 1)).isInstanceOf(OperationFailed.class);
            bench.installation.recover();

            bench.work("Sales", 4, 2);
            bench.backUp(BackupType.LOG, 1);
            bench.restore(PlanRequest.to(new RestoreTarget.End()), "Copy");
            assertThat(bench.installation.server.compare("Sales", "Copy")).isEmpty();
        }
    }

    @Test
    void whatSqlServer2025PacksWithZstdComesBack() throws Exception {
        try (RestoreBench bench = RestoreBench.start(
                directory,
                ZoneOffset.UTC,
                options -> options.withDatabase("Sales", 1 << 20)
                        .withProduct(new Product(Product.Release.SQL_2025, Product.Edition.STANDARD)))) {
            bench.installation.backup(BackupRequest.full("Sales", 2)
                    .withOptions(BackupOptions.DEFAULT.withCompression(Compression.ZSTD)));

            bench.restore(PlanRequest.to(new RestoreTarget.End()), "Copy");

            assertThat(bench.installation.server.compare("Sales", "Copy")).isEmpty();
        }
    }

    @Test
    void anEncryptedChainComesBackWhereTheCertificateIs() throws Exception {
        try (RestoreBench bench = RestoreBench.start(directory, 1 << 20)) {
            BackupOptions encrypted =
                    BackupOptions.DEFAULT.withEncryption(new Encryption(Encryption.Algorithm.AES_256, "Backup Cert"));
            bench.sql("CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'Secret!1'");
            assertThatThrownBy(() -> bench.installation.backup(
                            BackupRequest.full("Sales", 1).withOptions(encrypted)))
                    .isInstanceOf(OperationFailed.class)
                    .hasMessageContaining("certificate");

            bench.sql("CREATE CERTIFICATE [Backup Cert] WITH SUBJECT = 'backups'");
            bench.installation.backup(BackupRequest.full("Sales", 2).withOptions(encrypted));
            bench.work("Sales", 4, 1);
            BackupDocument log = bench.installation
                    .backup(BackupRequest.of("Sales", BackupType.LOG).withOptions(encrypted))
                    .document();

            assertThat(log.history().text("encryptor_thumbprint")).isNotEmpty();
            // Its own files are there, and nobody but SQL Server can tell which they are.
            bench.restore(PlanRequest.to(new RestoreTarget.End()), "Copy");
            assertThat(bench.installation.server.compare("Sales", "Copy")).isEmpty();

            RestoreRequest misspelt = RestoreRequest.of(
                    bench.planned(PlanRequest.to(new RestoreTarget.End())),
                    bench.inventory().documents(),
                    "Other",
                    Map.of("Sales_lgo", "/d/o.ldf"),
                    RestoreRequest.Existing.KEEP);
            assertThatThrownBy(() -> bench.restore(misspelt))
                    .isInstanceOfSatisfying(
                            OperationFailed.class,
                            failure -> assertThat(failure.id()).hasToString("no-such-file"));

            bench.sql("DROP CERTIFICATE [Backup Cert]");
            assertThatThrownBy(() -> bench.restore(PlanRequest.to(new RestoreTarget.End()), "Other"))
                    .isInstanceOf(OperationFailed.class)
                    .hasMessageContaining("certificate");
            assertThat(bench.state("Other")).isEqualTo("none");
        }
    }
}
