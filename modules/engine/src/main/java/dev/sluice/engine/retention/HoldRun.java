package dev.sluice.engine.retention;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.HoldDocument;
import dev.sluice.catalog.Holds;
import dev.sluice.catalog.Origin;
import dev.sluice.engine.inventory.Inventory;
import dev.sluice.engine.inventory.InventoryReader;
import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.plan.PlanRequest;
import dev.sluice.engine.plan.Planner;
import dev.sluice.engine.plan.Planning;
import dev.sluice.engine.plan.RestorePlan;
import dev.sluice.engine.plan.RestoreTarget;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.Run;
import dev.sluice.s3.S3Failure;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Holds a backup, and every backup that a restore of it reads, until an instant or until a person releases it.
///
/// When it reports success, no removal of any of them is under way, and none that begins later goes on. It takes no
/// lock and needs no SQL Server: it writes the hold, and then looks whether each of the backups is still there and no
/// removal of it was begun ([Holds]). If one was, the hold that was there before is put back, and this one is refused.
///
/// A hold stops what deletes backups that are good or may be: every `prune` and `delete`. It does not stop `recover`,
/// which removes an unconfirmed backup when SQL Server proves that it never was one.
public final class HoldRun extends Run<HoldResult> {

    private final Environment env;
    private final HoldRequest request;

    public HoldRun(Environment env, HoldRequest request) {
        super("sluice-hold-" + request.backup().backupId());
        this.env = env;
        this.request = request;
    }

    @Override
    protected HoldResult steps() {
        BackupDocument backup = request.backup();
        Inventory inventory = new InventoryReader(env, blocking(), backup.database(), null).read();
        Planning planning =
                new Planner(inventory.backups()).plan(PlanRequest.to(new RestoreTarget.Through(backup.backupId())));
        List<String> ids = switch (planning) {
            case RestorePlan plan -> // without the named one, when it is of a log to which nothing was added
                Stream.concat(plan.backups().stream().map(Backup::id), Stream.of(backup.backupId()))
                        .distinct()
                        .toList();
            case Planning.Unreachable _ -> List.of(backup.backupId());
        };
        String unreachable = planning instanceof Planning.Unreachable no ? no.why() : null;
        try {
            Holds holds = env.catalog().holds();
            HoldDocument before = blocking().read(holds.read(backup.backupId())).orElse(null);
            requireNoEnd(before);
            HoldDocument hold = new HoldDocument(
                    env.version(),
                    backup.backupId(),
                    env.identity(),
                    backup.database(),
                    request.heldAt(),
                    request.until(),
                    request.reason(),
                    kept(ids, before),
                    before == null ? null : before.legal());
            place(hold, before, databases(inventory, ids));
            List<String> adopted = request.lock() ? adopted(inventory, ids) : List.of();
            Instant until = request.until();
            if (!request.lock()) {
                return new HoldResult(hold, unreachable, null, adopted);
            }
            if (until == null) {
                LegalHoldRun.Result legal = new LegalHoldRun(env, blocking()).place(hold, ids);
                return new HoldResult(legal.hold(), unreachable, legal.change(), adopted);
            }
            BackupLocks.Change locks = Blocking.uncancellably(
                            new BackupLocks(env).retain(hold.backups(), hold.database(), until))
                    .orElseThrow();
            return new HoldResult(hold, unreachable, locks, adopted);
        } catch (S3Failure e) {
            throw Failures.store(e, List.of());
        } catch (CatalogException e) {
            throw Failures.catalog(e, env);
        }
    }

    /// A hold under legal hold has no end, also after another one has taken its place: its end would lift
    /// nothing.
    private void requireNoEnd(@Nullable HoldDocument before) {
        if (before != null && before.legalHold() && request.until() != null) {
            throw new OperationFailed(
                    FailureId.HELD,
                    "Backup %s is %s, and a hold with an end cannot lift a legal hold when it ends"
                            .formatted(before.backupId(), before.text()),
                    "object " + env.store().config().prefix()
                            + env.catalog().keys().hold(before.backupId()),
                    "Hold it without --until, or `sluice release` it first.",
                    null);
        }
    }

    /// What is under legal hold by the hold that was there stays in the list, so that a release lifts it.
    private static List<String> kept(List<String> ids, @Nullable HoldDocument before) {
        if (before == null || !before.legalHold()) {
            return ids;
        }
        Set<String> all = new LinkedHashSet<>(before.backups());
        ids.forEach(all::remove);
        all.addAll(ids);
        return List.copyOf(all);
    }

    /// Their files are another program's, and get no lock.
    private static List<String> adopted(Inventory inventory, List<String> ids) {
        return inventory.documents().stream()
                .filter(document -> document.origin() == Origin.ADOPTED && ids.contains(document.backupId()))
                .map(BackupDocument::backupId)
                .toList();
    }

    private void place(HoldDocument hold, @Nullable HoldDocument before, Set<String> databases) {
        Holds holds = env.catalog().holds();
        throwIfCancelled();
        Blocking.uncancellably(holds.write(hold));
        if (!areThere(hold, databases)) {
            // An S3 policy may refuse the deletion; a hold of what is gone does no harm.
            Blocking.uncancellably((before == null ? holds.delete(hold.backupId()) : holds.write(before))
                    .onErrorComplete(S3Failure.class));
            throw Failures.removedMeanwhile(request.backup(), env);
        }
    }

    private boolean areThere(HoldDocument hold, Set<String> databases) {
        Set<String> there = new HashSet<>(blocking().readAll(env.catalog().pendingIds()));
        for (String database : databases) {
            blocking()
                    .readAll(env.catalog().list(database).map(CatalogKey::backupId))
                    .forEach(there::add);
        }
        blocking().readAll(env.catalog().removalIds()).forEach(there::remove);
        return there.containsAll(hold.backups());
    }

    /// A database that was renamed has backups under both names.
    private Set<String> databases(Inventory inventory, List<String> ids) {
        Set<String> databases = inventory.documents().stream()
                .filter(document -> ids.contains(document.backupId()))
                .map(BackupDocument::database)
                .collect(Collectors.toCollection(HashSet::new));
        databases.add(request.backup().database());
        return databases;
    }
}
