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
    FULL,
    /// Full backups are copy-only, so differentials and their base are another program's. The log alone is compared,
    /// and what is broken is reported.
    REPORT_LOG,
    /// As [#REPORT_LOG], and a copy-only full backup is taken where it makes the chain whole.
    COPY_ONLY_FULL;

    /// What it comes to where full backups are copy-only by policy: no answer may move the differential base of
    /// the program that takes the others.
    public ChainPolicy besideOtherFulls() {
        return switch (this) {
            case IGNORE -> IGNORE;
            case REPORT, REPORT_LOG -> REPORT_LOG;
            case DIFFERENTIAL, FULL, COPY_ONLY_FULL -> COPY_ONLY_FULL;
        };
    }

    /// The same comparison, without any answer.
    public ChainPolicy reporting() {
        return switch (this) {
            case IGNORE -> IGNORE;
            case REPORT, DIFFERENTIAL, FULL -> REPORT;
            case REPORT_LOG, COPY_ONLY_FULL -> REPORT_LOG;
        };
    }

    /// Whether the log alone is compared, and a copy-only full backup carries it.
    public boolean comparesLogAlone() {
        return this == REPORT_LOG || this == COPY_ONLY_FULL;
    }

    /// The backup that heals what was found; empty when none is wanted, or would.
    public Optional<BackupType> answer(Collection<ChainFinding> findings) {
        ChainFinding.Remedy remedy = findings.stream()
                .map(ChainFinding::kind)
                // A copy-only full backup starts no log chain.
                .filter(kind -> this != COPY_ONLY_FULL || kind != ChainFinding.Kind.LOG_CHAIN_ENDED)
                .map(ChainFinding.Kind::remedy)
                .max(Comparator.naturalOrder())
                .orElse(ChainFinding.Remedy.NONE);
        if (reporting() == this || remedy == ChainFinding.Remedy.NONE) {
            return Optional.empty();
        }
        boolean full = this == FULL || this == COPY_ONLY_FULL || remedy == ChainFinding.Remedy.FULL;
        return Optional.of(full ? BackupType.FULL : BackupType.DIFFERENTIAL);
    }
}
