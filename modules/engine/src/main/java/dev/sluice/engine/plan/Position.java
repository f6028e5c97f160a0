package dev.sluice.engine.plan;

import dev.sluice.mtf.Lsn;
import java.util.UUID;

/// How far a database has been rolled forward.
///
/// @param lsn  the first record that it does not have
/// @param fork the recovery fork it is on
record Position(Lsn lsn, UUID fork) {

    static Position after(Backup backup) {
        return new Position(backup.lastLsn(), backup.path().last());
    }

    static Position before(Backup log) {
        return new Position(log.firstLsn(), log.path().first());
    }

    /// Whether the log contains the next record, on the same path.
    boolean takes(Backup log) {
        return log.firstLsn().compareTo(lsn) <= 0
                && log.lastLsn().compareTo(lsn) > 0
                && log.path().continues(lsn, fork);
    }
}
