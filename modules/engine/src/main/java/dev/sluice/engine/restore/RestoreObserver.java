package dev.sluice.engine.restore;

import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.run.RunObserver;

/// Is told what a restore does while it lasts.
///
/// **Threading:** as [RunObserver].
public interface RestoreObserver extends RunObserver {

    /// Shows nothing.
    RestoreObserver SILENT = new RestoreObserver() {};

    /// Backups lead to what was ordered. Told again when the tail is saved, which is one of them from then on.
    default void planned(PlannedRestore planned) {}

    /// The tail of the log of the database that is replaced is saved. From here on the database waits for the
    /// restore.
    default void tailSaved(BackupResult tail) {}

    /// The restore has everything that it needs, and is about to begin. Told before the tail is saved, too.
    default void checked(RestoreCheck check) {}
}
