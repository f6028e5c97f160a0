package dev.sluice.engine;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.Keys;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.recovery.RecoveryReport;
import dev.sluice.engine.restore.RestoreObserver;
import dev.sluice.engine.restore.RestoreRequest;
import dev.sluice.engine.restore.RestoreResult;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.run.Storage;
import dev.sluice.engine.run.TransferOptions;
import dev.sluice.engine.sql.SqlServer;
import dev.sluice.s3.MemoryBudget;
import dev.sluice.s3.ObjectOptions;
import dev.sluice.s3.OngoingUpload;
import dev.sluice.s3.ProviderProfile;
import dev.sluice.s3.RetryPolicy;
import dev.sluice.s3.S3Store;
import dev.sluice.s3.StoreConfig;
import dev.sluice.simulator.s3.EmbeddedS3;
import dev.sluice.simulator.server.ServerOptions;
import dev.sluice.simulator.server.SimulatedServer;
import dev.sluice.vdi.inprocess.InProcessVdi;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/// Everything real: mssql-jdbc against the simulator's TDS socket, the SDK against an HTTP server over a
/// directory, an engine between them.
public final class Installation implements AutoCloseable {

    public static final Duration SOON = Duration.ofMinutes(1);

    public final InProcessVdi vdi = new InProcessVdi();
    final EmbeddedS3 s3;
    public final SimulatedServer server;
    final S3Store store;
    final MemoryBudget budget;
    public final Engine engine;
    private final String password;

    private Installation(
            EmbeddedS3 s3,
            URI endpoint,
            ProviderProfile profile,
            long memory,
            Storage storage,
            UnaryOperator<ServerOptions> databases)
            throws IOException {
        this.s3 = s3;
        ServerOptions options = databases.apply(ServerOptions.of(vdi));
        this.server = SimulatedServer.start(options);
        this.password = options.password();
        this.store = S3Store.open(new StoreConfig(
                endpoint,
                "us-east-1",
                "sluice",
                "test/",
                true,
                new StoreConfig.Credentials(s3.accessKeyId(), s3.secretAccessKey(), null),
                profile,
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
                TransferOptions.DEFAULT,
                storage,
                "test"));
    }

    public static Installation start(Path directory, UnaryOperator<ServerOptions> databases) throws IOException {
        EmbeddedS3 s3 = EmbeddedS3.start(directory, "sluice");
        return new Installation(s3, s3.endpoint(), ProviderProfile.AWS, 128L << 20, Storage.DEFAULT, databases);
    }

    /// With something between the SDK and the S3 server.
    public static Installation start(EmbeddedS3 s3, URI endpoint, long memory, UnaryOperator<ServerOptions> databases)
            throws IOException {
        return new Installation(s3, endpoint, ProviderProfile.AWS, memory, Storage.DEFAULT, databases);
    }

    /// The same, with one part of so many bytes an upload, so that stripes roll over.
    static Installation withOnePart(EmbeddedS3 s3, URI endpoint, int part, UnaryOperator<ServerOptions> databases)
            throws IOException {
        ProviderProfile profile = new ProviderProfile(true, true, true, 1);
        Storage storage = new Storage(part, ObjectOptions.NONE, null);
        return new Installation(s3, endpoint, profile, 64L << 20, storage, databases);
    }

    /// With a provider whose uploads have so few parts that stripes roll over.
    static Installation withFewParts(Path directory, int maxParts, UnaryOperator<ServerOptions> databases)
            throws IOException {
        EmbeddedS3 s3 = EmbeddedS3.start(directory, "sluice");
        return withFewParts(s3, s3.endpoint(), maxParts, databases);
    }

    /// The same, with something between the SDK and the S3 server.
    static Installation withFewParts(EmbeddedS3 s3, URI endpoint, int maxParts, UnaryOperator<ServerOptions> databases)
            throws IOException {
        return new Installation(
                s3, endpoint, new ProviderProfile(true, true, true, maxParts), 128L << 20, Storage.DEFAULT, databases);
    }

    /// A backup in one word, whatever else a request can say.
    static BackupRequest request(String database, BackupType type, boolean copyOnly, int stripes) {
        return BackupRequest.of(database, type).withCopyOnly(copyOnly).withStripes(stripes);
    }

    public BackupResult backup(String database, int stripes) {
        return engine.backup(BackupRequest.full(database, stripes), RunObserver.SILENT)
                .block(SOON);
    }

    RestoreResult restore(BackupResult backup, String as) {
        return engine.restore(RestoreRequest.of(backup.document(), as, false, true), RestoreObserver.SILENT)
                .block(SOON);
    }

    /// Keys of everything in the bucket, documents included, but for the one that says whose directory it is.
    public List<String> keys() {
        return store.list("")
                .map(object -> object.key())
                .filter(key -> !key.endsWith("/owner.json"))
                .collectList()
                .block(SOON);
    }

    /// The same, for another login.
    Environment as(String user, String secret) {
        return with(new SqlServer(server.jdbcUrl(), user, secret));
    }

    /// The same for a login that waits so long for the answer to a query.
    Environment answering(Duration answers) {
        return with(new SqlServer(server.jdbcUrl(), "sa", password, answers));
    }

    private Environment with(SqlServer login) {
        Environment env = engine.environment();
        return new Environment(
                env.identity(),
                login,
                env.deviceSets(),
                env.store(),
                env.catalog(),
                env.budget(),
                env.transfer(),
                env.version());
    }

    /// The same with so much memory, which its user closes.
    Environment within(long memory) {
        Environment env = engine.environment();
        return new Environment(
                env.identity(),
                env.server(),
                env.deviceSets(),
                env.store(),
                env.catalog(),
                MemoryBudget.of(memory),
                env.transfer(),
                env.version());
    }

    /// Records of the database's log that SQL Server has truncated and that no entry of the catalog has.
    long lostLogRecords(String database) {
        Set<String> devices =
                entries(database).stream().map(BackupDocument::deviceSet).collect(Collectors.toSet());
        return server.lostLogRecords(database, devices::contains);
    }

    /// The same server and bucket under another identity.
    Environment besides(String identity) {
        Environment env = engine.environment();
        return new Environment(
                identity,
                env.server(),
                env.deviceSets(),
                env.store(),
                new Catalog(store, new Keys(identity)),
                env.budget(),
                env.transfer(),
                env.version());
    }

    public BackupResult backup(BackupRequest request) {
        return engine.backup(request, RunObserver.SILENT).block(SOON);
    }

    RecoveryReport recover() {
        return engine.recover().block(SOON);
    }

    String password() {
        return password;
    }

    /// T-SQL of somebody else's.
    public void sql(String statement) {
        try (Connection connection = DriverManager.getConnection(server.jdbcUrl(), "sa", password);
                Statement batch = connection.createStatement()) {
            batch.execute(statement);
        } catch (SQLException e) {
            throw new AssertionError(statement, e);
        }
    }

    /// Changes the database, so that there is log.
    public void work(String database, int seed) {
        sql("EXEC sluice_workload @database = N'%s', @transactions = 20, @seed = %d".formatted(database, seed));
    }

    /// The entries of a database, the earliest first.
    List<BackupDocument> entries(String database) {
        Catalog catalog = engine.environment().catalog();
        return catalog.list(database).concatMap(catalog::read).collectList().block(SOON);
    }

    List<BackupDocument> pendings() {
        return engine.environment().catalog().pendings().collectList().block(SOON);
    }

    public List<OngoingUpload> uploads() {
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
