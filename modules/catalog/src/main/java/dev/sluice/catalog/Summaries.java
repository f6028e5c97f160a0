package dev.sluice.catalog;

import dev.sluice.s3.ObjectInfo;
import dev.sluice.s3.S3Store;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The summaries in one server's directory, which no other server's rights reach: that of the server that has claimed
/// the directory, and one of each other replica of its availability group.
///
/// A write replaces what is there without a condition: each object has one writer, and says how things are now.
///
/// **Errors:** as [Catalog].
///
/// **Threading:** safe for any thread.
public final class Summaries {

    /// However many objects a person puts there, so many are read of other replicas.
    static final int MOST_REPLICAS = 32;

    private final S3Store store;
    private final Keys keys;
    private final StoredDocuments objects;

    Summaries(S3Store store, Keys keys, StoredDocuments objects) {
        this.store = store;
        this.keys = keys;
        this.objects = objects;
    }

    /// A summary as the bucket has it.
    ///
    /// @param key      of the object, with the store's prefix
    /// @param modified when it was written, by the bucket's clock; null when the bucket does not say it
    public record StoredSummary(
            String key, SummaryDocument document, @Nullable Instant modified) {}

    /// Writes the summary of the server that has claimed the directory, or replaces it. Sluice asks for no lock,
    /// because the object is made to be replaced.
    public Mono<Void> write(SummaryDocument summary) {
        return store.put(keys.summary(), SummaryJson.write(summary));
    }

    /// The same for another replica of its group.
    public Mono<Void> writeOfReplica(SummaryDocument summary) {
        return store.put(keys.summary(summary.identity()), SummaryJson.write(summary));
    }

    /// The summary of the server that has claimed the directory; empty when there is none.
    public Mono<StoredSummary> read() {
        return objects.read(keys.summary(), this::stored);
    }

    /// That of another replica of its group; empty when there is none.
    public Mono<StoredSummary> readOfReplica(ServerIdentity replica) {
        return objects.read(keys.summary(replica), this::stored);
    }

    /// The summaries of all other replicas, in the order of their keys. One that cannot be read goes to `unreadable`.
    ///
    /// @param unreadable called from any thread
    public Flux<StoredSummary> ofReplicas(Consumer<CatalogException> unreadable) {
        return objects.listing(keys.replicaSummaries())
                .onErrorResume(CatalogException.class, e -> {
                    unreadable.accept(e);
                    return Flux.empty();
                })
                .take(MOST_REPLICAS)
                .filter(object -> object.key().endsWith(".json"))
                .flatMapSequential(object -> StoredDocuments.leaveOut(
                        objects.read(object.key(), (name, info, body) -> {
                            StoredSummary summary = stored(name, info, body);
                            if (!object.key()
                                    .equals(keys.summary(summary.document().identity()))) {
                                throw CatalogException.ofDamage(
                                        "%s contradicts its key: it is about the replica %s"
                                                .formatted(
                                                        name,
                                                        PrintableText.text(summary.document()
                                                                .identity()
                                                                .name())),
                                        null);
                            }
                            return summary;
                        }),
                        unreadable));
    }

    private StoredSummary stored(String name, ObjectInfo object, InputStream body) throws IOException {
        SummaryDocument summary = SummaryJson.read(name, object.bytes(), body);
        if (!keys.isServer(summary.server())) {
            throw CatalogException.ofDamage(
                    "%s contradicts its key: it is about server %s"
                            .formatted(name, PrintableText.text(summary.server())),
                    null);
        }
        // Some proxies drop Last-Modified.
        return new StoredSummary(name, summary, object.modified().equals(Instant.EPOCH) ? null : object.modified());
    }
}
