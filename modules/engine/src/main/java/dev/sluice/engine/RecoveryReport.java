package dev.sluice.engine;

import java.util.List;

/// What recovery found and did.
///
/// @param findings one a pending backup, and one an entry that was completed
/// @param orphans  old uploads without a document that were aborted
public record RecoveryReport(List<Finding> findings, int orphans) {

    public RecoveryReport {
        findings = List.copyOf(findings);
    }

    /// What became of a pending backup.
    public enum Decision {
        /// It is good, and in the catalog now.
        COMMITTED,
        /// It was in the catalog without what msdb says, which has come by now.
        COMPLETED,
        /// It cannot be good, and is gone.
        DELETED,
        /// A session still works on it.
        RUNNING,
        /// Another replica of the availability group has begun it, and only that one can tell what became of it.
        ELSEWHERE,
        /// Nobody can tell: kept, and restorable.
        UNCONFIRMED,
        /// Its document cannot be understood: a newer Sluice has written it, or somebody has edited it.
        UNREADABLE
    }

    /// @param proof what the decision rests on
    public record Finding(String backupId, String database, Decision decision, String proof) {}
}
