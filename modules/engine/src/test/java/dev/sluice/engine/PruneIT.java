package dev.sluice.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.Keys;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.inventory.Inventory;
import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.retention.KeepDecision;
import dev.sluice.engine.retention.PruneReport;
import dev.sluice.engine.retention.PruneRequest;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.sql.AppLock;
import dev.sluice.engine.sql.SqlServer;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.s3.ProviderProfile;
import dev.sluice.s3.RetryPolicy;
import dev.sluice.s3.S3Store;
import dev.sluice.s3.StoreConfig;
import dev.sluice.simulator.server.Fault;
import dev.sluice.simulator.server.Faults;
import dev.sluice.testsupport.Crash;
import dev.sluice.testsupport.FaultyProxy;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Removing backups, against a real bucket and a session with real locks.
@Timeout(300)
class PruneIT {

    private static final String DATABASE = "Sales";

    @TempDir
    Path directory;

    private Installation installation;
    private Catalog catalog;

    @BeforeEach
    void start() throws Exception {
        installation = Installation.start(directory, options -> options.withDatabase(DATABASE, 1 << 20));
        catalog = installation.engine.environment().catalog();
    }

    @AfterEach
    void stop() {
        installation.close();
    }

    private String backup(BackupType type) {
        BackupResult result = installation
                .engine
                .backup(Installation.request(DATABASE, type, false, 1), RunObserver.SILENT)
                .block(Installation.SOON);
        return result.document().backupId();
    }

    private static PruneRequest request(boolean dryRun, Set<String> doomed) {
        return new PruneRequest(
                DATABASE,
                (backups, now) -> backups.stream()
                        .map(backup -> new KeepDecision(backup, !doomed.contains(backup.id()), "so it was chosen"))
                        .toList(),
                dryRun);
    }

    private PruneReport prune(boolean dryRun, String... doomed) {
        return installation.engine.prune(request(dryRun, Set.of(doomed))).block(Installation.SOON);
    }

    private static void fail(CatalogException e) {
        throw e;
    }

    private List<String> listed() {
        return catalog.list(DATABASE).map(CatalogKey::backupId).collectList().block(Installation.SOON);
    }

    @Test
    void whatIsChosenIsGoneWhollyAndNothingElseIs() {
        String full = backup(BackupType.FULL);
        String log = backup(BackupType.LOG);
        String second = backup(BackupType.FULL);

        PruneReport dry = prune(true, full, log);
        assertThat(listed()).containsExactly(full, log, second);
        PruneReport report = prune(false, full, log);

        assertThat(dry.removed()).isEqualTo(2);
        assertThat(report.removed()).isEqualTo(2);
        assertThat(report.backups()).extracting(PruneReport.Entry::backupId).containsExactly(full, log, second);
        assertThat(listed()).containsExactly(second);
        assertThat(installation.keys()).noneMatch(key -> key.contains(full) || key.contains(log));
        assertThat(installation.keys()).anyMatch(key -> key.contains("data/") && key.contains(second));
    }

    @Test
    void aBackupOfTheDatabaseThatRunsKeepsItFromRemovingAnything() {
        String full = backup(BackupType.FULL);
        try (SqlSession other = installation.engine.environment().server().connect()) {
            assertThat(AppLock.take(other, "sluice:test:%s:log".formatted(Keys.database(DATABASE))))
                    .isTrue();

            assertThatThrownBy(() -> prune(false, full))
                    .isInstanceOfSatisfying(
                            OperationFailed.class,
                            failure -> assertThat(failure.id()).hasToString("busy"));
        }
        assertThat(listed()).containsExactly(full);
    }

    @Test
    void aBackupThatRecoverHasNotDealtWithStays() {
        String full = backup(BackupType.FULL);
        BackupDocument document =
                catalog.list(DATABASE).concatMap(catalog::read).next().block(Installation.SOON);
        catalog.writePending(document).block(Installation.SOON);

        PruneReport report = prune(false, full);

        assertThat(report.removed()).isZero();
        assertThat(report.backups().getFirst().reason()).contains("recover");
        assertThat(listed()).containsExactly(full);
    }

    /// Nobody can tell what rests on it.
    @Test
    void nothingGoesWhileAnEntryCannotBeReadAndTheOthersAreListedAllTheSame() {
        String full = backup(BackupType.FULL);
        String second = backup(BackupType.FULL);
        String key = catalog.list(DATABASE).map(CatalogKey::key).blockFirst(Installation.SOON);
        installation.store.put(key, "{\"schemaVersion\": 2}".getBytes(UTF_8)).block(Installation.SOON);

        assertThatThrownBy(() -> prune(false, second)).isInstanceOfSatisfying(OperationFailed.class, failure -> {
            assertThat(failure.id()).hasToString("catalog-unreadable");
            assertThat(failure.what()).contains(full);
        });

        assertThat(listed()).containsExactly(full, second);
        Inventory inventory = installation.engine.inventory(DATABASE, null).block(Installation.SOON);
        assertThat(inventory.documents()).extracting(BackupDocument::backupId).containsExactly(second);
        assertThat(inventory.refused())
                .singleElement(InstanceOfAssertFactories.STRING)
                .contains(key);
    }

    @Test
    void aStripeThatIsMissingIsSeen() {
        String full = backup(BackupType.FULL);
        String key = catalog.list(DATABASE)
                .concatMap(catalog::read)
                .map(document ->
                        document.stripes().getFirst().segments().getFirst().key())
                .next()
                .block(Installation.SOON);
        installation.store.delete(key).block(Installation.SOON);
        List<Backup> seen = new ArrayList<>();

        installation
                .engine
                .prune(new PruneRequest(
                        DATABASE,
                        (backups, now) -> {
                            seen.addAll(backups);
                            return List.of();
                        },
                        false))
                .block(Installation.SOON);

        assertThat(seen).hasSize(1);
        assertThat(seen.getFirst().missing()).containsExactly(1);
        assertThat(listed()).as("nobody chose it").containsExactly(full);
    }

    /// The process ends behind every request that changes the bucket, one after the other.
    @Test
    void aCrashAtAnyPointLeavesOnlyWholeBackupsAndTheNextPruneFinishes() throws Exception {
        boolean whole = false;
        for (int changes = 0; !whole; changes++) {
            assertThat(changes).as("requests that change the bucket").isLessThan(20);
            String full = backup(BackupType.FULL);
            String log = backup(BackupType.LOG);
            String kept = backup(BackupType.FULL);

            Crash crash = new Crash(changes);
            try (FaultyProxy link = new FaultyProxy(installation.s3.endpoint());
                    S3Store store = store(link.endpoint())) {
                link.follow(crash);
                Engine crashing = crashing(store);
                try {
                    crashing.prune(request(false, Set.of(full, log))).block(Installation.SOON);
                } catch (OperationFailed e) {
                    assertThat(e.id()).hasToString("store-failed");
                }
                crashing.shutdown().block(Installation.SOON);
                whole = !crash.hasHappened();
            }

            everyEntryIsWhole(changes);
            assertThat(listed()).contains(kept);
            if (listed().contains(log)) {
                assertThat(listed())
                        .as("what the log rests on, after %d", changes)
                        .contains(full);
            }
            prune(false, full, log);
            assertThat(listed()).doesNotContain(full, log).contains(kept);
            assertThat(installation.keys())
                    .as("after %d changes", changes)
                    .noneMatch(key -> key.contains(full) || key.contains(log));
        }
    }

    @Test
    void aRemovalThatHadOnlyBeenNotedIsDecidedAnew() {
        String full = backup(BackupType.FULL);
        BackupDocument document =
                catalog.list(DATABASE).concatMap(catalog::read).next().block(Installation.SOON);
        catalog.writeRemoval(document).block(Installation.SOON);

        PruneReport report = prune(false);

        assertThat(report.finished()).isZero();
        assertThat(listed()).containsExactly(full);
        everyEntryIsWhole(0);
        assertThat(catalog.removals(PruneIT::fail).collectList().block(Installation.SOON))
                .isEmpty();
    }

    private void everyEntryIsWhole(int changes) {
        List<String> keys = installation.keys();
        catalog.list(DATABASE)
                .concatMap(catalog::read)
                .flatMapIterable(BackupDocument::stripes)
                .flatMapIterable(BackupDocument.Stripe::segments)
                .map(BackupDocument.Segment::key)
                .toIterable()
                .forEach(key ->
                        assertThat(keys).as("after %d changes", changes).anyMatch(present -> present.endsWith(key)));
    }

    private S3Store store(URI endpoint) {
        return S3Store.open(new StoreConfig(
                endpoint,
                "us-east-1",
                "sluice",
                "test/",
                true,
                new StoreConfig.Credentials(installation.s3.accessKeyId(), installation.s3.secretAccessKey(), null),
                ProviderProfile.AWS,
                StoreConfig.Limits.DEFAULT,
                new RetryPolicy(2, Duration.ofMillis(10), Duration.ofMillis(20), Duration.ofSeconds(5))));
    }

    private Engine crashing(S3Store store) {
        Environment env = installation.engine.environment();
        return new Engine(new Environment(
                env.identity(),
                new SqlServer(env.server().url(), env.server().login()),
                env.deviceSets(),
                store,
                new Catalog(store, new Keys("test")),
                env.budget(),
                env.transfer(),
                env.version()));
    }

    // ---- unconfirmed ones ----

    /// A differential whose verdict was lost, and of which msdb says nothing.
    private String unconfirmed() {
        backup(BackupType.FULL);
        installation.server.faults().next(new Fault.LosesConnection());
        installation.server.faults().history(Faults.History.OFF);
        try {
            backup(BackupType.DIFFERENTIAL);
            throw new AssertionError("its verdict should have been lost");
        } catch (OperationFailed e) {
            assertThat(e.id()).hasToString("unconfirmed");
        } finally {
            installation.server.faults().history(Faults.History.NORMAL);
        }
        return installation.pendings().getFirst().backupId();
    }

    private PruneReport named(boolean dryRun, String id) {
        return installation
                .engine
                .prune(PruneRequest.unconfirmed(DATABASE, Set.of(id), dryRun))
                .block(Installation.SOON);
    }

    private void refused(String id, String failure) {
        List<String> before = installation.keys();
        assertThatThrownBy(() -> named(false, id))
                .isInstanceOfSatisfying(
                        OperationFailed.class, e -> assertThat(e.id()).hasToString(failure));
        assertThat(installation.keys()).isEqualTo(before);
    }

    @Test
    void anUnconfirmedBackupGoesWhenItIsNamedAndOnlyThen() {
        String id = unconfirmed();
        List<String> full = listed();
        installation.recover();

        assertThat(prune(false, id).removed()).as("no rule decides about it").isZero();
        assertThat(named(true, id).removed()).isEqualTo(1);
        assertThat(installation.pendings()).hasSize(1);

        PruneReport report = named(false, id);

        assertThat(report.removed()).isEqualTo(1);
        assertThat(report.bytesRemoved()).isPositive();
        assertThat(installation.keys()).noneMatch(key -> key.contains(id));
        assertThat(installation.pendings()).isEmpty();
        assertThat(listed()).as("nothing else goes").isEqualTo(full);
        refused(id, "no-such-backup");
    }

    @Test
    void nothingIsRemovedBeforeRecoverHasLookedAtItOrWhenThereIsProof() {
        String id = unconfirmed();
        refused(id, "not-unconfirmed");

        installation.recover();
        BackupDocument pending = installation.pendings().getFirst();
        catalog.commit(pending).block(Installation.SOON);
        refused(id, "no-such-backup");
    }

    @Test
    void aCrashInTheMiddleOfThatIsFinishedByTheNextPrune() throws Exception {
        boolean whole = false;
        for (int changes = 0; !whole; changes++) {
            assertThat(changes).as("requests that change the bucket").isLessThan(20);
            String id = unconfirmed();
            installation.recover();
            Crash crash = new Crash(changes);
            try (FaultyProxy link = new FaultyProxy(installation.s3.endpoint());
                    S3Store store = store(link.endpoint())) {
                link.follow(crash);
                Engine crashing = crashing(store);
                try {
                    crashing.prune(PruneRequest.unconfirmed(DATABASE, Set.of(id), false))
                            .block(Installation.SOON);
                } catch (OperationFailed e) {
                    assertThat(e.id()).hasToString("store-failed");
                }
                crashing.shutdown().block(Installation.SOON);
                whole = !crash.hasHappened();
            }

            if (!installation.pendings().isEmpty()) {
                assertThat(installation.keys())
                        .as("whole as long as it is listed, after %d", changes)
                        .anyMatch(key -> key.contains("data/") && key.contains(id));
                named(false, id);
            } else {
                prune(false);
            }
            assertThat(installation.keys()).as("after %d changes", changes).noneMatch(key -> key.contains(id));
        }
    }
}
