package dev.sluice.simulator.transfer;

/// The server's habits where the documents leave open what SQL Server does, so that a client can be tried against
/// each.
///
/// @param outstanding commands that a device holds at once; the documents name no number
/// @param completes whether and how VDC_Complete is sent to a client that asked for it
/// @param clearsErrors whether a device in its error state is sent ClearError before it is closed
/// @param turns whether RESTORE reads the stripes in turns of uneven length, so that one may wait long for another
/// @param seed of the lengths of the turns
public record MediaBehavior(int outstanding, Completes completes, boolean clearsErrors, boolean turns, long seed) {

    /// Four outstanding, Complete to all at once, ClearError, uneven turns.
    public static final MediaBehavior DEFAULT = new MediaBehavior(4, Completes.TOGETHER, true, true, 1);

    /// How VDC_Complete is sent.
    public enum Completes {
        /// The server is too old to know it: it is not enabled.
        NEVER,
        /// When every device has flushed, to all of them at once.
        TOGETHER,
        /// To each device right behind its own Flush.
        EACH_ALONE,
        /// When every device has flushed, to one after the other has answered.
        ONE_AFTER_ANOTHER,
        /// As above, from the last device to the first.
        REVERSED,
        /// When every device has flushed, to the first only.
        FIRST_ONLY
    }

    public MediaBehavior {
        if (outstanding < 1) {
            throw new IllegalArgumentException("a device holds at least one command, got " + outstanding);
        }
    }

    public MediaBehavior completing(Completes how) {
        return new MediaBehavior(outstanding, how, clearsErrors, turns, seed);
    }

    public MediaBehavior holding(int commands) {
        return new MediaBehavior(commands, completes, clearsErrors, turns, seed);
    }

    public MediaBehavior clearingErrors(boolean clears) {
        return new MediaBehavior(outstanding, completes, clears, turns, seed);
    }

    public MediaBehavior inTurns(boolean uneven, long with) {
        return new MediaBehavior(outstanding, completes, clearsErrors, uneven, with);
    }
}
