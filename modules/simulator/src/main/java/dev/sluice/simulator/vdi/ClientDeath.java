package dev.sluice.simulator.vdi;

import java.time.Duration;

/// When a server notices that the process of a set's primary client has died (Q14): no document says how soon, or
/// whether at all. A client that aborts or closes its set is heard at once in any case.
public enum ClientDeath {
    SEEN_AT_ONCE(Duration.ZERO),
    /// After three seconds.
    SEEN_LATE(Duration.ofSeconds(3)),
    /// Its commands stay outstanding until the server itself ends the set, as for a KILL.
    UNSEEN(Duration.ofDays(365));

    private final Duration unseenFor;

    ClientDeath(Duration unseenFor) {
        this.unseenFor = unseenFor;
    }

    Duration unseenFor() {
        return unseenFor;
    }
}
