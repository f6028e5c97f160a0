package dev.sluice.engine.recovery;

import java.util.List;
import java.util.stream.Stream;

/// What recovery found and did.
///
/// @param findings one a pending backup, and one an entry that was completed
/// @param orphans  old uploads without a document that were aborted
/// @param refused  what the bucket refused to show, or to let go of, beside the findings: a sentence for each,
///                 with its key
/// @param leftovers what became of scratch databases that restore drills had left
public record RecoveryReport(List<Finding> findings, int orphans, List<String> refused, List<Leftover> leftovers) {

    public RecoveryReport {
        findings = List.copyOf(findings);
        refused = List.copyOf(refused);
        leftovers = List.copyOf(leftovers);
    }

    /// With what became of scratch databases.
    ///
    /// @param more what else the bucket refused to show
    public RecoveryReport withLeftovers(List<Leftover> scratch, List<String> more) {
        return new RecoveryReport(
                findings,
                orphans,
                Stream.concat(refused.stream(), more.stream()).toList(),
                scratch);
    }

    /// Whether a person should look.
    public boolean needsAttention() {
        return !refused.isEmpty()
                || leftovers.stream().anyMatch(leftover -> !leftover.dropped())
                || findings.stream().anyMatch(finding -> finding.decision().needsAttention());
    }

    /// How many objects could not be read, or not be removed, scratch databases included.
    public int left() {
        return refused.size()
                + Math.toIntExact(leftovers.stream()
                        .filter(leftover -> !leftover.dropped())
                        .count())
                + Math.toIntExact(findings.stream()
                        .filter(finding -> finding.decision().isOfTheBucket())
                        .count());
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
        /// Nothing is proved: kept, and restorable.
        UNCONFIRMED,
        /// Its document cannot be understood, or the bucket does not show it: nothing is decided.
        UNREADABLE,
        /// The bucket refuses a request that the decision needs: nothing is decided, and it is tried again.
        REFUSED,
        /// It is decided, and the bucket refuses to let go of something, which is tried again.
        LEFT_OVER;

        /// Whether it is what it is because of the bucket: something there cannot be read, or not be removed.
        boolean isOfTheBucket() {
            return switch (this) {
                case LEFT_OVER, REFUSED, UNREADABLE -> true;
                case COMMITTED, COMPLETED, DELETED, RUNNING, ELSEWHERE, UNCONFIRMED -> false;
            };
        }

        boolean needsAttention() {
            return switch (this) {
                case COMMITTED, COMPLETED, DELETED, ELSEWHERE -> false;
                case RUNNING, UNCONFIRMED, UNREADABLE, REFUSED, LEFT_OVER -> true;
            };
        }
    }

    /// @param proof what the decision rests on
    public record Finding(String backupId, String database, Decision decision, String proof) {}
}
