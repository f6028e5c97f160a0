package dev.sluice.sidecar.install;

import dev.sluice.engine.Engine;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.selftest.VdiSurroundings;
import dev.sluice.engine.sql.SqlServer;
import org.jspecify.annotations.Nullable;

/// What a command works on: an engine, and everything around it that belongs to it.
///
/// **Ownership:** the caller that starts one closes it. [#close()] cancels what runs, waits for its end, and
/// takes everything apart in the only order that works.
public interface Installation extends AutoCloseable {

    public Engine engine();

    default Environment environment() {
        return engine().environment();
    }

    /// How backups are taken where the command line does not say.
    BackupDefaults backupDefaults();

    /// The server on which drills restore; null for the one that is backed up.
    default @Nullable SqlServer proveServer() {
        return null;
    }

    /// This machine's side of virtual devices, for a self-test.
    VdiSurroundings surroundings();

    @Override
    void close();
}
