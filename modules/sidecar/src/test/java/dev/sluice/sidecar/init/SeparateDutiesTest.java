package dev.sluice.sidecar.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.Keys;
import dev.sluice.engine.Engine;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.retention.HoldRequest;
import dev.sluice.engine.retention.KeepDecision;
import dev.sluice.engine.retention.PruneReport;
import dev.sluice.engine.retention.PruneRequest;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.run.TransferOptions;
import dev.sluice.engine.sql.SqlServer;
import dev.sluice.s3.MemoryBudget;
import dev.sluice.s3.ProviderProfile;
import dev.sluice.s3.RetryPolicy;
import dev.sluice.s3.S3Store;
import dev.sluice.s3.StoreConfig;
import dev.sluice.simulator.s3.EmbeddedS3;
import dev.sluice.simulator.server.ServerOptions;
import dev.sluice.simulator.server.SimulatedServer;
import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.inprocess.InProcessVdi;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Two identities on one bucket: the writer, with the policy of `init --no-prune`, and the second person's, with the
/// policy of `docs/security.md`, on a machine without VDI.
@Timeout(120)
class SeparateDutiesTest {

    private static final Path DOCUMENT = Path.of(System.getProperty("sluice.root", "../.."), "docs", "security.md");
    private static final String SALES = "Sales";
    private static final String IDENTITY = "sql-prod-1";
    private static final Duration SOON = Duration.ofMinutes(1);

    @TempDir
    Path directory;

    private final InProcessVdi vdi = new InProcessVdi();
    private final MemoryBudget budget = MemoryBudget.of(64L << 20);
    private EmbeddedS3 s3;
    private GuardedBucket bucket;
    private SimulatedServer server;
    private SqlServer login;
    private S3Store store;
    private Catalog catalog;

    @BeforeEach
    void start() throws IOException {
        s3 = EmbeddedS3.start(directory.resolve("s3"), AccessPolicyTest.BUCKET);
        bucket = new GuardedBucket(s3);
        ServerOptions options = ServerOptions.of(vdi).withDatabase(SALES, 1 << 20);
        server = SimulatedServer.start(options);
        login = new SqlServer(server.jdbcUrl(), "sa", options.password());
        store = S3Store.open(new StoreConfig(
                bucket.endpoint(),
                "us-east-1",
                AccessPolicyTest.BUCKET,
                "prod/",
                true,
                new StoreConfig.Credentials(s3.accessKeyId(), s3.secretAccessKey(), null),
                ProviderProfile.AWS,
                StoreConfig.Limits.DEFAULT,
                new RetryPolicy(2, Duration.ofMillis(5), Duration.ofMillis(5), Duration.ofSeconds(5))));
        catalog = new Catalog(store, new Keys(IDENTITY));
    }

    @AfterEach
    void stop() {
        store.close();
        budget.close();
        server.close();
        bucket.close();
        s3.close();
    }

    private Engine engine(Supplier<? extends ClientVirtualDeviceSet> deviceSets) {
        return new Engine(
                new Environment(IDENTITY, login, deviceSets, store, catalog, budget, TransferOptions.DEFAULT, "test"));
    }

    private Engine writer() {
        bucket.guardBy(IamPolicy.parse(AccessPolicy.of(AccessPolicyTest.answers(IDENTITY, false, false, false))));
        return engine(vdi::newClientSet);
    }

    private Engine secondPerson() throws IOException {
        String text = Files.readString(DOCUMENT);
        int begin = text.indexOf("```json\n") + "```json\n".length();
        bucket.guardBy(IamPolicy.parse(text.substring(begin, text.indexOf("```", begin))
                .replace("BUCKET", AccessPolicyTest.BUCKET)
                .replace("PREFIX", "prod")
                .replace("IDENTITY", IDENTITY)));
        return engine(() -> {
            throw new AssertionError("this machine has no VDI");
        });
    }

    private BackupResult backUp(Engine engine, BackupType type) {
        return retried(_ ->
                engine.backup(BackupRequest.of(SALES, type), RunObserver.SILENT).block(SOON));
    }

    private static PruneReport pruneAllBut(Engine engine, String kept) {
        return retried(_ -> engine.prune(new PruneRequest(
                        SALES,
                        (backups, _) -> backups.stream()
                                .map(backup ->
                                        new KeepDecision(backup, backup.id().equals(kept), "said so"))
                                .toList(),
                        false))
                .block(SOON));
    }

    /// The server releases the lock of the run before a moment after its session was closed.
    private static <T> T retried(Function<Integer, T> attempt) {
        for (int i = 0; ; i++) {
            try {
                return attempt.apply(i);
            } catch (OperationFailed e) {
                if (e.id() != FailureId.BUSY || i == 100) {
                    throw e;
                }
                LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
            }
        }
    }

    private List<String> listed() {
        return catalog.list(SALES).map(CatalogKey::backupId).collectList().block(SOON);
    }

    private Set<String> dataOf(String backupId) {
        return Set.copyOf(store.list(catalog.keys().data(SALES, backupId))
                .map(object -> object.key())
                .collectList()
                .block(SOON));
    }

    @Test
    void theWriterCannotRemoveABackupAndTheSecondPersonCanWithoutVdi() throws Exception {
        Engine writer = writer();
        String first = backUp(writer, BackupType.FULL).document().backupId();
        String log = backUp(writer, BackupType.LOG).document().backupId();
        String second = backUp(writer, BackupType.FULL).document().backupId();
        assertThat(bucket.denied()).isEmpty();

        assertThatThrownBy(() -> pruneAllBut(writer, second)).isInstanceOf(OperationFailed.class);
        assertThat(bucket.denied()).anyMatch(operation -> operation.startsWith("DeleteObject"));
        assertThat(listed()).containsExactly(first, log, second);
        assertThat(dataOf(first)).isNotEmpty();
        writer.shutdown().block(SOON);

        Engine secondPerson = secondPerson();
        PruneReport report = pruneAllBut(secondPerson, second);

        assertThat(report.left()).isEmpty();
        assertThat(report.removed()).isEqualTo(2);
        assertThat(listed()).containsExactly(second);
        assertThat(dataOf(first)).isEmpty();
        assertThat(catalog.removalIds().collectList().block(SOON)).isEmpty();
        assertThat(bucket.denied()).isEmpty();
        secondPerson.shutdown().block(SOON);
    }

    @Test
    void theWriterMayHoldAndOnlyTheSecondPersonReleases() throws Exception {
        Engine writer = writer();
        BackupResult full = backUp(writer, BackupType.FULL);
        String id = full.document().backupId();
        writer.hold(new HoldRequest(full.document(), null, "audit", Instant.now()))
                .block(SOON);
        assertThatThrownBy(() -> writer.release(id).block(SOON)).isInstanceOf(OperationFailed.class);
        writer.shutdown().block(SOON);

        Engine secondPerson = secondPerson();
        assertThat(pruneAllBut(secondPerson, "none").removed()).isZero();
        secondPerson.release(id).block(SOON);

        assertThat(pruneAllBut(secondPerson, "none").removed()).isEqualTo(1);
        assertThat(bucket.denied()).isEmpty();
        secondPerson.shutdown().block(SOON);
    }

    @Test
    void theSecondPersonCanNeitherWriteNorOverwriteABackup() throws Exception {
        Engine writer = writer();
        String full = backUp(writer, BackupType.FULL).document().backupId();
        writer.shutdown().block(SOON);
        secondPerson();

        for (String key : Set.copyOf(dataOf(full))) {
            assertThatThrownBy(() -> store.put(key, new byte[1]).block(SOON)).hasMessageContaining("403");
        }
        assertThatThrownBy(() -> store.put(catalog.keys().owner(), new byte[1]).block(SOON))
                .hasMessageContaining("403");
        assertThatThrownBy(() -> store.delete(catalog.keys().owner()).block(SOON))
                .hasMessageContaining("403");
    }
}
