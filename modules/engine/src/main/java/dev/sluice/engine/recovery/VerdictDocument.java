package dev.sluice.engine.recovery;

import dev.sluice.catalog.BackupDetails;
import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupDocument.Outcome;
import dev.sluice.catalog.SetFacts;
import java.math.BigInteger;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A backup's document from SQL Server's verdict on: committed, or kept without one.
public final class VerdictDocument {

    private VerdictDocument() {}

    /// After SQL Server's verdict, or proof of it.
    ///
    /// @param history msdb's row; [SetFacts#NONE] when it could not be had
    public static BackupDocument committed(
            BackupDocument described, String proof, Instant finishedAt, SetFacts history) {
        return with(
                described,
                finishedAt,
                new BackupDocument.Verdict(Outcome.GOOD, proof),
                lsn(history, "first_lsn", described.firstLsn()),
                lsn(history, "last_lsn", described.lastLsn()),
                described.stripes(),
                history.isEmpty() ? described.details() : described.details().withHistory(history));
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
                pending.details());
    }

    public static BackupDocument with(
            BackupDocument document,
            @Nullable Instant finishedAt,
            BackupDocument.Verdict verdict,
            BigInteger firstLsn,
            BigInteger lastLsn,
            List<BackupDocument.Stripe> stripes,
            BackupDetails details) {
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
                details,
                document.origin(),
                document.sumsFrom(),
                // The object of its sums is that of these stripes alone.
                stripes.equals(document.stripes()) ? document.sums() : null);
    }

    /// msdb's word first; without it, the stream's own.
    private static BigInteger lsn(SetFacts history, String column, BigInteger otherwise) {
        BigInteger known = history.lsn(column);
        return known.signum() > 0 ? known : otherwise;
    }
}
