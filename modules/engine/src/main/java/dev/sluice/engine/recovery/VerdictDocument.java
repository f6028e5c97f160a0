package dev.sluice.engine.recovery;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupDocument.Outcome;
import dev.sluice.engine.sql.BackupHistory;
import java.math.BigInteger;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A backup's document from SQL Server's verdict on: committed, or kept without one.
public final class VerdictDocument {

    private VerdictDocument() {}

    /// After SQL Server's verdict, or proof of it.
    ///
    /// @param history msdb's row; empty when it could not be had
    public static BackupDocument committed(
            BackupDocument described, String proof, Instant finishedAt, Map<String, Object> history) {
        return with(
                described,
                finishedAt,
                new BackupDocument.Verdict(Outcome.GOOD, proof),
                lsn(history, "first_lsn", described.firstLsn()),
                lsn(history, "last_lsn", described.lastLsn()),
                described.stripes(),
                described.inspected(),
                history.isEmpty() ? described.msdb() : history);
    }

    /// A pending backup of which nothing is proved.
    static BackupDocument unconfirmed(BackupDocument pending, String why) {
        return with(
                pending,
                pending.finishedAt(),
                new BackupDocument.Verdict(Outcome.UNCONFIRMED, why),
                pending.firstLsn(),
                pending.lastLsn(),
                pending.stripes(),
                pending.inspected(),
                pending.msdb());
    }

    public static BackupDocument with(
            BackupDocument document,
            @Nullable Instant finishedAt,
            BackupDocument.Verdict verdict,
            BigInteger firstLsn,
            BigInteger lastLsn,
            List<BackupDocument.Stripe> stripes,
            Map<String, Object> inspected,
            @Nullable Map<String, Object> msdb) {
        return new BackupDocument(
                BackupDocument.SCHEMA_VERSION,
                document.backupId(),
                document.sluiceVersion(),
                document.server(),
                document.database(),
                document.type(),
                document.copyOnly(),
                document.deviceSet(),
                document.startedAt(),
                finishedAt,
                verdict,
                document.options(),
                firstLsn,
                lastLsn,
                stripes,
                inspected,
                msdb,
                document.origin(),
                document.sumsFrom(),
                // The object of its sums is that of these stripes alone.
                stripes.equals(document.stripes()) ? document.sums() : null);
    }

    /// msdb's word first; without it, the stream's own.
    private static BigInteger lsn(Map<String, Object> history, String column, BigInteger otherwise) {
        BigInteger known = BackupHistory.lsn(history, column);
        return known.signum() > 0 ? known : otherwise;
    }
}
