package dev.sluice.sidecar;

import dev.sluice.engine.RestoreRequest;
import dev.sluice.engine.RestoreResult;
import dev.sluice.s3.catalog.BackupDocument;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Restores one backup.
@Command(name = "restore", description = "Restores a backup of a database.")
final class RestoreCommand implements Callable<Integer> {

    private final Shutdown shutdown;

    @Mixin
    Common common = new Common();

    @Mixin
    Target target = new Target();

    @Parameters(paramLabel = "DB", description = "The database whose backup it is.")
    String database = "";

    @Option(names = "--backup", paramLabel = "ID", description = "Which backup. Default: the newest full one.")
    @Nullable
    String backup;

    @Option(names = "--as", paramLabel = "NAME", description = "Restore under this name. Default: DB.")
    @Nullable
    String name;

    @Option(names = "--replace", description = "Overwrite a database that exists.")
    boolean replace;

    @Option(names = "--norecovery", description = "Leave the database restoring, for further backups.")
    boolean norecovery;

    RestoreCommand(Shutdown shutdown) {
        this.shutdown = shutdown;
    }

    @Override
    public Integer call() {
        Output output = common.output();
        Installation installation = shutdown.guard(target.start(common.config));
        CatalogLookup lookup = new CatalogLookup(installation.environment());
        BackupDocument document = backup == null ? lookup.newestFull(database) : lookup.byId(backup);
        if (!document.database().equals(database)) {
            throw new Misuse(
                    "backup %s is one of %s, not of %s".formatted(document.backupId(), document.database(), database),
                    "To restore it under another name, say: sluice restore %s --as %s"
                            .formatted(document.database(), database));
        }
        String restored = name == null ? database : name;
        RestoreResult result;
        try (ProgressDisplay display = common.progress("restore")) {
            result = Blocking.get(installation
                    .engine()
                    .restore(RestoreRequest.of(document, restored, replace, !norecovery), display));
        }
        output.tell("Restored %s as %s: %s in %.1f s."
                .formatted(document.backupId(), restored, ByteSize.format(result.bytes()), result.seconds()));
        output.document(result);
        return Sluice.DONE;
    }
}
