package dev.sluice.engine.fleet;

import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.Keys;
import dev.sluice.engine.run.Blocking;
import dev.sluice.s3.S3Failure;
import dev.sluice.s3.S3Store;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import reactor.core.publisher.Mono;

/// Reads what all sidecars below one prefix say of themselves.
///
/// It takes a request for the bucket's time, one for each thousand servers, and one for each server; for a directory
/// without a summary, one more that tells whether a server of Sluice's has it. No backup is listed, and none is read.
///
/// **Errors:** [S3Failure] when the store does not answer, or refuses the listing of the prefix. A summary that cannot
/// be read is a finding.
///
/// **Threading:** any thread that may block.
public final class FleetReader {

    /// More of them wait for a permit of the store's.
    private static final int SERVERS_AT_ONCE = 64;

    private static final Set<String> OF_SERVERS = Set.of("catalog", "pending");

    private final S3Store store;

    /// @param store the bucket below the prefix that the servers share
    public FleetReader(S3Store store) {
        this.store = store;
    }

    /// @param wanted decides by the name of a server's directory, which is its identity
    public Fleet read(Predicate<String> wanted) {
        Instant now = Blocking.uncancellably(store.check()).orElseThrow();
        List<FleetServer> servers = Blocking.uncancellably(store.directories("")
                .filter(Keys::isServerDirectory)
                .filter(wanted)
                .flatMap(directory -> server(directory, now), SERVERS_AT_ONCE));
        return new Fleet(now, servers);
    }

    /// Empty for a directory that is no server's.
    private Mono<FleetServer> server(String directory, Instant now) {
        return new Catalog(store, new Keys(directory))
                .summaries()
                .read()
                .map(stored -> FleetServer.of(directory, stored, now))
                .onErrorResume(
                        CatalogException.class,
                        e -> Mono.just(FleetServer.unreadable(directory, String.valueOf(e.getMessage()))))
                .switchIfEmpty(withoutSummary(directory));
    }

    private Mono<FleetServer> withoutSummary(String directory) {
        return store.directories(directory + "/")
                .any(OF_SERVERS::contains)
                .filter(taken -> taken)
                .map(_ -> FleetServer.unknown(directory))
                .onErrorResume(
                        S3Failure.class,
                        e -> e.kind().isOfObject()
                                ? Mono.just(FleetServer.unreadable(directory, String.valueOf(e.getMessage())))
                                : Mono.error(e));
    }
}
