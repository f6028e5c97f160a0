package dev.sluice.engine.restore;

import dev.sluice.engine.run.RunObserver;

/// Is told what a restore does while it lasts.
///
/// **Threading:** as [RunObserver].
public interface RestoreObserver extends RunObserver {

    /// Shows nothing.
    RestoreObserver SILENT = new RestoreObserver() {};

    /// The restore has everything that it needs, and is about to begin.
    default void checked(RestoreCheck check) {}
}
