package dev.sluice.simulator.database;

import dev.sluice.simulator.database.DatabaseException.Reason;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// The recovery fork that a database is on, and where it left the one before. Log backups of other forks do not
/// follow, even where their log sequence numbers would.
///
/// @param fork     where it is
/// @param previous where it came from, or null
/// @param point    the record at which it changed over, or negative
record RecoveryPath(UUID fork, @Nullable UUID previous, long point) {

    /// Of a new database.
    static RecoveryPath begin() {
        return new RecoveryPath(UUID.randomUUID(), null, -1);
    }

    /// Another fork, that begins at this record.
    RecoveryPath branch(long record) {
        return new RecoveryPath(UUID.randomUUID(), fork, record);
    }

    /// The path of what was restored.
    RecoveryPath adopt(RestoredBackup backup) {
        return new RecoveryPath(backup.fork().orElse(fork), backup.header().previousFork(), backup.forkPoint());
    }

    /// 4330 unless the backup goes on from this record on the same fork, or leaves it only later.
    void requireFollows(RestoredBackup backup, long here) {
        boolean same = backup.fork().map(fork::equals).orElse(false);
        boolean before =
                backup.forkPoint() >= here && fork.equals(backup.header().previousFork());
        if (!same && !before) {
            throw new DatabaseException(Reason.OTHER_RECOVERY_PATH);
        }
    }
}
