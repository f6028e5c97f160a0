package dev.sluice.engine.backup;

import dev.sluice.engine.run.RunObserver;

/// Is told how the backups of several databases go, to show it to people.
///
/// **Threading:** as [RunObserver]; one call after the other.
public interface BackupsObserver {

    /// A database's turn has come.
    ///
    /// @return what is told of its backup
    default RunObserver begins(String database) {
        return RunObserver.SILENT;
    }

    /// It is known what became of a database.
    default void ended(BackupsReport.Outcome outcome) {}
}
