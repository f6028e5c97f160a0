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
/// @param confirmed   ids of other backups that a person wants to be gone, the last chain too
public record PruneRequest(
        String database,
        Chooser chooser,
        boolean dryRun,
        Set<String> unconfirmed,
        Set<String> adopted,
        Set<String> confirmed) {

    public PruneRequest {
        unconfirmed = Set.copyOf(unconfirmed);
        adopted = Set.copyOf(adopted);
        confirmed = Set.copyOf(confirmed);
    }

    /// Without a word about adopted backups, which stay.
    public PruneRequest(String database, Chooser chooser, boolean dryRun, Set<String> unconfirmed) {
        this(database, chooser, dryRun, unconfirmed, Set.of(), Set.of());
    }

    /// Without a word about unconfirmed and adopted backups, which stay.
    public PruneRequest(String database, Chooser chooser, boolean dryRun) {
        this(database, chooser, dryRun, Set.of(), Set.of(), Set.of());
    }

    /// Unconfirmed backups that a person has named, and nothing else.
    public static PruneRequest unconfirmed(String database, Set<String> ids, boolean dryRun) {
        return named(database, ids, Set.of(), dryRun);
    }

    /// Unconfirmed and adopted backups that a person has named, and nothing else.
    public static PruneRequest named(String database, Set<String> unconfirmed, Set<String> adopted, boolean dryRun) {
        return new PruneRequest(database, PruneRequest::nothing, dryRun, unconfirmed, adopted, Set.of());
    }

    /// Backups that a person has named, and nothing else. They may be the last ones.
    public static PruneRequest deletion(String database, Set<String> confirmed, Set<String> unconfirmed) {
        return new PruneRequest(database, PruneRequest::nothing, false, unconfirmed, Set.of(), confirmed);
    }

    private static List<KeepDecision> nothing(List<Backup> backups, Instant now) {
        return backups.stream()
                .map(backup -> new KeepDecision(backup, true, "only what was named goes"))
                .toList();
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
