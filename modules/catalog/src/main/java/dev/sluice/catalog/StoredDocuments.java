package dev.sluice.catalog;

import dev.sluice.s3.ObjectInfo;
import dev.sluice.s3.S3Failure;
import dev.sluice.s3.S3Store;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.Consumer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Lists and reads the objects that are documents.
///
/// **Errors:** [CatalogException] when the bucket refuses an object or a listing, or a read does not find what a
/// listing shows; [S3Failure] when the store does not answer or refuses everything.
final class StoredDocuments {

    private final S3Store store;

    StoredDocuments(S3Store store) {
        this.store = store;
    }

    interface Reading<T> {
        T read(String name, ObjectInfo object, InputStream body) throws IOException;
    }

    Flux<ObjectInfo> listing(String prefix) {
        return store.list(prefix)
                .onErrorMap(
                        StoredDocuments::isRefusal,
                        e -> new CatalogException(
                                "The objects below %s%s cannot be listed: %s"
                                        .formatted(store.config().prefix(), prefix, e.getMessage()),
                                e));
    }

    /// Every document is read here. Empty when the read does not find the object.
    <T> Mono<T> read(String key, Reading<T> reading) {
        String name = store.config().prefix() + key;
        return store.read(key, (object, body) -> reading.read(name, object, body))
                .onErrorMap(
                        StoredDocuments::isRefusal,
                        e -> new CatalogException("%s cannot be read: %s".formatted(name, e.getMessage()), e));
    }

    /// Reads an object that a listing has shown; empty only when the listing does not show it any more.
    <T> Mono<T> unlessListed(String key, Mono<T> document) {
        return document.switchIfEmpty(Flux.defer(() -> listing(key))
                .any(object -> object.key().equals(key))
                .flatMap(there -> there ? hidden(key) : Mono.empty()));
    }

    /// The failure for an object that the listing shows and a read does not find.
    <T> Mono<T> hidden(String key) {
        return Mono.error(() -> new CatalogException(
                "%s%s cannot be read: the listing shows it, but the server answers HTTP 404 to a read"
                        .formatted(store.config().prefix(), key),
                null));
    }

    /// A document that cannot be read goes to `unreadable`, and nothing is emitted.
    static <T> Mono<T> leaveOut(Mono<T> document, Consumer<CatalogException> unreadable) {
        return document.onErrorResume(CatalogException.class, e -> {
            unreadable.accept(e);
            return Mono.empty();
        });
    }

    static boolean isRefusal(Throwable failure) {
        return failure instanceof S3Failure store && store.kind().isOfObject();
    }
}
