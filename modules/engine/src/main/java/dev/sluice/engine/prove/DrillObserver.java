package dev.sluice.engine.prove;

import dev.sluice.engine.recovery.Leftover;
import dev.sluice.engine.restore.RestoreObserver;
import java.time.Instant;

/// Is told what a drill does while it lasts.
///
/// **Threading:** as [RestoreObserver].
public interface DrillObserver extends RestoreObserver {

    /// Shows nothing.
    DrillObserver SILENT = new DrillObserver() {};

    /// A step begins.
    default void began(DrillStep step) {}

    /// A random instant was drawn.
    default void drawn(Instant instant, long seed) {}

    /// What became of the scratch database of an earlier drill.
    default void found(Leftover leftover) {}
}
