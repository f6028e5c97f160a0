package dev.sluice.catalog;

import dev.sluice.s3.ObjectInfo;
import dev.sluice.s3.S3Store;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// The objects that hold sums beside the data, for backups whose documents cannot.
///
/// **Threading:** safe for any thread.
final class SumsStore {

    private final S3Store store;
    private final Keys keys;
    private final Catalog.Locks locks;

    SumsStore(S3Store store, Keys keys, Catalog.Locks locks) {
        this.store = store;
        this.keys = keys;
        this.locks = locks;
    }

    /// Stores the sums object of a document, if it needs one, and emits the document that names it.
    ///
    /// A document that was read and names a sums object keeps that name, without a new check of the object.
    Mono<BackupDocument> store(BackupDocument document) {
        return Mono.defer(() -> {
            byte[] packed = largeSums(document);
            BackupDocument named = named(document);
            SumsObject object = named.sums();
            if (packed == null || object == null || object.equals(document.sums())) {
                return Mono.just(named);
            }
            return store.putIfAbsent(object.key(), packed, locks.of(document))
                    // The name contains a hash of these contents, so other contents under it are damaged.
                    .flatMap(written -> written
                            ? Mono.just(named)
                            : store.put(object.key(), packed, locks.of(document))
                                    .thenReturn(named));
        });
    }

    /// The document with the name of its sums object, whether stored or not; without a name if it needs none.
    BackupDocument named(BackupDocument document) {
        byte[] packed = largeSums(document);
        return packed != null
                ? document.withSums(SumsFile.object(keys, document, packed))
                : document.hasSums() ? document.withSums(null) : document;
    }

    /// Null when the sums are few, or unknown.
    private static byte @Nullable [] largeSums(BackupDocument document) {
        return document.hasSums()
                ? SumsFile.pack(document)
                        .filter(packed -> packed.length > SumsFile.MOST_INLINE)
                        .orElse(null)
                : null;
    }

    /// The document with all its sums.
    ///
    /// **Errors:** [CatalogException] when the sums object contradicts the document, or is missing.
    Mono<BackupDocument> attach(BackupDocument document) {
        SumsObject object = document.sums();
        if (document.hasSums() || object == null) {
            return Mono.just(document);
        }
        String name = store.config().prefix() + object.key();
        return store.read(object.key(), (info, body) -> read(name, document, object, info, body))
                .switchIfEmpty(Mono.error(() -> failure(document, name, "it is not there", null)))
                .onErrorMap(
                        StoredDocuments::isRefusal, e -> failure(document, name, String.valueOf(e.getMessage()), e));
    }

    private static BackupDocument read(
            String name, BackupDocument document, SumsObject object, ObjectInfo info, InputStream body)
            throws IOException {
        if (info.bytes() >= 0 && info.bytes() != object.bytes()) {
            throw failure(
                    document,
                    name,
                    String.format(
                            Locale.ROOT, "it has %d bytes, but the document says %d", info.bytes(), object.bytes()),
                    null);
        }
        try {
            return SumsFile.attach(document, object, body);
        } catch (StrictJson.Refusal e) {
            throw failure(document, name, String.valueOf(e.getMessage()), e);
        }
    }

    private static CatalogException failure(
            BackupDocument document, String name, String why, @Nullable Throwable cause) {
        return new CatalogException(
                        ("The sums of backup %s cannot be read from %s: %s. Without them Sluice cannot check whether its bytes"
                                        + " are as they were stored.")
                                .formatted(document.backupId(), name, why),
                        cause)
                .of(document.backupId());
    }
}
