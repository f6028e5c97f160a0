package dev.sluice.engine.run;

import dev.sluice.engine.sql.ServerMessage;

/// Is told what a run does while it lasts, to show it to people.
///
/// **Threading:** called on the run's threads; returns quickly.
public interface RunObserver {

    /// Shows nothing.
    RunObserver SILENT = new RunObserver() {};

    /// The run is waiting for memory that other runs hold.
    default void queued() {}

    /// Bytes are about to flow.
    default void streaming(String backupId, RunProgress progress) {}

    /// SQL Server said something.
    default void said(ServerMessage message) {}

    /// SQL Server has sent everything and got its answer; the verdict and the catalog are left to do.
    default void committing() {}
}
