package dev.sluice.engine.plan;

import dev.sluice.engine.plan.RestoringDatabase.Stopped;
import dev.sluice.mtf.Lsn;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// Where a roll forward begins.
///
/// @param full         null when the database has been restored so far already
/// @param differential null for none
/// @param last         the backup that it ends with
/// @param stopped      where the restore of that backup was told to stop, if the database has it already
record RollForwardStart(@Nullable Backup full, @Nullable Backup differential, Backup last, Stopped stopped) {

    /// A beginning with backups that are restored whole.
    static RollForwardStart with(@Nullable Backup full, @Nullable Backup differential, Backup last) {
        return new RollForwardStart(full, differential, last, new Stopped.Nowhere());
    }

    /// Whether the database may have a part only of its last log backup, which then has to be restored again:
    /// SQL Server goes on within it from where it stands.
    boolean isWithinLast() {
        return last.kind() == Backup.Kind.LOG
                && switch (stopped) {
                    case Stopped.Nowhere() -> false;
                    case Stopped.At(Instant instant) -> RecoveryFork.end(last).isAfter(instant);
                    case Stopped.Somewhere() -> true;
                };
    }

    /// Behind everything that it has for certain.
    RollForwardPosition position() {
        return isWithinLast() ? RollForwardPosition.before(last) : RollForwardPosition.after(last);
    }

    /// Whether it has nothing for certain that was written behind the instant.
    boolean isNotBehind(Instant instant) {
        if (last.kind() != Backup.Kind.LOG) {
            return !last.finished().isAfter(instant);
        }
        return !RecoveryFork.end(last).isAfter(instant)
                || (stopped instanceof Stopped.At(Instant at) && !at.isAfter(instant));
    }

    /// The same of an LSN. Within a log it is not known; SQL Server refuses a stop that lies behind it.
    boolean isNotBehind(Lsn lsn) {
        return isWithinLast()
                ? last.firstLsn().compareTo(lsn) < 0
                : last.lastLsn().compareTo(lsn) <= 0;
    }
}
