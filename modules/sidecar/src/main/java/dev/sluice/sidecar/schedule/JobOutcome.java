package dev.sluice.sidecar.schedule;

/// How a job ended.
public enum JobOutcome {
    /// The backup is good.
    GOOD,
    /// It is not, or could not begin. Tried again.
    FAILED,
    /// All bytes are stored, but SQL Server's verdict was lost. Tried again, since the user cannot count on it.
    UNCONFIRMED,
    /// A person cancelled it, and will have had a reason: the next one is due when the table says so.
    CANCELLED,
    /// There was nothing to be done, such as a log backup in SIMPLE recovery.
    LEFT_OUT
}
