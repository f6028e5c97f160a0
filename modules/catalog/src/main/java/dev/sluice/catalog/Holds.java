package dev.sluice.catalog;

import dev.sluice.s3.ObjectInfo;
import dev.sluice.s3.S3Store;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// One server's holds: which backups a person has said must not be removed.
///
/// `hold` and `prune` need no lock between them, because each writes before it looks. `hold` writes its document, and
/// then looks whether each backup of it still has its entry and no removal note. A removal writes its note, and then
/// looks for holds before it deletes anything. S3 shows each write to every later read, so at least one of the two
/// sees the other: either the backup stays, or the hold is refused.
///
/// **Errors:** [CatalogException] when a document or the listing cannot be read; [dev.sluice.s3.S3Failure].
///
/// **Threading:** safe for any thread.
public final class Holds {

    private static final int DOCUMENTS_AT_ONCE = 4;

    private final S3Store store;
    private final Keys keys;
    private final StoredDocuments objects;

    Holds(S3Store store, Keys keys, StoredDocuments objects) {
        this.store = store;
        this.keys = keys;
        this.objects = objects;
    }

    /// Writes a hold, or replaces the one of the same backup.
    public Mono<Void> write(HoldDocument hold) {
        return store.put(keys.hold(hold.backupId()), DocumentWriter.write(hold));
    }

    /// The hold that names this backup; empty when there is none.
    public Mono<HoldDocument> read(String backupId) {
        return objects.read(
                        keys.hold(backupId),
                        (name, object, body) -> new DocumentKeyCheck(name, keys)
                                .hold(backupId, DocumentReader.hold(name, object.bytes(), body)))
                .onErrorMap(CatalogException.class, e -> e.of(backupId));
    }

    public Mono<Void> delete(String backupId) {
        return store.delete(keys.hold(backupId));
    }

    /// All holds, those that have ended too. A document or a listing that cannot be read goes to `unreadable`.
    ///
    /// @param unreadable called from any thread
    public Flux<HoldDocument> all(Consumer<CatalogException> unreadable) {
        return ids().onErrorResume(CatalogException.class, e -> {
                    unreadable.accept(e);
                    return Flux.empty();
                })
                .flatMapSequential(
                        id -> StoredDocuments.leaveOut(objects.unlessListed(keys.hold(id), read(id)), unreadable),
                        DOCUMENTS_AT_ONCE);
    }

    /// The ids of all backups that holds name, from keys alone.
    public Flux<String> ids() {
        return objects.listing(keys.holds())
                .mapNotNull(object -> Keys.idOf(object.key()).orElse(null));
    }

    /// What the listing shows, by keys: it changes when a hold is written or deleted, so holds need not be read
    /// again as long as it is the same.
    public Mono<Map<String, String>> state() {
        return objects.listing(keys.holds()).collectMap(ObjectInfo::key, ObjectInfo::eTag, HashMap::new);
    }
}
