package dev.sluice.sidecar.cli;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.engine.files.FetchResult;
import dev.sluice.sidecar.install.Installation;
import dev.sluice.sidecar.report.ByteSize;
import dev.sluice.sidecar.report.Output;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Downloads a backup as the plain files that SQL Server could read from disk.
@Command(name = "fetch", description = "Downloads the plain .bak files of a backup, checked.")
final class FetchCommand implements Callable<Integer> {

    private final Shutdown shutdown;

    @Mixin
    CommonOptions common = new CommonOptions();

    @Mixin
    InstallationOption target = new InstallationOption();

    @Mixin
    AsOfOption asOf = new AsOfOption();

    @Parameters(index = "0", paramLabel = "ID", description = "The backup's id, or how it begins.")
    String id = "";

    @Parameters(index = "1", paramLabel = "DIR", description = "Where the files go; created if absent.")
    Path directory = Path.of("");

    FetchCommand(Shutdown shutdown) {
        this.shutdown = shutdown;
    }

    @Override
    public Integer call() {
        Output output = common.output();
        Installation installation = asOf.start(shutdown, target, common);
        BackupDocument document = new CatalogLookup(installation.environment()).byId(id);
        FetchResult result = Await.get(installation.engine().fetch(document, directory));
        result.files().forEach(file -> output.tell("%s".formatted(file)));
        output.tell("Fetched %s, checked.".formatted(ByteSize.format(result.bytes())));
        output.document(result);
        boolean confirmed = document.verdict().outcome() == BackupDocument.Outcome.GOOD;
        if (!confirmed) {
            output.notice("sluice: SQL Server's verdict on this backup is not known (%s)"
                    .formatted(document.verdict().proof()));
        }
        return confirmed ? Sluice.DONE : Sluice.ATTENTION;
    }
}
