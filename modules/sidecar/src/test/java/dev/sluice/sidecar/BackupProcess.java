package dev.sluice.sidecar;

import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.Keys;
import dev.sluice.engine.Engine;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.run.Storage;
import dev.sluice.engine.run.TransferOptions;
import dev.sluice.engine.sql.SqlServer;
import dev.sluice.s3.MemoryBudget;
import dev.sluice.s3.ObjectOptions;
import dev.sluice.s3.ProviderProfile;
import dev.sluice.s3.RetryPolicy;
import dev.sluice.s3.S3Store;
import dev.sluice.s3.StoreConfig;
import dev.sluice.vdi.jna.LinuxVdi;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;

/// The engine in a process that can be killed: `JDBC-URL PASSWORD ENDPOINT KEY SECRET LIBRARY DATABASE TYPE
/// STRIPES`. Says "ready" and takes one backup. Exit code 0 when it is good, 1 otherwise.
final class BackupProcess {

    static final String IDENTITY = "crash";

    /// A full backup of [#LARGE] bytes in up to two stripes has several of them in each, a log backup less than
    /// one.
    static final Storage SMALL_PARTS = new Storage(5 << 20, ObjectOptions.NONE, null);

    /// Of a database.
    static final int LARGE = 14 << 20;

    private BackupProcess() {}

    static StoreConfig store(URI endpoint, String key, String secret) {
        return new StoreConfig(
                endpoint,
                "us-east-1",
                "sluice",
                "",
                true,
                new StoreConfig.Credentials(key, secret, null),
                ProviderProfile.AWS,
                StoreConfig.Limits.DEFAULT,
                new RetryPolicy(3, Duration.ofMillis(50), Duration.ofMillis(200), Duration.ofSeconds(5)));
    }

    static Environment environment(SqlServer server, S3Store store, LinuxVdi vdi, MemoryBudget budget) {
        return new Environment(
                IDENTITY,
                server,
                vdi::newClientSet,
                store,
                new Catalog(store, new Keys(IDENTITY)),
                budget,
                // Small buffers: a backup of a few MiB has many commands then.
                new TransferOptions(256 << 10, 4),
                SMALL_PARTS,
                "test");
    }

    public static void main(String[] arguments) {
        int code = 1;
        try (S3Store store = S3Store.open(store(URI.create(arguments[2]), arguments[3], arguments[4]));
                MemoryBudget budget = MemoryBudget.of(24L << 20)) {
            Engine engine = new Engine(environment(
                    new SqlServer(arguments[0], "sa", arguments[1]),
                    store,
                    LinuxVdi.open(Path.of(arguments[5])),
                    budget));
            System.out.println("ready");
            engine.backup(
                            BackupRequest.of(arguments[6], BackupType.valueOf(arguments[7]))
                                    .withStripes(Integer.parseInt(arguments[8])),
                            RunObserver.SILENT)
                    .block();
            code = 0;
        } catch (RuntimeException e) {
            System.out.println(e);
        }
        System.exit(code);
    }
}
