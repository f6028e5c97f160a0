package dev.sluice.engine.chain;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.Keys;
import dev.sluice.catalog.SetFacts;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import reactor.core.publisher.Flux;

/// The other names under which the bucket has backups of a database's family: the name that it had before it was
/// renamed, and that of the database from whose backups it was restored. GUIDs tell, names do not.
///
/// It costs one listing of the server's catalog, and the newest document of each database in it; the oldest one
/// too where that is of another family, for a name may have been given to another database since.
public final class FamilyNames {

    /// So many databases are looked at, those with the latest backups first.
    private static final int DATABASES = 500;

    private static final int DOCUMENTS_AT_ONCE = 16;

    private FamilyNames() {}

    /// @param database the name
    /// @param keys     of all its backups, of other families too, the earliest first
    public record Relative(String database, List<CatalogKey> keys) {}

    /// @param families   GUIDs in lower case
    /// @param unreadable called from any thread
    public static List<Relative> of(
            Environment env,
            Blocking blocking,
            String database,
            Set<String> families,
            Consumer<CatalogException> unreadable) {
        String own = Keys.database(database);
        Map<String, List<CatalogKey>> directories = new LinkedHashMap<>();
        blocking.readEach(
                env.catalog().list().filter(key -> !key.database().equals(own)),
                key -> directories
                        .computeIfAbsent(key.database(), _ -> new ArrayList<>())
                        .add(key));
        List<List<CatalogKey>> latestFirst = directories.values().stream()
                .sorted(Comparator.<List<CatalogKey>, Instant>comparing(
                                keys -> keys.getLast().startedAt())
                        .reversed())
                .limit(DATABASES)
                .toList();
        return blocking.readAll(Flux.fromIterable(latestFirst)
                .flatMapSequential(
                        keys -> Flux.just(keys.getLast(), keys.getFirst())
                                .distinct()
                                .concatMap(key -> env.catalog().read(key, unreadable))
                                .filter(document -> family(document)
                                        .filter(families::contains)
                                        .isPresent())
                                .next()
                                .map(document -> new Relative(document.database(), keys)),
                        DOCUMENTS_AT_ONCE));
    }

    /// The family GUID in lower case, as the stream or msdb's row has it.
    static Optional<String> family(BackupDocument document) {
        SetFacts history = document.history();
        return document.stream()
                .guid("family_guid")
                .or(() -> history == null ? Optional.empty() : history.guid("family_guid"))
                .map(UUID::toString);
    }
}
