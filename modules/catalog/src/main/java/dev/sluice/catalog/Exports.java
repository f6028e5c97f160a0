package dev.sluice.catalog;

import dev.sluice.s3.S3Store;
import java.io.IOException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// One server's exports: what its instance has beside the databases, encrypted.
///
/// **Errors:** [CatalogException] when an object or the listing cannot be read; [dev.sluice.s3.S3Failure].
///
/// **Threading:** safe for any thread.
public final class Exports {

    /// Bytes that an export has at most; thousands of jobs have a tenth of it.
    public static final int LARGEST = 64 << 20;

    private final S3Store store;
    private final Keys keys;
    private final Catalog.Locks locks;
    private final StoredDocuments objects;

    Exports(S3Store store, Keys keys, Catalog.Locks locks, StoredDocuments objects) {
        this.store = store;
        this.keys = keys;
        this.locks = locks;
        this.objects = objects;
    }

    /// @param bytes how large the object is
    public record Listed(ExportKey key, long bytes) {}

    /// Stores an export, under the lock that backups get. Every id is stored once.
    ///
    /// **Errors:** [IllegalArgumentException] for more bytes than [#read(ExportKey)] takes.
    public Mono<Void> write(ExportKey key, byte[] sealed) {
        if (sealed.length > LARGEST) {
            throw new IllegalArgumentException("larger than any export: %s bytes".formatted(sealed.length));
        }
        return store.put(keys.export(key), sealed, locks.of(key.exportedAt()));
    }

    /// All exports, the oldest first.
    public Flux<Listed> list() {
        return objects.listing(keys.exports())
                .mapNotNull(object -> ExportKey.parse(object.key())
                        .map(key -> new Listed(key, object.bytes()))
                        .orElse(null));
    }

    /// An export's bytes; empty when there is none of this key.
    public Mono<byte[]> read(ExportKey key) {
        return objects.read(keys.export(key), (name, _, body) -> {
            byte[] bytes = body.readNBytes(LARGEST + 1);
            if (bytes.length > LARGEST) {
                throw new IOException("%s is larger than any export".formatted(name));
            }
            return bytes;
        });
    }
}
