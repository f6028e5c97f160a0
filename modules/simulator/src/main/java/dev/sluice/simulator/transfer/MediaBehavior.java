package dev.sluice.simulator.transfer;

import java.time.Duration;

/// The server's habits where the documents leave open what SQL Server does, so that a client can be tried against
/// each.
///
/// @param outstanding commands that a device holds at once; the documents name no number
/// @param completes whether and how VDC_Complete is sent to a client that asked for it
/// @param clearsErrors whether a device in its error state is sent ClearError before it is closed
/// @param turns whether RESTORE reads the stripes in turns of uneven length, so that one may wait long for another
/// @param seed of the lengths of the turns
/// @param echoesRequest whether VDF_RequestComplete stays in the features that the client gets back
/// @param afterReads what a restore sends to each device when it has read enough
/// @param opensAfter how long the server takes from the end of the configuration until it opens its devices
public record MediaBehavior(
        int outstanding,
        Completes completes,
        boolean clearsErrors,
        boolean turns,
        long seed,
        boolean echoesRequest,
        AfterReads afterReads,
        Duration opensAfter) {

    /// Four outstanding, Complete to all at once, ClearError, uneven turns; the request echoed, nothing after the
    /// reads of a restore, and devices opened at once.
    public static final MediaBehavior DEFAULT =
            new MediaBehavior(4, Completes.TOGETHER, true, true, 1, true, AfterReads.NOTHING, Duration.ZERO);

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

    /// What a restore sends behind its last Read. The documents promise nothing, and forbid nothing.
    public enum AfterReads {
        NOTHING,
        FLUSH,
        /// Although only a backup negotiates it.
        COMPLETE
    }

    public MediaBehavior {
        if (outstanding < 1) {
            throw new IllegalArgumentException("a device holds at least one command, got " + outstanding);
        }
    }

    public MediaBehavior completing(Completes how) {
        return new MediaBehavior(outstanding, how, clearsErrors, turns, seed, echoesRequest, afterReads, opensAfter);
    }

    public MediaBehavior holding(int commands) {
        return new MediaBehavior(commands, completes, clearsErrors, turns, seed, echoesRequest, afterReads, opensAfter);
    }

    public MediaBehavior clearingErrors(boolean clears) {
        return new MediaBehavior(outstanding, completes, clears, turns, seed, echoesRequest, afterReads, opensAfter);
    }

    public MediaBehavior inTurns(boolean uneven, long with) {
        return new MediaBehavior(
                outstanding, completes, clearsErrors, uneven, with, echoesRequest, afterReads, opensAfter);
    }

    public MediaBehavior echoingRequest(boolean echoes) {
        return new MediaBehavior(outstanding, completes, clearsErrors, turns, seed, echoes, afterReads, opensAfter);
    }

    public MediaBehavior afterReads(AfterReads what) {
        return new MediaBehavior(outstanding, completes, clearsErrors, turns, seed, echoesRequest, what, opensAfter);
    }

    public MediaBehavior openingAfter(Duration time) {
        return new MediaBehavior(outstanding, completes, clearsErrors, turns, seed, echoesRequest, afterReads, time);
    }
}
