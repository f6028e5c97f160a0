package dev.sluice.vdi;

/// The result of GetCommand: a command, or one of the three ordinary reasons for having none.
public sealed interface Fetched permits Command, Fetched.Closed, Fetched.Aborted, Fetched.TimedOut {

    /// VD_E_CLOSE: the server closed the device. Says nothing about the outcome; only the T-SQL statement knows
    /// it.
    record Closed() implements Fetched {}

    /// VD_E_ABORT: one of the sides aborted the set.
    ///
    /// @param cause which side aborted, and why, as far as this side knows
    record Aborted(String cause) implements Fetched {}

    /// VD_E_TIMEOUT: nothing came in the time given.
    record TimedOut() implements Fetched {}
}
