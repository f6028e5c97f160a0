package dev.sluice.catalog;

import dev.sluice.catalog.DocumentReader.Sums;
import dev.sluice.s3.ObjectInfo;
import dev.sluice.s3.ObjectOptions;
import dev.sluice.s3.S3Failure;
import dev.sluice.s3.S3Store;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// One server's backups in the bucket, as documents.
///
/// Order matters to those who may crash between two steps: a pending document is written before any data and
/// deleted after the entry is there, so that data without a document is garbage and nothing else is.
///
/// What the bucket refuses to show, or to list, is as unreadable as a damaged document: it is never taken for
/// absent. Nor is what a listing shows and a read does not find.
///
/// **Errors:** [CatalogException] for what cannot be read, be it one document or a listing; [S3Failure] for a
/// store that does not answer or refuses everything, and for what cannot be written or deleted.
///
/// **Threading:** safe for any thread.
public final class Catalog {
    private static final int DOCUMENTS_AT_ONCE = 4;

    private final S3Store store;
    private final Keys keys;
    private final Locks locks;
    private final SumsStore sums;

    /// How long nothing of a backup may be deleted, in a bucket that has Object Lock.
    public interface Locks {

        /// @param startedAt of the backup, by SQL Server's clock
        ///
        /// @return null for no lock
        ObjectOptions.@Nullable Lock of(Instant startedAt);
    }

    /// Without locks.
    public Catalog(S3Store store, Keys keys) {
        this(store, keys, _ -> null);
    }

    /// @param locks of backups' data, which their entries and sums get too; documents of backups without a verdict
    ///              get none
    public Catalog(S3Store store, Keys keys, Locks locks) {
        this.store = store;
        this.keys = keys;
        this.locks = locks;
        this.sums = new SumsStore(store, keys, locks);
    }

    public Keys keys() {
        return keys;
    }

    // ---- the owner ----

    /// Claims the server's directory, or tells who has it: emits the document that is there afterwards, which is
    /// `owner` itself when the directory was free. (A server that ignores conditions leaves a gap here, see
    /// [S3Store#putIfAbsent].)
    public Mono<OwnerDocument> claim(OwnerDocument owner) {
        return store.putIfAbsent(keys.owner(), Documents.write(owner))
                .flatMap(claimed -> claimed ? Mono.just(owner) : owner().switchIfEmpty(hidden(keys.owner())));
    }

    /// Who has claimed the directory; empty when nobody has.
    public Mono<OwnerDocument> owner() {
        return read(
                keys.owner(),
                (name, object, body) ->
                        new Binding(name, keys).owner(DocumentReader.owner(name, object.bytes(), body)));
    }

    // ---- pending backups ----

    /// Writes, or rewrites, the document of a backup that has no verdict yet, and before it the object of its sums,
    /// when they are too many for it.
    public Mono<Void> writePending(BackupDocument document) {
        return sums.store(document)
                .flatMap(stored -> store.put(keys.pending(stored.backupId()), Documents.write(stored)));
    }

    /// All backups without a verdict. One that cannot be read fails the whole: nobody may conclude from its
    /// absence.
    public Flux<BackupDocument> pendings() {
        return listing(keys.pendings())
                .filter(object -> object.key().endsWith(".json"))
                .flatMapSequential(object -> listed(object.key(), Sums.KEPT), DOCUMENTS_AT_ONCE);
    }

    /// As above, without the sums of parts and blocks, for those who only tell what there is: what cannot be
    /// read, and be it the listing, goes to `unreadable` and is left out.
    ///
    /// @param unreadable called from any thread
    public Flux<BackupDocument> pendings(Consumer<CatalogException> unreadable) {
        return documents(keys.pendings(), unreadable);
    }

    /// Names of all backups without a verdict, from keys alone.
    public Flux<String> pendingIds() {
        return listing(keys.pendings())
                .mapNotNull(object -> Keys.idOf(object.key()).orElse(null));
    }

    /// One of them, with the sums that it carries itself: enough to write it again.
    public Mono<BackupDocument> pending(String backupId) {
        return listed(keys.pending(backupId), Sums.KEPT);
    }

    public Mono<Void> deletePending(String backupId) {
        return store.delete(keys.pending(backupId));
    }

    // ---- entries ----

    /// Writes a backup's entry. Writing the same one again is no error; another one under the same key is.
    public Mono<CatalogKey> commit(BackupDocument document) {
        String key = keys.entry(document);
        return sums.store(document).flatMap(stored -> commit(key, stored));
    }

    private Mono<CatalogKey> commit(String key, BackupDocument document) {
        byte[] bytes = Documents.write(document);
        return store.putIfAbsent(key, bytes, locks.of(document.startedAt()))
                .flatMap(written -> written ? Mono.just(true) : sameAs(key, bytes))
                .flatMap(same -> same
                        ? Mono.justOrEmpty(CatalogKey.parse(key))
                        : Mono.error(new CatalogException(
                                store.config().prefix() + key + " exists already, with other contents", null)));
    }

    /// What an older program has written is the same when it says the same.
    private Mono<Boolean> sameAs(String key, byte[] bytes) {
        return Mono.justOrEmpty(CatalogKey.parse(key))
                .flatMap(this::stored)
                .switchIfEmpty(hidden(key))
                .map(there -> Arrays.equals(Documents.write(sums.named(there)), bytes));
    }

    /// Replaces an entry by a more complete one of the same backup, whose key may say more. The new one is
    /// written first, so for a moment, or after a crash, there are two entries with one backup id; then the
    /// later write is the more complete.
    public Mono<CatalogKey> amend(CatalogKey old, BackupDocument document) {
        if (!old.backupId().equals(document.backupId())) {
            return Mono.error(new IllegalArgumentException(
                    "%s is not about backup %s".formatted(old.key(), document.backupId())));
        }
        String key = keys.entry(document);
        return sums.store(document)
                .flatMap(stored -> store.put(key, Documents.write(stored), locks.of(stored.startedAt())))
                .then(key.equals(old.key()) ? Mono.empty() : store.delete(old.key()))
                .then(Mono.justOrEmpty(CatalogKey.parse(key)));
    }

    /// All backups of a database, the earliest first, from keys alone.
    public Flux<CatalogKey> list(String database) {
        return entries(keys.catalog(database));
    }

    /// All backups of the server, database by database, the earliest of each first, from keys alone.
    public Flux<CatalogKey> list() {
        return entries(keys.catalog());
    }

    private Flux<CatalogKey> entries(String prefix) {
        return listing(prefix)
                .mapNotNull(object -> CatalogKey.parse(object.key()).orElse(null))
                // S3 lists in the order of keys, and some servers that speak its protocol do not.
                .sort(Comparator.comparing(CatalogKey::database)
                        .thenComparing(CatalogKey::startedAt)
                        .thenComparing(CatalogKey::key));
    }

    /// The whole document of an entry with all sums; empty when it was deleted meanwhile.
    ///
    /// **Errors:** [CatalogException] also when the object of its sums is damaged, or not there.
    public Mono<BackupDocument> read(CatalogKey entry) {
        return stored(entry).flatMap(sums::attach);
    }

    /// What an entry says but for the sums of its parts and blocks, which the document then does not have
    /// ([BackupDocument#hasSums()], [#whole(BackupDocument)]). When it cannot be read it goes to `unreadable`,
    /// and nothing is emitted: one damaged document, or one that a newer Sluice wrote, must not hide all
    /// others.
    ///
    /// @param unreadable called from any thread
    public Mono<BackupDocument> read(CatalogKey entry, Consumer<CatalogException> unreadable) {
        return leaveOut(outline(entry), unreadable);
    }

    /// What [#read(CatalogKey, Consumer)] emits; one that cannot be read is an error.
    public Mono<BackupDocument> outline(CatalogKey entry) {
        return entry(entry, Sums.LEFT_OUT);
    }

    /// An entry with the sums that it carries itself, and not those of an object that it names: enough to write it
    /// again, whatever has become of that object. Empty when it was deleted meanwhile.
    public Mono<BackupDocument> stored(CatalogKey entry) {
        return entry(entry, Sums.KEPT);
    }

    /// As [#stored(CatalogKey)]; one that cannot be read goes to `unreadable`.
    public Mono<BackupDocument> stored(CatalogKey entry, Consumer<CatalogException> unreadable) {
        return leaveOut(stored(entry), unreadable);
    }

    /// The same backup with its sums, read if it has none; empty when it was removed meanwhile.
    ///
    /// **Errors:** [CatalogException] also when the object of its sums is damaged, or not there.
    public Mono<BackupDocument> whole(BackupDocument document) {
        if (document.hasSums()) {
            return Mono.just(document);
        }
        return document.sums() != null
                ? sums.attach(document)
                : list(document.database())
                        .filter(entry -> entry.backupId().equals(document.backupId()))
                        .collectList()
                        .flatMap(this::readable)
                        .switchIfEmpty(pending(document.backupId()).flatMap(sums::attach));
    }

    /// One that cannot be read may have got another one beside it.
    private Mono<BackupDocument> readable(List<CatalogKey> entries) {
        List<CatalogException> refused = new CopyOnWriteArrayList<>();
        return Flux.fromIterable(entries)
                .concatMap(entry -> leaveOut(read(entry), refused::add))
                .next()
                .switchIfEmpty(Mono.defer(() -> refused.isEmpty() ? Mono.empty() : Mono.error(refused.getFirst())));
    }

    private static Mono<BackupDocument> leaveOut(Mono<BackupDocument> document, Consumer<CatalogException> unreadable) {
        return document.onErrorResume(CatalogException.class, e -> {
            unreadable.accept(e);
            return Mono.empty();
        });
    }

    /// Deletes the entry, not the data.
    public Mono<Void> delete(CatalogKey entry) {
        return store.delete(entry.key());
    }

    // ---- removals ----

    /// Notes that a backup is being removed: what is found of it without an entry was given up on purpose. The note
    /// is the backup's document without sums.
    public Mono<Void> writeRemoval(BackupDocument document) {
        return store.put(keys.removal(document.backupId()), Documents.write(document.withoutSums()));
    }

    /// All removals that were begun and not finished. What cannot be read, and be it the listing, goes to
    /// `unreadable`: what is left of that removal stays, and is in nobody's way.
    ///
    /// @param unreadable called from any thread
    public Flux<BackupDocument> removals(Consumer<CatalogException> unreadable) {
        return documents(keys.removals(), unreadable);
    }

    public Mono<Void> deleteRemoval(String backupId) {
        return store.delete(keys.removal(backupId));
    }

    // ---- reading ----

    private Mono<BackupDocument> entry(CatalogKey entry, Sums sums) {
        return unlessListed(
                        entry.key(),
                        read(
                                entry.key(),
                                (name, object, body) -> new Binding(name, keys)
                                        .entry(entry, DocumentReader.backup(name, object.bytes(), body, sums))))
                .onErrorMap(CatalogException.class, e -> e.of(entry.backupId()));
    }

    private Flux<BackupDocument> documents(String prefix, Consumer<CatalogException> unreadable) {
        return listing(prefix)
                .onErrorResume(CatalogException.class, e -> {
                    unreadable.accept(e);
                    return Flux.empty();
                })
                .filter(object -> object.key().endsWith(".json"))
                .flatMapSequential(
                        object -> leaveOut(listed(object.key(), Sums.LEFT_OUT), unreadable), DOCUMENTS_AT_ONCE);
    }

    /// A pending document or the note of a removal.
    private Mono<BackupDocument> listed(String key, Sums sums) {
        String id = Keys.idOf(key).orElse(null);
        if (id == null) {
            return Mono.error(new CatalogException(
                    store.config().prefix() + key + " is not named after a backup, and was not read", null));
        }
        return unlessListed(
                        key,
                        read(
                                key,
                                (name, object, body) -> new Binding(name, keys)
                                        .backup(id, DocumentReader.backup(name, object.bytes(), body, sums))))
                .onErrorMap(CatalogException.class, e -> e.of(id));
    }

    /// Something that a listing has shown: empty only when it is not listed any more.
    private <T> Mono<T> unlessListed(String key, Mono<T> document) {
        return document.switchIfEmpty(Flux.defer(() -> listing(key))
                .any(object -> object.key().equals(key))
                .flatMap(there -> there ? hidden(key) : Mono.empty()));
    }

    /// What is there for one request and not for another can be anything.
    private <T> Mono<T> hidden(String key) {
        return Mono.error(() -> new CatalogException(
                "%s%s cannot be read: it is there, and reading it is answered as if it were not (HTTP 404)"
                        .formatted(store.config().prefix(), key),
                null));
    }

    private Flux<ObjectInfo> listing(String prefix) {
        return store.list(prefix)
                .onErrorMap(
                        Catalog::isRefusal,
                        e -> new CatalogException(
                                "What is below %s%s cannot be listed: %s"
                                        .formatted(store.config().prefix(), prefix, e.getMessage()),
                                e));
    }

    private interface Reading<T> {
        T read(String name, ObjectInfo object, InputStream body) throws IOException;
    }

    /// Every document comes from here.
    private <T> Mono<T> read(String key, Reading<T> reading) {
        String name = store.config().prefix() + key;
        return store.read(key, (object, body) -> reading.read(name, object, body))
                .onErrorMap(
                        Catalog::isRefusal,
                        e -> new CatalogException("%s cannot be read: %s".formatted(name, e.getMessage()), e));
    }

    static boolean isRefusal(Throwable failure) {
        return failure instanceof S3Failure store && store.kind().isOfObject();
    }
}
