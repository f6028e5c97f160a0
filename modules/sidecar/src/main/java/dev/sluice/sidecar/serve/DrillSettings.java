package dev.sluice.sidecar.serve;

import dev.sluice.engine.sql.SqlServer;
import dev.sluice.sidecar.config.ProveSection;
import org.jspecify.annotations.Nullable;

/// How the drills of policies are held.
///
/// @param server on which they restore; null for the one that is backed up
public record DrillSettings(
        ProveSection.Point point, @Nullable SqlServer server) {

    /// To the end, on the server that is backed up.
    public static final DrillSettings DEFAULT = new DrillSettings(ProveSection.Point.END, null);
}
