package dev.sluice.engine.backup;

import dev.sluice.catalog.BackupDetails;
import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupDocument.Outcome;
import dev.sluice.catalog.StreamSummary;
import dev.sluice.engine.bucket.Ownership;
import dev.sluice.engine.recovery.VerdictDocument;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.sql.LastBackups;
import dev.sluice.engine.stream.StreamDescription;
import dev.sluice.mtf.inspect.Inspection;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/// A backup's document until SQL Server's verdict: before the first byte, and with every stripe flushed.
final class PendingDocument {

    private PendingDocument() {}

    /// Before the first byte.
    ///
    /// @param statement the T-SQL that will be sent: all options in SQL Server's own words
    /// @param encrypted whether the database is (TDE): then its certificate is needed to restore it
    static BackupDocument pending(
            Environment env,
            BackupRequest request,
            Ownership ownership,
            String backupId,
            String deviceSet,
            Instant startedAt,
            String statement,
            LastBackups before,
            boolean encrypted) {
        return new BackupDocument(
                BackupDocument.SCHEMA_VERSION,
                backupId,
                env.version(),
                env.identity(),
                request.database(),
                request.type(),
                // SQL Server calls a log backup that does not truncate one that is copy-only.
                request.copyOnly() || request.tail() == TailLog.NO_TRUNCATE,
                deviceSet,
                startedAt,
                null,
                new BackupDocument.Verdict(Outcome.PENDING, "no byte was acknowledged as durable"),
                new BackupDocument.Options(
                        request.options().transferSize(env.transfer()),
                        0,
                        request.options().buffers(env.transfer(), request.stripes()),
                        request.options().compression() != Compression.NONE,
                        request.options().checksum(),
                        env.storage().asked(request.options().storage(), startedAt)),
                BigInteger.ZERO,
                BigInteger.ZERO,
                List.of(),
                BackupDetails.before(statement, encrypted, ownership.taker(), before.toBaseline()));
    }

    /// When every stripe is flushed: from here on SQL Server may call the backup good.
    static BackupDocument described(BackupDocument pending, List<CommitPoint.Flushed> flushed) {
        List<BackupDocument.Stripe> stripes = new ArrayList<>();
        for (int i = 0; i < flushed.size(); i++) {
            stripes.add(new BackupDocument.Stripe(
                    i + 1,
                    flushed.get(i).segments().stream()
                            .map(BackupDocument.Segment::of)
                            .toList()));
        }
        List<Inspection> inspections =
                flushed.stream().map(CommitPoint.Flushed::inspection).toList();
        StreamDescription description = StreamDescription.of(inspections);
        return VerdictDocument.with(
                pending,
                pending.finishedAt(),
                new BackupDocument.Verdict(Outcome.PENDING, "every stripe was flushed"),
                description.set().lsn("first_lsn"),
                description.set().lsn("last_lsn"),
                stripes,
                pending.details()
                        .withStreams(
                                inspections.stream()
                                        .map(PendingDocument::summary)
                                        .toList(),
                                description.set(),
                                description.files()));
    }

    /// In few words; `show` reads the rest from the stored stream.
    private static StreamSummary summary(Inspection inspection) {
        return switch (inspection) {
            case Inspection.NotInspected(long bytes, long at, String reason) ->
                StreamSummary.notUnderstood(bytes, at, reason);
            case Inspection.Inspected inspected ->
                StreamSummary.understood(
                        inspected.bytes(),
                        inspected.container().name(),
                        inspected.ending().toString(),
                        inspected.findingCount());
        };
    }
}
