package dev.sluice.engine;

import dev.sluice.engine.sql.BackupHistory;
import dev.sluice.engine.sql.ServerFacts;
import dev.sluice.engine.sql.Verdict;
import dev.sluice.mtf.BackupHeader;
import dev.sluice.mtf.inspect.Inspection;
import dev.sluice.s3.StoredSegment;
import dev.sluice.s3.catalog.BackupDocument;
import dev.sluice.s3.catalog.BackupDocument.Outcome;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A backup's document at each of its stations.
final class Documents {

    private Documents() {}

    /// Before the first byte.
    static BackupDocument pending(
            Environment env, BackupRequest request, String backupId, String deviceSet, ServerFacts facts) {
        return new BackupDocument(
                BackupDocument.SCHEMA_VERSION,
                backupId,
                env.version(),
                env.identity(),
                request.database(),
                request.type(),
                request.copyOnly(),
                deviceSet,
                facts.now(),
                null,
                new BackupDocument.Verdict(Outcome.PENDING, "no byte was acknowledged as durable"),
                new BackupDocument.Options(
                        env.transfer().maxTransferSize(),
                        0,
                        env.transfer().bufferCount(request.stripes()),
                        request.compression(),
                        request.checksum()),
                BigInteger.ZERO,
                BigInteger.ZERO,
                List.of(),
                Map.of(),
                null);
    }

    /// When every stripe is flushed: from here on SQL Server may call the backup good.
    static BackupDocument described(BackupDocument pending, List<List<StoredSegment>> segments) {
        List<BackupDocument.Stripe> stripes = new ArrayList<>();
        for (int i = 0; i < segments.size(); i++) {
            stripes.add(new BackupDocument.Stripe(
                    i + 1,
                    segments.get(i).stream().map(BackupDocument.Segment::of).toList()));
        }
        return with(
                pending,
                pending.finishedAt(),
                new BackupDocument.Verdict(Outcome.PENDING, "every stripe was flushed"),
                pending.firstLsn(),
                pending.lastLsn(),
                stripes,
                pending.inspected(),
                pending.msdb());
    }

    /// After SQL Server's verdict.
    static BackupDocument committed(
            BackupDocument described,
            Verdict.Good verdict,
            Instant finishedAt,
            List<Inspection> inspections,
            Map<String, Object> history) {
        String proof = verdict.historyMissing() ? "message 3014, with warning 3009" : "message 3014";
        return with(
                described,
                finishedAt,
                new BackupDocument.Verdict(Outcome.GOOD, proof),
                lsn(history, "first_lsn", inspections, true),
                lsn(history, "last_lsn", inspections, false),
                described.stripes(),
                inspected(inspections),
                history.isEmpty() ? null : history);
    }

    static BackupDocument with(
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
                msdb);
    }

    /// msdb's word first; without it, the stream's own.
    private static BigInteger lsn(
            Map<String, Object> history, String column, List<Inspection> inspections, boolean first) {
        BigInteger known = BackupHistory.lsn(history, column);
        if (known.signum() > 0) {
            return known;
        }
        for (Inspection inspection : inspections) {
            if (inspection instanceof Inspection.Inspected inspected
                    && inspected.header().isPresent()) {
                BackupHeader header = inspected.header().get();
                return (first ? header.firstLsn() : header.lastLsn()).toDecimal();
            }
        }
        return BigInteger.ZERO;
    }

    /// What each stripe's stream said about itself, in few words; `show` reads the rest from the stored stream.
    private static Map<String, Object> inspected(List<Inspection> inspections) {
        Map<String, Object> all = new LinkedHashMap<>();
        for (int i = 0; i < inspections.size(); i++) {
            Map<String, Object> one = new LinkedHashMap<>();
            switch (inspections.get(i)) {
                case Inspection.NotInspected(long bytes, long at, String reason) -> {
                    one.put("inspected", false);
                    one.put("bytes", bytes);
                    one.put("at", at);
                    one.put("reason", reason);
                }
                case Inspection.Inspected inspected -> {
                    one.put("inspected", true);
                    one.put("bytes", inspected.bytes());
                    one.put("container", inspected.container().name());
                    one.put("ending", inspected.ending().toString());
                    one.put("findings", inspected.findingCount());
                }
            }
            all.put("stripe-%03d".formatted(i + 1), one);
        }
        DatabaseFiles.of(inspections).describe(all);
        return all;
    }
}
