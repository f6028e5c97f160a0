package dev.sluice.sidecar.cli;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import reactor.core.publisher.Flux;

/// Finds one backup for a command.
final class CatalogLookup {

    private final Environment environment;

    CatalogLookup(Environment environment) {
        this.environment = environment;
    }

    /// The backup with this id, or an id that begins so; committed or not.
    BackupDocument byId(String id) {
        List<CatalogException> refused = new CopyOnWriteArrayList<>();
        return committed(id, refused)
                .or(() -> only(Blocking.uncancellably(environment
                        .catalog()
                        .pendings(refused::add)
                        .filter(document -> document.backupId().startsWith(id))
                        .filter(document -> !document.stripes().isEmpty()))))
                .orElseThrow(() -> refused.stream()
                        .filter(e -> e.backupId() != null && e.backupId().startsWith(id))
                        .<RuntimeException>map(e -> e)
                        .findFirst()
                        .orElseGet(() -> new OperationFailed(
                                FailureId.NO_SUCH_BACKUP,
                                refused.isEmpty()
                                        ? "There is no backup whose id begins with %s, or more than one".formatted(id)
                                        : "No backup that can be read has an id that begins with %s, and this cannot be read: %s"
                                                .formatted(
                                                        id,
                                                        refused.stream()
                                                                .map(e -> String.valueOf(e.getMessage()))
                                                                .collect(Collectors.joining("; "))),
                                "bucket " + environment.store().config().bucket(),
                                "List them with `sluice list`.",
                                null)));
    }

    /// The databases that have entries in the catalog.
    ///
    /// @param names   as SQL Server knows them
    /// @param unnamed by directory of which no entry can be read, what is wrong with the newest
    record Databases(Set<String> names, Map<String, String> unnamed) {}

    /// Keys hold a piece of a name only, so one document of each directory is read: the newest that can be.
    Databases entered() {
        Map<String, List<CatalogKey>> directories = Blocking.uncancellably(
                        environment.catalog().list())
                .stream()
                .collect(Collectors.groupingBy(CatalogKey::database, LinkedHashMap::new, Collectors.toList()));
        Set<String> names = new TreeSet<>();
        Map<String, String> unnamed = new LinkedHashMap<>();
        directories.forEach((directory, keys) -> {
            List<String> refused = new CopyOnWriteArrayList<>();
            Blocking.uncancellably(Flux.fromIterable(keys.reversed())
                            .concatMap(key ->
                                    environment.catalog().read(key, e -> refused.add(String.valueOf(e.getMessage()))))
                            .next())
                    .ifPresentOrElse(
                            document -> names.add(document.database()),
                            () -> refused.stream().findFirst().ifPresent(why -> unnamed.put(directory, why)));
        });
        return new Databases(names, unnamed);
    }

    /// As above, and those that have nothing but unconfirmed backups.
    Databases databases() {
        Databases databases = entered();
        List<String> hidden = new CopyOnWriteArrayList<>();
        Blocking.uncancellably(environment
                        .catalog()
                        .pendings(e -> hidden.add(String.valueOf(e.getMessage())))
                        .filter(document -> !document.stripes().isEmpty()))
                .forEach(document -> databases.names().add(document.database()));
        if (databases.names().isEmpty()) {
            // If there are databases, the caller looks at each of them, and that look reports these documents.
            hidden.forEach(why -> databases.unnamed().put("unconfirmed backups", why));
        }
        return databases;
    }

    /// An entry that was copied under another key is refused, and stands in the way of no other.
    ///
    /// @param refused takes what cannot be read
    private Optional<BackupDocument> committed(String id, List<CatalogException> refused) {
        return only(Blocking.uncancellably(environment
                .catalog()
                .list()
                .filter(key -> key.backupId().startsWith(id))
                .concatMap(key -> environment.catalog().read(key, refused::add))));
    }

    private static Optional<BackupDocument> only(List<BackupDocument> found) {
        return found.size() == 1 ? Optional.of(found.getFirst()) : Optional.empty();
    }
}
