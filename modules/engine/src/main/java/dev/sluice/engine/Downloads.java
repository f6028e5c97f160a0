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

    /// A stripe's segments with the sums that they must have.
    static List<DownloadSource> sources(BackupDocument.Stripe stripe) {
        return stripe.segments().stream()
                .map(segment -> DownloadSource.verified(segment.key(), segment.bytes(), segment.sums()))
                .toList();
    }
}
