package dev.sluice.engine;

/// What follows when the chain of backups in the bucket has a hole that SQL Server does not have.
public enum ChainPolicy {
    /// It is reported, and nothing else.
    REPORT,
    /// A differential is taken where one heals the chain, otherwise a full backup.
    DIFFERENTIAL,
    /// A full backup is taken.
    FULL
}
