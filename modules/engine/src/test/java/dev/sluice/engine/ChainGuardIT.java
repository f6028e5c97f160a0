package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.engine.backup.BackupOptions;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.chain.ChainFinding;
import dev.sluice.engine.chain.ChainFinding.Kind;
import dev.sluice.engine.chain.ChainPolicy;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.simulator.server.Fault;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Backups that somebody else takes between ours are noticed the same day.
@Timeout(180)
class ChainGuardIT {

    @TempDir
    Path directory;

    private Installation start() throws Exception {
        Installation installation = Installation.start(directory, o -> o.withDatabase("Sales", 2 << 20));
        installation.backup(BackupRequest.full("Sales", 1));
        installation.work("Sales", 1);
        installation.backup(BackupRequest.log("Sales"));
        installation.work("Sales", 2);
        return installation;
    }

    /// Who works beside Sluice, with another directory in the bucket.
    private static void somebodyElse(Installation installation, BackupRequest request) {
        new Engine(installation.besides("elsewhere"))
                .backup(request, RunObserver.SILENT)
                .block(Installation.SOON);
    }

    private static BackupRequest answering(BackupRequest request, ChainPolicy policy) {
        return request.withOptions(BackupOptions.DEFAULT.withChain(policy));
    }

    @Test
    void anUnbrokenChainIsNotTalkedAbout() throws Exception {
        try (Installation installation = start()) {
            assertThat(installation.backup(BackupRequest.differential("Sales")).chain())
                    .isEmpty();
            assertThat(installation.backup(BackupRequest.log("Sales")).chain()).isEmpty();
        }
    }

    @Test
    void aForeignLogBackupIsNamedWithItsRange() throws Exception {
        try (Installation installation = start()) {
            BackupDocument last = installation.entries("Sales").getLast();
            somebodyElse(installation, BackupRequest.log("Sales"));
            installation.work("Sales", 3);

            BackupResult result = installation.backup(BackupRequest.log("Sales"));

            assertThat(result.chain()).singleElement().satisfies(finding -> {
                assertThat(finding.kind()).isEqualTo(Kind.FOREIGN_LOG);
                assertThat(finding.what())
                        .contains(last.lastLsn().toString())
                        .contains(result.document().firstLsn().toString())
                        .contains("by sa");
            });
            assertThat(result.answer()).isNull();
        }
    }

    /// Also by a process that was not there when it happened: the bucket's own keys tell.
    @Test
    void aGapIsNamedUntilADataBackupGetsOverIt() throws Exception {
        try (Installation installation = start()) {
            somebodyElse(installation, BackupRequest.log("Sales"));
            installation.work("Sales", 3);
            ChainFinding first =
                    installation.backup(BackupRequest.log("Sales")).chain().getFirst();
            installation.work("Sales", 4);

            assertThat(installation.backup(BackupRequest.log("Sales")).chain()).containsExactly(first);
            assertThat(installation.engine.chain("Sales").block(Installation.SOON))
                    .containsExactly(first);

            assertThat(installation.backup(BackupRequest.differential("Sales")).chain())
                    .isEmpty();
            installation.work("Sales", 5);
            assertThat(installation.backup(BackupRequest.log("Sales")).chain()).isEmpty();
        }
    }

    /// A log backup whose verdict was lost may be part of the chain.
    @Test
    void anUnconfirmedLogBackupIsNoGap() throws Exception {
        try (Installation installation = start()) {
            installation.server.faults().next(new Fault.LosesConnection());
            assertThatThrownBy(() -> installation.backup(BackupRequest.log("Sales")))
                    .isInstanceOf(OperationFailed.class);
            installation.work("Sales", 3);

            assertThat(installation.backup(BackupRequest.log("Sales")).chain()).isEmpty();
            assertThat(installation.backup(BackupRequest.log("Sales")).chain()).isEmpty();
        }
    }

    /// Replicas share one log, and another of them may write to the same bucket a moment later.
    @Test
    void inAnAvailabilityGroupTheLogMayBeBackedUpElsewhere() throws Exception {
        try (Installation installation = start()) {
            installation.sql("EXEC sluice_availability_group @database = N'Sales'");
            somebodyElse(installation, BackupRequest.log("Sales"));
            somebodyElse(installation, BackupRequest.full("Sales", 1));
            installation.work("Sales", 3);

            assertThat(installation.backup(BackupRequest.log("Sales")).chain()).isEmpty();
        }
    }

    @Test
    void aForeignLogBackupIsAnsweredWithADifferential() throws Exception {
        try (Installation installation = start()) {
            somebodyElse(installation, BackupRequest.log("Sales"));
            installation.work("Sales", 3);

            BackupResult result = installation.backup(answering(BackupRequest.log("Sales"), ChainPolicy.DIFFERENTIAL));

            assertThat(result.answer()).isNotNull();
            assertThat(result.answer().document().type()).isEqualTo(BackupType.DIFFERENTIAL);
            assertThat(result.answer().chain()).isEmpty();
            installation.work("Sales", 4);
            assertThat(installation.backup(BackupRequest.log("Sales")).chain()).isEmpty();
        }
    }

    @Test
    void aForeignFullBackupNeedsAFullOne() throws Exception {
        try (Installation installation = start()) {
            somebodyElse(installation, BackupRequest.full("Sales", 1));

            BackupResult result =
                    installation.backup(answering(BackupRequest.differential("Sales"), ChainPolicy.DIFFERENTIAL));

            assertThat(result.chain()).extracting(ChainFinding::kind).containsExactly(Kind.FOREIGN_FULL);
            assertThat(result.answer()).isNotNull();
            assertThat(result.answer().document().type()).isEqualTo(BackupType.FULL);
            assertThat(result.answer().chain()).isEmpty();
        }
    }

    @Test
    void aForeignCopyOnlyBackupIsNobodysBusiness() throws Exception {
        try (Installation installation = start()) {
            somebodyElse(installation, BackupRequest.full("Sales", 1).withCopyOnly(true));
            somebodyElse(installation, BackupRequest.log("Sales").withCopyOnly(true));

            assertThat(installation.backup(BackupRequest.log("Sales")).chain()).isEmpty();
        }
    }

    @Test
    void aSwitchToSimpleIsReported() throws Exception {
        try (Installation installation = start()) {
            installation.sql("ALTER DATABASE [Sales] SET RECOVERY SIMPLE");

            BackupResult result = installation.backup(BackupRequest.differential("Sales"));

            assertThat(result.chain()).extracting(ChainFinding::kind).containsExactly(Kind.SIMPLE_RECOVERY);
        }
    }

    @Test
    void aSwitchToSimpleAndBackIsHealedByADataBackup() throws Exception {
        try (Installation installation = start()) {
            installation.sql("ALTER DATABASE [Sales] SET RECOVERY SIMPLE");
            installation.sql("ALTER DATABASE [Sales] SET RECOVERY FULL");

            assertThat(installation
                            .backup(BackupRequest.full("Sales", 1).withCopyOnly(true))
                            .chain())
                    .extracting(ChainFinding::kind)
                    .containsExactly(Kind.LOG_CHAIN_ENDED);
            assertThat(installation.backup(BackupRequest.differential("Sales")).chain())
                    .isEmpty();
        }
    }
}
