package dev.sluice.catalog;

import dev.sluice.catalog.DocumentReader.Sums;
import dev.sluice.s3.ObjectOptions;
import dev.sluice.s3.S3Store;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BinaryOperator;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// One server's backups in the bucket, as documents.
///
/// A process may crash between two steps, so their order matters: a backup's pending document is written before its
/// data and deleted after its entry is there. So data without a document is garbage, and no other data is.
///
/// A document that the bucket refuses to show or to list counts as unreadable, like a damaged one, and never as
/// absent. The same holds for a document that a listing shows and a read does not find.
///
/// **Errors:** [CatalogException] when a document or a listing cannot be read; [S3Failure] when the store does not
/// answer or refuses everything, and when an object cannot be written or deleted.
///
/// **Threading:** safe for any thread.
public final class Catalog {
    private static final int DOCUMENTS_AT_ONCE = 4;

    private static final Comparator<CatalogKey> OLDEST_FIRST =
            Comparator.comparing(CatalogKey::startedAt).thenComparing(CatalogKey::key);

    private final S3Store store;
    private final Keys keys;
    private final Locks locks;
    private final SumsStore sums;
    private final StoredDocuments objects;
    private final Holds holds;
    private final Pauses pauses;
    private final Drills drills;
    private final Verifications verifications;
    private final Exports exports;
    private final Summaries summaries;

    /// The Object Lock of a backup's objects, in a bucket that has Object Lock.
    public interface Locks {

        /// @param startedAt the backup's start, by SQL Server's clock
        ///
        /// @return null for no lock
        ObjectOptions.@Nullable Lock of(Instant startedAt);

        /// The lock with which the backup's objects were stored, where its document says so.
        default ObjectOptions.@Nullable Lock of(BackupDocument backup) {
            return backup.lock().orElseGet(() -> of(backup.startedAt()));
        }
    }

    /// Without locks.
    public Catalog(S3Store store, Keys keys) {
        this(store, keys, _ -> null);
    }

    /// @param locks the locks of backups' data. Entries and sums get them too; pending documents do not
    public Catalog(S3Store store, Keys keys, Locks locks) {
        this.store = store;
        this.keys = keys;
        this.locks = locks;
        this.sums = new SumsStore(store, keys, locks);
        this.objects = new StoredDocuments(store);
        this.holds = new Holds(store, keys, objects);
        this.pauses = new Pauses(store, keys, objects);
        this.drills = new Drills(store, keys, objects);
        this.verifications = new Verifications(store, keys, objects);
        this.exports = new Exports(store, keys, locks, objects);
        this.summaries = new Summaries(store, keys, objects);
    }

    public Keys keys() {
        return keys;
    }

    public Holds holds() {
        return holds;
    }

    /// What persons have paused.
    public Pauses pauses() {
        return pauses;
    }

    /// The documents of restore drills.
    public Drills drills() {
        return drills;
    }

    /// What was found when backups were read again.
    public Verifications verifications() {
        return verifications;
    }

    /// The exports of the instance.
    public Exports exports() {
        return exports;
    }

    /// The server's summary.
    public Summaries summaries() {
        return summaries;
    }

    // ---- the owner ----

    /// Claims the server's directory if it is free. Emits the owner document that is there afterwards: `owner`
    /// itself if the directory was free, otherwise that of the server which has claimed it. (A server that ignores
    /// conditions leaves a gap here, see [S3Store#putIfAbsent].)
    public Mono<OwnerDocument> claim(OwnerDocument owner) {
        return store.putIfAbsent(keys.owner(), DocumentWriter.write(owner))
                .flatMap(claimed -> claimed ? Mono.just(owner) : owner().switchIfEmpty(objects.hidden(keys.owner())));
    }

    /// The owner document of the directory; empty when no server has claimed it.
    public Mono<OwnerDocument> owner() {
        return objects.read(
                keys.owner(),
                (name, object, body) ->
                        new DocumentKeyCheck(name, keys).owner(DocumentReader.owner(name, object.bytes(), body)));
    }

    // ---- pending backups ----

    /// Writes or rewrites a pending document. If its sums are too many for the document, this writes the sums
    /// object first.
    public Mono<Void> writePending(BackupDocument document) {
        return sums.store(document)
                .flatMap(stored -> store.put(keys.pending(stored.backupId()), DocumentWriter.write(stored)));
    }

    /// All pending backups. One document that cannot be read fails the whole, so that no caller concludes from its
    /// absence.
    public Flux<BackupDocument> pendings() {
        return objects.listing(keys.pendings())
                .filter(object -> object.key().endsWith(".json"))
                .flatMapSequential(object -> listed(object.key(), Sums.KEPT), DOCUMENTS_AT_ONCE);
    }

    /// As above, without the sums of parts and blocks, for callers that only report. A document or a listing that
    /// cannot be read goes to `unreadable` and is left out.
    ///
    /// @param unreadable called from any thread
    public Flux<BackupDocument> pendings(Consumer<CatalogException> unreadable) {
        return documents(keys.pendings(), unreadable);
    }

    /// The ids of all pending backups, from keys alone.
    public Flux<String> pendingIds() {
        return objects.listing(keys.pendings())
                .mapNotNull(object -> Keys.idOf(object.key()).orElse(null));
    }

    /// One pending document with the sums that it carries itself, which suffices to write it again.
    public Mono<BackupDocument> pending(String backupId) {
        return listed(keys.pending(backupId), Sums.KEPT);
    }

    public Mono<Void> deletePending(String backupId) {
        return store.delete(keys.pending(backupId));
    }

    // ---- entries ----

    /// Writes a backup's entry. Writing the same entry again succeeds; writing another one under the same key
    /// fails.
    public Mono<CatalogKey> commit(BackupDocument document) {
        String key = keys.entry(document);
        return sums.store(document).flatMap(stored -> commit(key, stored));
    }

    private Mono<CatalogKey> commit(String key, BackupDocument document) {
        byte[] bytes = DocumentWriter.write(document);
        return store.putIfAbsent(key, bytes, locks.of(document))
                .flatMap(written -> written ? Mono.just(true) : sameAs(key, bytes))
                .flatMap(same -> same
                        ? Mono.justOrEmpty(CatalogKey.parse(key))
                        : Mono.error(new CatalogException(
                                store.config().prefix() + key + " exists already with other contents", null)));
    }

    /// An entry that an older program has written is the same if it holds the same facts.
    private Mono<Boolean> sameAs(String key, byte[] bytes) {
        return Mono.justOrEmpty(CatalogKey.parse(key))
                .flatMap(this::stored)
                .switchIfEmpty(objects.hidden(key))
                .map(there -> Arrays.equals(DocumentWriter.write(sums.named(there)), bytes));
    }

    /// Replaces an entry by a more complete one of the same backup, whose key may differ. The new entry is written
    /// first, so for a moment, or after a crash, two entries have one backup id; the one that was written later is
    /// the more complete.
    public Mono<CatalogKey> amend(CatalogKey old, BackupDocument document) {
        if (!old.backupId().equals(document.backupId())) {
            return Mono.error(new IllegalArgumentException(
                    "%s is not an entry of backup %s".formatted(old.key(), document.backupId())));
        }
        String key = keys.entry(document);
        return sums.store(document)
                .flatMap(stored -> store.put(key, DocumentWriter.write(stored), locks.of(stored)))
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

    /// The newest backup of each database, from keys alone, of which no others are kept meanwhile: a bucket may
    /// have millions. By the directories of databases, as [CatalogKey#database] names them.
    public Mono<Map<String, CatalogKey>> newest() {
        return objects.listing(keys.catalog())
                .mapNotNull(object -> CatalogKey.parse(object.key()).orElse(null))
                .collect(
                        HashMap::new,
                        (newest, key) -> newest.merge(key.database(), key, BinaryOperator.maxBy(OLDEST_FIRST)));
    }

    private Flux<CatalogKey> entries(String prefix) {
        return objects.listing(prefix)
                .mapNotNull(object -> CatalogKey.parse(object.key()).orElse(null))
                // S3 lists in the order of keys, but some other servers do not.
                .sort(Comparator.comparing(CatalogKey::database).thenComparing(OLDEST_FIRST));
    }

    /// The whole document of an entry with all sums; empty when it was deleted meanwhile.
    ///
    /// **Errors:** [CatalogException] also when its sums object is damaged or missing.
    public Mono<BackupDocument> read(CatalogKey entry) {
        return stored(entry).flatMap(sums::attach);
    }

    /// An entry without the sums of its parts and blocks ([BackupDocument#hasSums()], [#whole(BackupDocument)]).
    /// If it cannot be read, it goes to `unreadable` and nothing is emitted: one damaged document, or one of a
    /// newer Sluice, must not hide all others.
    ///
    /// @param unreadable called from any thread
    public Mono<BackupDocument> read(CatalogKey entry, Consumer<CatalogException> unreadable) {
        return StoredDocuments.leaveOut(outline(entry), unreadable);
    }

    /// As [#read(CatalogKey, Consumer)], but fails when the entry cannot be read.
    public Mono<BackupDocument> outline(CatalogKey entry) {
        return entry(entry, Sums.LEFT_OUT);
    }

    /// An entry with the sums that it carries itself, without those of a sums object. This suffices to write it
    /// again, also when the sums object is damaged or missing. Empty when the entry was deleted meanwhile.
    public Mono<BackupDocument> stored(CatalogKey entry) {
        return entry(entry, Sums.KEPT);
    }

    /// As [#stored(CatalogKey)], but an entry that cannot be read goes to `unreadable`.
    public Mono<BackupDocument> stored(CatalogKey entry, Consumer<CatalogException> unreadable) {
        return StoredDocuments.leaveOut(stored(entry), unreadable);
    }

    /// The same backup with its sums, which this reads if they are missing; empty when the backup was removed
    /// meanwhile.
    ///
    /// **Errors:** [CatalogException] also when its sums object is damaged or missing.
    public Mono<BackupDocument> whole(BackupDocument document) {
        if (document.hasSums()) {
            return Mono.just(document);
        }
        return document.sums() != null ? sums.attach(document) : current(document);
    }

    /// The same backup as the bucket has it now, with its sums; empty when it was removed meanwhile.
    ///
    /// **Errors:** as [#whole].
    public Mono<BackupDocument> current(BackupDocument document) {
        return list(document.database())
                .filter(entry -> entry.backupId().equals(document.backupId()))
                .collectList()
                .flatMap(this::readable)
                .switchIfEmpty(pending(document.backupId()).flatMap(sums::attach));
    }

    /// An entry that cannot be read may have a newer entry of the same backup beside it.
    private Mono<BackupDocument> readable(List<CatalogKey> entries) {
        List<CatalogException> refused = new CopyOnWriteArrayList<>();
        return Flux.fromIterable(entries)
                .concatMap(entry -> StoredDocuments.leaveOut(read(entry), refused::add))
                .next()
                .switchIfEmpty(Mono.defer(() -> refused.isEmpty() ? Mono.empty() : Mono.error(refused.getFirst())));
    }

    /// Deletes the entry, not the data.
    public Mono<Void> delete(CatalogKey entry) {
        return store.delete(entry.key());
    }

    /// Moves a damaged entry out of the catalog when a readable entry of the same backup is there, so that nothing
    /// is decided any more as if the backup were unknown. Emits the key, below the store's prefix, that keeps its
    /// bytes. Empty when the entry was deleted meanwhile.
    ///
    /// The entry must still be damaged: one that the bucket refuses to show, or that another version wrote, may say
    /// more than the readable one.
    ///
    /// **Errors:** [CatalogException] when a condition does not hold, and then the entry stays.
    public Mono<String> setAside(CatalogKey damaged, CatalogKey readable) {
        if (!damaged.backupId().equals(readable.backupId()) || damaged.key().equals(readable.key())) {
            return Mono.error(new IllegalArgumentException(
                    "%s is not another entry of the backup of %s".formatted(readable.key(), damaged.key())));
        }
        String to = keys.setAside(damaged);
        return outline(readable)
                .filter(document -> Keys.isDatabase(damaged.database(), document.database()))
                .switchIfEmpty(Mono.error(() -> new CatalogException(
                        "%s%s stays: no entry of its backup can be read in its directory"
                                .formatted(store.config().prefix(), damaged.key()),
                        null)))
                .then(outline(damaged))
                .<String>flatMap(_ -> Mono.error(new CatalogException(
                        "%s%s stays: it can be read".formatted(store.config().prefix(), damaged.key()), null)))
                .onErrorResume(CatalogException.class, e -> e.isOfDamage() ? moved(damaged.key(), to) : Mono.error(e));
    }

    /// The copy is there before the original goes. The bytes must be those that a HEAD describes: a page of a proxy
    /// is no damaged entry.
    private Mono<String> moved(String from, String to) {
        String name = store.config().prefix() + from;
        return store.head(from)
                .flatMap(described -> store.read(from, (object, body) -> {
                    byte[] bytes = body.readNBytes((int) DocumentReader.LARGEST_SMALL + 1);
                    if (bytes.length > DocumentReader.LARGEST_SMALL) {
                        throw new CatalogException(
                                "%s stays: it is larger than any document; remove it yourself".formatted(name), null);
                    }
                    if (bytes.length != described.bytes() || !object.eTag().equals(described.eTag())) {
                        throw new CatalogException(
                                "%s stays: GET and HEAD describe different objects".formatted(name), null);
                    }
                    return bytes;
                }))
                .flatMap(bytes -> store.put(to, bytes).then(store.delete(from)).thenReturn(to));
    }

    // ---- removals ----

    /// Writes the removal note of a backup. It says that data without an entry was given up on purpose. The note
    /// is the backup's document without sums.
    public Mono<Void> writeRemoval(BackupDocument document) {
        return store.put(keys.removal(document.backupId()), DocumentWriter.write(document.withoutSums()));
    }

    /// All removals that were begun and not finished. A note or a listing that cannot be read goes to
    /// `unreadable`; then the rest of that removal stays, which does no harm.
    ///
    /// @param unreadable called from any thread
    public Flux<BackupDocument> removals(Consumer<CatalogException> unreadable) {
        return documents(keys.removals(), unreadable);
    }

    /// The ids of all backups whose removal was begun, from keys alone.
    public Flux<String> removalIds() {
        return objects.listing(keys.removals())
                .mapNotNull(object -> Keys.idOf(object.key()).orElse(null));
    }

    public Mono<Void> deleteRemoval(String backupId) {
        return store.delete(keys.removal(backupId));
    }

    // ---- reading ----

    private Mono<BackupDocument> entry(CatalogKey entry, Sums sums) {
        return objects.unlessListed(
                        entry.key(),
                        objects.read(
                                entry.key(),
                                (name, object, body) -> new DocumentKeyCheck(name, keys)
                                        .entry(entry, DocumentReader.backup(name, object.bytes(), body, sums))))
                .onErrorMap(CatalogException.class, e -> e.of(entry.backupId()));
    }

    private Flux<BackupDocument> documents(String prefix, Consumer<CatalogException> unreadable) {
        return objects.listing(prefix)
                .onErrorResume(CatalogException.class, e -> {
                    unreadable.accept(e);
                    return Flux.empty();
                })
                .filter(object -> object.key().endsWith(".json"))
                .flatMapSequential(
                        object -> StoredDocuments.leaveOut(listed(object.key(), Sums.LEFT_OUT), unreadable),
                        DOCUMENTS_AT_ONCE);
    }

    /// A pending document or a removal note.
    private Mono<BackupDocument> listed(String key, Sums sums) {
        String id = Keys.idOf(key).orElse(null);
        if (id == null) {
            return Mono.error(new CatalogException(
                    store.config().prefix() + key + " was not read, because its name is not a backup id", null));
        }
        return objects.unlessListed(
                        key,
                        objects.read(
                                key,
                                (name, object, body) -> new DocumentKeyCheck(name, keys)
                                        .backup(id, DocumentReader.backup(name, object.bytes(), body, sums))))
                .onErrorMap(CatalogException.class, e -> e.of(id));
    }
}
