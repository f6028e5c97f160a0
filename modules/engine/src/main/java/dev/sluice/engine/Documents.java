package dev.sluice.engine;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupDocument.Outcome;
import dev.sluice.engine.sql.BackupHistory;
import dev.sluice.engine.sql.Witness;
import dev.sluice.mtf.inspect.Inspection;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A backup's document at each of its stations.
final class Documents {

    private Documents() {}

    /// What the server said about the database before the backup began.
    static final String BEFORE = BackupDocument.BASELINE;

    private static final String ENCRYPTED = BackupDocument.ENCRYPTED;

    /// Whether a database was encrypted (TDE) when this backup of it was taken.
    static boolean isOfEncryptedDatabase(BackupDocument document) {
        return Boolean.TRUE.equals(document.inspected().get(ENCRYPTED));
    }

    /// Whether a document says either; those of earlier versions do not.
    static boolean tellsOfEncryption(BackupDocument document) {
        return document.inspected().get(ENCRYPTED) instanceof Boolean;
    }

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
            Witness before,
            boolean encrypted) {
        Map<String, Object> inspected = new LinkedHashMap<>();
        inspected.put(BackupDocument.STATEMENT, statement);
        inspected.put(ENCRYPTED, encrypted);
        inspected.put(BEFORE, before.toDocument());
        ownership.sign(inspected);
        return new BackupDocument(
                BackupDocument.SCHEMA_VERSION,
                backupId,
                env.version(),
                env.identity(),
                request.database(),
                request.type(),
                // SQL Server calls a log backup that does not truncate one that is copy-only.
                request.copyOnly() || request.tail() == Tail.NO_TRUNCATE,
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
        return with(
                pending,
                pending.finishedAt(),
                new BackupDocument.Verdict(Outcome.PENDING, "every stripe was flushed"),
                facts.lsn("first_lsn"),
                facts.lsn("last_lsn"),
                stripes,
                inspected(pending.inspected(), inspections, facts),
                pending.msdb());
    }

    /// After SQL Server's verdict, or proof of it.
    ///
    /// @param history msdb's row; empty when it could not be had
    static BackupDocument committed(
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

    /// A pending backup that nobody can tell about.
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
