package dev.sluice.sidecar.schedule;

/// How a job ended.
public enum JobOutcome {
    /// The backup is good.
    GOOD,
    /// It is not, or could not begin. Tried again.
    FAILED,
    /// All bytes are stored, and SQL Server's verdict was lost. Tried again, for nobody may count on it.
    UNCONFIRMED,
    /// Somebody cancelled it, and will have had a reason: the next one is due when the table says so.
    CANCELLED,
    /// There was nothing to be done, such as a log backup in SIMPLE recovery.
    LEFT_OUT
}
