package dev.sluice.engine.retention;

import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.Keys;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.Storage;
import dev.sluice.s3.ObjectInfo;
import dev.sluice.s3.ObjectLocks;
import dev.sluice.s3.ObjectOptions.Lock;
import dev.sluice.s3.ObjectOptions.LockMode;
import dev.sluice.s3.S3Failure;
import dev.sluice.s3.S3Store;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Object Lock of the objects that backups consist of: entries, data and sums. The files of an adopted backup
/// are another program's, so they are not among them.
///
/// What the bucket refuses of one object stops nothing: the others are done, and the same can be asked for
/// again.
///
/// **Errors:** [S3Failure] when the store does not answer; [dev.sluice.catalog.CatalogException] when the
/// catalog cannot be listed.
///
/// **Threading:** any thread.
public final class BackupLocks {

    private static final int OBJECTS_AT_ONCE = 4;

    private final S3Store store;
    private final Keys keys;
    private final Environment env;
    private final ObjectLocks locks;

    public BackupLocks(Environment env) {
        this.env = env;
        this.store = env.store();
        this.keys = env.catalog().keys();
        this.locks = new ObjectLocks(env.store());
    }

    /// What became of a change.
    ///
    /// @param objects how many objects there are
    /// @param refused what the bucket refused, for each object of which it did
    public record Change(int objects, List<String> refused) {

        public Change {
            refused = List.copyOf(refused);
        }

        public boolean isDone() {
            return refused.isEmpty();
        }
    }

    /// What the bucket says of a backup's objects.
    ///
    /// @param objects   how many objects there are
    /// @param retention the lock that ends first; null when any object has none
    /// @param legalHold how many objects are under legal hold
    /// @param refused   what the bucket does not tell; empty when it tells everything
    public record Seen(int objects, @Nullable Lock retention, int legalHold, List<String> refused) {

        public Seen {
            refused = List.copyOf(refused);
        }
    }

    /// Locks until this instant what is not locked as long already.
    ///
    /// @param database where those lie that have no entry
    Mono<Change> retain(Collection<String> backups, String database, Instant until) {
        Storage.Lock configured = env.storage().lock();
        LockMode mode = configured == null ? LockMode.GOVERNANCE : configured.mode();
        return change(backups, database, key -> locks.retain(key, mode, until).then());
    }

    Mono<Change> putLegalHold(Collection<String> backups, String database, boolean on) {
        return change(backups, database, key -> locks.putLegalHold(key, on));
    }

    private Mono<Change> change(Collection<String> backups, String database, Function<String, Mono<Void>> action) {
        List<String> refused = new CopyOnWriteArrayList<>();
        return objects(backups, database)
                .flatMapSequential(
                        key -> action.apply(key)
                                .onErrorResume(S3Failure.class, e -> refusal(e, refused))
                                .thenReturn(key),
                        OBJECTS_AT_ONCE)
                .count()
                .map(count -> new Change(Math.toIntExact(count), refused));
    }

    /// An object that is gone needs no lock.
    private static Mono<Void> refusal(S3Failure e, List<String> refused) {
        if (e.code().equals("NoSuchKey")) {
            return Mono.empty();
        }
        if (!e.kind().isOfObject()) {
            return Mono.error(e);
        }
        refused.add(String.valueOf(e.getMessage()));
        return Mono.empty();
    }

    /// Asks about every object of a backup.
    public Mono<Seen> look(String backupId, String database) {
        List<String> refused = new CopyOnWriteArrayList<>();
        return objects(List.of(backupId), database)
                .flatMapSequential(key -> look(key, refused), OBJECTS_AT_ONCE)
                .collectList()
                .map(all -> seen(all, refused));
    }

    private record OneObject(Optional<Lock> retention, boolean legalHold) {}

    private Mono<OneObject> look(String key, List<String> refused) {
        Mono<Optional<Lock>> retention = locks.retention(key)
                .onErrorResume(S3Failure.class, e -> refusal(e, refused).thenReturn(Optional.empty()));
        Mono<Boolean> legalHold = locks.legalHold(key)
                .onErrorResume(S3Failure.class, e -> refusal(e, refused).thenReturn(false));
        return retention.zipWith(legalHold, OneObject::new);
    }

    private static Seen seen(List<OneObject> all, List<String> refused) {
        List<Lock> retentions = new ArrayList<>();
        all.forEach(one -> one.retention().ifPresent(retentions::add));
        Lock first = retentions.size() < all.size()
                ? null
                : retentions.stream()
                        .min(Comparator.comparing(Lock::retainUntil))
                        .orElse(null);
        int held = (int) all.stream().filter(OneObject::legalHold).count();
        return new Seen(all.size(), first, held, refused);
    }

    /// The keys of all objects of these backups. A database that was renamed has backups in several
    /// directories, so the whole catalog is listed.
    private Flux<String> objects(Collection<String> backups, String database) {
        Set<String> wanted = Set.copyOf(backups);
        return env.catalog()
                .list()
                .filter(entry -> wanted.contains(entry.backupId()))
                .collectList()
                .flatMapMany(entries -> {
                    Set<String> prefixes = new HashSet<>();
                    Set<String> entered = new HashSet<>();
                    for (CatalogKey entry : entries) {
                        prefixes.add(keys.data() + entry.database() + "/" + entry.backupId() + "/");
                        entered.add(entry.backupId());
                    }
                    wanted.stream()
                            .filter(id -> !entered.contains(id))
                            .forEach(id -> prefixes.add(keys.data(database, id)));
                    return Flux.fromIterable(entries)
                            .map(CatalogKey::key)
                            .concatWith(Flux.fromIterable(prefixes)
                                    .sort()
                                    .concatMap(store::list)
                                    .map(ObjectInfo::key));
                });
    }
}
