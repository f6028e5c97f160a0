package dev.sluice.catalog;

import dev.sluice.s3.ObjectInfo;
import dev.sluice.s3.S3Store;
import java.util.Comparator;
import java.util.function.Consumer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The documents of restore drills: notes about scratch databases, and what each drill found out.
///
/// They lie in directories of their own, so that programs which do not know them never look there. No backup depends
/// on them.
///
/// **Errors:** as [Catalog].
///
/// **Threading:** safe for any thread.
public final class Drills {

    private static final int DOCUMENTS_AT_ONCE = 4;

    private final S3Store store;
    private final Keys keys;
    private final StoredDocuments objects;

    Drills(S3Store store, Keys keys, StoredDocuments objects) {
        this.store = store;
        this.keys = keys;
        this.objects = objects;
    }

    // ---- scratch databases ----

    /// Writes or rewrites a note.
    public Mono<Void> writeNote(ScratchNote note) {
        return store.put(keys.scratch(note.drillId()), DrillJson.write(note, keys));
    }

    /// All notes. One that cannot be read goes to `unreadable` and is left out: its scratch database stays.
    ///
    /// @param unreadable called from any thread
    public Flux<ScratchNote> notes(Consumer<CatalogException> unreadable) {
        return listing(keys.scratches(), unreadable)
                .flatMapSequential(
                        object -> Keys.idOf(object.key())
                                .map(id -> note(id, object.key(), unreadable))
                                .orElseGet(Mono::empty),
                        DOCUMENTS_AT_ONCE);
    }

    private Mono<ScratchNote> note(String id, String key, Consumer<CatalogException> unreadable) {
        return read(
                key,
                (name, object, body) -> {
                    ScratchNote note = DrillJson.note(name, object.bytes(), body);
                    if (!note.drillId().equals(id) || !note.scratch().endsWith(id)) {
                        throw CatalogException.ofDamage(
                                "%s contradicts its key: it is about drill %s and database %s"
                                        .formatted(
                                                name,
                                                PrintableText.text(note.drillId()),
                                                PrintableText.text(note.scratch())),
                                null);
                    }
                    return note;
                },
                unreadable);
    }

    public Mono<Void> deleteNote(String drillId) {
        return store.delete(keys.scratch(drillId));
    }

    // ---- what drills found out ----

    /// Writes what a drill found out. It is never rewritten.
    public Mono<Void> write(DrillDocument drill) {
        return store.put(keys.drills(drill.database()) + DrillKey.fileName(drill), DrillJson.write(drill, keys));
    }

    /// The drills of a database, the earliest first, from keys alone.
    ///
    /// @param unreadable is told why there is no listing; called from any thread
    public Flux<DrillKey> list(String database, Consumer<CatalogException> unreadable) {
        return listing(keys.drills(database), unreadable)
                .mapNotNull(object -> DrillKey.parse(object.key()).orElse(null))
                .sort(Comparator.comparing(DrillKey::finishedAt));
    }

    /// The drills of all databases, in no order, from keys alone.
    ///
    /// @param unreadable as above
    public Flux<DrillKey> list(Consumer<CatalogException> unreadable) {
        return listing(keys.drills(), unreadable)
                .mapNotNull(object -> DrillKey.parse(object.key()).orElse(null));
    }

    /// What a drill found out; empty when it was removed meanwhile, and when it cannot be read.
    ///
    /// @param unreadable called from any thread
    public Mono<DrillDocument> read(DrillKey drill, Consumer<CatalogException> unreadable) {
        return read(
                drill.key(),
                (name, object, body) -> {
                    DrillDocument document = DrillJson.drill(name, object.bytes(), body);
                    boolean same = document.drillId().equals(drill.drillId())
                            && document.outcome() == drill.outcome()
                            && Keys.isDatabase(drill.database(), document.database());
                    if (!same) {
                        throw CatalogException.ofDamage(name + " contradicts its key", null);
                    }
                    return document;
                },
                unreadable);
    }

    public Mono<Void> delete(DrillKey drill) {
        return store.delete(drill.key());
    }

    // ---- reading ----

    private Flux<ObjectInfo> listing(String prefix, Consumer<CatalogException> unreadable) {
        return objects.listing(prefix).onErrorResume(CatalogException.class, e -> {
            unreadable.accept(e);
            return Flux.empty();
        });
    }

    private <T> Mono<T> read(String key, StoredDocuments.Reading<T> reading, Consumer<CatalogException> unreadable) {
        return StoredDocuments.leaveOut(objects.read(key, reading), unreadable);
    }
}
