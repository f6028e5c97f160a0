package dev.sluice.sidecar.cli;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.engine.Engine;
import dev.sluice.engine.restore.Listing;
import dev.sluice.engine.verify.VerifyOutcome;
import dev.sluice.engine.verify.VerifyReport;
import dev.sluice.sidecar.install.Installation;
import dev.sluice.sidecar.report.ByteSize;
import dev.sluice.sidecar.report.Output;
import dev.sluice.sidecar.report.ProgressDisplay;
import java.time.InstantSource;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Reads a backup again, to its last byte, and keeps in the bucket what was found.
@Command(
        name = "verify",
        description =
                "Reads a backup again: every byte against its checksums, the stream against SQL Server's format. The"
                        + " bucket keeps what was found, unless it is read as it was (--as-of).")
final class VerifyCommand implements Callable<Integer> {

    private final Shutdown shutdown;

    @Mixin
    CommonOptions common = new CommonOptions();

    @Mixin
    InstallationOption target = new InstallationOption();

    @Mixin
    AsOfOption asOf = new AsOfOption();

    @Parameters(paramLabel = "ID", description = "The backup's id, or how it begins.")
    String id = "";

    @Option(
            names = "--with-server",
            description = "Let SQL Server read it too, with RESTORE VERIFYONLY through virtual devices.")
    boolean withServer;

    VerifyCommand(Shutdown shutdown) {
        this.shutdown = shutdown;
    }

    @Override
    public Integer call() {
        Output output = common.output();
        shutdown.lastWords("ended by a signal; the verification is cancelled");
        Installation installation = asOf.start(shutdown, target, common);
        BackupDocument backup = new CatalogLookup(installation.environment()).byId(id);
        VerifyReport report = asOf.isSaid()
                ? verify(installation.engine(), backup, output)
                : verifyAndKeep(installation.engine(), backup, output);
        report.requireSound(backup.database());
        output.tell(String.format(
                Locale.ROOT,
                "Verified %s: %s in %.1f s, every block as it was stored; %s.",
                report.backupId(),
                ByteSize.format(report.bytes()),
                report.seconds(),
                switch (report.structure()) {
                    case WHOLE ->
                        String.format(
                                Locale.ROOT,
                                "the stream is whole, and %d of SQL Server's checksums hold",
                                report.checksums());
                    case FRONT -> "the front of the stream is whole";
                    case UNKNOWN -> "the stream was not followed";
                }));
        report.remarks().forEach(output::notice);
        if (withServer) {
            try (ProgressDisplay display = common.progress("verify ")) {
                Await.get(installation.engine().list(backup, Listing.Kind.VERIFYONLY, display));
            }
            output.tell("SQL Server has read it too: RESTORE VERIFYONLY found nothing wrong.");
        }
        output.document(report);
        boolean confirmed = backup.verdict().outcome() == BackupDocument.Outcome.GOOD;
        if (!confirmed) {
            output.notice("sluice: SQL Server's verdict on this backup is not known (%s)"
                    .formatted(backup.verdict().proof()));
        }
        return confirmed ? Sluice.DONE : Sluice.ATTENTION;
    }

    private VerifyReport verifyAndKeep(Engine engine, BackupDocument backup, Output output) {
        VerifyOutcome outcome;
        try (ProgressDisplay display = common.progress("verify ")) {
            outcome = Await.get(engine.verifyAndKeep(backup, display, InstantSource.system()));
        }
        if (outcome.unkept() != null) {
            output.notice("sluice: " + outcome.unkept());
        }
        return outcome.report();
    }

    /// The outcome would stand beside what the bucket has now, which the backup may be no part of.
    private VerifyReport verify(Engine engine, BackupDocument backup, Output output) {
        output.notice("sluice: What is found is not kept in the bucket, because it is of the bucket as it was.");
        try (ProgressDisplay display = common.progress("verify ")) {
            return Await.get(engine.verify(backup, display));
        }
    }
}
