package dev.sluice.engine.restore;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.engine.run.DeviceNames;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.Run;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.run.RunProgress;
import dev.sluice.engine.sql.Row;
import dev.sluice.engine.sql.RunningStatement;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.Verdict;
import dev.sluice.engine.stream.DatabaseFiles;
import dev.sluice.s3.CorruptBlockException;
import dev.sluice.s3.S3Failure;
import java.util.ArrayList;
import java.util.List;

/// RESTORE HEADERONLY, FILELISTONLY, LABELONLY or VERIFYONLY from the bucket, inside a run. SQL Server closes the
/// devices when it has seen enough, which ends the downloads.
///
/// **Threading:** on the run's thread, which waits; a cancel of the run ends it.
final class ServerListing {

    private final Environment env;
    private final Run<?> run;
    private final String runId;
    private final RunObserver observer;

    ServerListing(Environment env, Run<?> run, String runId, RunObserver observer) {
        this.env = env;
        this.run = run;
        this.runId = runId;
        this.observer = observer;
    }

    /// Where the files of a database go, by SQL Server's own word: no other program can read an
    /// encrypted backup, or a format that is not known.
    DatabaseFiles files(BackupDocument backup) {
        return ask(backup, Listing.Kind.FILELISTONLY).files();
    }

    /// **Errors:** [OperationFailed].
    Listing ask(BackupDocument backup, Listing.Kind kind) {
        // What a listing says is at the front of each stripe, and SQL Server takes one device for it.
        List<BackupDocument.Stripe> stripes =
                readsAll(kind) ? backup.stripes() : backup.stripes().subList(0, 1);
        RunProgress progress = new RunProgress(stripes.size());
        progress.expects(
                stripes.stream().mapToLong(BackupDocument.Stripe::bytes).sum());
        List<Row> rows = new ArrayList<>();
        StripeTransfer.Outcome outcome;
        try {
            outcome = new StripeTransfer(env, run, backup, stripes, progress, observer)
                    .run(new StripeTransfer.Statement(
                            "sluice-listing-" + runId,
                            "sluice-tsql-" + runId,
                            (session, thread, sql, heard) ->
                                    RunningStatement.list(session, thread, sql, heard, rows::addAll),
                            devices -> sql(backup, kind, devices),
                            observer::said,
                            () -> observer.streaming(runId, progress)));
        } catch (SqlServerUnavailable e) {
            throw Failures.sqlServer(e, env, backup.database());
        } catch (S3Failure e) {
            throw RestoreFailures.store(e, List.of());
        }
        if (outcome.verdict() instanceof Verdict.Good) {
            return new Listing(kind, rows, progress.bytes());
        }
        throw failure(backup, outcome);
    }

    private OperationFailed failure(BackupDocument backup, StripeTransfer.Outcome outcome) {
        if (run.isCancelled()) {
            return Failures.cancelled(runId, outcome.verdict());
        }
        return switch (outcome.failure()) {
            case CorruptBlockException corrupt ->
                RestoreFailures.corrupt(corrupt, backup.backupId(), outcome.verdict());
            case S3Failure store ->
                RestoreFailures.store(store, outcome.verdict().messages());
            case null -> Failures.refused(backup.database(), outcome.verdict(), env);
            case Throwable other -> Failures.refused(backup.database(), outcome.verdict(), env, other);
        };
    }

    private static boolean readsAll(Listing.Kind kind) {
        return kind == Listing.Kind.VERIFYONLY;
    }

    private String sql(BackupDocument backup, Listing.Kind kind, List<String> devices) {
        List<String> options = new ArrayList<>();
        // LABELONLY is about the medium, and knows no sets.
        if (kind != Listing.Kind.LABELONLY) {
            options.add("FILE = 1");
        }
        if (readsAll(kind)) {
            if (RestoreStatement.hasChecksums(backup)) {
                options.add("CHECKSUM");
            }
            // The others know no such options.
            options.addAll(RestoreStatement.buffers(backup, env.transfer()));
        }
        return "RESTORE %s FROM %s%s"
                .formatted(
                        kind,
                        DeviceNames.clause(devices),
                        options.isEmpty() ? "" : " WITH " + String.join(", ", options));
    }
}
