package dev.sluice.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.plan.PlanRequest;
import dev.sluice.engine.plan.RestoreTarget;
import dev.sluice.engine.rebuild.BucketData;
import dev.sluice.engine.retention.HoldRequest;
import dev.sluice.engine.retention.HoldResult;
import dev.sluice.engine.retention.KeepDecision;
import dev.sluice.engine.retention.PruneReport;
import dev.sluice.engine.retention.PruneRequest;
import dev.sluice.engine.run.OperationFailed;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What a hold keeps, against everything that removes backups, also at the same time.
@Timeout(300)
class HoldIT {

    private static final PruneRequest.Chooser EVERYTHING = (backups, _) -> backups.stream()
            .map(backup -> new KeepDecision(backup, false, "everything goes"))
            .toList();

    @TempDir
    Path directory;

    private RestoreBench bench;
    private Catalog catalog;

    @BeforeEach
    void start() throws Exception {
        bench = RestoreBench.start(directory, 512 << 10);
        catalog = bench.engine().environment().catalog();
    }

    @AfterEach
    void stop() {
        bench.close();
    }

    private BackupDocument backUp(BackupType type) throws Exception {
        bench.later(Duration.ofMinutes(1));
        bench.work("Sales", 2, 1);
        return bench.backUp(type, 1);
    }

    private HoldResult hold(BackupDocument backup, @Nullable Instant until) {
        return bench.engine()
                .hold(new HoldRequest(backup, until, "audit", bench.now()))
                .block(Installation.SOON);
    }

    private PruneReport prune(PruneRequest.Chooser chooser) {
        return retried(new PruneRequest("Sales", chooser, false));
    }

    /// The server releases the lock of the backup before a moment after its session was closed.
    private PruneReport retried(PruneRequest request) {
        for (int i = 0; ; i++) {
            try {
                return bench.engine().prune(request).block(Installation.SOON);
            } catch (OperationFailed e) {
                if (!e.id().toString().equals("busy") || i == 100) {
                    throw e;
                }
                LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
            }
        }
    }

    private List<String> listed() {
        return catalog.list("Sales").map(CatalogKey::backupId).collectList().block(Installation.SOON);
    }

    private List<String> removals() {
        return catalog.removalIds().collectList().block(Installation.SOON);
    }

    private static void refused(String id, Runnable attempt) {
        assertThatThrownBy(attempt::run)
                .isInstanceOfSatisfying(
                        OperationFailed.class, e -> assertThat(e.id()).hasToString(id));
    }

    @Test
    void aHeldBackupStaysWithWhatItRestsOnAndNothingElse() throws Exception {
        BackupDocument full = backUp(BackupType.FULL);
        BackupDocument skipped = backUp(BackupType.LOG);
        BackupDocument differential = backUp(BackupType.DIFFERENTIAL);
        BackupDocument log = backUp(BackupType.LOG);
        Map<Long, Long> then = bench.pages("Sales");
        BackupDocument after = backUp(BackupType.LOG);

        HoldResult held = hold(log, null);
        PruneReport report = prune(EVERYTHING);

        assertThat(held.unreachable()).isNull();
        assertThat(held.hold().backups()).containsExactly(full.backupId(), differential.backupId(), log.backupId());
        assertThat(listed()).containsExactlyElementsOf(held.hold().backups());
        assertThat(report.backups())
                .filteredOn(PruneReport.Entry::kept)
                .extracting(PruneReport.Entry::reason)
                .containsExactly(
                        "needed by backup %s, which is held: audit".formatted(log.backupId()),
                        "needed by backup %s, which is held: audit".formatted(log.backupId()),
                        "held: audit");
        assertThat(report.backups())
                .filteredOn(entry -> !entry.kept())
                .extracting(PruneReport.Entry::backupId)
                .containsExactly(skipped.backupId(), after.backupId());
        bench.restore(PlanRequest.to(new RestoreTarget.Through(log.backupId())), "Held");
        assertThat(bench.pages("Held")).isEqualTo(then);
    }

    @Test
    void whatWasReleasedGoesAndASecondReleaseIsRefused() throws Exception {
        BackupDocument full = backUp(BackupType.FULL);
        BackupDocument log = backUp(BackupType.LOG);
        hold(log, null);

        refused("not-held", () -> bench.engine().release(full.backupId()).block(Installation.SOON));
        bench.engine().release(log.backupId()).block(Installation.SOON);
        refused("not-held", () -> bench.engine().release(log.backupId()).block(Installation.SOON));
        prune(EVERYTHING);

        assertThat(listed()).isEmpty();
    }

    @Test
    void aHoldEndsByItselfBySqlServersClockAndItsDocumentGoesWithTheBackup() throws Exception {
        BackupDocument full = backUp(BackupType.FULL);
        hold(full, bench.now().plus(Duration.ofDays(2)));

        bench.later(Duration.ofDays(1));
        prune(EVERYTHING);
        assertThat(listed()).containsExactly(full.backupId());

        bench.later(Duration.ofDays(2));
        prune(EVERYTHING);
        assertThat(listed()).isEmpty();
        assertThat(bench.installation.keys()).isEmpty();
    }

    @Test
    void aHeldBackupIsNotRemovedByItsNameAndThenNothingIs() throws Exception {
        BackupDocument full = backUp(BackupType.FULL);
        BackupDocument other = backUp(BackupType.FULL);
        BackupDocument log = backUp(BackupType.LOG);
        hold(log, null);

        refused(
                "held",
                () -> retried(PruneRequest.deletion("Sales", Set.of(full.backupId(), other.backupId()), Set.of())));

        assertThat(listed()).hasSize(3);
        retried(PruneRequest.deletion("Sales", Set.of(full.backupId()), Set.of()));
        assertThat(listed()).containsExactly(other.backupId(), log.backupId());
    }

    @Test
    void aHoldThatComesWhileAPruneIsUnderWayIsSeenBeforeTheBackupGoes() throws Exception {
        BackupDocument full = backUp(BackupType.FULL);
        BackupDocument log = backUp(BackupType.LOG);

        PruneReport report = prune((backups, now) -> {
            hold(log, null); // after the prune has looked for holds
            return EVERYTHING.choose(backups, now);
        });

        assertThat(listed()).containsExactly(full.backupId(), log.backupId());
        assertThat(removals()).isEmpty();
        assertThat(report.removed()).isZero();
        assertThat(report.backups())
                .extracting(PruneReport.Entry::reason)
                .containsExactly("needed by backup %s, which is held: audit".formatted(log.backupId()), "held: audit");
    }

    @Test
    void aHoldOfWhatIsBeingRemovedIsRefusedAndLeavesTheHoldThatWasThere() throws Exception {
        BackupDocument full = backUp(BackupType.FULL);
        BackupDocument log = backUp(BackupType.LOG);
        catalog.writeRemoval(full).block(Installation.SOON);

        refused("no-such-backup", () -> hold(log, null));
        assertThat(catalog.holds().state().block(Installation.SOON)).isEmpty();

        catalog.deleteRemoval(full.backupId()).block(Installation.SOON);
        Instant until = bench.now().plus(Duration.ofDays(9));
        hold(log, until);
        catalog.writeRemoval(full).block(Installation.SOON);
        refused("no-such-backup", () -> hold(log, null));
        assertThat(catalog.holds().read(log.backupId()).block(Installation.SOON).until())
                .isEqualTo(until);
    }

    /// Each round races one hold with one prune that removes everything.
    @Test
    void ofAHoldAndARemovalAtTheSameTimeOneAlwaysGivesWay() throws Exception {
        SplittableRandom random = new SplittableRandom(7);
        int held = 0;
        for (int round = 0; round < 12; round++) {
            BackupDocument full = backUp(BackupType.FULL);
            BackupDocument log = backUp(BackupType.LOG);
            long later = random.nextLong(50_000_000); // a hold reads more before it writes
            CompletableFuture<PruneReport> pruned = CompletableFuture.supplyAsync(() -> {
                LockSupport.parkNanos(later);
                return prune(EVERYTHING);
            });
            boolean placed;
            try {
                hold(log, null);
                placed = true;
            } catch (OperationFailed e) {
                assertThat(e.id()).hasToString("no-such-backup");
                placed = false;
            }
            pruned.join();

            if (placed) {
                held++;
                assertThat(listed()).as("round %d", round).containsExactly(full.backupId(), log.backupId());
                assertThat(bench.inventory().backups())
                        .extracting(Backup::missing)
                        .containsOnly(Set.of());
                bench.engine().release(log.backupId()).block(Installation.SOON);
                prune(EVERYTHING);
            }
            prune(EVERYTHING);
            assertThat(listed()).as("round %d", round).isEmpty();
            assertThat(bench.installation.keys()).as("round %d", round).isEmpty();
        }
        System.getLogger(HoldIT.class.getName()).log(System.Logger.Level.INFO, "{0} of 12 held", held);
    }

    @Test
    void aHoldThatCannotBeReadStopsThePruneOfItsDatabase() throws Exception {
        BackupDocument full = backUp(BackupType.FULL);
        BackupDocument log = backUp(BackupType.LOG);
        String key = catalog.keys().hold(log.backupId());
        bench.installation
                .store
                .put(key, "{\"schemaVersion\": 2}".getBytes(UTF_8))
                .block(Installation.SOON);

        refused("catalog-unreadable", () -> prune(EVERYTHING));
        assertThat(listed()).containsExactly(full.backupId(), log.backupId());

        bench.engine().release(log.backupId()).block(Installation.SOON);
        prune(EVERYTHING);
        assertThat(listed()).isEmpty();
    }

    @Test
    void aBackupThatCannotBeRestoredIsHeldAloneAndToldSo() throws Exception {
        BackupDocument full = backUp(BackupType.FULL);
        BackupDocument log = backUp(BackupType.LOG);
        retried(PruneRequest.deletion("Sales", Set.of(full.backupId()), Set.of()));

        HoldResult held = hold(log, null);

        assertThat(held.unreachable()).isNotBlank();
        assertThat(held.hold().backups()).containsExactly(log.backupId());
    }

    @Test
    void holdsAreNoDataAndNoBackups() throws Exception {
        BackupDocument full = backUp(BackupType.FULL);
        hold(full, null);

        BucketData data = bench.engine().data(null).block(Installation.SOON);

        assertThat(data.strange()).isEmpty();
        assertThat(data.lost()).isEmpty();
        assertThat(data.unclear()).isEmpty();
        assertThat(bench.inventory().refused()).isEmpty();
        assertThat(bench.inventory().documents()).hasSize(1);
        assertThat(bench.installation.recover().findings()).isEmpty();
    }
}
