package dev.sluice.engine;

import dev.sluice.engine.plan.Backup;
import java.time.Instant;
import java.util.List;

/// Which database's backups to look at, and who decides.
///
/// @param dryRun whether only to tell what would go
public record PruneRequest(String database, Chooser chooser, boolean dryRun) {

    /// Decides what stays and what goes.
    public interface Chooser {

        /// Pure: it may be asked again.
        ///
        /// @param backups all of the database, the unconfirmed ones and those with missing stripes included
        /// @param now     by SQL Server's clock
        /// @return what is not among them stays
        List<Choice> choose(List<Backup> backups, Instant now);
    }
}
