package dev.sluice.sidecar.cli;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.CatalogException;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;

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
