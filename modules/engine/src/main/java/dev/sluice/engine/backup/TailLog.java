package dev.sluice.engine.backup;

/// Whether a log backup takes the log's tail, so that nothing is lost when the database is restored over.
public enum TailLog {
    /// An ordinary log backup.
    NONE,
    /// The last one: afterwards the database is RESTORING, so that nothing can follow.
    NORECOVERY,
    /// The last one of a database whose data files are damaged or gone: the log is copied as far as it can be
    /// read, and not truncated.
    NO_TRUNCATE
}
