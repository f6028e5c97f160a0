package dev.sluice.engine.retention;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.Origin;
import dev.sluice.engine.bucket.StoredObjects;
import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.plan.BackupFacts;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.OperationFailed;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/// All backups of one database that a prune decides about, as the bucket has them.
///
/// @param entered    those with entries, by id
/// @param pendings   those with pending documents that can be read, by id
/// @param pendingIds those with pending documents, also of another database where a document cannot be read
/// @param backups    the facts of all of them, as far as they can be planned with
/// @param objects    what the bucket holds of their data
record PruneCandidates(
        Map<String, Entered> entered,
        Map<String, BackupDocument> pendings,
        Set<String> pendingIds,
        List<Backup> backups,
        StoredObjects objects) {

    private static final int DOCUMENTS_AT_ONCE = 16;

    /// A backup with every entry that tells of it: two for a moment, while one is replaced.
    record Entered(BackupDocument document, List<CatalogKey> entries) {

        boolean isAdopted() {
            return document.origin() == Origin.ADOPTED;
        }

        /// Whether the entry was made from data, and nothing proves the backup.
        boolean isUnconfirmed() {
            return document.origin() == Origin.REBUILT
                    && document.verdict().outcome() == BackupDocument.Outcome.UNCONFIRMED;
        }
    }

    /// @param left is told of documents that cannot be read and do no harm
    ///
    /// **Errors:** [OperationFailed] with [FailureId#CATALOG_UNREADABLE] when an entry is damaged;
    /// [CatalogException] when a document cannot be read that others may rest on.
    static PruneCandidates read(Environment env, Blocking blocking, String database, Consumer<String> left) {
        return new Reader(env, blocking, database, left).read();
    }

    /// The pending documents of backups that have no entry.
    List<BackupDocument> withoutEntry() {
        return pendings.values().stream()
                .filter(pending -> !entered.containsKey(pending.backupId()))
                .toList();
    }

    /// A damaged entry of the database, on its way to a message that says how it gets out of the way.
    private static final class DamagedEntry extends RuntimeException {
        final transient CatalogKey key;
        final CatalogException damage;

        DamagedEntry(CatalogKey key, CatalogException damage) {
            super(damage);
            this.key = key;
            this.damage = damage;
        }
    }

    /// What has no verdict.
    ///
    /// @param read       the database's, by id
    /// @param unreadable those that may be any database's, by id
    record Pendings(Map<String, BackupDocument> read, Map<String, CatalogException> unreadable) {

        /// One by one: each is known by its key, also when it cannot be read.
        static Pendings read(Environment env, Blocking blocking, String database) {
            Map<String, BackupDocument> read = new LinkedHashMap<>();
            Map<String, CatalogException> unreadable = new LinkedHashMap<>();
            for (String id : blocking.readAll(env.catalog().pendingIds())) {
                try {
                    blocking.read(env.catalog().pending(id))
                            .filter(pending -> pending.database().equals(database))
                            .ifPresent(pending -> read.put(id, pending));
                } catch (CatalogException e) {
                    unreadable.put(id, e);
                }
            }
            return new Pendings(read, unreadable);
        }

        Set<String> ids() {
            Set<String> ids = new HashSet<>(read.keySet());
            ids.addAll(unreadable.keySet());
            return ids;
        }
    }

    private record Reader(Environment env, Blocking blocking, String database, Consumer<String> left) {

        PruneCandidates read() {
            Map<String, Entered> entered = entered();
            Pendings pendings = Pendings.read(env, blocking, database);
            StoredObjects objects = StoredObjects.of(env, blocking, database)
                    .andForeign(
                            env,
                            blocking,
                            entered.values().stream().map(Entered::document).toList());
            pendings.unreadable().forEach((id, why) -> unreadable(id, why, objects));
            List<Backup> backups = new ArrayList<>();
            entered.values().forEach(one -> facts(one.document(), objects, backups));
            pendings.read().values().stream()
                    .filter(pending -> !entered.containsKey(pending.backupId()))
                    .forEach(pending -> facts(pending, objects, backups));
            return new PruneCandidates(entered, pendings.read(), pendings.ids(), List.copyOf(backups), objects);
        }

        /// A pending document that cannot be read is this database's business if the bucket has data of it here.
        /// What has no data, nothing rests on.
        private void unreadable(String id, CatalogException why, StoredObjects objects) {
            if (objects.hasDataOf(id)) {
                throw why;
            }
            left.accept(String.valueOf(why.getMessage()));
        }

        private static void facts(BackupDocument document, StoredObjects objects, List<Backup> backups) {
            BackupFacts.of(document)
                    .map(backup -> backup.without(objects.missing(document)))
                    .ifPresent(backups::add);
        }

        private Map<String, Entered> entered() {
            Map<String, List<CatalogKey>> keys = blocking.readAll(env.catalog().list(database)).stream()
                    .collect(Collectors.groupingBy(CatalogKey::backupId, LinkedHashMap::new, Collectors.toList()));
            Map<String, Entered> entered = new LinkedHashMap<>();
            try {
                blocking.readAll(Flux.fromIterable(keys.entrySet())
                                .flatMapSequential(
                                        entry -> Flux.fromIterable(entry.getValue())
                                                .concatMap(key -> env.catalog()
                                                        .outline(key)
                                                        .onErrorMap(
                                                                CatalogException.class,
                                                                e -> e.isOfDamage() ? new DamagedEntry(key, e) : e))
                                                // The name of a directory is made of a piece of the name and a hash.
                                                .filter(document ->
                                                        document.database().equals(database))
                                                .reduce(Reader::fuller)
                                                .map(document -> new Entered(document, entry.getValue())),
                                        DOCUMENTS_AT_ONCE))
                        .forEach(one -> entered.put(one.document().backupId(), one));
            } catch (DamagedEntry e) {
                throw damaged(e);
            }
            return entered;
        }

        private static BackupDocument fuller(BackupDocument one, BackupDocument other) {
            return one.history() == null ? other : one;
        }

        /// What it says may be what keeps other backups, so nothing goes; the remedy is how it gets out of the way.
        private OperationFailed damaged(DamagedEntry entry) {
            String id = entry.key.backupId();
            boolean data = blocking.read(env.store()
                            .list(env.catalog().keys().data(database, id))
                            .hasElements())
                    .orElse(true);
            String remedy = data
                    ? "Nothing was removed. Bring the object's older version back, or run `sluice catalog rebuild \"%s\"`: it makes the entry again from the backup's data and sets the damaged one aside."
                            .formatted(database)
                    : ("Nothing was removed. The bucket has no data of this backup here, so nothing can be restored with the entry:"
                                    + " remove it by `aws s3api delete-object --bucket %s --key '%s'`. If the backup was adopted, run"
                                    + " `sluice catalog adopt` afterwards and before the next prune.")
                            .formatted(
                                    env.store().config().bucket(),
                                    env.store().config().prefix() + entry.key.key());
            return new OperationFailed(
                    FailureId.CATALOG_UNREADABLE,
                    String.valueOf(entry.damage.getMessage()),
                    Failures.where(env, database),
                    remedy,
                    entry.damage);
        }
    }

    /// The entry of this backup; null when it has none.
    @Nullable
    Entered entry(String backupId) {
        return entered.get(backupId);
    }
}
