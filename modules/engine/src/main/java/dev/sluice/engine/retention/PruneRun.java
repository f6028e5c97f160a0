package dev.sluice.engine.retention;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.Keys;
import dev.sluice.engine.bucket.Ownership;
import dev.sluice.engine.bucket.ProcessState;
import dev.sluice.engine.bucket.RefusedRemovals;
import dev.sluice.engine.retention.PruneCandidates.Entered;
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
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
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
/// A backup that a hold names, or needs, stays, also when a person asks for its removal. Holds are read before the
/// decision, and looked for again after each note of a removal was written and before anything is deleted
/// ([dev.sluice.catalog.Holds] says why no hold is missed then). A backup that was held meanwhile stays, and its
/// note goes.
///
/// Unconfirmed backups go only when a person has named them, and `recover` has found no proof either way, now as
/// then. Their pending document is in the place of the entry. Adopted backups, too, go only when a person has named
/// them, and then with the files that another program has stored.
public final class PruneRun extends Run<PruneReport> {

    private static final Logger log = LoggerFactory.getLogger(PruneRun.class);

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
                            () -> stillLocked(control),
                            () -> PruneCandidates.Pendings.read(env, blocking(), request.database())
                                    .ids());
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

    // ---- what goes, and what stays ----

    private PruneReport prune(SqlSession control, @Nullable Ownership ownership, int finished) {
        Instant now = ServerFacts.read(control).now();
        PruneCandidates candidates = PruneCandidates.read(env, blocking(), request.database(), left::add);
        HoldsInForce holds = new HoldsInForce(env, blocking(), candidates.objects()::hasDataOf, left::add, now);
        Map<String, KeepDecision> choices = request.chooser().choose(candidates.backups(), now).stream()
                .collect(Collectors.toMap(choice -> choice.backup().id(), Function.identity()));
        NamedRemovals names = new NamedRemovals(env, blocking(), request, candidates);
        names.requireNoneHeld(holds);
        names.requireAdopted(removals);
        names.requireConfirmed(removals);
        List<BackupDocument> named = names.unconfirmed(control, ownership, now);
        PruneDecision decision = new PruneDecision(request, choices, candidates.pendingIds(), holds);
        List<PruneReport.Entry> entries = new ArrayList<>();
        List<Entered> doomed = new ArrayList<>();
        for (Entered one : candidates.entered().values()) {
            PruneReport.Entry entry = decision.of(one.document());
            entries.add(entry);
            if (!entry.kept()) {
                doomed.add(one);
            }
        }
        candidates.withoutEntry().forEach(pending -> entries.add(decision.of(pending)));
        entries.sort(Comparator.comparing(PruneReport.Entry::startedAt));
        Map<String, String> stayed = new HashMap<>();
        if (!request.dryRun()) {
            doomed.sort(dependentsFirst());
            doomed.forEach(one -> remove(control, one, holds, stayed));
            named.forEach(one -> removeUnconfirmed(control, one, holds, stayed));
            if (!isCancelled() && control.alive()) {
                removals.removeVerificationsWithoutBackup();
            }
        }
        return new PruneReport(
                request.database(),
                request.dryRun(),
                entries.stream()
                        .map(entry -> stayed.containsKey(entry.backupId())
                                ? entry.staying(stayed.get(entry.backupId()))
                                : entry)
                        .toList(),
                finished,
                left.told());
    }

    private static Comparator<Entered> dependentsFirst() {
        return Comparator.comparing((Entered one) -> one.document().type(), Comparator.comparing(type -> switch (type) {
                    case LOG -> 0;
                    case DIFFERENTIAL -> 1;
                    case FULL -> 2;
                }))
                .thenComparing(one -> one.document().lastLsn(), Comparator.reverseOrder())
                .thenComparing(one -> one.document().startedAt(), Comparator.reverseOrder());
    }

    // ---- removing ----

    // A cancel is heard before a backup is touched. From the note of its removal on, all of it goes.

    private void remove(SqlSession control, Entered one, HoldsInForce holds, Map<String, String> stayed) {
        stillLocked(control);
        BackupDocument document =
                blocking().read(env.catalog().outline(one.entries().getFirst())).orElse(null);
        if (document == null) {
            return; // another hand has removed its entry
        }
        if (!removals.begin(document, holds, stayed)) {
            return;
        }
        Blocking.uncancellably(Flux.fromIterable(one.entries()).concatMap(env.catalog()::delete));
        removals.removeData(document);
        holds.forget(document.backupId());
        log.atInfo()
                .addKeyValue("backupId", document.backupId())
                .addKeyValue("database", document.database())
                .addKeyValue("bytes", document.bytes())
                .log("backup removed");
    }

    private void removeUnconfirmed(
            SqlSession control, BackupDocument pending, HoldsInForce holds, Map<String, String> stayed) {
        stillLocked(control);
        BackupDocument whole =
                blocking().read(env.catalog().pending(pending.backupId())).orElse(null);
        if (whole == null) {
            return; // another hand has removed it
        }
        if (!removals.begin(whole, holds, stayed)) {
            return;
        }
        Blocking.uncancellably(env.catalog().deletePending(pending.backupId()));
        removals.removeData(pending);
        holds.forget(pending.backupId());
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
