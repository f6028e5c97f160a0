package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.HoldDocument;
import dev.sluice.catalog.Keys;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.bucket.LockedEntry;
import dev.sluice.engine.bucket.RefusedRemovals;
import dev.sluice.engine.retention.BackupLocks;
import dev.sluice.engine.retention.HoldRequest;
import dev.sluice.engine.retention.HoldResult;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.run.Storage;
import dev.sluice.engine.run.TransferOptions;
import dev.sluice.engine.sql.SqlServer;
import dev.sluice.s3.MemoryBudget;
import dev.sluice.s3.ObjectLocks;
import dev.sluice.s3.ObjectOptions;
import dev.sluice.s3.ProviderProfile;
import dev.sluice.s3.RetryPolicy;
import dev.sluice.s3.S3Store;
import dev.sluice.s3.StoreConfig;
import dev.sluice.simulator.s3.EmbeddedS3;
import dev.sluice.simulator.server.ServerOptions;
import dev.sluice.simulator.server.SimulatedServer;
import dev.sluice.testsupport.FaultyProxy;
import dev.sluice.testsupport.LockedBucket;
import dev.sluice.testsupport.Reaction;
import dev.sluice.vdi.inprocess.InProcessVdi;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What a hold has Object Lock do: retention until its end, legal hold without one, and what is left when a
/// part of it fails.
@Timeout(120)
class HoldLockIT {

    private static final String BUCKET = "sluice";
    private static final Duration SOON = Duration.ofMinutes(1);
    private static final Duration LOCK = Duration.ofDays(30);

    @TempDir
    Path directory;

    private final InProcessVdi vdi = new InProcessVdi();
    private final MemoryBudget budget = MemoryBudget.of(64L << 20);
    private EmbeddedS3 s3;
    private LockedBucket locks;
    private FaultyProxy proxy;
    private SimulatedServer server;
    private S3Store store;
    private Engine engine;

    @BeforeEach
    void start() throws Exception {
        s3 = EmbeddedS3.start(directory.resolve("s3"), BUCKET);
        start(true);
        ServerOptions options = ServerOptions.of(vdi).withDatabase("Sales", 1 << 20);
        server = SimulatedServer.start(options);
        store = S3Store.open(new StoreConfig(
                proxy.endpoint(),
                "us-east-1",
                BUCKET,
                "",
                true,
                new StoreConfig.Credentials(s3.accessKeyId(), s3.secretAccessKey(), null),
                ProviderProfile.AWS,
                StoreConfig.Limits.DEFAULT,
                new RetryPolicy(2, Duration.ofMillis(5), Duration.ofMillis(5), Duration.ofSeconds(5))));
        Storage storage = new Storage(0, ObjectOptions.NONE, new Storage.Lock(ObjectOptions.LockMode.GOVERNANCE, LOCK));
        engine = new Engine(new Environment(
                "sql-1",
                new SqlServer(server.jdbcUrl(), "sa", options.password()),
                vdi::newClientSet,
                store,
                new Catalog(store, new Keys("sql-1"), storage::lock),
                budget,
                TransferOptions.DEFAULT,
                storage,
                "test"));
    }

    private void start(boolean available) {
        locks = new LockedBucket(
                BUCKET, key -> Files.exists(s3.directory().resolve(BUCKET).resolve(key)), available);
        if (proxy == null) {
            proxy = new FaultyProxy(s3.endpoint());
        }
        proxy.follow(locks);
    }

    @AfterEach
    void stop() {
        engine.shutdown().block(SOON);
        store.close();
        budget.close();
        server.close();
        proxy.close();
        s3.close();
    }

    private BackupDocument backUp(BackupType type) {
        return engine.backup(BackupRequest.of("Sales", type), RunObserver.SILENT)
                .block(SOON)
                .document();
    }

    private HoldResult hold(BackupDocument backup, @Nullable Instant until) {
        return engine.hold(new HoldRequest(backup, until, "lawsuit", Instant.now(), true))
                .block(SOON);
    }

    private BackupLocks.Seen look(BackupDocument backup) {
        return new BackupLocks(engine.environment())
                .look(backup.backupId(), "Sales")
                .block(SOON);
    }

    /// Of the entry and the data.
    private List<String> objects(BackupDocument backup) {
        return store.list("sql-1/")
                .map(object -> object.key())
                .filter(key -> (key.contains("/data/") || key.contains("/catalog/")) && key.contains(backup.backupId()))
                .collectList()
                .block(SOON);
    }

    private static Instant inDays(int days) {
        return Instant.now().plus(Duration.ofDays(days)).truncatedTo(ChronoUnit.SECONDS);
    }

    @Test
    void aHoldWithAnEndExtendsTheLocksOfAllThatItKeepsAndShortensNone() {
        BackupDocument full = backUp(BackupType.FULL);
        BackupDocument log = backUp(BackupType.LOG);
        BackupDocument other = backUp(BackupType.LOG);
        Instant end = inDays(400);
        String extended = objects(full).getFirst();

        HoldResult held = hold(log, end);

        assertThat(held.hold().backups()).containsExactly(full.backupId(), log.backupId());
        assertThat(held.hold().legalHold()).isFalse();
        assertThat(held.locks().objects())
                .isEqualTo(objects(full).size() + objects(log).size())
                .isGreaterThanOrEqualTo(4);
        for (BackupDocument each : List.of(full, log)) {
            assertThat(objects(each))
                    .allSatisfy(key ->
                            assertThat(locks.retention(key)).isEqualTo(new LockedBucket.Retention("GOVERNANCE", end)));
            assertThat(look(each).retention())
                    .isEqualTo(new ObjectOptions.Lock(ObjectOptions.LockMode.GOVERNANCE, end));
        }
        assertThat(look(other).retention().retainUntil())
                .as("what the hold does not keep")
                .isEqualTo(other.startedAt().plus(LOCK));

        assertThat(hold(log, inDays(1)).locks().isDone()).isTrue();
        assertThat(locks.retention(extended).until()).as("never shortened").isEqualTo(end);
        engine.release(log.backupId()).block(SOON);
        assertThat(locks.retention(extended).until())
                .as("no one can take it back")
                .isEqualTo(end);
    }

    @Test
    void aHoldWithoutEndIsALegalHoldUntilTheLastReleaseAndCanBeRepeatedAfterAFailure() {
        BackupDocument full = backUp(BackupType.FULL);
        BackupDocument log = backUp(BackupType.LOG);
        String data = objects(log).stream()
                .filter(key -> key.contains("/data/"))
                .findFirst()
                .orElseThrow();

        locks.refuse(request -> request.equals("PutObjectLegalHold " + data));
        HoldResult partly = hold(log, null);
        assertThat(partly.locks().refused()).singleElement().asString().contains(data, "AccessDenied");
        assertThat(look(log).legalHold()).isEqualTo(objects(log).size() - 1);
        assertThatThrownBy(() -> hold(log, inDays(1)))
                .as("its end would lift nothing")
                .isInstanceOfSatisfying(
                        OperationFailed.class, e -> assertThat(e.id()).hasToString("held"));
        locks.refuse(_ -> false);
        HoldResult whole = hold(log, null);
        assertThat(whole.locks().isDone()).isTrue();
        assertThat(whole.hold().legalHold()).isTrue();
        assertThat(look(log).legalHold()).isEqualTo(objects(log).size());
        assertThat(look(full).legalHold()).isEqualTo(objects(full).size());
        hold(full, null);

        locks.refuse(request -> request.equals("PutObjectLegalHold " + data));
        assertThatThrownBy(() -> engine.release(log.backupId()).block(SOON))
                .isInstanceOfSatisfying(
                        OperationFailed.class, e -> assertThat(e.id()).hasToString("not-locked"))
                .hasMessageContaining(data);
        locks.refuse(_ -> false);
        engine.release(log.backupId()).block(SOON);

        assertThat(look(log).legalHold()).isZero();
        assertThat(look(full).legalHold())
                .as("the other hold needs it")
                .isEqualTo(objects(full).size());
        engine.release(full.backupId()).block(SOON);
        assertThat(look(full).legalHold()).isZero();
    }

    @Test
    void aBucketWithoutObjectLockSaysSoAndTheHoldStands() {
        BackupDocument full = backUp(BackupType.FULL);
        start(false);

        HoldResult held = hold(full, inDays(10));

        assertThat(held.locks().refused())
                .hasSize(held.locks().objects())
                .allMatch(why -> why.contains("InvalidRequest"));
        assertThat(look(full).retention()).isNull();
        assertThat(look(full).refused()).isEmpty();
        assertThat(engine.environment().catalog().holds().read(full.backupId()).block(SOON))
                .isEqualTo(held.hold());
    }

    @Test
    void aHoldThatThisBucketCannotLockLeavesNothingThatAReleaseCannotEnd() {
        BackupDocument full = backUp(BackupType.FULL);
        start(false);

        HoldResult without = hold(full, null);

        assertThat(without.locks().refused()).hasSize(without.locks().objects());
        assertThat(without.hold().legalHold()).isFalse();
        assertThat(read(full)).isEqualTo(without.hold());
        engine.release(full.backupId()).block(SOON);

        start(true);
        locks.refuse(request -> request.startsWith("PutObjectLegalHold"));
        HoldResult denied = hold(full, null);
        assertThat(denied.locks().refused()).hasSize(denied.locks().objects());
        assertThat(read(full).legalHold()).isFalse();
        engine.release(full.backupId()).block(SOON);
        assertThat(read(full)).isNull();

        // What a program that was killed has left: the document says so, and no object does.
        engine.environment()
                .catalog()
                .holds()
                .write(denied.hold().with(new HoldDocument.LegalHold(List.of(full.backupId()), List.of())))
                .block(SOON);
        engine.release(full.backupId()).block(SOON);
        assertThat(read(full)).isNull();
    }

    @Test
    void aReleaseLeavesTheLegalHoldThatWasThereBefore() {
        BackupDocument full = backUp(BackupType.FULL);
        BackupDocument log = backUp(BackupType.LOG);
        String theirs = data(full);
        new ObjectLocks(store).putLegalHold(theirs, true).block(SOON);

        HoldResult held = hold(log, null);
        assertThat(held.locks().isDone()).isTrue();
        assertThat(held.hold().legal().heldBefore()).containsExactly(theirs);
        hold(log, null);
        assertThat(hold(full, null).hold().legal().heldBefore())
                .as("a second hold of it does not take it for Sluice's")
                .containsExactly(theirs);
        engine.release(log.backupId()).block(SOON);
        assertThat(look(full).legalHold()).isEqualTo(objects(full).size());
        engine.release(full.backupId()).block(SOON);

        assertThat(objects(full)).filteredOn(locks::isHeld).containsExactly(theirs);
        assertThat(look(log).legalHold()).isZero();
    }

    @Test
    void aHoldWithoutLockOverALegalHoldLocksNothingMoreAndReleasesNothingMore() {
        BackupDocument full = backUp(BackupType.FULL);
        hold(full, null);
        BackupDocument log = backUp(BackupType.LOG);
        hold(log, null);
        HoldDocument both = read(log);
        engine.environment()
                .catalog()
                .holds()
                .write(both.with(new HoldDocument.LegalHold(List.of(log.backupId()), List.of())))
                .block(SOON);

        engine.hold(new HoldRequest(log, null, "audit", Instant.now(), false)).block(SOON);

        assertThat(read(log).backups()).containsExactly(full.backupId(), log.backupId());
        assertThat(read(log).locked()).containsExactly(log.backupId());
        engine.release(full.backupId()).block(SOON);
        assertThat(look(full).legalHold()).isZero();
        assertThat(look(log).legalHold()).isEqualTo(objects(log).size());
        engine.release(log.backupId()).block(SOON);
        assertThat(look(log).legalHold()).isZero();
    }

    /// The hold comes after the release has read the others, when it lifts its first object.
    @Test
    void aHoldThatComesWhileAnotherOneIsReleasedKeepsItsLegalHold() {
        BackupDocument full = backUp(BackupType.FULL);
        BackupDocument log = backUp(BackupType.LOG);
        HoldDocument held = hold(log, null).hold();
        HoldDocument other = new HoldDocument(
                held.sluiceVersion(),
                full.backupId(),
                held.server(),
                "Sales",
                held.heldAt(),
                null,
                null,
                List.of(full.backupId()),
                new HoldDocument.LegalHold(List.of(full.backupId()), List.of()));
        AtomicBoolean come = new AtomicBoolean();
        proxy.follow((request, times) -> {
            Reaction reaction = locks.decide(request, times);
            if (reaction instanceof Reaction.Reply(Function<byte[], Reaction.Answer> made)
                    && LockedBucket.operation(request).equals("PutObjectLegalHold")
                    && come.compareAndSet(false, true)) {
                return new Reaction.Reply(body -> {
                    engine.environment().catalog().holds().write(other).block(SOON);
                    return made.apply(body);
                });
            }
            return reaction;
        });

        engine.release(log.backupId()).block(SOON);

        assertThat(come).isTrue();
        assertThat(look(full).legalHold()).isEqualTo(objects(full).size());
        assertThat(look(log).legalHold()).isZero();
    }

    @Test
    void aHeldBackupIsNotJoined() {
        BackupDocument full = backUp(BackupType.FULL);
        hold(full, null);

        assertThatThrownBy(() -> engine.join(full).block(SOON))
                .isInstanceOfSatisfying(
                        OperationFailed.class, e -> assertThat(e.id()).hasToString("held"));
        assertThat(look(full).legalHold()).isEqualTo(objects(full).size());
        engine.release(full.backupId()).block(SOON);
        assertThat(engine.join(full).block(SOON).joined()).isZero();
    }

    @Test
    void anEntryThatIsWrittenAgainKeepsTheLocksOfItsHold() {
        BackupDocument full = backUp(BackupType.FULL);
        hold(full, null);
        CatalogKey entry = engine.environment().catalog().list("Sales").single().block(SOON);
        RefusedRemovals refused = new RefusedRemovals();

        new LockedEntry(engine.environment(), refused).amend(entry, full).block(SOON);

        assertThat(locks.isHeld(entry.key())).isTrue();
        assertThat(refused.told()).isEmpty();
    }

    @Test
    void aLockThatHasEndedGetsTheModeThatIsConfiguredNow() {
        BackupDocument full = backUp(BackupType.FULL);
        String key = data(full);
        locks.set(key, new LockedBucket.Retention("GOVERNANCE", Instant.now().minusSeconds(60)));
        Instant end = inDays(5);

        new ObjectLocks(store)
                .retain(key, ObjectOptions.LockMode.COMPLIANCE, end)
                .block(SOON);

        assertThat(locks.retention(key)).isEqualTo(new LockedBucket.Retention("COMPLIANCE", end));
    }

    private String data(BackupDocument backup) {
        return objects(backup).stream()
                .filter(key -> key.contains("/data/"))
                .findFirst()
                .orElseThrow();
    }

    private @Nullable HoldDocument read(BackupDocument backup) {
        return engine.environment().catalog().holds().read(backup.backupId()).block(SOON);
    }
}
