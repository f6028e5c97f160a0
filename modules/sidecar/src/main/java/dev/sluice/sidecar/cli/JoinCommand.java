package dev.sluice.sidecar.cli;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.engine.files.JoinResult;
import dev.sluice.sidecar.install.Installation;
import dev.sluice.sidecar.report.ByteSize;
import dev.sluice.sidecar.report.Output;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Puts a stripe that rolled over into several objects together to one, where other tools want a single file.
@Command(
        name = "join",
        description = "Makes one object of each stripe that has several segments, by copies inside the bucket.")
final class JoinCommand implements Callable<Integer> {

    private final Shutdown shutdown;

    @Mixin
    CommonOptions common = new CommonOptions();

    @Mixin
    InstallationOption target = new InstallationOption();

    @Parameters(index = "0", paramLabel = "ID", description = "The backup's id, or how it begins.")
    String id = "";

    JoinCommand(Shutdown shutdown) {
        this.shutdown = shutdown;
    }

    @Override
    public Integer call() {
        Output output = common.output();
        Installation installation = shutdown.guard(target.start(common.config));
        BackupDocument document = new CatalogLookup(installation.environment()).byId(id);
        JoinResult result = Await.get(installation.engine().join(document));
        output.tell(
                result.joined() == 0
                        ? "Nothing to do: each stripe is one object."
                        : String.format(
                                Locale.ROOT,
                                "Joined the segments of %d stripes; %s are one object a stripe.",
                                result.joined(),
                                ByteSize.format(result.document().bytes())));
        output.document(result);
        return Sluice.DONE;
    }
}
