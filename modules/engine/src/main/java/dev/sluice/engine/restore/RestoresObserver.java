package dev.sluice.engine.restore;

/// Is told how the restores of several databases go, to show it to people.
///
/// **Threading:** called on the threads of the runs, also at the same time for different databases.
public interface RestoresObserver {

    /// A database's turn has come.
    ///
    /// @return what is told of its restore
    default RestoreObserver begins(String database) {
        return RestoreObserver.SILENT;
    }

    /// It is known what became of a database.
    default void ended(RestoresReport.Outcome outcome) {}
}
