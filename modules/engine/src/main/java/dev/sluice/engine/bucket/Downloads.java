package dev.sluice.engine.bucket;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.CatalogException;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.Failures;
import dev.sluice.s3.DownloadPlan;
import dev.sluice.s3.DownloadSource;
import java.util.List;

/// How a stored backup is read.
public final class Downloads {

    private Downloads() {}

    /// The largest block of any segment: what one request fetches.
    public static int blockSize(BackupDocument backup) {
        return backup.stripes().stream()
                .flatMap(stripe -> stripe.segments().stream())
                .map(BackupDocument.Segment::blocks)
                .mapToInt(blocks -> blocks == null ? DownloadPlan.DEFAULT_BLOCK_SIZE : blocks.size())
                .max()
                .orElse(DownloadPlan.DEFAULT_BLOCK_SIZE);
    }

    /// How SQL Server is given it: in transfers as large as those in which it came.
    public static DownloadPlan plan(BackupDocument backup) {
        return new DownloadPlan(blockSize(backup), backup.options().maxTransferSize(), DownloadPlan.DEFAULT_READ_AHEAD);
    }

    /// The same stripes with their sums, which are read now unless the document has them: plans are made of many
    /// documents, and sums are wanted of one at a time.
    ///
    /// **Errors:** [OperationFailed] when the backup was removed or changed meanwhile, or its sums cannot be read.
    public static List<BackupDocument.Stripe> whole(
            Environment env, Blocking blocking, BackupDocument backup, List<BackupDocument.Stripe> stripes) {
        BackupDocument whole;
        try {
            whole = blocking.read(env.catalog().whole(backup))
                    .orElseThrow(() -> Failures.removedMeanwhile(backup, env));
        } catch (CatalogException e) {
            throw Failures.unreadable(e, backup, env);
        }
        if (whole.stripes().size() != backup.stripes().size()) {
            throw Failures.removedMeanwhile(backup, env);
        }
        return stripes.stream()
                .map(stripe -> whole.stripes().get(stripe.index() - 1))
                .toList();
    }

    /// A stripe's segments with the sums that they must have.
    ///
    /// **Errors:** [OperationFailed] when one never had any: no byte is given to SQL Server that nothing checks.
    public static List<DownloadSource> sources(BackupDocument.Stripe stripe) {
        return stripe.segments().stream()
                .map(segment -> segment.sums()
                        .map(sums -> DownloadSource.verified(segment.key(), segment.bytes(), sums))
                        .orElseThrow(() -> Failures.withoutSums(segment)))
                .toList();
    }

    /// The same stripe as one without sums.
    public static BackupDocument.Stripe unchecked(BackupDocument.Stripe stripe) {
        return new BackupDocument.Stripe(
                stripe.index(),
                stripe.segments().stream()
                        .map(segment -> BackupDocument.Segment.unread(segment.key(), segment.bytes(), segment.eTag()))
                        .toList());
    }

    /// As above, for those who only look at the bytes: what never had sums is read as it is.
    public static List<DownloadSource> lookedAt(BackupDocument.Stripe stripe) {
        return stripe.segments().stream()
                .map(segment -> segment.sums()
                        .map(sums -> DownloadSource.verified(segment.key(), segment.bytes(), sums))
                        .orElseGet(() -> new DownloadSource(segment.key(), segment.bytes(), null, segment.eTag())))
                .toList();
    }
}
