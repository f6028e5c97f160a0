package dev.sluice.engine.plan;

import dev.sluice.mtf.Lsn;
import java.util.UUID;

/// The recovery forks of a backup. Every recovery of a restored database begins a new fork; the same LSN on two
/// forks means different records.
///
/// @param first     `first_recovery_fork_guid`
/// @param last      `last_recovery_fork_guid`: another than the first only for a log backup within which the
///                  database changed forks
/// @param forkPoint `fork_point_lsn`: where it did; zero if it did not
public record RecoveryPath(UUID first, UUID last, Lsn forkPoint) {

    /// All of it on one fork.
    public static RecoveryPath on(UUID fork) {
        return new RecoveryPath(fork, fork, Lsn.ZERO);
    }

    public boolean crosses() {
        return !first.equals(last);
    }

    /// Whether a database that stands at `here` on `fork` can take this log.
    boolean continues(Lsn here, UUID fork) {
        if (!crosses()) {
            return fork.equals(last);
        }
        return (fork.equals(first) && here.compareTo(forkPoint) <= 0)
                || (fork.equals(last) && here.compareTo(forkPoint) >= 0);
    }
}
