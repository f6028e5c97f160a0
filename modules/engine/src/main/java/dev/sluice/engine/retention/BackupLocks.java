package dev.sluice.engine.retention;

import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.Keys;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.Storage;
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
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
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

    /// An object of a backup.
    private record Item(String key, String backupId) {}

    /// What the bucket says of legal holds.
    ///
    /// @param on      the keys of the objects under legal hold, each with the id of its backup
    /// @param refused what the bucket says instead, by the keys of which it does not tell
    record LegalHolds(Map<String, String> on, Map<String, String> refused) {}

    /// What became of putting objects under legal hold.
    ///
    /// @param backups the ids of the backups of which an object was put under legal hold
    record Placed(Change change, Set<String> backups) {}

    /// Locks until this instant what is not locked as long already.
    ///
    /// @param database where those lie that have no entry
    Mono<Change> retain(Collection<String> backups, String database, Instant until) {
        Storage.Lock configured = env.storage().lock();
        LockMode mode = configured == null ? LockMode.GOVERNANCE : configured.mode();
        return change(
                backups, database, item -> locks.retain(item.key(), mode, until).then());
    }

    /// Asks which objects are under legal hold.
    Mono<LegalHolds> legalHolds(Collection<String> backups, String database) {
        Map<String, String> on = new ConcurrentHashMap<>();
        Map<String, String> refused = new ConcurrentHashMap<>();
        return objects(backups, database)
                .flatMap(
                        item -> locks.legalHold(item.key())
                                .doOnNext(held -> {
                                    if (held) {
                                        on.put(item.key(), item.backupId());
                                    }
                                })
                                .onErrorResume(
                                        S3Failure.class,
                                        e -> refusal(e, why -> refused.put(item.key(), why))
                                                .thenReturn(false)),
                        OBJECTS_AT_ONCE)
                .then(Mono.fromSupplier(() -> new LegalHolds(Map.copyOf(on), Map.copyOf(refused))));
    }

    /// Puts objects under legal hold. An object of which the bucket does not tell whether it is under legal
    /// hold already is left as it is: a release could not tell whether to lift that.
    ///
    /// @param unknown what the bucket says of such objects, by their keys
    /// @param except  the keys of objects that are under legal hold already, and not by Sluice
    Mono<Placed> putLegalHold(
            Collection<String> backups, String database, Map<String, String> unknown, Set<String> except) {
        Set<String> placed = ConcurrentHashMap.newKeySet();
        List<String> refused = new CopyOnWriteArrayList<>();
        Mono<Change> change = change(
                backups,
                database,
                item -> {
                    String why = unknown.get(item.key());
                    if (why != null) {
                        refused.add(why);
                        return Mono.empty();
                    }
                    return except.contains(item.key())
                            ? Mono.empty()
                            : locks.putLegalHold(item.key(), true)
                                    .then(Mono.fromRunnable(() -> placed.add(item.backupId())));
                },
                refused);
        return change.map(done -> new Placed(done, Set.copyOf(placed)));
    }

    /// Ends the legal hold of objects that are under legal hold. Where none is, nothing is sent, so a bucket
    /// that knows no legal hold, or does not let this program end one, stops nothing.
    ///
    /// @param except the keys of objects that are left as they are
    Mono<Change> liftLegalHold(Collection<String> backups, String database, Set<String> except) {
        return change(
                backups,
                database,
                item -> except.contains(item.key())
                        ? Mono.empty()
                        : locks.legalHold(item.key())
                                .flatMap(held -> held ? locks.putLegalHold(item.key(), false) : Mono.empty()));
    }

    private Mono<Change> change(Collection<String> backups, String database, Function<Item, Mono<Void>> action) {
        return change(backups, database, action, new CopyOnWriteArrayList<>());
    }

    private Mono<Change> change(
            Collection<String> backups, String database, Function<Item, Mono<Void>> action, List<String> refused) {
        return objects(backups, database)
                .flatMapSequential(
                        item -> action.apply(item)
                                .onErrorResume(S3Failure.class, e -> refusal(e, refused::add))
                                .thenReturn(item),
                        OBJECTS_AT_ONCE)
                .count()
                .map(count -> new Change(Math.toIntExact(count), refused));
    }

    /// An object that is gone needs no lock.
    private static Mono<Void> refusal(S3Failure e, Consumer<String> refused) {
        if (e.code().equals("NoSuchKey")) {
            return Mono.empty();
        }
        if (!e.kind().isOfObject()) {
            return Mono.error(e);
        }
        refused.accept(String.valueOf(e.getMessage()));
        return Mono.empty();
    }

    /// Asks about every object of a backup.
    public Mono<Seen> look(String backupId, String database) {
        List<String> refused = new CopyOnWriteArrayList<>();
        return objects(List.of(backupId), database)
                .flatMapSequential(item -> look(item.key(), refused), OBJECTS_AT_ONCE)
                .collectList()
                .map(all -> seen(all, refused));
    }

    private record OneObject(Optional<Lock> retention, boolean legalHold) {}

    private Mono<OneObject> look(String key, List<String> refused) {
        Mono<Optional<Lock>> retention = locks.retention(key)
                .onErrorResume(S3Failure.class, e -> refusal(e, refused::add).thenReturn(Optional.empty()));
        Mono<Boolean> legalHold = locks.legalHold(key)
                .onErrorResume(S3Failure.class, e -> refusal(e, refused::add).thenReturn(false));
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

    /// All objects of these backups. A database that was renamed has backups in several directories, so the
    /// whole catalog is listed.
    private Flux<Item> objects(Collection<String> backups, String database) {
        Set<String> wanted = Set.copyOf(backups);
        return env.catalog()
                .list()
                .filter(entry -> wanted.contains(entry.backupId()))
                .collectList()
                .flatMapMany(entries -> {
                    Map<String, String> prefixes = new TreeMap<>();
                    Set<String> entered = new HashSet<>();
                    for (CatalogKey entry : entries) {
                        prefixes.put(keys.data() + entry.database() + "/" + entry.backupId() + "/", entry.backupId());
                        entered.add(entry.backupId());
                    }
                    wanted.stream()
                            .filter(id -> !entered.contains(id))
                            .forEach(id -> prefixes.put(keys.data(database, id), id));
                    return Flux.fromIterable(entries)
                            .map(entry -> new Item(entry.key(), entry.backupId()))
                            .concatWith(Flux.fromIterable(prefixes.entrySet())
                                    .concatMap(prefix -> store.list(prefix.getKey())
                                            .map(object -> new Item(object.key(), prefix.getValue()))));
                });
    }
}
