package dev.sluice.sidecar;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.Engine;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.sidecar.install.EmbeddedInstallation;
import dev.sluice.simulator.server.ServerOptions;
import dev.sluice.simulator.server.SimulatedServer;
import java.nio.file.Path;
import java.util.function.UnaryOperator;

/// The embedded installation, for tests of other packages.
public final class EmbeddedForTests implements AutoCloseable {

    private final EmbeddedInstallation installation;

    private EmbeddedForTests(EmbeddedInstallation installation) {
        this.installation = installation;
    }

    public static EmbeddedForTests start(Path directory, UnaryOperator<ServerOptions> databases) {
        return new EmbeddedForTests(EmbeddedInstallation.start(directory, 0, 0, 64L << 20, databases));
    }

    public Engine engine() {
        return installation.engine();
    }

    public SimulatedServer server() {
        return installation.server();
    }

    public BackupRequest request(String database, BackupType type, boolean copyOnly) {
        return installation.backupDefaults().request(database, type, copyOnly);
    }

    @Override
    public void close() {
        installation.close();
    }
}
