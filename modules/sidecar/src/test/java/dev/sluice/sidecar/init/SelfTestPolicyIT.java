package dev.sluice.sidecar.init;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.Keys;
import dev.sluice.engine.Engine;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.TransferOptions;
import dev.sluice.engine.selftest.ClientProcesses;
import dev.sluice.engine.selftest.SelfTestObserver;
import dev.sluice.engine.selftest.SelfTestOrder;
import dev.sluice.engine.selftest.SelfTestReport;
import dev.sluice.engine.selftest.StepOutcome;
import dev.sluice.engine.selftest.VdiSurroundings;
import dev.sluice.engine.sql.SqlServer;
import dev.sluice.s3.MemoryBudget;
import dev.sluice.s3.ProviderProfile;
import dev.sluice.s3.RetryPolicy;
import dev.sluice.s3.S3Store;
import dev.sluice.s3.StoreConfig;
import dev.sluice.simulator.s3.EmbeddedS3;
import dev.sluice.simulator.server.ServerOptions;
import dev.sluice.simulator.server.SimulatedServer;
import dev.sluice.vdi.inprocess.InProcessVdi;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The policy of `sluice init` allows a self-test (`sluice prove --server`) all that it asks of the bucket, also the
/// policy of a Sluice that may remove no backup. It is the first thing that a new user may try.
@Timeout(300)
class SelfTestPolicyIT {

    private static final String IDENTITY = "sql-1";
    private static final VdiSurroundings IN_PROCESS = new VdiSurroundings() {
        @Override
        public Map<String, String> facts() {
            return Map.of();
        }

        @Override
        public Optional<String> timeoutUnit() {
            return Optional.empty();
        }

        @Override
        public Optional<String> symbols() {
            return Optional.empty();
        }

        @Override
        public boolean guardsCalls() {
            return false;
        }
    };

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aSelfTestIsDeniedNothingAndLeavesNothing(boolean prune) throws Exception {
        InProcessVdi vdi = new InProcessVdi();
        ServerOptions options = ServerOptions.of(vdi);
        try (EmbeddedS3 s3 = EmbeddedS3.start(directory.resolve("s3"), AccessPolicyTest.BUCKET);
                GuardedBucket bucket = new GuardedBucket(s3);
                SimulatedServer server = SimulatedServer.start(options);
                MemoryBudget budget = MemoryBudget.of(64L << 20);
                S3Store store = store(s3, bucket)) {
            bucket.guardBy(IamPolicy.parse(AccessPolicy.of(AccessPolicyTest.answers(IDENTITY, false, false, prune))));
            Engine engine = new Engine(new Environment(
                    IDENTITY,
                    new SqlServer(server.jdbcUrl(), "sa", options.password()),
                    vdi::newClientSet,
                    store,
                    new Catalog(store, new Keys(IDENTITY)),
                    budget,
                    TransferOptions.DEFAULT,
                    "test"));

            SelfTestReport report = engine.start(
                            new SelfTestOrder(1 << 20, null, false),
                            IN_PROCESS,
                            ClientProcesses.none("both sides are in this process"),
                            SelfTestObserver.SILENT)
                    .result()
                    .get(4, TimeUnit.MINUTES);

            assertThat(report.steps().values())
                    .as("denied %s", bucket.denied())
                    .noneMatch(StepOutcome.Failed.class::isInstance);
            assertThat(report.sound()).isTrue();
            assertThat(bucket.needed()).isNotEmpty();
            assertThat(bucket.denied()).isEmpty();
            assertThat(store.list(new Keys(IDENTITY).root()).collectList().block(Duration.ofMinutes(1)))
                    .isEmpty();
            engine.shutdown().block(Duration.ofMinutes(1));
        }
    }

    private static S3Store store(EmbeddedS3 s3, GuardedBucket bucket) {
        return S3Store.open(new StoreConfig(
                bucket.endpoint(),
                "us-east-1",
                AccessPolicyTest.BUCKET,
                "prod/",
                true,
                new StoreConfig.Credentials(s3.accessKeyId(), s3.secretAccessKey(), null),
                ProviderProfile.AWS,
                StoreConfig.Limits.DEFAULT,
                new RetryPolicy(2, Duration.ofMillis(5), Duration.ofMillis(5), Duration.ofSeconds(5))));
    }
}
