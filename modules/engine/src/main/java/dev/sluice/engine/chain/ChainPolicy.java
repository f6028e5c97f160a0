package dev.sluice.engine.chain;

import dev.sluice.catalog.BackupType;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/// What follows when the chain of backups in the bucket has a hole that SQL Server does not have.
public enum ChainPolicy {
    /// It is not looked at: the chain is another program's, as it is where a policy takes copy-only backups alone.
    IGNORE,
    /// It is reported, and nothing else.
    REPORT,
    /// A differential is taken where one heals the chain, otherwise a full backup.
    DIFFERENTIAL,
    /// A full backup is taken.
    FULL;

    /// The backup that heals what was found; empty when none is wanted, or would.
    public Optional<BackupType> answer(Collection<ChainFinding> findings) {
        ChainFinding.Remedy remedy = findings.stream()
                .map(finding -> finding.kind().remedy())
                .max(Comparator.naturalOrder())
                .orElse(ChainFinding.Remedy.NONE);
        if (this == IGNORE || this == REPORT || remedy == ChainFinding.Remedy.NONE) {
            return Optional.empty();
        }
        boolean full = this == FULL || remedy == ChainFinding.Remedy.FULL;
        return Optional.of(full ? BackupType.FULL : BackupType.DIFFERENTIAL);
    }
}
