package dev.sluice.simulator.server;

import dev.sluice.simulator.transfer.MediaBehavior;
import java.time.Duration;

/// Something that goes wrong with one BACKUP or RESTORE.
public sealed interface Fault {

    /// The server has other habits than usual: how VDC_Complete is sent, for instance.
    record Behaves(MediaBehavior behavior) implements Fault {}

    /// The server fails for a reason of its own (3043) when so many bytes are through; it drains and closes the
    /// devices.
    record FailsAfter(long bytes) implements Fault {}

    /// The server stops sending when so many bytes are through, until [Faults#release] or a cancel.
    record StallsAfter(long bytes) implements Fault {}

    /// A bit of a large transfer is flipped in the buffer when so many bytes are through: behind the server's
    /// checksum, and before the client. The server does not know.
    record DamagesAfter(long bytes) implements Fault {}

    /// The server signals abort when so many bytes are through.
    record AbortsAfter(long bytes) implements Fault {}

    /// The statement is cancelled when so many bytes are through, as if an attention had come (3204).
    record CancelsAfter(long bytes) implements Fault {}

    /// The server closes the devices when so many bytes are through, and says nothing until [Faults#release] or a
    /// cancel; then the statement fails. To the client an orderly end and a failure look the same.
    record ClosesEarlyAfter(long bytes) implements Fault {}

    /// The server's process dies before it sends this command: the set is aborted, all lines are cut, and what was
    /// not committed is taken back.
    ///
    /// @param command counted from 0, Flush and Complete included
    record DiesAtCommand(long command) implements Fault {}

    /// The server is restarted when so many bytes are through: as [DiesAtCommand], and logins are refused for a
    /// while.
    record RestartsAfter(long bytes, Duration down) implements Fault {}

    /// The server does not notice that its client is gone: the statement goes on holding its database, whatever
    /// becomes of its connection, until it is killed.
    record MissesDeath() implements Fault {}

    /// The statement runs, but never opens the set, until [Faults#release] or a cancel; then it fails.
    record NeverOpens() implements Fault {}

    /// The statement fails after the client has completed everything.
    record FailsAfterComplete() implements Fault {}

    /// The statement fails (3013) when it has truncated the log, or moved the differential base, and has not yet
    /// written to msdb. No document says that SQL Server never does this.
    record FailsAfterTruncation() implements Fault {}

    /// Everything succeeds; the line is cut before the client hears of it.
    record LosesConnection() implements Fault {}

    /// The server dies when the client has completed everything, before any of it counts.
    record DiesBeforeTruncation() implements Fault {}

    /// The server dies when it has truncated the log and has not yet written to msdb.
    record DiesBeforeHistory() implements Fault {}

    /// msdb takes this one row in a way of its own.
    record Remembers(Faults.History how) implements Fault {}
}
