package dev.sluice.engine.backup;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupDocument.Outcome;
import dev.sluice.engine.bucket.Ownership;
import dev.sluice.engine.recovery.VerdictDocument;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.sql.LastBackups;
import dev.sluice.engine.stream.DatabaseFiles;
import dev.sluice.engine.stream.StreamFacts;
import dev.sluice.mtf.inspect.Inspection;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

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
        Map<String, Object> inspected = new LinkedHashMap<>();
        inspected.put(BackupDocument.STATEMENT, statement);
        inspected.put(BackupDocument.ENCRYPTED, encrypted);
        inspected.put(BackupDocument.BASELINE, before.toDocument());
        ownership.sign(inspected);
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
                        request.options().checksum()),
                BigInteger.ZERO,
                BigInteger.ZERO,
                List.of(),
                inspected,
                null);
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
        StreamFacts facts = StreamFacts.of(inspections);
        return VerdictDocument.with(
                pending,
                pending.finishedAt(),
                new BackupDocument.Verdict(Outcome.PENDING, "every stripe was flushed"),
                facts.lsn("first_lsn"),
                facts.lsn("last_lsn"),
                stripes,
                inspected(pending.inspected(), inspections, facts),
                pending.msdb());
    }

    /// What each stripe's stream said about itself, in few words; `show` reads the rest from the stored stream.
    private static Map<String, Object> inspected(
            Map<String, Object> pending, List<Inspection> inspections, StreamFacts facts) {
        Map<String, Object> all = new LinkedHashMap<>(pending);
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
            all.put(String.format(Locale.ROOT, "stripe-%03d", i + 1), one);
        }
        facts.describe(all);
        DatabaseFiles.of(inspections).describe(all);
        return all;
    }
}
