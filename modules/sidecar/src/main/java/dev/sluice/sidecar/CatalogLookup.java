package dev.sluice.sidecar;

import dev.sluice.engine.Environment;
import dev.sluice.engine.OperationFailed;
import dev.sluice.s3.catalog.BackupDocument;
import dev.sluice.s3.catalog.CatalogKey;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/// Finds one backup for a command.
final class CatalogLookup {

    private final Environment environment;

    CatalogLookup(Environment environment) {
        this.environment = environment;
    }

    /// The backup with this id, or an id that begins so; committed or not.
    BackupDocument byId(String id) {
        return committed(key -> key.backupId().startsWith(id))
                .or(() -> environment
                        .catalog()
                        .pendings()
                        .filter(document -> document.backupId().startsWith(id))
                        .filter(document -> !document.stripes().isEmpty())
                        .collectList()
                        .blockOptional()
                        .flatMap(found -> found.size() == 1 ? Optional.of(found.getFirst()) : Optional.empty()))
                .orElseThrow(() -> new OperationFailed(
                        "no-such-backup",
                        "There is no backup whose id begins with %s, or more than one".formatted(id),
                        "bucket " + environment.store().config().bucket(),
                        "List them with `sluice list`.",
                        null));
    }

    /// The names of all databases that have backups: keys hold a piece of a name only, so one document of each
    /// is read.
    List<String> databases() {
        Map<String, CatalogKey> newest = new LinkedHashMap<>();
        environment
                .catalog()
                .list()
                .collectList()
                .blockOptional()
                .orElse(List.of())
                .forEach(key -> newest.put(key.database(), key));
        Set<String> names = new TreeSet<>();
        newest.values()
                .forEach(key -> environment
                        .catalog()
                        .read(key)
                        .blockOptional()
                        .ifPresent(document -> names.add(document.database())));
        environment
                .catalog()
                .pendings()
                .filter(document -> !document.stripes().isEmpty())
                .collectList()
                .blockOptional()
                .orElse(List.of())
                .forEach(document -> names.add(document.database()));
        return List.copyOf(names);
    }

    private Optional<BackupDocument> committed(Predicate<CatalogKey> wanted) {
        return environment
                .catalog()
                .list()
                .filter(wanted)
                .collectList()
                .blockOptional()
                .filter(found -> found.size() == 1)
                .flatMap(found -> environment.catalog().read(found.getFirst()).blockOptional());
    }
}
