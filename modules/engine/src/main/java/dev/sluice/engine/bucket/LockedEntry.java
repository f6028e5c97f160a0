package dev.sluice.engine.bucket;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.HoldDocument;
import dev.sluice.engine.run.Environment;
import dev.sluice.s3.ObjectLocks;
import dev.sluice.s3.ObjectOptions.Lock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import reactor.core.publisher.Mono;

/// Writes an entry again, and gives it the locks that a hold has given the one before: S3 gives a new version
/// of an object none of them.
///
/// What the bucket refuses of the locks is told and left, for the entry is written by then. An entry that no
/// hold is about is just written.
///
/// **Errors:** those of [dev.sluice.catalog.Catalog#amend]; [S3Failure] when the bucket does not answer.
///
/// **Threading:** any thread.
public final class LockedEntry {

    private final Environment env;
    private final RefusedRemovals refused;
    private final ObjectLocks locks;

    /// @param refused is told of locks that the bucket refuses
    public LockedEntry(Environment env, RefusedRemovals refused) {
        this.env = env;
        this.refused = refused;
        this.locks = new ObjectLocks(env.store());
    }

    private record Locks(Optional<Lock> retention, boolean legalHold) {}

    /// Empty, and nothing was written, when the bucket refuses the entry.
    public Mono<CatalogKey> amend(CatalogKey old, BackupDocument document) {
        Mono<CatalogKey> amended = refused.unlessRefused(env.catalog().amend(old, document));
        return env.catalog()
                .holds()
                .all(e -> refused.add(String.valueOf(e.getMessage())))
                .filter(hold -> hold.backups().contains(old.backupId()))
                .collectList()
                .flatMap(holds -> holds.isEmpty()
                        ? amended
                        : before(old, holds).flatMap(locked -> amended.flatMap(entry -> again(entry, locked))));
    }

    private Mono<Locks> before(CatalogKey entry, List<HoldDocument> holds) {
        Mono<Optional<Lock>> retention =
                refused.unlessRefused(locks.retention(entry.key())).defaultIfEmpty(Optional.empty());
        boolean expected = holds.stream().anyMatch(hold -> hold.locked().contains(entry.backupId()));
        // Where the bucket does not tell, the hold's document does.
        Mono<Boolean> legalHold =
                refused.unlessRefused(locks.legalHold(entry.key())).defaultIfEmpty(expected);
        return retention.zipWith(legalHold, Locks::new);
    }

    private Mono<CatalogKey> again(CatalogKey entry, Locks before) {
        Mono<Boolean> retention = before.retention()
                .filter(lock -> lock.retainUntil().isAfter(Instant.now()))
                .map(lock -> locks.retain(entry.key(), lock.mode(), lock.retainUntil()))
                .orElse(Mono.empty());
        Mono<Void> legalHold = before.legalHold() ? locks.putLegalHold(entry.key(), true) : Mono.empty();
        return refused.unlessRefused(retention)
                .then(refused.unlessRefused(legalHold))
                .thenReturn(entry);
    }
}
