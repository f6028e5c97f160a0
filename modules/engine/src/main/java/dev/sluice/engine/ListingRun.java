package dev.sluice.engine;

import dev.sluice.engine.sql.RunningStatement;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.Verdict;
import dev.sluice.s3.CorruptBlockException;
import dev.sluice.s3.S3Failure;
import dev.sluice.s3.catalog.BackupDocument;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// RESTORE HEADERONLY, FILELISTONLY, LABELONLY or VERIFYONLY from the bucket. SQL Server closes the devices when it
/// has seen enough, which ends the downloads.
final class ListingRun extends Run<Listing> {

    private final Environment env;
    private final BackupDocument backup;
    private final Listing.Kind kind;
    private final String runId;
    private final Observer observer;
    private final List<BackupDocument.Stripe> stripes;
    private final Progress progress;
    private final List<Map<String, @Nullable Object>> rows = new ArrayList<>();

    ListingRun(Environment env, BackupDocument backup, Listing.Kind kind, String runId, Observer observer) {
        super("sluice-listing-" + runId);
        this.env = env;
        this.backup = backup;
        this.kind = kind;
        this.runId = runId;
        this.observer = observer;
        // What a listing says is at the front of each stripe, and SQL Server takes one device for it.
        this.stripes = readsAll() ? backup.stripes() : backup.stripes().subList(0, 1);
        this.progress = new Progress(stripes.size());
    }

    private boolean readsAll() {
        return kind == Listing.Kind.VERIFYONLY;
    }

    @Override
    Listing steps() {
        progress.expects(
                stripes.stream().mapToLong(BackupDocument.Stripe::bytes).sum());
        StripeTransfer.Outcome outcome;
        try {
            outcome = new StripeTransfer(env, this, backup, stripes, progress, observer)
                    .run(new StripeTransfer.Statement(
                            "sluice-listing-" + runId,
                            "sluice-tsql-" + runId,
                            (session, thread, sql, heard) ->
                                    RunningStatement.list(session, thread, sql, heard, rows::addAll),
                            this::sql,
                            observer::said,
                            () -> observer.streaming(runId, progress)));
        } catch (SqlServerUnavailable e) {
            throw Failures.sqlServer(e, env, backup.database());
        } catch (S3Failure e) {
            throw Failures.store(e, List.of());
        }
        if (outcome.verdict() instanceof Verdict.Good) {
            return new Listing(kind, rows, progress.bytes());
        }
        if (isCancelled()) {
            throw Failures.cancelled(runId, outcome.verdict());
        }
        throw switch (outcome.failure()) {
            case CorruptBlockException corrupt ->
                RestoreFailures.corrupt(corrupt, backup.backupId(), outcome.verdict());
            case S3Failure store -> Failures.store(store, outcome.verdict().messages());
            case null -> Failures.refused(backup.database(), outcome.verdict(), env);
            case Throwable other -> Failures.refused(backup.database(), outcome.verdict(), env, other);
        };
    }

    private String sql(List<String> devices) {
        List<String> options = new ArrayList<>();
        // LABELONLY is about the medium, and knows no sets.
        if (kind != Listing.Kind.LABELONLY) {
            options.add("FILE = 1");
        }
        if (readsAll()) {
            if (RestoreStatement.hasChecksums(backup)) {
                options.add("CHECKSUM");
            }
            // The others know no such options.
            options.addAll(RestoreStatement.buffers(backup, env.transfer()));
        }
        return "RESTORE %s FROM %s%s"
                .formatted(
                        kind,
                        BackupStatement.devices(devices),
                        options.isEmpty() ? "" : " WITH " + String.join(", ", options));
    }
}
