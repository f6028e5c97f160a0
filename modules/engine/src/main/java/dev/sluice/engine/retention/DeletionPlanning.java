package dev.sluice.engine.retention;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.CatalogException;
import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.retention.DeletionPlan.Doomed;
import dev.sluice.engine.retention.PruneCandidates.Entered;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.sql.ServerFacts;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.s3.ObjectOptions;
import dev.sluice.s3.S3Failure;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// Finds what a deletion removes and what becomes unreachable. It changes nothing.
///
/// **Errors:** [OperationFailed]: `held` for a backup that is named and held, `no-such-backup` for one that is not
/// there.
public final class DeletionPlanning {

    private final Environment env;
    private final Blocking blocking;
    private final DeletionRequest request;
    private final List<Doomed> goes = new ArrayList<>();
    private final Map<String, String> stays = new TreeMap<>();
    private final Set<String> unconfirmed = new HashSet<>();

    private DeletionPlanning(Environment env, Blocking blocking, DeletionRequest request) {
        this.env = env;
        this.blocking = blocking;
        this.request = request;
    }

    public static DeletionPlan plan(Environment env, Blocking blocking, DeletionRequest request) {
        return new DeletionPlanning(env, blocking, request).plan();
    }

    private DeletionPlan plan() {
        try (SqlSession session = env.server().connect()) {
            Instant now = ServerFacts.read(session).now();
            PruneCandidates all = PruneCandidates.read(env, blocking, request.database(), _ -> {});
            HoldsInForce holds = new HoldsInForce(env, blocking, all.objects()::hasDataOf, _ -> {}, now);
            all.entered().values().forEach(one -> entered(one, all.pendingIds(), holds));
            all.withoutEntry().forEach(pending -> pending(pending, holds));
            requireAllFound();
            goes.sort(Comparator.comparing(Doomed::startedAt));
            return plan(all.backups());
        } catch (SqlServerUnavailable e) {
            throw Failures.sqlServer(e, env, request.database());
        } catch (S3Failure e) {
            throw Failures.store(e, List.of());
        } catch (CatalogException e) {
            throw Failures.catalog(e, env);
        }
    }

    private void entered(Entered one, Set<String> pendingIds, HoldsInForce holds) {
        String id = one.document().backupId();
        if (!request.names(id) || isHeld(id, holds)) {
            return;
        }
        if (one.isAdopted()) {
            stays.put(
                    id,
                    "adopted: `sluice prune \"%s\" --adopted %s` removes it with its files"
                            .formatted(request.database(), id));
        } else if (pendingIds.contains(id)) {
            stays.put(id, "recover has not dealt with its pending document yet");
        } else {
            if (one.isUnconfirmed()) {
                unconfirmed.add(id);
            }
            goes.add(doomed(one.document()));
        }
    }

    private void pending(BackupDocument pending, HoldsInForce holds) {
        String id = pending.backupId();
        if (!request.names(id) || isHeld(id, holds)) {
            return;
        }
        if (pending.verdict().outcome() == BackupDocument.Outcome.UNCONFIRMED) {
            unconfirmed.add(id);
            goes.add(doomed(pending));
        } else {
            stays.put(id, "it is under way, or `sluice recover` has not looked at it yet");
        }
    }

    /// **Errors:** [OperationFailed] when a person has named it. Of a whole database, held backups just stay.
    private boolean isHeld(String id, HoldsInForce holds) {
        String reason = holds.reason(id).orElse(null);
        if (reason == null) {
            return false;
        }
        if (request.ids() != null) {
            throw new OperationFailed(
                    FailureId.HELD,
                    "Backup %s must stay: %s. Nothing was removed".formatted(id, reason),
                    Failures.where(env, request.database()),
                    null);
        }
        stays.put(id, reason);
        return true;
    }

    private Doomed doomed(BackupDocument document) {
        ObjectOptions.Lock lock = env.storage().lock(document);
        return new Doomed(
                document.backupId(),
                document.type(),
                document.startedAt(),
                document.bytes(),
                lock == null ? null : lock.retainUntil());
    }

    private void requireAllFound() {
        Set<String> ids = request.ids();
        if (ids == null) {
            return;
        }
        Set<String> found = goes.stream().map(Doomed::backupId).collect(Collectors.toCollection(HashSet::new));
        found.addAll(stays.keySet());
        ids.stream().filter(id -> !found.contains(id)).sorted().findFirst().ifPresent(id -> {
            throw new OperationFailed(
                    FailureId.NO_SUCH_BACKUP,
                    "There is no backup %s of %s".formatted(id, request.database()),
                    Failures.where(env, request.database()),
                    null);
        });
    }

    private DeletionPlan plan(List<Backup> all) {
        Set<String> gone = goes.stream().map(Doomed::backupId).collect(Collectors.toSet());
        return new DeletionPlan(request.database(), goes, stays, DeletionEffect.of(all, gone), unconfirmed);
    }
}
