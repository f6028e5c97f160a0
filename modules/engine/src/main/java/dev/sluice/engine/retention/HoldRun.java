package dev.sluice.engine.retention;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.HoldDocument;
import dev.sluice.catalog.Holds;
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
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.Run;
import dev.sluice.s3.S3Failure;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

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
            case RestorePlan plan ->
                plan.backups().stream().map(Backup::id).distinct().toList();
            case Planning.Unreachable _ -> List.of(backup.backupId());
        };
        String unreachable = planning instanceof Planning.Unreachable no ? no.why() : null;
        HoldDocument hold = new HoldDocument(
                env.version(),
                backup.backupId(),
                env.identity(),
                backup.database(),
                request.heldAt(),
                request.until(),
                request.reason(),
                ids);
        try {
            place(hold, databases(inventory, ids));
        } catch (S3Failure e) {
            throw Failures.store(e, List.of());
        } catch (CatalogException e) {
            throw Failures.catalog(e, env);
        }
        return new HoldResult(hold, unreachable);
    }

    private void place(HoldDocument hold, Set<String> databases) {
        Holds holds = env.catalog().holds();
        HoldDocument before = blocking().read(holds.read(hold.backupId())).orElse(null);
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
