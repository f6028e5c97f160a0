package dev.sluice.engine.plan;

import java.time.Instant;
import java.util.UUID;

/// Where a database that is restoring stands, as far as anybody wrote it down.
///
/// @param set     set GUID of the backup that it got last
/// @param stopped where the restore of that backup was told to stop
public record RestoringDatabase(UUID set, Stopped stopped) {

    /// A stop that was said, whether it was met or not.
    public sealed interface Stopped {

        /// None: the database has all of the backup.
        record Nowhere() implements Stopped {}

        /// At an instant, and nothing behind it is in the database.
        record At(Instant instant) implements Stopped {}

        /// At a mark or an LSN, or at a local time that comes twice: it is not known which instant that is.
        record Somewhere() implements Stopped {}
    }

    /// Behind all of a backup.
    public static RestoringDatabase behind(UUID set) {
        return new RestoringDatabase(set, new Stopped.Nowhere());
    }
}
