package dev.sluice.engine.retention;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.engine.bucket.Ownership;
import dev.sluice.engine.recovery.CrashRecovery;
import dev.sluice.engine.recovery.Proof;
import dev.sluice.engine.retention.PruneCandidates.Entered;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.sql.SqlSession;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Checks the backups that a person has named to be removed: each is one that the person may decide about so, and
/// none of them is held.
///
/// **Errors:** [OperationFailed], and then nothing is removed.
final class NamedRemovals {

    private static final Duration ORPHANED_AFTER = Duration.ofDays(1);

    private final Environment env;
    private final Blocking blocking;
    private final PruneRequest request;
    private final PruneCandidates candidates;

    NamedRemovals(Environment env, Blocking blocking, PruneRequest request, PruneCandidates candidates) {
        this.env = env;
        this.blocking = blocking;
        this.request = request;
        this.candidates = candidates;
    }

    void requireNoneHeld(HoldsInForce holds) {
        Stream.of(request.unconfirmed(), request.adopted(), request.confirmed())
                .flatMap(ids -> ids.stream().sorted())
                .forEach(id -> holds.reason(id).ifPresent(reason -> {
                    throw new OperationFailed(
                            FailureId.HELD,
                            "Backup %s must stay: %s. Nothing was removed".formatted(id, reason),
                            Failures.where(env, request.database()),
                            null);
                }));
    }

    /// The unconfirmed ones that have no entry.
    ///
    /// @param ownership null in a dry run
    List<BackupDocument> unconfirmed(SqlSession control, @Nullable Ownership ownership, Instant now) {
        List<BackupDocument> named = new ArrayList<>();
        for (String id : request.unconfirmed()) {
            BackupDocument pending = candidates.pendings().get(id);
            Entered entry = candidates.entry(id);
            if (entry != null && entry.isUnconfirmed()) {
                continue; // goes as other entries do
            }
            if (pending == null || entry != null) {
                throw noSuch("unconfirmed backup", id);
            }
            boolean lookedAt = pending.verdict().outcome() == BackupDocument.Outcome.UNCONFIRMED;
            boolean unprovable = lookedAt && CrashRecovery.proof(env, blocking, control, pending) instanceof Proof.None;
            if (!unprovable && !isOrphan(ownership, pending, now)) {
                throw new OperationFailed(
                        FailureId.NOT_UNCONFIRMED,
                        "What becomes of backup %s can be proved, or no recovery has tried yet".formatted(id),
                        Failures.where(env, request.database()),
                        null);
            }
            named.add(pending);
        }
        return named;
    }

    /// Begun on another replica, so long ago that it has ended: whether that replica will ever come back to
    /// decide about it, only a person can know.
    private static boolean isOrphan(@Nullable Ownership ownership, BackupDocument pending, Instant now) {
        return ownership != null
                && ownership.otherReplica(pending) != null
                && pending.startedAt().isBefore(now.minus(ORPHANED_AFTER));
    }

    void requireAdopted(Removals removals) {
        for (String id : request.adopted()) {
            Entered entry = candidates.entry(id);
            if ((entry == null || !entry.isAdopted()) && !removals.hasFinished(id)) {
                throw noSuch("adopted backup", id);
            }
        }
    }

    void requireConfirmed(Removals removals) {
        for (String id : request.confirmed()) {
            Entered entry = candidates.entry(id);
            boolean ordinary = entry != null && !entry.isAdopted() && !entry.isUnconfirmed();
            if (!ordinary && !removals.hasFinished(id)) {
                throw noSuch("confirmed backup", id);
            }
        }
    }

    private OperationFailed noSuch(String what, String id) {
        return new OperationFailed(
                FailureId.NO_SUCH_BACKUP,
                "There is no %s %s of %s".formatted(what, id, request.database()),
                Failures.where(env, request.database()),
                "Say the whole id, as `sluice list %s` tells it.".formatted(request.database()),
                null);
    }
}
