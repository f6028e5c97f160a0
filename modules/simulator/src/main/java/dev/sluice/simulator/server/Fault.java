package dev.sluice.simulator.server;

import dev.sluice.simulator.transfer.MediaBehavior;

/// Something that goes wrong with one BACKUP or RESTORE.
public sealed interface Fault {

    /// The server has other habits than usual: how VDC_Complete is sent, for instance.
    record Behaves(MediaBehavior behavior) implements Fault {}

    /// The server fails for a reason of its own (3043) when so many bytes are through; it drains and closes the
    /// devices.
    record FailsAfter(long bytes) implements Fault {}

    /// The server stops sending when so many bytes are through, until [Faults#release] or a cancel.
    record StallsAfter(long bytes) implements Fault {}

    /// The server signals abort when so many bytes are through.
    record AbortsAfter(long bytes) implements Fault {}

    /// The server's process dies before it sends this command: the set is aborted, and all lines are cut.
    ///
    /// @param command counted from 0
    record DiesAtCommand(long command) implements Fault {}

    /// The statement runs, but never opens the set, until [Faults#release] or a cancel; then it fails.
    record NeverOpens() implements Fault {}

    /// The statement fails after the client has completed everything.
    record FailsAfterComplete() implements Fault {}

    /// Everything succeeds; the line is cut before the client hears of it.
    record LosesConnection() implements Fault {}

    /// The server dies when it has truncated the log and has not yet written to msdb.
    record DiesBeforeHistory() implements Fault {}
}
