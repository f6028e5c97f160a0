package dev.sluice.engine.retention;

import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.HoldDocument;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Predicate;
import reactor.core.publisher.Mono;

/// The holds that keep backups from being removed, as the bucket has them.
///
/// A hold that cannot be read may hold what its named backup rests on. So nothing of the database in whose directory
/// that backup's data lies is removed as long as the hold cannot be read; other databases go on.
///
/// **Threading:** on the run's thread, which waits.
///
/// **Errors:** [CatalogException] for a hold that cannot be read; [dev.sluice.s3.S3Failure].
final class HoldsInForce {

    private final Environment env;
    private final Predicate<String> isOfDatabase;
    private final Consumer<String> left;
    private final Instant now;
    private Map<String, String> state = Map.of();
    private Map<String, String> reasons = Map.of();

    /// @param isOfDatabase whether the database has data of the backup with this id
    /// @param left         is told of holds that cannot be read and are another database's
    /// @param now          by SQL Server's clock: holds that ended before do not count
    HoldsInForce(
            Environment env, Blocking blocking, Predicate<String> isOfDatabase, Consumer<String> left, Instant now) {
        this.env = env;
        this.isOfDatabase = isOfDatabase;
        this.left = left;
        this.now = now;
        look(blocking::read);
    }

    /// How to wait for the bucket: whether a cancel ends it.
    private interface Wait {
        <T> Optional<T> until(Mono<T> work);
    }

    /// Why the backup must stay, as of the last look.
    Optional<String> reason(String backupId) {
        return Optional.ofNullable(reasons.get(backupId));
    }

    /// Why the backup must stay, as the bucket has it at this moment. A cancel does not end this look: a removal
    /// that has begun comes to its end.
    Optional<String> reasonNow(String backupId) {
        look(Blocking::uncancellably);
        return reason(backupId);
    }

    /// Forgets the hold of a backup that was removed: it had ended. A new one is refused, because the backup has no
    /// entry any more.
    void forget(String backupId) {
        if (state.containsKey(env.catalog().keys().hold(backupId))) {
            Blocking.uncancellably(env.catalog().holds().delete(backupId).onErrorComplete());
        }
    }

    /// Reads the holds again if one was written or deleted since the last look.
    private void look(Wait wait) {
        Map<String, String> listed = wait.until(env.catalog().holds().state()).orElseThrow();
        if (!listed.equals(state)) {
            reasons = read(wait);
            state = listed;
        }
    }

    private Map<String, String> read(Wait wait) {
        List<CatalogException> unreadable = new CopyOnWriteArrayList<>();
        List<HoldDocument> holds = wait.until(
                        env.catalog().holds().all(unreadable::add).collectList())
                .orElseThrow();
        for (CatalogException e : unreadable) {
            String id = e.backupId();
            if (id == null || isOfDatabase.test(id)) {
                throw e;
            }
            left.accept(String.valueOf(e.getMessage()));
        }
        Map<String, String> read = new HashMap<>();
        for (HoldDocument hold : holds) {
            if (hold.isInForce(now)) {
                hold.backups()
                        .forEach(id -> read.merge(
                                id,
                                id.equals(hold.backupId())
                                        ? hold.text()
                                        : "needed by backup %s, which is %s".formatted(hold.backupId(), hold.text()),
                                (one, other) -> one.startsWith("held") ? one : other));
            }
        }
        return read;
    }
}
