package dev.sluice.sidecar.install;

import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.Keys;
import dev.sluice.engine.Engine;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.TransferOptions;
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
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.function.UnaryOperator;

/// An engine with everything around it in this process: SQL Server's stand-in, and an S3 server over a directory.
///
/// The user must not take its success for a real backup: commands use it only when the user asks for it.
///
/// **Ownership:** owns all of it; [#close()] ends it in the only order that works.
public final class EmbeddedInstallation implements Installation {

    public static final String BUCKET = "sluice";
    private static final String IDENTITY = "embedded";

    private final EmbeddedS3 s3;
    private final SimulatedServer server;
    private final S3Store store;
    private final MemoryBudget budget;
    private final Engine engine;

    private EmbeddedInstallation(
            EmbeddedS3 s3, SimulatedServer server, S3Store store, MemoryBudget budget, Engine engine) {
        this.s3 = s3;
        this.server = server;
        this.store = store;
        this.budget = budget;
        this.engine = engine;
    }

    /// Starts with what an earlier one left in `state`, or with one new database.
    public static EmbeddedInstallation start(Path state, long memory, String database, long bytes) {
        return start(
                state.resolve("s3"),
                0,
                0,
                memory,
                options -> options.withStateDirectory(state.resolve("sql").toAbsolutePath())
                        .withDatabase(database, bytes));
    }

    /// Starts everything, or nothing.
    ///
    /// @param objects   directory of the bucket
    /// @param s3Port    0 for any free one
    /// @param sqlPort   0 for any free one
    /// @param memory    budget in bytes
    /// @param databases adds what the server shall have
    public static EmbeddedInstallation start(
            Path objects, int s3Port, int sqlPort, long memory, UnaryOperator<ServerOptions> databases) {
        InProcessVdi vdi = new InProcessVdi();
        MemoryBudget budget = MemoryBudget.of(memory);
        EmbeddedS3 s3 = EmbeddedS3.start(objects.toAbsolutePath(), BUCKET, s3Port);
        try {
            ServerOptions options = databases.apply(ServerOptions.of(vdi).withPort(sqlPort));
            SimulatedServer server = startServer(options);
            try {
                return beside(s3, server, options, vdi, budget);
            } catch (RuntimeException | Error e) {
                server.close();
                throw e;
            }
        } catch (RuntimeException | Error e) {
            s3.close();
            throw e;
        }
    }

    private static EmbeddedInstallation beside(
            EmbeddedS3 s3, SimulatedServer server, ServerOptions options, InProcessVdi vdi, MemoryBudget budget) {
        S3Store store = S3Store.open(new StoreConfig(
                s3.endpoint(),
                "us-east-1",
                BUCKET,
                "",
                true,
                new StoreConfig.Credentials(s3.accessKeyId(), s3.secretAccessKey(), null),
                ProviderProfile.AWS,
                StoreConfig.Limits.DEFAULT,
                RetryPolicy.DEFAULT));
        Environment environment = new Environment(
                IDENTITY,
                new SqlServer(server.jdbcUrl(), "sa", options.password()),
                vdi::newClientSet,
                store,
                new Catalog(store, new Keys(IDENTITY)),
                budget,
                TransferOptions.DEFAULT,
                Version.current());
        return new EmbeddedInstallation(s3, server, store, budget, new Engine(environment));
    }

    private static SimulatedServer startServer(ServerOptions options) {
        try {
            return SimulatedServer.start(options);
        } catch (IOException e) {
            throw new UncheckedIOException("The SQL Server simulator did not start: " + e.getMessage(), e);
        }
    }

    @Override
    public Engine engine() {
        return engine;
    }

    @Override
    public BackupDefaults backupDefaults() {
        return BackupDefaults.PLAIN;
    }

    @Override
    public VdiSurroundings surroundings() {
        return new InProcessSurroundings();
    }

    public SimulatedServer server() {
        return server;
    }

    @Override
    public void close() {
        Blocking.uncancellably(engine.shutdown());
        store.close();
        budget.close();
        server.close();
        s3.close();
    }
}
