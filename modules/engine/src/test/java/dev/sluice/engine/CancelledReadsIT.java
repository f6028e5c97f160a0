package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.rebuild.AdoptRequest;
import dev.sluice.engine.rebuild.RebuildRequest;
import dev.sluice.engine.restore.RestoreRequest;
import dev.sluice.engine.retention.KeepDecision;
import dev.sluice.engine.retention.PruneRequest;
import dev.sluice.engine.run.BackupLock;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.sql.AppLock;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.simulator.s3.EmbeddedS3;
import dev.sluice.testsupport.FaultyProxy;
import dev.sluice.testsupport.Reaction.Fault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/// The bucket does not answer a request that only reads, each of a use case's in turn, and the use case is cancelled:
/// it
/// ends at once, and has changed nothing.
@Timeout(300)
class CancelledReadsIT {

    /// Much less than the 30 s after which a request without an answer would end by itself.
    private static final Duration PROMPTLY = Duration.ofSeconds(10);

    @TempDir
    Path directory;

    private EmbeddedS3 s3;
    private FaultyProxy proxy;
    private Installation installation;
    private BackupDocument full;

    @BeforeEach
    void start() throws Exception {
        s3 = EmbeddedS3.start(directory, "sluice");
        proxy = new FaultyProxy(s3.endpoint());
        installation = Installation.start(
                s3,
                proxy.endpoint(),
                64L << 20,
                options -> options.withDatabase("Sales", 1 << 20).withDatabase("Lost", 1 << 20));
        full = installation.backup("Sales", 1).document();
        installation.backup(Installation.request("Sales", BackupType.LOG, false, 1));
        BackupResult lost = installation.backup("Lost", 1);
        installation.store.delete(lost.key().key()).block(Installation.SOON);
    }

    @AfterEach
    void stop() {
        installation.close();
        proxy.close();
        await().atMost(PROMPTLY)
                .untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                        .noneMatch(thread -> thread.getName().startsWith("sluice-")));
    }

    /// What is asked.
    enum Question {
        INVENTORY,
        CHAIN,
        DATA,
        CHECK,
        SHOW,
        VERIFY,
        PRUNE,
        REBUILD,
        ADOPT,
        RECOVER
    }

    private Mono<?> ask(Question question) {
        Engine engine = installation.engine;
        return switch (question) {
            case INVENTORY -> engine.inventory("Sales", null);
            case CHAIN -> engine.chain("Sales");
            case DATA -> engine.data(null);
            case CHECK -> engine.check(RestoreRequest.of(full, "Copy", false, true));
            case SHOW -> engine.show(full);
            case VERIFY -> engine.verify(full, RunObserver.SILENT);
            case PRUNE -> engine.prune(prune(true));
            case REBUILD -> engine.rebuild(new RebuildRequest(null, true, true));
            case ADOPT -> engine.adopt(new AdoptRequest("", null, true, true));
            case RECOVER -> engine.recover();
        };
    }

    /// Everything is to go.
    private static PruneRequest prune(boolean dryRun) {
        return new PruneRequest(
                "Sales",
                (backups, _) -> backups.stream()
                        .map(backup -> new KeepDecision(backup, false, "so it was chosen"))
                        .toList(),
                dryRun);
    }

    @ParameterizedTest
    @EnumSource
    void aCancelEndsAQuestionAtOnceWhicheverRequestIsNotAnswered(Question question) throws Exception {
        List<String> keys = installation.keys();
        int held = 0;
        while (isHeldAndCancelled(ask(question), held + 1)) {
            held++;
        }

        assertThat(held).isGreaterThanOrEqualTo(1);
        assertThat(installation.keys()).isEqualTo(keys);
        assertThat(installation.budget.inUse()).isZero();
    }

    @Test
    void aCancelBeforeTheFirstRemovalEndsAPruneAtOnce() throws Exception {
        List<String> keys = installation.keys();
        int held = 0;
        while (isHeldAndCancelled(installation.engine.prune(prune(false)), held + 1)) {
            held++;
            assertThat(installation.keys()).isEqualTo(keys);
            await().atMost(Installation.SOON).until(this::locksAreFree);
        }

        assertThat(held).isGreaterThanOrEqualTo(5);
        assertThat(installation.entries("Sales"))
                .as("the last prune was not held up")
                .isEmpty();
    }

    /// The note of the removal is on its way: all of the backup goes, and the one after it stays.
    @Test
    void aCancelLetsARemovalThatHasBegunComeToItsEnd() throws Exception {
        CompletableFuture<Void> reached = new CompletableFuture<>();
        CompletableFuture<Void> goOn = new CompletableFuture<>();
        proxy.follow((request, times) -> {
            if (request.is("PUT", "") && times == 1) {
                reached.complete(null);
                goOn.join();
            }
            return Fault.NONE;
        });
        Disposable prune = installation.engine.prune(prune(false)).subscribe(_ -> {}, _ -> {});
        reached.get(Installation.SOON.toSeconds(), TimeUnit.SECONDS);

        prune.dispose();
        CompletableFuture<Void> idle = installation.engine.idle().toFuture();
        assertThat(idle).isNotDone();
        goOn.complete(null);

        assertThat(idle).succeedsWithin(Installation.SOON);
        proxy.follow(FaultyProxy.Script.passing());
        assertThat(installation.entries("Sales"))
                .singleElement()
                .extracting(BackupDocument::type)
                .isEqualTo(BackupType.FULL);
        assertThat(installation.keys())
                .filteredOn(key -> key.contains("/data/sales-"))
                .singleElement()
                .asString()
                .contains(full.backupId());
    }

    /// Holds a request and cancels then.
    ///
    /// @param nth the request, from 1
    /// @return false when there is no such request, or it would change something; then the work came to its end
    private boolean isHeldAndCancelled(Mono<?> work, int nth) throws Exception {
        AtomicInteger count = new AtomicInteger();
        CompletableFuture<Boolean> held = new CompletableFuture<>();
        proxy.follow((request, _) -> {
            boolean reads = request.is("GET", "") || request.is("HEAD", "");
            if (count.incrementAndGet() == nth && reads) {
                held.complete(true);
                return Fault.FROZEN;
            }
            return Fault.NONE;
        });
        Disposable running =
                work.subscribe(_ -> held.complete(false), held::completeExceptionally, () -> held.complete(false));
        boolean cancelled = held.get(Installation.SOON.toSeconds(), TimeUnit.SECONDS);

        running.dispose();
        installation.engine.idle().block(PROMPTLY);
        proxy.follow(FaultyProxy.Script.passing());
        return cancelled;
    }

    /// SQL Server notices a moment later that a session has ended.
    private boolean locksAreFree() {
        try (SqlSession session = installation.engine.environment().server().connect()) {
            return isFree(session, false) && isFree(session, true);
        }
    }

    private boolean isFree(SqlSession session, boolean log) {
        String lock = BackupLock.name(installation.engine.environment(), "Sales", log);
        boolean free = AppLock.take(session, lock);
        if (free) {
            AppLock.release(session, lock);
        }
        return free;
    }
}
