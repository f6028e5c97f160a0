package dev.sluice.engine;

import dev.sluice.engine.sql.ServerMessage;

/// Whoever shows a run to people.
///
/// **Threading:** called on the run's threads; returns quickly.
public interface Observer {

    /// Shows nothing.
    Observer SILENT = new Observer() {};

    /// A restore has everything that it needs, and is about to begin.
    default void checked(RestoreCheck check) {}

    /// The run is waiting for memory that other runs hold.
    default void queued() {}

    /// Bytes are about to flow.
    default void streaming(String backupId, Progress progress) {}

    /// SQL Server said something.
    default void said(ServerMessage message) {}

    /// SQL Server has sent everything and got its answer; the verdict and the catalog are left to do.
    default void committing() {}
}
