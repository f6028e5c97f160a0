package dev.sluice.sidecar.cli;

import dev.sluice.engine.run.Blocking;
import dev.sluice.sidecar.install.Installation;
import dev.sluice.sidecar.report.Output;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Ends a hold.
@Command(
        name = "release",
        description = "Ends the hold of a backup. From then on the policies decide about it again, and about what it"
                + " rests on.")
final class ReleaseCommand implements Callable<Integer> {

    private final Shutdown shutdown;

    @Mixin
    CommonOptions common = new CommonOptions();

    @Mixin
    InstallationOption target = new InstallationOption();

    @Parameters(paramLabel = "ID", description = "The backup's id, or how it begins.")
    String id = "";

    ReleaseCommand(Shutdown shutdown) {
        this.shutdown = shutdown;
    }

    @Override
    public Integer call() {
        Output output = common.output();
        Installation installation = shutdown.guard(target.start(common.config));
        String released = Await.get(installation.engine().release(whole(installation)));
        output.tell("%s is not held any more.".formatted(released));
        output.document(Map.of("released", released));
        return Sluice.DONE;
    }

    /// A hold may have outlived its backup, so holds are looked at first.
    private String whole(Installation installation) {
        List<String> held =
                Blocking.uncancellably(installation
                                .environment()
                                .catalog()
                                .holds()
                                .ids()
                                .collectList())
                        .orElseThrow()
                        .stream()
                        .filter(each -> each.startsWith(id))
                        .toList();
        return held.size() == 1
                ? held.getFirst()
                : new CatalogLookup(installation.environment()).byId(id).backupId();
    }
}
