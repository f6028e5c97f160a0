package dev.sluice.catalog;

import dev.sluice.s3.S3Store;
import java.time.Instant;
import reactor.core.publisher.Mono;

/// The summary of one server, in the directory of its own that no other server's rights reach.
///
/// A write replaces what is there without a condition: a summary says how things are now, and the last one to say it is
/// right.
///
/// **Errors:** as [Catalog].
///
/// **Threading:** safe for any thread.
public final class Summaries {

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
    /// @param modified when it was written, by the bucket's clock
    public record StoredSummary(SummaryDocument document, Instant modified) {}

    /// Writes the summary, or replaces it. It gets no lock, because it is made to be replaced.
    public Mono<Void> write(SummaryDocument summary) {
        return store.put(keys.summary(), SummaryJson.write(summary));
    }

    /// The summary; empty when there is none.
    public Mono<StoredSummary> read() {
        return objects.read(keys.summary(), (name, object, body) -> {
            SummaryDocument summary = SummaryJson.read(name, object.bytes(), body);
            if (!keys.isServer(summary.server())) {
                throw CatalogException.ofDamage(
                        "%s contradicts its key: it is about server %s"
                                .formatted(name, PrintableText.text(summary.server())),
                        null);
            }
            // Some proxies drop Last-Modified.
            boolean timed = !object.modified().equals(Instant.EPOCH);
            return new StoredSummary(summary, timed ? object.modified() : summary.writtenAt());
        });
    }
}
