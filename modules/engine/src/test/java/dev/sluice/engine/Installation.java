package dev.sluice.engine;

import dev.sluice.engine.sql.SqlServer;
import dev.sluice.s3.MemoryBudget;
import dev.sluice.s3.OngoingUpload;
import dev.sluice.s3.ProviderProfile;
import dev.sluice.s3.RetryPolicy;
import dev.sluice.s3.S3Store;
import dev.sluice.s3.StoreConfig;
import dev.sluice.s3.catalog.BackupType;
import dev.sluice.s3.catalog.Catalog;
import dev.sluice.s3.catalog.Keys;
import dev.sluice.simulator.s3.EmbeddedS3;
import dev.sluice.simulator.server.ServerOptions;
import dev.sluice.simulator.server.SimulatedServer;
import dev.sluice.vdi.inprocess.InProcessVdi;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;

/// Everything real: mssql-jdbc against the simulator's TDS socket, the SDK against an HTTP server over a
/// directory, an engine between them.
final class Installation implements AutoCloseable {

    static final Duration SOON = Duration.ofMinutes(1);

    final InProcessVdi vdi = new InProcessVdi();
    final EmbeddedS3 s3;
    final SimulatedServer server;
    final S3Store store;
    final MemoryBudget budget;
    final Engine engine;

    private Installation(EmbeddedS3 s3, URI endpoint, long memory, UnaryOperator<ServerOptions> databases)
            throws IOException {
        this.s3 = s3;
        ServerOptions options = databases.apply(ServerOptions.of(vdi));
        this.server = SimulatedServer.start(options);
        this.store = S3Store.open(new StoreConfig(
                endpoint,
                "us-east-1",
                "sluice",
                "test/",
                true,
                new StoreConfig.Credentials(s3.accessKeyId(), s3.secretAccessKey(), null),
                ProviderProfile.AWS,
                StoreConfig.Limits.DEFAULT,
                new RetryPolicy(3, Duration.ofMillis(100), Duration.ofMillis(400), Duration.ofSeconds(5))));
        this.budget = MemoryBudget.of(memory);
        this.engine = new Engine(new Environment(
                "test",
                new SqlServer(server.jdbcUrl(), "sa", options.password()),
                vdi::newClientSet,
                store,
                new Catalog(store, new Keys("test")),
                budget,
                Transfer.DEFAULT,
                "test"));
    }

    static Installation start(Path directory, UnaryOperator<ServerOptions> databases) throws IOException {
        EmbeddedS3 s3 = EmbeddedS3.start(directory, "sluice");
        return new Installation(s3, s3.endpoint(), 128L << 20, databases);
    }

    /// With something between the SDK and the S3 server.
    static Installation start(EmbeddedS3 s3, URI endpoint, long memory, UnaryOperator<ServerOptions> databases)
            throws IOException {
        return new Installation(s3, endpoint, memory, databases);
    }

    /// A backup in one word, whatever else a request can say.
    static BackupRequest request(String database, BackupType type, boolean copyOnly, int stripes) {
        return new BackupRequest(database, type, copyOnly, stripes, false, true);
    }

    BackupResult backup(String database, int stripes) {
        return engine.backup(BackupRequest.full(database, stripes), Observer.SILENT)
                .block(SOON);
    }

    RestoreResult restore(BackupResult backup, String as) {
        return engine.restore(RestoreRequest.of(backup.document(), as, false, true), Observer.SILENT)
                .block(SOON);
    }

    /// Keys of everything in the bucket, documents included.
    List<String> keys() {
        return store.list("").map(object -> object.key()).collectList().block(SOON);
    }

    List<OngoingUpload> uploads() {
        return store.uploads("").collectList().block(SOON);
    }

    @Override
    public void close() {
        engine.shutdown().block(SOON);
        store.close();
        budget.close();
        server.close();
        s3.close();
    }
}
