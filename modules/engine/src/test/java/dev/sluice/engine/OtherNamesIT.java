package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.engine.backup.BackupOptions;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.chain.ChainFinding;
import dev.sluice.engine.chain.ChainFinding.Kind;
import dev.sluice.engine.chain.ChainPolicy;
import dev.sluice.engine.inventory.Inventory;
import dev.sluice.engine.plan.PlanRequest;
import dev.sluice.engine.plan.Planner;
import dev.sluice.engine.plan.Planning;
import dev.sluice.engine.plan.RestorePlan;
import dev.sluice.engine.plan.RestoreTarget;
import dev.sluice.engine.restore.RestoreObserver;
import dev.sluice.engine.restore.RestoreRequest;
import dev.sluice.engine.restore.RestoreResult;
import dev.sluice.engine.run.RunObserver;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Log and differential backups of a database that has no full backup in the bucket under its name: said at
/// once, and restored all the same where a backup under another name carries them.
@Timeout(180)
class OtherNamesIT {

    @TempDir
    Path directory;

    private Installation installation;

    @BeforeEach
    void start() throws Exception {
        installation = Installation.start(
                directory, options -> options.withDatabase("Sales", 1 << 20).withDatabase("Orders", 1 << 20));
        installation.backup(BackupRequest.full("Orders", 1));
    }

    @AfterEach
    void stop() {
        installation.close();
    }

    private RestoreResult restore(String database, String as) {
        Inventory inventory = installation.engine.inventory(database, null).block(Installation.SOON);
        Planning planning = new Planner(inventory.backups()).plan(PlanRequest.to(new RestoreTarget.End()));
        assertThat(planning).isInstanceOf(RestorePlan.class);
        RestoreRequest request = RestoreRequest.of(
                (RestorePlan) planning, inventory.documents(), as, Map.of(), RestoreRequest.Existing.KEEP);
        return installation.engine.restore(request, RestoreObserver.SILENT).block(Installation.SOON);
    }

    private void assertRestorable(String database, String as) {
        restore(database, as);
        assertThat(installation.server.compare(database, as)).isEmpty();
        installation.sql("DROP DATABASE [%s]".formatted(as));
    }

    private static void assertQuiet(BackupResult result) {
        assertThat(result.chain()).isEmpty();
    }

    @Test
    void aCopyRestsOnWhatItWasRestoredFromAndIsToldSo() throws Exception {
        BackupResult full = installation.backup(BackupRequest.full("Sales", 1));
        installation.work("Sales", 1);
        installation.backup(BackupRequest.log("Sales"));
        restore("Sales", "Copy");
        installation.work("Copy", 2);
        installation.work("Sales", 3);
        installation.backup(BackupRequest.log("Sales"));

        BackupResult log = installation.backup(BackupRequest.log("Copy"));
        installation.work("Copy", 4);
        BackupResult differential = installation.backup(BackupRequest.differential("Copy"));
        installation.backup(BackupRequest.full("Sales", 1));
        installation.work("Sales", 5);
        installation.backup(BackupRequest.log("Sales"));

        for (BackupResult result : List.of(log, differential)) {
            assertThat(result.chain()).singleElement().satisfies(finding -> {
                assertThat(finding.kind()).isEqualTo(Kind.NO_FULL);
                assertThat(finding.what()).contains(full.document().backupId(), "of Sales");
                assertThat(finding.consequence()).contains("retention of Sales", "full backup of Copy");
            });
        }
        assertRestorable("Copy", "Copy2");
        assertThat(installation
                        .engine
                        .inventory("Copy", null)
                        .block(Installation.SOON)
                        .notes())
                .singleElement()
                .asString()
                .contains("under the name Sales");

        installation.work("Copy", 6);
        BackupResult healed = installation.backup(
                BackupRequest.log("Copy").withOptions(BackupOptions.DEFAULT.withChain(ChainPolicy.DIFFERENTIAL)));
        assertThat(healed.answer()).isNotNull();
        assertThat(healed.answer().document().type()).isEqualTo(BackupType.FULL);
        assertQuiet(healed.answer());
        installation.work("Copy", 7);
        assertQuiet(installation.backup(BackupRequest.log("Copy")));
        assertRestorable("Copy", "Copy2");
    }

    @Test
    void nothingInAnEmptyPrefixCarriesWhatOnlyOthersHaveTheBaseOf() throws Exception {
        installation.backup(BackupRequest.full("Sales", 1));
        String base = installation
                .entries("Sales")
                .getFirst()
                .history()
                .set()
                .orElseThrow()
                .toString();
        installation.work("Sales", 1);
        Engine elsewhere = new Engine(installation.besides("elsewhere"));

        BackupResult differential = elsewhere
                .backup(BackupRequest.differential("Sales"), RunObserver.SILENT)
                .block(Installation.SOON);
        BackupResult log =
                elsewhere.backup(BackupRequest.log("Sales"), RunObserver.SILENT).block(Installation.SOON);

        assertThat(differential.chain()).singleElement().satisfies(finding -> {
            assertThat(finding.kind()).isEqualTo(Kind.NO_FULL);
            assertThat(finding.what()).containsIgnoringCase(base).contains("by sa");
            assertThat(finding.consequence()).contains("Take a full backup");
        });
        assertThat(log.chain()).extracting(ChainFinding::kind).containsExactly(Kind.NO_FULL);
        assertThat(elsewhere.chain("Sales").block(Installation.SOON))
                .extracting(ChainFinding::kind)
                .containsExactly(Kind.NO_FULL);
        assertQuiet(elsewhere
                .backup(BackupRequest.full("Sales", 1), RunObserver.SILENT)
                .block(Installation.SOON));
    }

    @Test
    void aCopyOnlyFullBackupCarriesLogsAndNoDifferentials() throws Exception {
        installation.backup(BackupRequest.full("Sales", 1));
        Engine elsewhere = new Engine(installation.besides("elsewhere"));
        elsewhere
                .backup(BackupRequest.full("Sales", 1).withCopyOnly(true), RunObserver.SILENT)
                .block(Installation.SOON);
        installation.work("Sales", 1);

        assertQuiet(
                elsewhere.backup(BackupRequest.log("Sales"), RunObserver.SILENT).block(Installation.SOON));
        assertThat(elsewhere
                        .backup(BackupRequest.differential("Sales"), RunObserver.SILENT)
                        .block(Installation.SOON)
                        .chain())
                .extracting(ChainFinding::kind)
                .containsExactly(Kind.NO_FULL);
    }

    @Test
    void aRenamedDatabaseGoesOnWithTheChainUnderItsFormerName() throws Exception {
        installation.backup(BackupRequest.full("Sales", 1));
        installation.work("Sales", 1);
        installation.backup(BackupRequest.log("Sales"));
        installation.sql("ALTER DATABASE [Sales] MODIFY NAME = [Sales 2027]");
        // The former name is another database's by now.
        installation.sql("ALTER DATABASE [Orders] MODIFY NAME = [Sales]");
        installation.backup(BackupRequest.full("Sales", 1));
        assertRestorable("Sales 2027", "Before any backup under the new name");
        installation.work("Sales 2027", 2);

        assertQuiet(installation.backup(BackupRequest.log("Sales 2027")));
        installation.work("Sales 2027", 3);
        assertQuiet(installation.backup(BackupRequest.differential("Sales 2027")));
        installation.work("Sales 2027", 4);
        assertQuiet(installation.backup(BackupRequest.log("Sales 2027")));

        assertRestorable("Sales 2027", "Copy");
        assertThat(installation
                        .engine
                        .inventory("Sales 2027", null)
                        .block(Installation.SOON)
                        .documents())
                .extracting(BackupDocument::database)
                .startsWith("Sales")
                .endsWith("Sales 2027");

        installation.backup(BackupRequest.full("Sales 2027", 1));
        installation.work("Sales 2027", 5);
        assertQuiet(installation.backup(BackupRequest.log("Sales 2027")));
        assertRestorable("Sales 2027", "Copy");
    }

    /// A log of the chain is gone: what was taken since under the new name leads nowhere.
    @Test
    void aRenamedDatabaseIsToldOfAGapUnderItsFormerName() throws Exception {
        installation.backup(BackupRequest.full("Sales", 1));
        installation.work("Sales", 1);
        new Engine(installation.besides("elsewhere"))
                .backup(BackupRequest.log("Sales"), RunObserver.SILENT)
                .block(Installation.SOON);
        installation.sql("ALTER DATABASE [Sales] MODIFY NAME = [Sales 2027]");
        installation.work("Sales 2027", 2);

        assertThat(installation.backup(BackupRequest.log("Sales 2027")).chain())
                .extracting(ChainFinding::kind)
                .containsExactly(Kind.NO_FULL);
    }

    @Test
    void aCopyWithoutBackupsIsNotTakenForWhatItWasRestoredFrom() throws Exception {
        installation.backup(BackupRequest.full("Sales", 1));
        restore("Sales", "Copy");

        Inventory inventory = installation.engine.inventory("Copy", null).block(Installation.SOON);

        assertThat(inventory.backups()).isEmpty();
        assertThat(inventory.notes()).singleElement().asString().contains("same family under the name Sales");
    }
}
