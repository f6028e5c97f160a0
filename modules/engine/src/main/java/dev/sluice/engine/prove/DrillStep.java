package dev.sluice.engine.prove;

import java.util.Locale;

/// The steps of a restore drill, in order. The one that finds what is wrong is told with it.
public enum DrillStep {
    /// Which backups lead to the point.
    PLAN,
    /// Objects, certificates, the server's version, memory: everything that can be known to be missing, but for
    /// room.
    REQUIREMENTS,
    /// Room for the files of the scratch database.
    SPACE,
    /// The note in the bucket by which the scratch database may be dropped.
    NOTE,
    /// The backups are restored under the scratch name, every byte checked against its sums.
    RESTORE,
    /// DBCC CHECKDB.
    CHECKDB,
    /// What came of it is compared with what the backups say.
    COMPARE,
    /// The scratch database is dropped.
    DROP;

    /// As it is printed: `checkdb`.
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
