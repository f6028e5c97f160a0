package dev.sluice.engine.retention;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.Drills;
import dev.sluice.catalog.Origin;
import dev.sluice.catalog.Verifications;
import dev.sluice.engine.bucket.RefusedRemovals;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/// The data of backups whose entries prune has removed, and the notes of their removals.
///
/// Of adopted backups it removes other programs' files only where the request names them: the note of a removal
/// that was begun is not enough.
///
/// **Threading:** on the run's thread, which waits.
///
/// **Errors:** [dev.sluice.s3.S3Failure] when the bucket does not answer.
final class Removals {

    private static final int DELETES_AT_ONCE = 4;

    private final Environment env;
    private final Blocking blocking;
    private final PruneRequest request;
    private final RefusedRemovals left;
    private final Set<String> finishedIds = new HashSet<>();

    Removals(Environment env, Blocking blocking, PruneRequest request, RefusedRemovals left) {
        this.env = env;
        this.blocking = blocking;
        this.request = request;
        this.left = left;
    }

    /// Whether the removal of this backup was gone on with, and is done.
    boolean hasFinished(String backupId) {
        return finishedIds.contains(backupId);
    }

    /// Writes the note of a removal, and then looks for holds once more.
    ///
    /// @param stayed receives the backup with the reason, if a person has held it meanwhile
    /// @return whether the removal goes on
    boolean begin(BackupDocument document, HoldsInForce holds, Map<String, String> stayed) {
        String id = document.backupId();
        Blocking.uncancellably(env.catalog().writeRemoval(document));
        Optional<String> hold = holds.reasonNow(id);
        if (hold.isEmpty()) {
            return true;
        }
        Blocking.uncancellably(left.unlessRefused(env.catalog().deleteRemoval(id)));
        stayed.put(id, hold.get());
        return false;
    }

    /// What the bucket refuses to let go of stays, with the note that it was given up, for the next prune to
    /// try again. A cancel ends nothing of it.
    ///
    /// @return whether nothing is left
    boolean removeData(BackupDocument document) {
        String prefix = env.catalog().keys().data(document.database(), document.backupId());
        RefusedRemovals refused = new RefusedRemovals();
        Blocking.uncancellably(refused.unlessRefused(env.store()
                .list(prefix)
                .flatMap(object -> refused.unlessRefused(env.store().delete(object.key())), DELETES_AT_ONCE)
                .then()));
        if (request.adopted().contains(document.backupId()) && document.origin() == Origin.ADOPTED) {
            removeForeign(document, refused);
        }
        removeDrills(document, refused);
        removeVerifications(document, refused);
        if (refused.isEmpty()) {
            Blocking.uncancellably(refused.unlessRefused(env.catalog().deleteRemoval(document.backupId())));
        }
        refused.told().forEach(left::add);
        return refused.isEmpty();
    }

    /// What drills found out about restores that began with the backup. They begin with full ones.
    private void removeDrills(BackupDocument document, RefusedRemovals refused) {
        if (document.type() == BackupType.FULL) {
            Drills drills = env.catalog().drills();
            Blocking.uncancellably(refused.unlessRefused(
                    drills.list(document.database(), e -> refused.add(String.valueOf(e.getMessage())))
                            .filter(drill -> document.backupId().equals(drill.base()))
                            .flatMap(drill -> refused.unlessRefused(drills.delete(drill)), DELETES_AT_ONCE)
                            .then()));
        }
    }

    /// What was found when the backup was read again.
    private void removeVerifications(BackupDocument document, RefusedRemovals refused) {
        Verifications verifications = env.catalog().verifications();
        Blocking.uncancellably(refused.unlessRefused(verifications
                .of(document.database(), document.backupId())
                .concatMap(key -> refused.unlessRefused(verifications.delete(key)))
                .then()
                .onErrorResume(CatalogException.class, e -> {
                    refused.add(String.valueOf(e.getMessage()));
                    return Mono.empty();
                })));
    }

    /// What was found of backups that are not there any more: a program that did not know such documents has
    /// removed them. An entry that cannot be read counts as there.
    void removeVerificationsWithoutBackup() {
        Verifications verifications = env.catalog().verifications();
        Set<String> there = new HashSet<>();
        RefusedRemovals refused = new RefusedRemovals();
        Blocking all = Blocking.untilTheEnd(); // what a prune has removed counts, whatever becomes of this
        all.readEach(env.catalog().pendingIds(), there::add);
        all.readEach(env.catalog().list(request.database()), entry -> there.add(entry.backupId()));
        Blocking.uncancellably(refused.unlessRefused(verifications
                .list(request.database())
                .filter(key -> !there.contains(key.backupId()))
                .concatMap(key -> refused.unlessRefused(verifications.delete(key)))
                .then()
                .onErrorResume(CatalogException.class, e -> {
                    refused.add(String.valueOf(e.getMessage()));
                    return Mono.empty();
                })));
        refused.told().forEach(left::add);
    }

    /// The files of another program, because a person has named their backup.
    private void removeForeign(BackupDocument document, RefusedRemovals refused) {
        document.stripes().stream()
                .flatMap(stripe -> stripe.segments().stream())
                .map(BackupDocument.Segment::key)
                .filter(key -> key.startsWith("/"))
                .forEach(key ->
                        Blocking.uncancellably(refused.unlessRefused(env.store().deleteForeign(key))));
    }

    /// Goes on with removals that an earlier prune had begun.
    ///
    /// @param stillLocked throws when deleting is not safe any more
    /// @param pendingIds  of the backups without a verdict
    /// @return how many were finished
    int finish(Runnable stillLocked, Supplier<Set<String>> pendingIds) {
        List<BackupDocument> begun = blocking.readAll(env.catalog()
                .removals(e -> left.add(String.valueOf(e.getMessage())))
                .filter(document -> document.database().equals(request.database())));
        if (begun.isEmpty()) {
            return 0;
        }
        Set<String> listed = Set.copyOf(blocking.readAll(
                env.catalog().list(request.database()).map(CatalogKey::backupId).distinct()));
        Set<String> pendings = pendingIds.get();
        int finished = 0;
        for (BackupDocument document : begun) {
            stillLocked.run();
            if (listed.contains(document.backupId()) || pendings.contains(document.backupId())) {
                Blocking.uncancellably(left.unlessRefused(env.catalog().deleteRemoval(document.backupId())));
            } else if (document.origin() == Origin.ADOPTED && !request.adopted().contains(document.backupId())) {
                left.add(
                        "the removal of adopted backup %s was begun: name it again (--adopted) to have its files removed"
                                .formatted(document.backupId()));
            } else if (removeData(document)) {
                finishedIds.add(document.backupId());
                finished++;
            }
        }
        return finished;
    }
}
