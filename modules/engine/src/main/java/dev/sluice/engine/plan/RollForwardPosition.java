package dev.sluice.engine.plan;

import dev.sluice.mtf.Lsn;
import java.util.UUID;

/// How far a database has been rolled forward.
///
/// @param lsn  the first record that it does not have
/// @param fork the recovery fork it is on
record RollForwardPosition(Lsn lsn, UUID fork) {

    static RollForwardPosition after(Backup backup) {
        return new RollForwardPosition(backup.lastLsn(), backup.path().last());
    }

    static RollForwardPosition before(Backup log) {
        return new RollForwardPosition(log.firstLsn(), log.path().first());
    }

    /// Whether the log contains the next record, on the same path.
    boolean takes(Backup log) {
        return log.firstLsn().compareTo(lsn) <= 0
                && log.lastLsn().compareTo(lsn) > 0
                && log.path().continues(lsn, fork);
    }
}
