package dev.sluice.sidecar;

import dev.sluice.engine.Environment;
import dev.sluice.s3.catalog.BackupDocument;
import dev.sluice.s3.catalog.CatalogKey;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Shows what is in the bucket.
@Command(name = "list", description = "Lists the backups in the bucket.")
final class ListCommand implements Callable<Integer> {

    private final Shutdown shutdown;

    @Mixin
    Common common = new Common();

    @Mixin
    Target target = new Target();

    @Parameters(paramLabel = "DB", arity = "0..1", description = "Only this database's.")
    @Nullable
    String database;

    ListCommand(Shutdown shutdown) {
        this.shutdown = shutdown;
    }

    @Override
    public Integer call() {
        Output output = common.output();
        Environment environment = shutdown.guard(target.start(common.config)).environment();
        List<CatalogKey> keys = (database == null
                        ? environment.catalog().list()
                        : environment.catalog().list(database))
                .collectList()
                .blockOptional()
                .orElse(List.of());
        List<BackupDocument> unconfirmed = environment
                .catalog()
                .pendings()
                .filter(document -> !document.stripes().isEmpty())
                .filter(document -> database == null || document.database().equals(database))
                .collectList()
                .blockOptional()
                .orElse(List.of());
        List<Map<String, Object>> backups = new ArrayList<>();
        for (CatalogKey key : keys) {
            output.tell("%s  %-12s  %10s  %s  %s"
                    .formatted(
                            key.startedAt(), key.type(), ByteSize.format(key.bytes()), key.backupId(), key.database()));
            backups.add(row(
                    key.backupId(),
                    key.startedAt().toString(),
                    key.type().name(),
                    key.bytes(),
                    "GOOD",
                    key.database()));
        }
        for (BackupDocument document : unconfirmed) {
            output.tell("%s  %-12s  %10s  %s  %s  UNCONFIRMED"
                    .formatted(
                            document.startedAt(),
                            document.type(),
                            ByteSize.format(document.bytes()),
                            document.backupId(),
                            document.database()));
            backups.add(row(
                    document.backupId(),
                    document.startedAt().toString(),
                    document.type().name(),
                    document.bytes(),
                    "UNCONFIRMED",
                    document.database()));
        }
        if (backups.isEmpty()) {
            output.tell("No backups.");
        }
        output.document(Map.of("backups", backups));
        return unconfirmed.isEmpty() ? Sluice.DONE : Sluice.ATTENTION;
    }

    private static Map<String, Object> row(
            String id, String startedAt, String type, long bytes, String verdict, String database) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("id", id);
        row.put("database", database);
        row.put("type", type);
        row.put("startedAt", startedAt);
        row.put("bytes", bytes);
        row.put("verdict", verdict);
        return row;
    }
}
