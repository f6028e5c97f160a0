package dev.sluice.engine;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.s3.DownloadPlan;
import dev.sluice.s3.DownloadSource;
import java.util.List;

/// How a stored backup is read.
final class Downloads {

    private Downloads() {}

    /// The largest block of any segment: what one request fetches.
    static int blockSize(BackupDocument backup) {
        return backup.stripes().stream()
                .flatMap(stripe -> stripe.segments().stream())
                .mapToInt(segment -> segment.blocks().size())
                .max()
                .orElse(DownloadPlan.DEFAULT_BLOCK_SIZE);
    }

    /// How SQL Server is given it: in transfers as large as those in which it came.
    static DownloadPlan plan(BackupDocument backup) {
        return new DownloadPlan(blockSize(backup), backup.options().maxTransferSize(), DownloadPlan.DEFAULT_READ_AHEAD);
    }

    /// The same stripes with their sums, which are read now unless the document has them: plans are made of many
    /// documents, and sums are wanted of one at a time.
    ///
    /// **Errors:** [OperationFailed] when the backup was removed or changed meanwhile.
    static List<BackupDocument.Stripe> whole(
            Environment env, BackupDocument backup, List<BackupDocument.Stripe> stripes) {
        BackupDocument whole = env.catalog().whole(backup).block();
        if (whole == null || whole.stripes().size() != backup.stripes().size()) {
            throw Failures.removedMeanwhile(backup, env);
        }
        return stripes.stream()
                .map(stripe -> whole.stripes().get(stripe.index() - 1))
                .toList();
    }

    /// A stripe's segments with the sums that they must have.
    static List<DownloadSource> sources(BackupDocument.Stripe stripe) {
        return stripe.segments().stream()
                .map(segment -> DownloadSource.verified(segment.key(), segment.bytes(), segment.sums()))
                .toList();
    }
}
