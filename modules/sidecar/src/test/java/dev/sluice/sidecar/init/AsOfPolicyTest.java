package dev.sluice.sidecar.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.Keys;
import dev.sluice.engine.Engine;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.bucket.PastBucket;
import dev.sluice.engine.inventory.Inventory;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.run.TransferOptions;
import dev.sluice.engine.sql.SqlServer;
import dev.sluice.engine.verify.VerifyReport;
import dev.sluice.s3.MemoryBudget;
import dev.sluice.s3.ProviderProfile;
import dev.sluice.s3.RetryPolicy;
import dev.sluice.s3.S3Failure;
import dev.sluice.s3.S3Store;
import dev.sluice.s3.StoreConfig;
import dev.sluice.simulator.s3.EmbeddedS3;
import dev.sluice.simulator.server.ServerOptions;
import dev.sluice.simulator.server.SimulatedServer;
import dev.sluice.vdi.inprocess.InProcessVdi;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The rights in `docs/operations.md` suffice to read a bucket as it was, each of them is needed, and they
/// reach nothing else.
@Timeout(120)
class AsOfPolicyTest {

    private static final Path DOCUMENT = Path.of(System.getProperty("sluice.root", "../.."), "docs", "operations.md");
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
    private Instant then;

    @BeforeEach
    void removeABackup() throws Exception {
        s3 = EmbeddedS3.start(directory, AccessPolicyTest.BUCKET);
        s3.makeVersions(true);
        bucket = new GuardedBucket(s3);
        ServerOptions options = ServerOptions.of(vdi).withDatabase(SALES, 1 << 20);
        server = SimulatedServer.start(options);
        login = new SqlServer(server.jdbcUrl(), "sa", options.password());
        try (S3Store store = S3Store.open(config(s3.endpoint()))) {
            new Engine(environment(store))
                    .backup(BackupRequest.full(SALES, 1), RunObserver.SILENT)
                    .block(SOON);
            Instant end = Instant.now().truncatedTo(ChronoUnit.SECONDS).plusSeconds(1);
            await().atMost(Duration.ofSeconds(10)).until(() -> !Instant.now().isBefore(end));
            then = end.minusMillis(1);
            store.list("")
                    .concatMap(object -> store.delete(object.key()))
                    .then()
                    .block(SOON);
        }
    }

    @AfterEach
    void stop() {
        budget.close();
        server.close();
        bucket.close();
        s3.close();
    }

    private StoreConfig config(URI endpoint) {
        return new StoreConfig(
                endpoint,
                "us-east-1",
                AccessPolicyTest.BUCKET,
                "prod/",
                true,
                new StoreConfig.Credentials(s3.accessKeyId(), s3.secretAccessKey(), null),
                ProviderProfile.AWS,
                StoreConfig.Limits.DEFAULT,
                new RetryPolicy(2, Duration.ofMillis(5), Duration.ofMillis(5), Duration.ofSeconds(5)));
    }

    private Environment environment(S3Store store) {
        return new Environment(
                IDENTITY,
                login,
                vdi::newClientSet,
                store,
                new Catalog(store, new Keys(IDENTITY)),
                budget,
                TransferOptions.DEFAULT,
                "test");
    }

    /// @param without a right that is taken away; empty for none
    private S3Store past(String without) throws Exception {
        String page = Files.readString(DOCUMENT);
        int begin = page.indexOf("```json\n", page.indexOf("## The bucket as it was")) + "```json\n".length();
        String policy = page.substring(begin, page.indexOf("```", begin))
                .replace("BUCKET", AccessPolicyTest.BUCKET)
                .replace("PREFIX", "prod")
                .replace("IDENTITY", IDENTITY);
        if (!without.isEmpty()) {
            assertThat(policy).contains("\"" + without + "\"");
            policy = policy.replace("\"" + without + "\"", "\"s3:None\"");
        }
        bucket.guardBy(IamPolicy.parse(policy));
        return S3Store.openAsOf(config(bucket.endpoint()), then);
    }

    private static Inventory inventory(Engine engine) {
        return engine.inventory(SALES, null).block(SOON);
    }

    @Test
    void theRightsOfThePageSuffice() throws Exception {
        try (S3Store past = past("")) {
            Environment env = environment(past);
            Engine engine = new Engine(env);

            assertThat(PastBucket.look(env)).isEmpty();
            Inventory inventory = inventory(engine);
            assertThat(inventory.refused()).isEmpty();
            assertThat(inventory.documents()).hasSize(1);
            VerifyReport verified = engine.verify(inventory.documents().getFirst(), RunObserver.SILENT)
                    .block(SOON);
            assertThat(verified.sound()).isTrue();
            assertThat(bucket.denied()).isEmpty();
        }
        try (S3Store now = S3Store.open(config(bucket.endpoint()))) {
            assertThatThrownBy(() -> now.put("x", new byte[1]).block(SOON)).isInstanceOf(S3Failure.class);
            assertThatThrownBy(() -> now.list(IDENTITY + "/").blockLast(SOON)).isInstanceOf(S3Failure.class);
        }
    }

    @Test
    void withoutTheRightToListVersionsItIsRefusedAndTheRightIsNamed() throws Exception {
        try (S3Store past = past("s3:ListBucketVersions")) {
            assertThatThrownBy(() -> PastBucket.look(environment(past)))
                    .isInstanceOfSatisfying(OperationFailed.class, refused -> {
                        assertThat(refused.id()).isEqualTo(FailureId.NO_VERSIONS);
                        assertThat(refused.hint()).contains("s3:ListBucketVersions");
                    });
        }
    }

    @Test
    void withoutTheRightToAskAboutVersionsItGoesOnAndSaysSo() throws Exception {
        try (S3Store past = past("s3:GetBucketVersioning")) {
            Environment env = environment(past);

            assertThat(PastBucket.look(env)).singleElement().asString().contains("is not known", "AccessDenied");
            assertThat(inventory(new Engine(env)).documents()).hasSize(1);
        }
    }

    @Test
    void withoutTheRightToReadVersionsEachDocumentIsNamed() throws Exception {
        try (S3Store past = past("s3:GetObjectVersion")) {
            Inventory inventory = inventory(new Engine(environment(past)));

            assertThat(inventory.documents()).isEmpty();
            assertThat(inventory.refused()).isNotEmpty();
            assertThat(inventory.refused().getFirst()).contains("AccessDenied");
        }
    }
}
