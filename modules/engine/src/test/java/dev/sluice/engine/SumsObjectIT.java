package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupDocument.Blocks;
import dev.sluice.catalog.BackupDocument.Segment;
import dev.sluice.catalog.BackupDocument.Stripe;
import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.files.JoinResult;
import dev.sluice.engine.inventory.Inventory;
import dev.sluice.engine.recovery.RecoveryReport.Decision;
import dev.sluice.engine.recovery.RecoveryReport.Finding;
import dev.sluice.engine.restore.Precondition;
import dev.sluice.engine.restore.RestoreObserver;
import dev.sluice.engine.restore.RestoreRequest;
import dev.sluice.engine.restore.RestoreResult;
import dev.sluice.engine.retention.KeepDecision;
import dev.sluice.engine.retention.PruneReport;
import dev.sluice.engine.retention.PruneRequest;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.simulator.server.Fault;
import dev.sluice.simulator.server.Faults.History;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Backups whose sums are an object of their own. Real ones have three gigabytes and more; these have smaller
/// blocks.
@Timeout(300)
class SumsObjectIT {
    private static final int BLOCK = 64 << 10;

    @TempDir
    Path directory;

    private Installation installation;
    private Catalog catalog;

    @BeforeEach
    void start() throws Exception {
        installation = Installation.start(directory, options -> options.withDatabase("Sales", 40 << 20));
        catalog = installation.engine.environment().catalog();
    }

    @AfterEach
    void close() {
        installation.close();
    }

    /// The same backup, described in smaller blocks.
    private BackupDocument finer(BackupDocument document) {
        return document.withStripes(document.stripes().stream()
                .map(stripe -> new Stripe(
                        stripe.index(),
                        stripe.segments().stream().map(this::finer).toList()))
                .toList());
    }

    private Segment finer(Segment segment) {
        byte[] bytes = installation.store.get(segment.key()).block(Installation.SOON);
        List<String> sums = new ArrayList<>();
        for (int at = 0; at < bytes.length; at += BLOCK) {
            CRC32C crc = new CRC32C();
            crc.update(bytes, at, Math.min(BLOCK, bytes.length - at));
            sums.add(HexFormat.of().toHexDigits((int) crc.getValue()));
        }
        return new Segment(
                segment.key(),
                segment.bytes(),
                segment.crc32c(),
                segment.eTag(),
                segment.parts(),
                new Blocks(BLOCK, sums));
    }

    private BackupDocument large() {
        BackupResult result = installation.backup("Sales", 1);
        CatalogKey entry = catalog.amend(result.key(), finer(result.document())).block(Installation.SOON);
        BackupDocument large = catalog.outline(entry).block(Installation.SOON);
        assertThat(large.sums()).isNotNull();
        assertThat(large.hasSums()).isFalse();
        assertThat(installation.keys()).contains(large.sums().key());
        return large;
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

    private RestoreResult restore(BackupDocument backup, String as) {
        return installation
                .engine
                .restore(RestoreRequest.of(backup, as, false, true), RestoreObserver.SILENT)
                .block(Installation.SOON);
    }

    @Test
    void areUsedByWhoChecksBytesAndGoWithThem() throws Exception {
        BackupDocument large = large();

        assertThat(installation
                        .engine
                        .verify(large, RunObserver.SILENT)
                        .block(Installation.SOON)
                        .problems())
                .isEmpty();
        assertThat(installation
                        .engine
                        .fetch(large, directory.resolve("fetched"))
                        .block(Installation.SOON)
                        .bytes())
                .isEqualTo(large.bytes());
        restore(large, "Copy");
        assertThat(installation.server.compare("Sales", "Copy")).isEmpty();

        String key = large.stripes().getFirst().segments().getFirst().key();
        byte[] bytes = installation.store.get(key).block(Installation.SOON);
        bytes[3 * BLOCK + 1] ^= 1;
        installation.store.put(key, bytes).block(Installation.SOON);
        assertThat(installation
                        .engine
                        .verify(large, RunObserver.SILENT)
                        .block(Installation.SOON)
                        .problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.offset()).isEqualTo(3L * BLOCK));

        assertThat(prune(Set.of(large.backupId()), Set.of()).removed()).isEqualTo(1);
        assertThat(installation.keys()).isEmpty();
    }

    @Test
    void thatAreGoneOrDamagedAreNamedAndHideNothing() throws Exception {
        BackupDocument large = large();
        BackupDocument other = installation.backup("Sales", 1).document();
        String key = large.sums().key();
        byte[] sums = installation.store.get(key).block(Installation.SOON);
        byte[] damaged = sums.clone();
        damaged[sums.length / 2] ^= 1;
        installation.store.put(key, damaged).block(Installation.SOON);

        refused(large, "CRC32C");
        installation.store.delete(key).block(Installation.SOON);
        refused(large, "not there");

        // Before SQL Server is asked to change anything.
        assertThat(installation
                        .engine
                        .check(RestoreRequest.of(large, "Copy", false, true))
                        .block(Installation.SOON)
                        .preconditions())
                .filteredOn(Precondition::isUnmet)
                .singleElement()
                .satisfies(condition -> {
                    assertThat(condition.id()).isEqualTo("objects-present");
                    assertThat(condition.failure()).hasToString("sums-unreadable");
                    assertThat(condition.subjects()).containsExactly(key);
                });
        assertThatThrownBy(() -> restore(large, "Copy")).isInstanceOf(OperationFailed.class);
        assertThat(installation.engine.show(large).block(Installation.SOON).understood())
                .isTrue();
        Inventory inventory = installation.engine.inventory("Sales", null).block(Installation.SOON);
        assertThat(inventory.documents())
                .extracting(BackupDocument::backupId)
                .containsExactlyInAnyOrder(large.backupId(), other.backupId());
        assertThat(prune(Set.of(large.backupId()), Set.of()).removed()).isEqualTo(1);
        assertThat(installation.keys()).noneMatch(each -> each.contains(large.backupId()));
    }

    private void refused(BackupDocument large, String why) {
        assertThatThrownBy(() ->
                        installation.engine.verify(large, RunObserver.SILENT).block(Installation.SOON))
                .isInstanceOfSatisfying(OperationFailed.class, failure -> {
                    assertThat(failure.id()).hasToString("sums-unreadable");
                    assertThat(failure.what()).contains(large.sums().key(), large.backupId(), why);
                });
    }

    @Test
    void ofABackupThatIsRecoveredAreTakenForNoStripe() throws Exception {
        installation.backup("Sales", 1);
        installation.server.faults().history(History.LATE);
        installation.server.faults().next(new Fault.LosesConnection());
        assertThatThrownBy(() -> installation.backup(BackupRequest.differential("Sales")))
                .isInstanceOf(OperationFailed.class);
        BackupDocument pending = installation.pendings().getFirst();
        catalog.writePending(finer(pending)).block(Installation.SOON);
        boolean object =
                catalog.pending(pending.backupId()).block(Installation.SOON).sums() != null;

        assertThat(installation.recover().findings())
                .extracting(Finding::decision)
                .containsExactly(Decision.UNCONFIRMED);
        installation.server.faults().history(History.NORMAL);
        assertThat(installation.recover().findings())
                .extracting(Finding::decision)
                .containsExactly(Decision.COMMITTED);

        CatalogKey entry = catalog.list("Sales")
                .filter(key -> key.backupId().equals(pending.backupId()))
                .blockFirst(Installation.SOON);
        BackupDocument committed = catalog.read(entry).block(Installation.SOON);
        assertThat(committed.sums() != null).isEqualTo(object);
        assertThat(committed.stripes()).hasSize(1);
        assertThat(committed.hasSums()).isTrue();
        assertThat(installation
                        .engine
                        .verify(committed, RunObserver.SILENT)
                        .block(Installation.SOON)
                        .problems())
                .isEmpty();
    }

    @Test
    void areMadeAnewWhenStripesAreJoined() throws Exception {
        installation.close();
        installation = Installation.withFewParts(
                directory.resolve("few"), 1, options -> options.withDatabase("Sales", 40 << 20));
        catalog = installation.engine.environment().catalog();
        BackupDocument large = large();
        assertThat(large.stripes().getFirst().segments()).hasSizeGreaterThan(2);

        JoinResult joined = installation.engine.join(large).block(Installation.SOON);

        assertThat(joined.joined()).isEqualTo(1);
        BackupDocument now = catalog.list("Sales").concatMap(catalog::read).blockFirst(Installation.SOON);
        assertThat(now.stripes().getFirst().segments()).hasSize(1);
        assertThat(installation.keys()).doesNotContain(large.sums().key());
        assertThat(installation
                        .engine
                        .verify(now, RunObserver.SILENT)
                        .block(Installation.SOON)
                        .problems())
                .isEmpty();
    }
}
