package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.Keys;
import dev.sluice.engine.bucket.PastBucket;
import dev.sluice.engine.inventory.Inventory;
import dev.sluice.engine.plan.Opening;
import dev.sluice.engine.plan.Planner;
import dev.sluice.engine.plan.RestorePlan.Recovery;
import dev.sluice.engine.restore.PlannedRestore;
import dev.sluice.engine.restore.RestoreObserver;
import dev.sluice.engine.restore.RestoreOrder;
import dev.sluice.engine.restore.RestoreRequest;
import dev.sluice.engine.retention.KeepDecision;
import dev.sluice.engine.retention.PruneRequest;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.verify.VerifyReport;
import dev.sluice.s3.S3Store;
import dev.sluice.simulator.s3.EmbeddedS3;
import dev.sluice.testsupport.FaultyProxy;
import dev.sluice.testsupport.Reaction;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A bucket with versions, read as it was before backups were removed and overwritten in it.
@Timeout(300)
class AsOfIT {

    private static final String DATABASE = "Sales";

    @TempDir
    Path directory;

    private EmbeddedS3 s3;
    private FaultyProxy proxy;
    private Installation installation;
    private final List<Environment> opened = new ArrayList<>();

    @BeforeEach
    void start() throws Exception {
        s3 = EmbeddedS3.start(directory, "sluice");
        proxy = new FaultyProxy(s3.endpoint());
        installation = Installation.start(
                s3, proxy.endpoint(), 128L << 20, options -> options.withDatabase(DATABASE, 6 << 20));
    }

    @AfterEach
    void stop() {
        opened.forEach(env -> env.store().close());
        installation.close();
        proxy.close();
        s3.close();
    }

    /// Ends the second, which is as finely as the bucket tells of times.
    private static Instant tick() {
        Instant end = Instant.now().truncatedTo(ChronoUnit.SECONDS).plusSeconds(1);
        await().pollInterval(Duration.ofMillis(5))
                .atMost(Duration.ofSeconds(10))
                .until(() -> !Instant.now().isBefore(end));
        return end.minusMillis(1);
    }

    private Environment asOf(Instant instant) {
        Environment now = installation.engine.environment();
        S3Store store = S3Store.openAsOf(now.store().config(), instant);
        Environment past = new Environment(
                now.identity(),
                now.server(),
                now.deviceSets(),
                store,
                new Catalog(store, new Keys(now.identity())),
                now.budget(),
                now.transfer(),
                now.version());
        opened.add(past);
        return past;
    }

    private String backUp(BackupType type, int seed) {
        installation.work(DATABASE, seed);
        return installation
                .backup(Installation.request(DATABASE, type, false, 2))
                .document()
                .backupId();
    }

    private static Inventory inventory(Environment env) {
        return new Engine(env).inventory(DATABASE, null).block(Installation.SOON);
    }

    private static List<String> ids(Inventory inventory) {
        return inventory.documents().stream().map(BackupDocument::backupId).toList();
    }

    private void removeEverything() {
        installation
                .engine
                .prune(new PruneRequest(
                        DATABASE,
                        (backups, _) -> backups.stream()
                                .map(backup -> new KeepDecision(backup, false, "a wrong policy"))
                                .toList(),
                        false))
                .block(Installation.SOON);
        S3Store store = installation.store;
        store.list("").concatMap(object -> store.delete(object.key())).then().block(Installation.SOON);
    }

    private void restore(Environment past, String as) {
        Engine engine = new Engine(past);
        PlannedRestore planned = engine.plan(new RestoreOrder(
                        DATABASE,
                        new RestoreOrder.Point.At("end"),
                        as,
                        Map.of(),
                        RestoreRequest.Existing.KEEP,
                        false,
                        RestoreRequest.Choices.NONE,
                        new Recovery.Recover(Opening.PLAIN),
                        false,
                        List.of(),
                        null))
                .block(Installation.SOON);
        engine.restore(planned.request(), RestoreObserver.SILENT).block(Installation.SOON);
    }

    @Test
    void whatWasRemovedAndOverwrittenIsListedVerifiedAndRestored() {
        s3.makeVersions(true);
        s3.listVersionsInPagesOf(7);
        String full = backUp(BackupType.FULL, 1);
        String first = backUp(BackupType.LOG, 2);
        Map<Long, Long> pages = installation.server.pageVersions(DATABASE);
        Instant between = tick();
        String second = backUp(BackupType.LOG, 3);
        Instant then = tick();
        // An attacker overwrites before all is removed, so that the newest version but one is not the right one
        // either.
        installation
                .store
                .list("test/data/")
                .concatMap(object -> installation.store.put(object.key(), new byte[] {1, 2, 3}))
                .then()
                .block(Installation.SOON);
        removeEverything();

        assertThat(installation.keys()).isEmpty();
        assertThat(ids(inventory(installation.engine.environment()))).isEmpty();

        Environment past = asOf(then);
        assertThat(PastBucket.look(past)).isEmpty();
        Inventory all = inventory(past);
        assertThat(ids(all)).containsExactly(full, first, second);
        assertThat(new Planner(all.backups()).report().findings()).isEmpty();
        VerifyReport verified = new Engine(past)
                .verify(all.document(full).orElseThrow(), RunObserver.SILENT)
                .block(Installation.SOON);
        assertThat(verified.sound()).isTrue();
        restore(past, "Copy");
        assertThat(installation.server.compare(DATABASE, "Copy")).isEmpty();
        assertThat(installation.keys()).as("nothing was written").isEmpty();

        Inventory earlier = inventory(asOf(between));
        assertThat(ids(earlier)).containsExactly(full, first);
        assertThat(new Planner(earlier.backups()).report().findings())
                .as("msdb knows a log backup since, which the bucket did not have yet")
                .isEmpty();
        restore(asOf(between), "Earlier");
        assertThat(installation.server.pageVersions("Earlier")).isEqualTo(pages);
    }

    @Test
    void aBucketWithoutVersionsIsRefused() {
        backUp(BackupType.FULL, 1);

        Environment past = asOf(tick());

        assertThatThrownBy(() -> PastBucket.look(past)).isInstanceOfSatisfying(OperationFailed.class, refused -> {
            assertThat(refused.id()).isEqualTo(FailureId.NO_VERSIONS);
            assertThat(refused.what()).contains("keeps no versions");
            assertThat(refused.hint()).contains("--as-of");
        });
    }

    @Test
    void whatLimitsTheAnswersIsTold() {
        Instant before = tick();
        backUp(BackupType.FULL, 1);
        Instant without = tick();
        s3.makeVersions(true);
        assertThat(PastBucket.look(asOf(before)))
                .singleElement()
                .asString()
                .contains("had no backup of server test yet at " + before)
                .contains("the oldest version of its test/owner.json is of ");
        assertThat(PastBucket.look(asOf(without))).singleElement().asString().contains("may have kept no versions yet");
        s3.makeVersions(false);
        assertThat(PastBucket.look(asOf(without))).hasSize(2).first().asString().contains("versioning is suspended");
    }

    @Test
    void aRefusedQuestionAboutVersioningIsToldAndARefusedListingEndsIt() {
        s3.makeVersions(true);
        backUp(BackupType.FULL, 1);
        Environment past = asOf(tick());
        proxy.follow((request, _) ->
                request.is("GET", "?versioning") ? Reaction.Answer.error(403, "AccessDenied") : Reaction.Fault.NONE);

        assertThat(PastBucket.look(past))
                .singleElement()
                .asString()
                .startsWith("whether the bucket keeps versions is not known")
                .contains("AccessDenied");

        proxy.follow((request, _) ->
                request.is("GET", "?versions") ? Reaction.Answer.error(403, "AccessDenied") : Reaction.Fault.NONE);
        assertThatThrownBy(() -> PastBucket.look(past)).isInstanceOfSatisfying(OperationFailed.class, refused -> {
            assertThat(refused.id()).isEqualTo(FailureId.NO_VERSIONS);
            assertThat(refused.hint()).contains("s3:ListBucketVersions");
        });
    }
}
