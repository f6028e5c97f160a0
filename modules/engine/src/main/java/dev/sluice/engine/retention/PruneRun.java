package dev.sluice.engine.retention;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.Keys;
import dev.sluice.catalog.Origin;
import dev.sluice.engine.bucket.Ownership;
import dev.sluice.engine.bucket.ProcessState;
import dev.sluice.engine.bucket.RefusedRemovals;
import dev.sluice.engine.bucket.StoredObjects;
import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.plan.BackupFacts;
import dev.sluice.engine.recovery.CrashRecovery;
import dev.sluice.engine.recovery.Proof;
import dev.sluice.engine.run.BackupLock;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.Run;
import dev.sluice.engine.sql.ServerFacts;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.s3.S3Failure;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;

/// Removes those backups of one database that the request's rule, or a person, has chosen.
///
/// It holds both locks that backups of the database take, so nothing of it is written meanwhile, and looks
/// after each backup whether it still does. One backup goes in this order:
///
/// 1. a note of the removal, which is the backup's document once more;
/// 2. its catalog entry;
/// 3. its data;
/// 4. the note.
///
/// A crash after 1 leaves everything as it was: the next prune finds the entry, drops the note and decides
/// anew, for the rule may have become another. A crash after 2 or within 3 leaves data that no command lists, plans
/// with, or mistakes for a backup; the note is the proof that it was given up on purpose, and the next prune
/// goes on from there. Data first would leave an entry that promises what is gone; entry first without a note,
/// data that looks exactly like a backup whose entry is lost, and which must not be deleted on a
/// guess.
///
/// Backups go before what they rest on: logs, newest first, then differentials, then full backups. So at any
/// moment every backup that is listed can be restored.
///
/// A backup that has a pending document as well is left to `recover`, which would otherwise commit it a second
/// time.
///
/// Unconfirmed backups go only when a person has named them, and `recover` has found no proof either way, now as
/// then. Their pending document is in the place of the entry. Adopted backups, too, go only when a person has named
/// them, and then with the files that another program has stored.
public final class PruneRun extends Run<PruneReport> {

    private static final Logger log = LoggerFactory.getLogger(PruneRun.class);
    private static final int DOCUMENTS_AT_ONCE = 16;
    private static final Duration ORPHANED_AFTER = Duration.ofDays(1);

    private final Environment env;
    private final PruneRequest request;
    private final ProcessState processState;
    private final RefusedRemovals left = new RefusedRemovals();
    private final Removals removals;

    public PruneRun(Environment env, ProcessState processState, PruneRequest request) {
        super("sluice-prune-" + Keys.database(request.database()));
        this.env = env;
        this.processState = processState;
        this.request = request;
        this.removals = new Removals(env, blocking(), request, left);
    }

    /// A backup with every entry that tells of it: two for a moment, while one is replaced.
    private record Held(BackupDocument document, List<CatalogKey> entries) {}

    /// What has no verdict.
    ///
    /// @param read       the database's, by id
    /// @param unreadable those that may be any database's, by id
    private record Pendings(Map<String, BackupDocument> read, Map<String, CatalogException> unreadable) {

        Set<String> ids() {
            Set<String> ids = new HashSet<>(read.keySet());
            ids.addAll(unreadable.keySet());
            return ids;
        }
    }

    @Override
    protected PruneReport steps() {
        try (SqlSession control = env.server().connect()) {
            Ownership ownership = null;
            if (!request.dryRun()) {
                // Never with the locks of one server in the directory of another.
                ownership = Ownership.claim(
                        env, blocking(), control, ServerFacts.read(control).now());
                BackupLock.take(control, env, request.database(), false);
                BackupLock.take(control, env, request.database(), true);
            }
            int finished = request.dryRun()
                    ? 0
                    : removals.finish(
                            () -> stillLocked(control), () -> pendings().ids());
            return prune(control, ownership, finished);
        } catch (SqlServerUnavailable e) {
            throw Failures.sqlServer(e, env, request.database());
        } catch (S3Failure e) {
            throw Failures.store(e, List.of());
        } catch (CatalogException e) {
            // What cannot be read may rest on anything, so nothing goes.
            throw Failures.catalog(e, env);
        } finally {
            // No backup has remembered it meanwhile: each does so under one of the locks.
            processState.forgetChain(request.database());
        }
    }

    // ---- what there is ----

    private PruneReport prune(SqlSession control, @Nullable Ownership ownership, int finished) {
        Instant now = ServerFacts.read(control).now();
        Map<String, Held> held = held();
        Pendings all = pendings();
        StoredObjects objects = StoredObjects.of(env, blocking(), request.database())
                .andForeign(
                        env,
                        blocking(),
                        held.values().stream().map(Held::document).toList());
        all.unreadable().forEach((id, why) -> unreadable(id, why, objects));
        Map<String, BackupDocument> pendings = all.read();
        List<Backup> backups = new ArrayList<>();
        held.values().forEach(one -> facts(one.document, objects, backups));
        pendings.values().stream()
                .filter(pending -> !held.containsKey(pending.backupId()))
                .forEach(pending -> facts(pending, objects, backups));
        Map<String, KeepDecision> choices = request.chooser().choose(List.copyOf(backups), now).stream()
                .collect(Collectors.toMap(choice -> choice.backup().id(), Function.identity()));
        List<BackupDocument> named = named(control, held, pendings, pending -> isOrphan(ownership, pending, now));
        adopted(held);
        List<PruneReport.Entry> entries = new ArrayList<>();
        List<Held> doomed = new ArrayList<>();
        for (Held one : held.values()) {
            PruneReport.Entry entry = entry(one.document, choices, all.ids());
            entries.add(entry);
            if (!entry.kept()) {
                doomed.add(one);
            }
        }
        pendings.values().stream()
                .filter(pending -> !held.containsKey(pending.backupId()))
                .forEach(pending -> entries.add(entry(pending, choices, all.ids())));
        entries.sort(Comparator.comparing(PruneReport.Entry::startedAt));
        if (!request.dryRun()) {
            doomed.sort(dependentsFirst());
            doomed.forEach(one -> remove(control, one));
            named.forEach(one -> removeUnconfirmed(control, one));
        }
        return new PruneReport(request.database(), request.dryRun(), entries, finished, left.told());
    }

    /// A pending document that cannot be read is this database's business if the bucket has data of it here.
    /// What has no data, nothing rests on.
    ///
    /// **Errors:** [CatalogException], and then nothing is removed.
    private void unreadable(String id, CatalogException why, StoredObjects objects) {
        if (objects.hasDataOf(id)) {
            throw why;
        }
        left.add(String.valueOf(why.getMessage()));
    }

    /// The backups that a person has named; each is one that a person alone may decide about.
    ///
    /// **Errors:** [OperationFailed], and then nothing is removed.
    private List<BackupDocument> named(
            SqlSession control,
            Map<String, Held> held,
            Map<String, BackupDocument> pendings,
            Predicate<BackupDocument> orphan) {
        List<BackupDocument> named = new ArrayList<>();
        for (String id : request.unconfirmed()) {
            BackupDocument pending = pendings.get(id);
            if (isUnconfirmedEntry(held.get(id))) {
                continue; // goes as other entries do
            }
            if (pending == null || held.containsKey(id)) {
                throw new OperationFailed(
                        FailureId.NO_SUCH_BACKUP,
                        "There is no unconfirmed backup %s of %s".formatted(id, request.database()),
                        Failures.where(env, request.database()),
                        "Say the whole id, as `sluice list %s` tells it.".formatted(request.database()),
                        null);
            }
            boolean lookedAt = pending.verdict().outcome() == BackupDocument.Outcome.UNCONFIRMED;
            boolean unprovable =
                    lookedAt && CrashRecovery.proof(env, blocking(), control, pending) instanceof Proof.None;
            if (!unprovable && !orphan.test(pending)) {
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

    /// An entry that was made from data, and that nothing proves.
    private static boolean isUnconfirmedEntry(@Nullable Held one) {
        return one != null
                && one.document.origin() == Origin.REBUILT
                && one.document.verdict().outcome() == BackupDocument.Outcome.UNCONFIRMED;
    }

    private static boolean isAdopted(BackupDocument document) {
        return document.origin() == Origin.ADOPTED;
    }

    /// **Errors:** [OperationFailed] when a person has named an adopted backup that is none, and then nothing is
    /// removed.
    private void adopted(Map<String, Held> held) {
        for (String id : request.adopted()) {
            Held one = held.get(id);
            if ((one == null || !isAdopted(one.document)) && !removals.hasFinished(id)) {
                throw new OperationFailed(
                        FailureId.NO_SUCH_BACKUP,
                        "There is no adopted backup %s of %s".formatted(id, request.database()),
                        Failures.where(env, request.database()),
                        "Say the whole id, as `sluice list %s` tells it.".formatted(request.database()),
                        null);
            }
        }
    }

    /// Begun on another replica, so long ago that it has ended: whether that replica will ever come back to
    /// decide about it, only a person can know.
    private static boolean isOrphan(@Nullable Ownership ownership, BackupDocument pending, Instant now) {
        return ownership != null
                && ownership.otherReplica(pending) != null
                && pending.startedAt().isBefore(now.minus(ORPHANED_AFTER));
    }

    /// **Errors:** [OperationFailed] with [FailureId#CATALOG_UNREADABLE] when an entry is damaged; [CatalogException]
    /// when it cannot be read for another reason.
    private Map<String, Held> held() {
        Map<String, List<CatalogKey>> keys = blocking().readAll(env.catalog().list(request.database())).stream()
                .collect(Collectors.groupingBy(CatalogKey::backupId, LinkedHashMap::new, Collectors.toList()));
        Map<String, Held> held = new LinkedHashMap<>();
        try {
            blocking()
                    .readAll(Flux.fromIterable(keys.entrySet())
                            .flatMapSequential(
                                    entry -> Flux.fromIterable(entry.getValue())
                                            .concatMap(key -> env.catalog()
                                                    .outline(key)
                                                    .onErrorMap(
                                                            CatalogException.class,
                                                            e -> e.isOfDamage() ? new DamagedEntry(key, e) : e))
                                            // The name of a directory is made of a piece of the name and a hash.
                                            .filter(document ->
                                                    document.database().equals(request.database()))
                                            .reduce(PruneRun::fuller)
                                            .map(document -> new Held(document, entry.getValue())),
                                    DOCUMENTS_AT_ONCE))
                    .forEach(one -> held.put(one.document.backupId(), one));
        } catch (DamagedEntry e) {
            throw damaged(e);
        }
        return held;
    }

    /// A damaged entry of the database, on its way to [#damaged(DamagedEntry)].
    private static final class DamagedEntry extends RuntimeException {
        final transient CatalogKey key;
        final CatalogException damage;

        DamagedEntry(CatalogKey key, CatalogException damage) {
            super(damage);
            this.key = key;
            this.damage = damage;
        }
    }

    /// What it says may be what keeps other backups, so nothing goes; the remedy is how it gets out of the way.
    private OperationFailed damaged(DamagedEntry entry) {
        String id = entry.key.backupId();
        boolean data = blocking()
                .read(env.store()
                        .list(env.catalog().keys().data(request.database(), id))
                        .hasElements())
                .orElse(true);
        String remedy = data
                ? "Nothing was removed. Bring the object's older version back, or run `sluice catalog rebuild \"%s\"`: it makes the entry again from the backup's data and sets the damaged one aside."
                        .formatted(request.database())
                : ("Nothing was removed. The bucket has no data of this backup here, so nothing can be restored with the entry:"
                                + " remove it by `aws s3api delete-object --bucket %s --key '%s'`. If the backup was adopted, run"
                                + " `sluice catalog adopt` afterwards and before the next prune.")
                        .formatted(
                                env.store().config().bucket(),
                                env.store().config().prefix() + entry.key.key());
        return new OperationFailed(
                FailureId.CATALOG_UNREADABLE,
                String.valueOf(entry.damage.getMessage()),
                Failures.where(env, request.database()),
                remedy,
                entry.damage);
    }

    private static BackupDocument fuller(BackupDocument one, BackupDocument other) {
        return one.history() == null ? other : one;
    }

    /// One by one: each is known by its key, also when it cannot be read.
    private Pendings pendings() {
        Map<String, BackupDocument> read = new LinkedHashMap<>();
        Map<String, CatalogException> unreadable = new LinkedHashMap<>();
        for (String id : blocking().readAll(env.catalog().pendingIds())) {
            try {
                blocking()
                        .read(env.catalog().pending(id))
                        .filter(pending -> pending.database().equals(request.database()))
                        .ifPresent(pending -> read.put(id, pending));
            } catch (CatalogException e) {
                unreadable.put(id, e);
            }
        }
        return new Pendings(read, unreadable);
    }

    private static void facts(BackupDocument document, StoredObjects objects, List<Backup> backups) {
        BackupFacts.of(document)
                .map(backup -> backup.without(objects.missing(document)))
                .ifPresent(backups::add);
    }

    private PruneReport.Entry entry(BackupDocument document, Map<String, KeepDecision> choices, Set<String> pendings) {
        KeepDecision choice = choices.get(document.backupId());
        boolean kept = true;
        String reason;
        if (isAdopted(document)) {
            kept = !request.adopted().contains(document.backupId());
            reason = kept ? "adopted: it goes only when a person names it" : "adopted, and named to be removed";
        } else if (request.unconfirmed().contains(document.backupId())) {
            kept = false;
            reason = "unconfirmed, and named to be removed";
        } else if (document.origin() == Origin.REBUILT
                && document.verdict().outcome() == BackupDocument.Outcome.UNCONFIRMED) {
            reason = "unconfirmed";
        } else if (pendings.contains(document.backupId())) {
            reason = document.verdict().outcome() == BackupDocument.Outcome.GOOD
                    ? "recover has not dealt with its pending document yet"
                    : "unconfirmed";
        } else if (choice == null) {
            reason = "its document says too little to tell what rests on it";
        } else {
            kept = choice.kept();
            reason = choice.reason();
        }
        return new PruneReport.Entry(
                document.backupId(), document.type(), document.startedAt(), document.bytes(), kept, reason);
    }

    private static Comparator<Held> dependentsFirst() {
        return Comparator.comparing((Held held) -> held.document.type(), Comparator.comparing(type -> switch (type) {
                    case LOG -> 0;
                    case DIFFERENTIAL -> 1;
                    case FULL -> 2;
                }))
                .thenComparing(held -> held.document.lastLsn(), Comparator.reverseOrder())
                .thenComparing(held -> held.document.startedAt(), Comparator.reverseOrder());
    }

    // ---- what goes ----

    // A cancel is heard before a backup is touched. From the note of its removal on, all of it goes.

    private void remove(SqlSession control, Held held) {
        stillLocked(control);
        BackupDocument document =
                blocking().read(env.catalog().outline(held.entries.getFirst())).orElse(null);
        if (document == null) {
            return; // another hand has removed its entry
        }
        Blocking.uncancellably(env.catalog().writeRemoval(document));
        Blocking.uncancellably(Flux.fromIterable(held.entries).concatMap(env.catalog()::delete));
        removals.removeData(document);
        log.atInfo()
                .addKeyValue("backupId", document.backupId())
                .addKeyValue("database", document.database())
                .addKeyValue("bytes", document.bytes())
                .log("backup removed");
    }

    private void removeUnconfirmed(SqlSession control, BackupDocument pending) {
        stillLocked(control);
        BackupDocument whole =
                blocking().read(env.catalog().pending(pending.backupId())).orElse(null);
        if (whole == null) {
            return; // another hand has removed it
        }
        Blocking.uncancellably(env.catalog().writeRemoval(whole));
        Blocking.uncancellably(env.catalog().deletePending(pending.backupId()));
        removals.removeData(pending);
        log.atInfo()
                .addKeyValue("backupId", pending.backupId())
                .addKeyValue("database", pending.database())
                .addKeyValue("bytes", pending.bytes())
                .log("unconfirmed backup removed, as was asked for");
    }

    /// Deleting needs the locks, and the session has them only as long as it answers.
    private void stillLocked(SqlSession control) {
        throwIfCancelled();
        if (!control.alive()) {
            throw new OperationFailed(
                    FailureId.SQL_SERVER_UNAVAILABLE,
                    "SQL Server stopped answering, and with it the locks went; nothing more was removed",
                    Failures.where(env, request.database()),
                    "Run prune again; it goes on where it stopped.",
                    null);
        }
    }
}
