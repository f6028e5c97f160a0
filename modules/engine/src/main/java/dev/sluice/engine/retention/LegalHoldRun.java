package dev.sluice.engine.retention;

import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.HoldDocument;
import dev.sluice.catalog.HoldDocument.LegalHold;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/// Puts the objects of held backups under S3's legal hold, and lifts it.
///
/// An object has one legal hold, on or off, and does not say who has put it there. So the hold's document says
/// what it has put under legal hold, and which objects were under legal hold already, though no hold of Sluice
/// says so: a lawyer may have done that. A release lifts the one and leaves the other. The document is written
/// before the objects are changed, so whatever ends this, a release knows what to lift.
///
/// A release and another hold need no lock between them. The hold writes its document, and then changes
/// objects. The release changes objects, and then reads all holds again and puts back what another one names by
/// then.
///
/// **Errors:** [CatalogException] when another hold cannot be read; [dev.sluice.s3.S3Failure].
///
/// **Threading:** on the run's thread, which waits.
final class LegalHoldRun {

    private final Environment env;
    private final Blocking blocking;
    private final BackupLocks locks;

    LegalHoldRun(Environment env, Blocking blocking) {
        this.env = env;
        this.blocking = blocking;
        this.locks = new BackupLocks(env);
    }

    /// @param hold as it is in the bucket now
    record Result(HoldDocument hold, BackupLocks.Change change) {}

    /// @param hold as it is in the bucket
    /// @param ids  the backups whose objects are put under legal hold, beside those that the hold has put there
    ///             before
    Result place(HoldDocument hold, List<String> ids) {
        Set<String> wanted = new LinkedHashSet<>(hold.locked());
        wanted.addAll(ids);
        // Before and after the look: an object may be on by a hold that comes or goes meanwhile.
        List<HoldDocument> others = new ArrayList<>(others(hold));
        BackupLocks.LegalHolds now = Blocking.uncancellably(locks.legalHolds(wanted, hold.database()))
                .orElseThrow();
        others.addAll(others(hold));
        List<String> foreign = foreign(now, hold, others);
        LegalHold legal = new LegalHold(inOrder(hold, wanted), foreign);
        HoldDocument noted = hold.with(legal);
        Blocking.uncancellably(env.catalog().holds().write(noted));
        BackupLocks.Placed placed = Blocking.uncancellably(
                        locks.putLegalHold(wanted, hold.database(), now.refused(), new HashSet<>(foreign)))
                .orElseThrow();
        Set<String> locked = new HashSet<>(hold.locked());
        locked.addAll(placed.backups());
        if (!locked.containsAll(wanted)) {
            // A bucket that puts nothing under legal hold leaves nothing to be lifted.
            noted = hold.with(locked.isEmpty() ? null : new LegalHold(inOrder(hold, locked), foreign));
            Blocking.uncancellably(env.catalog().holds().write(noted));
        }
        return new Result(noted, placed.change());
    }

    /// Objects that are under legal hold, and not by Sluice. One that another hold has found so is so still.
    private static List<String> foreign(BackupLocks.LegalHolds now, HoldDocument hold, List<HoldDocument> others) {
        Set<String> ours = new HashSet<>(hold.locked());
        Set<String> known = new HashSet<>(heldBefore(hold));
        for (HoldDocument other : others) {
            ours.addAll(other.locked());
            known.addAll(heldBefore(other));
        }
        return now.on().entrySet().stream()
                .filter(object -> known.contains(object.getKey()) || !ours.contains(object.getValue()))
                .map(Map.Entry::getKey)
                .sorted()
                .toList();
    }

    private static List<String> heldBefore(HoldDocument hold) {
        LegalHold legal = hold.legal();
        return legal == null ? List.of() : legal.heldBefore();
    }

    private static List<String> inOrder(HoldDocument hold, Set<String> ids) {
        return hold.backups().stream().filter(ids::contains).toList();
    }

    /// Lifts what this hold has put under legal hold and no other one has.
    BackupLocks.Change lift(HoldDocument hold) {
        Set<String> ids = new HashSet<>(hold.locked());
        others(hold).forEach(other -> other.locked().forEach(ids::remove));
        Set<String> foreign = new HashSet<>(heldBefore(hold));
        BackupLocks.Change lifted = Blocking.uncancellably(locks.liftLegalHold(ids, hold.database(), foreign))
                .orElseThrow();
        Set<String> again = new HashSet<>();
        others(hold).forEach(other -> again.addAll(other.locked()));
        again.retainAll(ids);
        if (again.isEmpty()) {
            return lifted;
        }
        BackupLocks.Change putBack = Blocking.uncancellably(
                        locks.putLegalHold(again, hold.database(), Map.of(), foreign))
                .orElseThrow()
                .change();
        return putBack.isDone() ? lifted : putBack;
    }

    /// Every hold but this one. One that cannot be read may have put the same objects under legal hold.
    private List<HoldDocument> others(HoldDocument hold) {
        List<CatalogException> unreadable = new CopyOnWriteArrayList<>();
        List<HoldDocument> others = blocking.readAll(env.catalog().holds().all(unreadable::add)).stream()
                .filter(other -> !other.backupId().equals(hold.backupId()))
                .toList();
        if (!unreadable.isEmpty()) {
            throw unreadable.getFirst();
        }
        return others;
    }
}
