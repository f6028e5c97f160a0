package dev.sluice.sidecar.cli;

import dev.sluice.engine.recovery.RecoveryReport;
import dev.sluice.engine.run.Counted;
import dev.sluice.sidecar.install.Installation;
import dev.sluice.sidecar.report.Output;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Decides about backups whose end Sluice did not see.
@Command(name = "recover", description = "Brings bucket, catalog and SQL Server to agreement after a crash.")
final class RecoverCommand implements Callable<Integer> {

    private final Shutdown shutdown;

    @Mixin
    CommonOptions common = new CommonOptions();

    @Mixin
    InstallationOption target = new InstallationOption();

    RecoverCommand(Shutdown shutdown) {
        this.shutdown = shutdown;
    }

    @Override
    public Integer call() {
        Output output = common.output();
        Installation installation = shutdown.guard(target.start(common.config));
        RecoveryReport report = Await.get(installation.engine().recover());
        for (RecoveryReport.Finding finding : report.findings()) {
            output.tell("%s  %s  %s: %s"
                    .formatted(finding.backupId(), finding.database(), finding.decision(), finding.proof()));
        }
        report.leftovers()
                .forEach(leftover -> output.tell("database %s: %s".formatted(leftover.database(), leftover.text())));
        report.refused().forEach(why -> output.notice("sluice: " + why));
        output.tell(String.format(
                Locale.ROOT,
                "%s looked at, %s aborted.",
                Counted.of(report.findings().size(), "backup"),
                Counted.of(report.orphans(), "old upload")));
        output.document(report);
        return report.needsAttention() ? Sluice.ATTENTION : Sluice.DONE;
    }
}
