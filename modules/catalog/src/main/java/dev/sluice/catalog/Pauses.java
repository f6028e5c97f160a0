package dev.sluice.catalog;

import dev.sluice.s3.ObjectInfo;
import dev.sluice.s3.S3Store;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// One server's pauses. Each is an object of its own and is never rewritten, so two persons who pause or resume
/// at the same time do not undo each other's work.
///
/// **Errors:** [CatalogException] when a document or the listing cannot be read; [dev.sluice.s3.S3Failure].
///
/// **Threading:** safe for any thread.
public final class Pauses {

    private static final int DOCUMENTS_AT_ONCE = 4;

    private final S3Store store;
    private final Keys keys;
    private final StoredDocuments objects;

    Pauses(S3Store store, Keys keys, StoredDocuments objects) {
        this.store = store;
        this.keys = keys;
        this.objects = objects;
    }

    public Mono<Void> write(PauseDocument pause) {
        return store.putIfAbsent(keys.pause(pause.pauseId()), PauseJson.write(pause))
                .flatMap(written -> written
                        ? Mono.empty()
                        : Mono.error(() -> new CatalogException(
                                "%s%s exists already with other contents"
                                        .formatted(store.config().prefix(), keys.pause(pause.pauseId())),
                                null)));
    }

    /// Does nothing when it is not there.
    public Mono<Void> delete(String pauseId) {
        return store.delete(keys.pause(pauseId));
    }

    /// All pauses, those that have ended too, the earliest first. A document that cannot be read goes to
    /// `unreadable`.
    ///
    /// @param unreadable called from any thread
    public Flux<PauseDocument> all(Consumer<CatalogException> unreadable) {
        return objects.listing(keys.pauses())
                .mapNotNull(object -> Keys.idOf(object.key()).orElse(null))
                .sort()
                .flatMapSequential(
                        id -> StoredDocuments.leaveOut(objects.unlessListed(keys.pause(id), read(id)), unreadable),
                        DOCUMENTS_AT_ONCE);
    }

    private Mono<PauseDocument> read(String id) {
        return objects.read(
                keys.pause(id),
                (name, object, body) ->
                        new DocumentKeyCheck(name, keys).pause(id, PauseJson.read(name, object.bytes(), body)));
    }

    /// What the listing shows, by keys. Pauses need not be read again as long as it is the same.
    public Mono<Map<String, String>> state() {
        return objects.listing(keys.pauses()).collectMap(ObjectInfo::key, ObjectInfo::eTag, HashMap::new);
    }
}
