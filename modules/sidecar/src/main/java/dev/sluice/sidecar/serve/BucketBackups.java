package dev.sluice.sidecar.serve;

import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.Keys;
import dev.sluice.catalog.OwnerDocument;
import dev.sluice.catalog.ServerIdentity;
import dev.sluice.engine.bucket.Ownership;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.sql.ServerFacts;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What the bucket has to be verified: backups of the server's databases, and of databases that were dropped, as
/// long as they lie there and a policy covers the name.
///
/// In an availability group a replica does not have every database of the directory that they share. So a replica
/// takes a database that it does not have for a dropped one only if it has taken the newest backup itself.
///
/// To find dropped databases costs a request for each thousand backups of all databases. That is done when the
/// server's databases have changed, and once an hour.
///
/// **Threading:** any thread; one look at a time.
final class BucketBackups {

    private static final Logger log = LoggerFactory.getLogger(BucketBackups.class);
    private static final Duration LISTED_AGAIN = Duration.ofHours(1);

    private final Environment env;
    private final InventoryCache there;
    private final InventoryCache dropped;
    private final Predicate<String> covered;
    private final Map<String, PackedEntries> last = new ConcurrentHashMap<>();
    private Map<String, Newest> newest = Map.of();
    private Set<String> onServer = Set.of();
    private Instant nextListing = Instant.MIN;

    /// @param there   what is known of the server's databases
    /// @param covered whether a policy has the backups of a database of this name verified
    BucketBackups(Environment env, InventoryCache there, Predicate<String> covered) {
        this.env = env;
        this.there = there;
        this.dropped = new InventoryCache(env.catalog(), _ -> Set.of(), covered);
        this.covered = covered;
    }

    /// The newest backup of a directory that is none of a database of the server's.
    ///
    /// @param taker the server that has taken it; null where the document does not say
    private record Newest(
            CatalogKey key, String database, @Nullable ServerIdentity taker) {}

    Set<String> databases() {
        Set<String> all = new HashSet<>(there.databases());
        all.addAll(dropped.databases());
        all.addAll(last.keySet());
        return all;
    }

    /// As [InventoryCache#stored].
    ///
    /// A database that was dropped a moment ago has the backups that it had, until the bucket was looked at: what
    /// is known of damage must not be gone for some minutes.
    PackedEntries stored(String database) {
        InventoryCache known = there.view(database).isPresent()
                ? there
                : dropped.view(database).isPresent() ? dropped : null;
        if (known == null) {
            return last.getOrDefault(database, PackedEntries.NONE);
        }
        PackedEntries backups = known.stored(database);
        if (backups.isEmpty()) {
            last.remove(database);
        } else {
            last.put(database, backups);
        }
        return backups;
    }

    /// Looks for dropped databases, and what the bucket has of them.
    ///
    /// @param names of all databases that the server has, in any state
    ///
    /// **Errors:** [dev.sluice.catalog.CatalogException], [dev.sluice.s3.S3Failure]; then the last look stands.
    void look(Set<String> names, Instant now) {
        if (!names.equals(onServer) || !now.isBefore(nextListing)) {
            Set<String> found = findDropped(names);
            dropped.retain(found);
            found.forEach(dropped::refresh);
            onServer = Set.copyOf(names);
            nextListing = now.plus(LISTED_AGAIN);
        }
        last.keySet()
                .removeIf(database ->
                        there.view(database).isEmpty() && dropped.view(database).isEmpty());
    }

    private Set<String> findDropped(Set<String> names) {
        Map<String, CatalogKey> keys =
                new HashMap<>(Blocking.uncancellably(env.catalog().newest()).orElse(Map.of()));
        names.forEach(name -> keys.remove(Keys.database(name)));
        Map<String, Newest> read = new HashMap<>();
        keys.forEach((directory, key) -> {
            Newest known = newest.get(directory);
            if (known != null && known.key.equals(key)) {
                read.put(directory, known);
            } else {
                Blocking.uncancellably(env.catalog().read(key, _ -> {}))
                        .ifPresent(document -> read.put(
                                directory,
                                new Newest(
                                        key,
                                        document.database(),
                                        document.taker().orElse(null))));
            }
        });
        newest = read;
        List<Newest> candidates =
                read.values().stream().filter(one -> covered.test(one.database)).toList();
        if (candidates.isEmpty()) {
            return Set.of();
        }
        OwnerDocument owner = Blocking.uncancellably(env.catalog().owner()).orElse(null);
        ServerIdentity server = owner == null ? null : identity();
        if (owner == null || server == null) {
            return Set.of();
        }
        return candidates.stream()
                .filter(one -> isOf(server, owner.identity(), one.taker))
                .map(Newest::database)
                .collect(Collectors.toSet());
    }

    private @Nullable ServerIdentity identity() {
        try (SqlSession session = env.server().connect()) {
            return ServerFacts.identity(session);
        } catch (SqlServerUnavailable e) {
            log.atWarn()
                    .addKeyValue("cause", e.getMessage())
                    .log("backups of dropped databases are not verified: SQL Server does not tell who it is");
            return null;
        }
    }

    /// Whether a database that the server does not have is one that was dropped there, and no other server's.
    ///
    /// @param owner of the directory
    /// @param taker of the newest backup; null where that is not known
    static boolean isOf(ServerIdentity server, ServerIdentity owner, @Nullable ServerIdentity taker) {
        return Ownership.isSame(owner, server)
                && (server.groups().isEmpty() || (taker != null && taker.isItself(server)));
    }
}
