package dev.sluice.sidecar.install;

import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.Keys;
import dev.sluice.engine.Engine;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.Storage;
import dev.sluice.engine.run.TransferOptions;
import dev.sluice.engine.selftest.VdiSurroundings;
import dev.sluice.engine.sql.SqlServer;
import dev.sluice.s3.MemoryBudget;
import dev.sluice.s3.S3Store;
import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.config.ProveSection;
import dev.sluice.sidecar.doctor.DoctorFinding;
import dev.sluice.sidecar.doctor.MemoryCheck;
import dev.sluice.sidecar.doctor.TlsCheck;
import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.jna.NativeVdi;
import dev.sluice.vdi.jna.VdiUnavailableException;
import java.time.Instant;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// An engine on the server, the bucket and the machine that a configuration names.
///
/// Starting one connects to nothing: `list` and `fetch` work where there is no SQL Server, and no VDI library.
public final class ConfiguredInstallation implements Installation {

    private static final Logger log = LoggerFactory.getLogger(ConfiguredInstallation.class);

    private final S3Store store;
    private final MemoryBudget budget;
    private final Engine engine;
    private final BackupDefaults defaults;
    private final @Nullable SqlServer proveServer;
    private final VdiSurroundings surroundings;

    private ConfiguredInstallation(
            S3Store store,
            MemoryBudget budget,
            Engine engine,
            BackupDefaults defaults,
            @Nullable SqlServer proveServer,
            VdiSurroundings surroundings) {
        this.store = store;
        this.budget = budget;
        this.engine = engine;
        this.defaults = defaults;
        this.proveServer = proveServer;
        this.surroundings = surroundings;
    }

    /// **Errors:** [OperationFailed] when the JVM does not allow the memory that is configured: it would otherwise
    /// end in the middle of a backup.
    public static ConfiguredInstallation start(Configuration configuration) {
        return start(configuration, null);
    }

    /// @param asOf an instant as of which the bucket is read, and never written; null for the bucket as it is
    public static ConfiguredInstallation start(Configuration configuration, @Nullable Instant asOf) {
        DoctorFinding memory = MemoryCheck.ofThisProcess(
                        configuration.memory().budget().bytes())
                .jvm();
        if (memory.level() == DoctorFinding.Level.FAIL) {
            throw new OperationFailed(FailureId.MEMORY_BUDGET, memory.evidence(), "memory.budget", memory.fix(), null);
        }
        S3Store store = ConfiguredStore.open(ConfiguredStore.of(configuration), asOf);
        store.tls()
                .ifPresent(tls -> log.atInfo()
                        .addKeyValue("provider", new TlsCheck(tls).finding().evidence())
                        .log("TLS to the bucket"));
        MemoryBudget budget = MemoryBudget.of(configuration.memory().budget().bytes());
        String identity = configuration.server().identity();
        Storage storage = ConfiguredStore.storage(configuration);
        Environment environment = new Environment(
                identity,
                serverOf(configuration.server()),
                deviceSets(configuration.vdi()),
                store,
                new Catalog(store, new Keys(identity), storage::lock),
                budget,
                transferOf(configuration.vdi()),
                storage,
                Version.current());
        return new ConfiguredInstallation(
                store,
                budget,
                new Engine(environment),
                BackupDefaults.of(configuration),
                proveServer(configuration),
                new NativeSurroundings(() -> openVdi(configuration.vdi())));
    }

    public static SqlServer serverOf(Configuration.Server server) {
        return ServerLogins.server(server);
    }

    /// The server on which drills restore; null for the one that is backed up.
    public static @Nullable SqlServer proveServer(Configuration configuration) {
        ProveSection.Server server = configuration.prove().server();
        return server == null ? null : ServerLogins.server(server);
    }

    public static TransferOptions transferOf(Configuration.Vdi vdi) {
        return new TransferOptions((int) vdi.maxTransferSize().bytes(), vdi.buffersPerStripe());
    }

    public static NativeVdi openVdi(Configuration.Vdi vdi) {
        NativeVdi.Provider provider = switch (vdi.provider()) {
            case AUTO -> NativeVdi.Provider.AUTO;
            case LINUX, SIMULATOR -> NativeVdi.Provider.LINUX;
            case WINDOWS -> NativeVdi.Provider.WINDOWS;
        };
        return NativeVdi.open(provider, vdi.library());
    }

    /// Opens the library when the first backup or restore wants it, and once only.
    private static Supplier<ClientVirtualDeviceSet> deviceSets(Configuration.Vdi vdi) {
        return new Supplier<>() {
            private @Nullable Supplier<ClientVirtualDeviceSet> opened;

            @Override
            public synchronized ClientVirtualDeviceSet get() {
                try {
                    if (opened == null) {
                        opened = openVdi(vdi).clientSets(vdi.instance());
                    }
                    return opened.get();
                } catch (VdiUnavailableException e) {
                    throw new OperationFailed(
                            FailureId.VDI_UNAVAILABLE, String.valueOf(e.getMessage()), "this machine", e);
                }
            }
        };
    }

    @Override
    public Engine engine() {
        return engine;
    }

    @Override
    public BackupDefaults backupDefaults() {
        return defaults;
    }

    @Override
    public @Nullable SqlServer proveServer() {
        return proveServer;
    }

    @Override
    public VdiSurroundings surroundings() {
        return surroundings;
    }

    @Override
    public void close() {
        Blocking.uncancellably(engine.shutdown());
        store.close();
        budget.close();
    }
}
