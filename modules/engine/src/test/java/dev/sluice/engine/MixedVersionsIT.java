package dev.sluice.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupDocument.Outcome;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.files.JoinResult;
import dev.sluice.engine.inventory.Inventory;
import dev.sluice.engine.recovery.RecoveryReport;
import dev.sluice.engine.recovery.RecoveryReport.Decision;
import dev.sluice.engine.recovery.RecoveryReport.Finding;
import dev.sluice.engine.restore.RestoreObserver;
import dev.sluice.engine.restore.RestoreRequest;
import dev.sluice.engine.retention.KeepDecision;
import dev.sluice.engine.retention.PruneReport;
import dev.sluice.engine.retention.PruneRequest;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.simulator.server.Fault;
import dev.sluice.simulator.server.Faults.History;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A bucket in which programs of several versions have written: what older ones wrote is as good as one's own, and
/// what newer ones wrote stays.
@Timeout(300)
class MixedVersionsIT {

    @TempDir
    Path directory;

    private Installation installation;
    private Catalog catalog;

    @BeforeEach
    void start() throws Exception {
        installation = Installation.withFewParts(directory, 1, options -> options.withDatabase("Sales", 40 << 20));
        catalog = installation.engine.environment().catalog();
    }

    @AfterEach
    void close() {
        installation.close();
    }

    private String text(String key) {
        return new String(installation.store.get(key).block(Installation.SOON), UTF_8);
    }

    private void put(String key, byte[] contents) {
        installation.store.put(key, contents).block(Installation.SOON);
    }

    /// A backup whose entry a program of version 1 has written.
    private BackupDocument old(BackupRequest request) {
        BackupResult result = installation.backup(request);
        put(result.key().key(), Version1.write(result.document()));
        assertThat(text(result.key().key())).contains("\"schemaVersion\" : 1,", "\"crc32c\" : [");
        return result.document();
    }

    private PruneReport prune(Set<String> doomed, Set<String> unconfirmed) {
        return installation
                .engine
                .prune(new PruneRequest(
                        "Sales",
                        (backups, _) -> backups.stream()
                                .map(backup ->
                                        new KeepDecision(backup, !doomed.contains(backup.id()), "so it was chosen"))
                                .toList(),
                        false,
                        unconfirmed))
                .block(Installation.SOON);
    }

    private static BackupDocument named(List<BackupDocument> documents, BackupDocument wanted) {
        return documents.stream()
                .filter(one -> one.backupId().equals(wanted.backupId()))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void entriesOfBothVersionsMakeOneChainThatIsVerifiedJoinedRestoredAndPruned() throws Exception {
        BackupDocument full = old(BackupRequest.full("Sales", 1));
        installation.work("Sales", 1);
        BackupDocument log = old(BackupRequest.log("Sales"));
        installation.work("Sales", 2);
        BackupDocument differential =
                installation.backup(BackupRequest.differential("Sales")).document();
        installation.work("Sales", 3);
        BackupDocument last = installation.backup(BackupRequest.log("Sales")).document();

        Inventory inventory = installation.engine.inventory("Sales", null).block(Installation.SOON);
        assertThat(inventory.refused()).isEmpty();
        assertThat(inventory.unreadable()).isEmpty();
        assertThat(inventory.documents())
                .extracting(BackupDocument::backupId)
                .containsExactlyInAnyOrder(full.backupId(), log.backupId(), differential.backupId(), last.backupId());
        assertThat(inventory.documents()).noneMatch(BackupDocument::hasSums);
        assertThat(named(inventory.documents(), full).facts()).isEqualTo(full.facts());
        assertThat(named(inventory.documents(), full).schemaVersion()).isEqualTo(1);
        for (BackupDocument one : inventory.documents()) {
            assertThat(installation
                            .engine
                            .verify(one, RunObserver.SILENT)
                            .block(Installation.SOON)
                            .problems())
                    .as("%s", one.type())
                    .isEmpty();
            assertThat(installation
                            .engine
                            .fetch(one, directory.resolve("fetched"))
                            .block(Installation.SOON)
                            .bytes())
                    .isEqualTo(one.bytes());
        }

        JoinResult joined =
                installation.engine.join(named(inventory.documents(), full)).block(Installation.SOON);
        assertThat(joined.joined()).isPositive();
        CatalogKey entry = catalog.list("Sales").blockFirst(Installation.SOON);
        assertThat(text(entry.key())).contains("\"schemaVersion\" : 2,");
        installation
                .engine
                .restore(
                        RestoreRequest.of(catalog.outline(entry).block(Installation.SOON), "Copy", false, true),
                        RestoreObserver.SILENT)
                .block(Installation.SOON);

        assertThat(prune(Set.of(last.backupId(), log.backupId()), Set.of()).removed())
                .isEqualTo(2);
        assertThat(installation.keys()).noneMatch(key -> key.contains(last.backupId()) || key.contains(log.backupId()));
        assertThat(prune(Set.of(full.backupId(), differential.backupId()), Set.of())
                        .removed())
                .isEqualTo(2);
        assertThat(installation.keys()).isEmpty();
    }

    @Test
    void aBackupThatAnOldProgramHasLeftPendingIsCommittedCompletedOrGivenUp() throws Exception {
        installation.backup(BackupRequest.full("Sales", 1));
        installation.server.faults().history(History.LATE);
        installation.server.faults().next(new Fault.LosesConnection());
        assertThatThrownBy(() -> installation.backup(BackupRequest.differential("Sales")))
                .isInstanceOf(OperationFailed.class);
        BackupDocument pending = installation.pendings().getFirst();
        String key = catalog.keys().pending(pending.backupId());
        put(key, Version1.write(pending));

        assertThat(installation.recover().findings())
                .extracting(Finding::decision)
                .containsExactly(Decision.UNCONFIRMED);
        assertThat(text(key)).contains("\"schemaVersion\" : 2,");
        BackupDocument kept = installation.pendings().getFirst();
        assertThat(kept.verdict().outcome()).isEqualTo(Outcome.UNCONFIRMED);
        assertThat(kept.stripes()).isEqualTo(pending.stripes());
        put(key, Version1.write(kept));

        installation.server.faults().history(History.NORMAL);
        assertThat(installation.recover().findings())
                .extracting(Finding::decision)
                .containsExactly(Decision.COMMITTED);
        assertThat(installation.entries("Sales")).hasSize(2);
        assertThat(installation.pendings()).isEmpty();
    }

    @Test
    void aRemovalThatAnOldProgramHasBegunIsFinished() {
        BackupDocument full = installation.backup("Sales", 1).document();
        CatalogKey entry = catalog.list("Sales").blockFirst(Installation.SOON);
        put(catalog.keys().removal(full.backupId()), Version1.write(full));
        installation.store.delete(entry.key()).block(Installation.SOON);

        assertThat(prune(Set.of(), Set.of()).finished()).isEqualTo(1);

        assertThat(installation.keys()).isEmpty();
    }

    /// The rule that keeps an old program from deleting what it does not understand: held here against documents
    /// of a version that this program does not know, as version 1 held it against ours.
    @Test
    void nothingOfANewerVersionIsDeleted() throws Exception {
        BackupDocument ours = installation.backup("Sales", 1).document();
        BackupDocument newer = installation.backup("Sales", 1).document();
        CatalogKey entry = catalog.list("Sales").blockLast(Installation.SOON);
        assertThat(entry.backupId()).isEqualTo(newer.backupId());
        String document = text(entry.key())
                .replace("\"schemaVersion\" : 2", "\"schemaVersion\" : 3")
                .replace("\"sluiceVersion\" : \"test\"", "\"sluiceVersion\" : \"9.0\"");
        put(entry.key(), document.getBytes(UTF_8));
        String pendingId = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
        String removalId = "01ARZ3NDEKTSV4RRFFQ69G5FAW";
        put(catalog.keys().pending(pendingId), document.getBytes(UTF_8));
        put(catalog.keys().removal(removalId), document.getBytes(UTF_8));
        for (String id : List.of(newer.backupId(), pendingId, removalId)) {
            put(catalog.keys().data("Sales", id) + "sums-0123456789abcdef.bin", "sums".getBytes(UTF_8));
            put(catalog.keys().data("Sales", id, 1, 1), "data".getBytes(UTF_8));
        }
        Map<String, String> before = everything();

        RecoveryReport report = installation.recover();
        assertThat(report.findings()).singleElement().satisfies(finding -> {
            assertThat(finding.decision()).isEqualTo(Decision.UNREADABLE);
            assertThat(finding.proof()).contains("schema version 3 by Sluice 9.0", "update Sluice");
        });
        assertThat(report.orphans()).isZero();
        assertThatThrownBy(() -> prune(Set.of(ours.backupId(), newer.backupId()), Set.of()))
                .isInstanceOfSatisfying(OperationFailed.class, failure -> {
                    assertThat(failure.id()).hasToString("catalog-unreadable");
                    assertThat(failure.what()).contains("schema version 3 by Sluice 9.0");
                });
        assertThatThrownBy(() -> prune(Set.of(), Set.of(pendingId))).isInstanceOf(OperationFailed.class);

        assertThat(everything()).isEqualTo(before);
        Inventory inventory = installation.engine.inventory("Sales", null).block(Installation.SOON);
        assertThat(inventory.documents()).extracting(BackupDocument::backupId).containsExactly(ours.backupId());
        assertThat(inventory.refused()).hasSize(2).allMatch(why -> why.contains("schema version 3"));
        assertThat(installation
                        .backup(BackupRequest.of("Sales", BackupType.FULL))
                        .document()
                        .bytes())
                .isPositive();
        before.forEach((key, contents) -> assertThat(everything()).containsEntry(key, contents));
    }

    private Map<String, String> everything() {
        Map<String, String> all = new TreeMap<>();
        for (String key : installation.keys()) {
            all.put(key, text(key));
        }
        return all;
    }
}
