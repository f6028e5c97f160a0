package dev.sluice.sidecar;

import dev.sluice.engine.Environment;
import dev.sluice.engine.OperationFailed;
import dev.sluice.s3.catalog.BackupDocument;
import dev.sluice.s3.catalog.BackupType;
import dev.sluice.s3.catalog.CatalogKey;
import java.util.Optional;
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

    /// The newest full backup of a database, by SQL Server's clock.
    BackupDocument newestFull(String database) {
        return environment
                .catalog()
                .list(database)
                .filter(key -> key.type() == BackupType.FULL)
                .takeLast(1)
                .flatMap(environment.catalog()::read)
                .next()
                .blockOptional()
                .orElseThrow(() -> new OperationFailed(
                        "no-such-backup",
                        "There is no full backup of %s".formatted(database),
                        "bucket " + environment.store().config().bucket(),
                        "Take one with `sluice backup`, or name another backup with --backup.",
                        null));
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
