package dev.sluice.engine.retention;

import dev.sluice.engine.plan.Backup;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/// Which database's backups to look at, and who decides.
///
/// @param dryRun      whether only to tell what would go
/// @param unconfirmed ids of unconfirmed backups that a person has looked at and wants to be gone; no rule
///                    ever decides about those
/// @param adopted     ids of adopted backups that a person wants to be gone, with the files that another program has
///                    stored; no policy ever decides about those
public record PruneRequest(
        String database, Chooser chooser, boolean dryRun, Set<String> unconfirmed, Set<String> adopted) {

    public PruneRequest {
        unconfirmed = Set.copyOf(unconfirmed);
        adopted = Set.copyOf(adopted);
    }

    /// Without a word about adopted backups, which stay.
    public PruneRequest(String database, Chooser chooser, boolean dryRun, Set<String> unconfirmed) {
        this(database, chooser, dryRun, unconfirmed, Set.of());
    }

    /// Without a word about unconfirmed backups, which stay.
    public PruneRequest(String database, Chooser chooser, boolean dryRun) {
        this(database, chooser, dryRun, Set.of());
    }

    /// Unconfirmed backups that a person has named, and nothing else.
    public static PruneRequest unconfirmed(String database, Set<String> ids, boolean dryRun) {
        return named(database, ids, Set.of(), dryRun);
    }

    /// Unconfirmed and adopted backups that a person has named, and nothing else.
    public static PruneRequest named(String database, Set<String> unconfirmed, Set<String> adopted, boolean dryRun) {
        Chooser all = (backups, _) -> backups.stream()
                .map(backup -> new KeepDecision(backup, true, "only what was named goes"))
                .toList();
        return new PruneRequest(database, all, dryRun, unconfirmed, adopted);
    }

    /// Decides what stays and what goes.
    public interface Chooser {

        /// Pure: it may be asked again.
        ///
        /// @param backups all of the database, the unconfirmed ones and those with missing stripes included
        /// @param now     by SQL Server's clock
        /// @return what is not among them stays
        List<KeepDecision> choose(List<Backup> backups, Instant now);
    }
}
