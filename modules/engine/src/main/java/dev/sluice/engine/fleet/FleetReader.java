package dev.sluice.engine.fleet;

import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.Keys;
import dev.sluice.catalog.Summaries;
import dev.sluice.catalog.Summaries.StoredSummary;
import dev.sluice.engine.run.Blocking;
import dev.sluice.s3.S3Failure;
import dev.sluice.s3.S3Store;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import reactor.core.publisher.Mono;

/// Reads what all sidecars below one prefix say of themselves.
///
/// It takes a request for the bucket's time, one for each thousand servers, and one for each server; for a directory
/// that replicas of an availability group share, a listing more and one request for each further replica; for a
/// directory without a summary, two listings more that tell whether another replica or a server of Sluice's has it.
/// However much lies in a directory of another program, one page of it is listed. No backup is listed, and none is
/// read.
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

    /// A server once more, as it is now; empty when its directory is no server's any more.
    Optional<FleetServer> again(FleetServer server, Instant now) {
        return Blocking.uncancellably(server(server.directory(), now));
    }

    /// Empty for a directory that is no server's.
    private Mono<FleetServer> server(String directory, Instant now) {
        Summaries summaries = new Catalog(store, new Keys(directory)).summaries();
        return summaries
                .read()
                .flatMap(own -> own.document().shared()
                        ? withReplicas(summaries, directory, List.of(own), List.of(), now)
                        : Mono.just(FleetServer.of(directory, List.of(own), List.of(), now)))
                .onErrorResume(
                        CatalogException.class,
                        e -> withReplicas(
                                summaries, directory, List.of(), List.of(String.valueOf(e.getMessage())), now))
                .switchIfEmpty(withReplicas(summaries, directory, List.of(), List.of(), now))
                .switchIfEmpty(withoutSummary(directory));
    }

    /// Empty when there is no summary, not even one that cannot be read.
    ///
    /// @param own    the summary of the server that has claimed the directory, if it could be read
    /// @param refused why it could not be read
    private static Mono<FleetServer> withReplicas(
            Summaries summaries, String directory, List<StoredSummary> own, List<String> refused, Instant now) {
        return Mono.defer(() -> {
            List<String> unreadable = new CopyOnWriteArrayList<>(refused);
            return summaries
                    .ofReplicas(e -> unreadable.add(String.valueOf(e.getMessage())))
                    .collectList()
                    .mapNotNull(replicas -> {
                        List<StoredSummary> all = new ArrayList<>(own);
                        all.addAll(replicas);
                        if (!all.isEmpty()) {
                            return FleetServer.of(directory, all, unreadable, now);
                        }
                        return unreadable.isEmpty()
                                ? null
                                : FleetServer.unreadable(directory, String.join("; ", unreadable));
                    });
        });
    }

    private Mono<FleetServer> withoutSummary(String directory) {
        return store.firstDirectories(directory + "/")
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
