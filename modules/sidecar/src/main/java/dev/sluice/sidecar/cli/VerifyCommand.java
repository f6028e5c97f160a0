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
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Reads a backup again, to its last byte, and keeps in the bucket what was found; or all backups that a restore of a
/// database reads.
@Command(
        name = "verify",
        description = {
            "Reads a backup again: every byte against its checksums, the stream against SQL Server's format. The"
                    + " bucket keeps what was found, unless it is read as it was (--as-of).",
            "With a database's name it reads all backups that a restore of the database to the end would read, one after the"
                    + " other. Exit code 1 when one of them is damaged or cannot be read, 3 when something needs attention, such as"
                    + " a gap behind which there are further backups."
        })
final class VerifyCommand implements Callable<Integer> {

    private final Shutdown shutdown;

    @Mixin
    CommonOptions common = new CommonOptions();

    @Mixin
    InstallationOption target = new InstallationOption();

    @Mixin
    AsOfOption asOf = new AsOfOption();

    @Parameters(
            paramLabel = "ID|DB",
            arity = "0..1",
            description = "The backup's id, or how it begins; or a database, by its name.")
    String what = "";

    @Option(
            names = "--with-server",
            description = "Let SQL Server read it too, with RESTORE VERIFYONLY through virtual devices.")
    boolean withServer;

    VerifyCommand(Shutdown shutdown) {
        this.shutdown = shutdown;
    }

    @Override
    public Integer call() {
        if (what.isEmpty()) {
            throw new UsageError(
                    "verify is about one backup, or about those that a restore of a database reads",
                    "Name a database: sluice verify DB, or a backup: sluice verify ID. `sluice list` shows both.");
        }
        Output output = common.output();
        shutdown.lastWords("ended by a signal; the verification is cancelled");
        Installation installation = asOf.start(shutdown, target, common);
        if (asOf.isSaid()) {
            // The outcome would stand beside what the bucket has now, which the backup may be no part of.
            output.notice("sluice: What is found is not kept in the bucket, because it is of the bucket as it was.");
        }
        Engine engine = installation.engine();
        Optional<BackupDocument> one = new CatalogLookup(installation.environment()).find(what);
        if (one.isEmpty()) {
            return new ChainVerification(engine, output, backup -> verified(engine, backup, output)).run(what);
        }
        BackupDocument backup = one.get();
        VerifyReport report = verified(engine, backup, output);
        output.document(report);
        boolean confirmed = backup.verdict().outcome() == BackupDocument.Outcome.GOOD;
        if (!confirmed) {
            output.notice("sluice: SQL Server's verdict on this backup is not known (%s)"
                    .formatted(backup.verdict().proof()));
        }
        return confirmed ? Sluice.DONE : Sluice.ATTENTION;
    }

    /// **Errors:** [dev.sluice.engine.run.OperationFailed] `backup-damaged`, and what SQL Server says to it.
    private VerifyReport verified(Engine engine, BackupDocument backup, Output output) {
        VerifyReport report = asOf.isSaid() ? read(engine, backup) : readAndKeep(engine, backup, output);
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
                Await.get(engine.list(backup, Listing.Kind.VERIFYONLY, display));
            }
            output.tell("SQL Server has read it too: RESTORE VERIFYONLY found nothing wrong.");
        }
        return report;
    }

    private VerifyReport readAndKeep(Engine engine, BackupDocument backup, Output output) {
        VerifyOutcome outcome;
        try (ProgressDisplay display = common.progress("verify ")) {
            outcome = Await.get(engine.verifyAndKeep(backup, display, InstantSource.system()));
        }
        if (outcome.unkept() != null) {
            output.notice("sluice: " + outcome.unkept());
        }
        return outcome.report();
    }

    private VerifyReport read(Engine engine, BackupDocument backup) {
        try (ProgressDisplay display = common.progress("verify ")) {
            return Await.get(engine.verify(backup, display));
        }
    }
}
