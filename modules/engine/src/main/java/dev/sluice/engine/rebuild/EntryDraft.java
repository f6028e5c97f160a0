package dev.sluice.engine.rebuild;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupDocument.Outcome;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.Origin;
import dev.sluice.catalog.SetFacts;
import dev.sluice.catalog.SumsOrigin;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.stream.StreamDescription;
import dev.sluice.mtf.inspect.Inspection;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// An entry on its way: what its streams, msdb and the objects' metadata say, before it is known what proves it.
///
/// @param id        identifier
/// @param origin    rebuilt or adopted
/// @param database  name
/// @param type      what it contains
/// @param copyOnly  null when nothing tells
/// @param startedAt by SQL Server's clock
/// @param offset    of that clock's local time, which streams and msdb have
/// @param stripes   in their order
/// @param described what the streams say
/// @param row       of msdb; empty when there is none
/// @param read      whether the sums were made by reading
record EntryDraft(
        String id,
        Origin origin,
        String database,
        BackupType type,
        @Nullable Boolean copyOnly,
        Instant startedAt,
        ZoneOffset offset,
        List<StoredStream.Seen> stripes,
        Map<String, Object> described,
        Map<String, Object> row,
        boolean read) {

    /// In `inspected`: how much of the streams was looked at when the entry was made.
    static final String MADE_FROM = "made_from";

    private static final Instant EARLIEST = Instant.parse("1990-01-01T00:00:00Z");
    private static final Instant LATEST = Instant.parse("2200-01-01T00:00:00Z");

    static Map<String, Object> describe(List<StoredStream.Seen> stripes) {
        return StreamDescription.of(
                stripes.stream().map(seen -> seen.head().inspection()).toList());
    }

    /// What the stream says; [SetFacts#NONE] when it is not understood.
    static SetFacts stream(Map<String, Object> described) {
        try {
            return described.get(BackupDocument.STREAM) instanceof Map<?, ?> set ? SetFacts.of(set) : SetFacts.NONE;
        } catch (IllegalArgumentException _) {
            return SetFacts.NONE;
        }
    }

    /// What either says, msdb's word first.
    SetFacts facts() {
        return row.isEmpty() ? stream(described) : stream(described).with(SetFacts.of(row));
    }

    /// The document, which readers will take: any program may have written the file that a stream comes from.
    ///
    /// @param proof that SQL Server has called it good; null when there is none
    /// @param free  moves the beginning to where the entry's key is not taken
    ///
    /// **Errors:** [Unusable] when the stream says what no backup of SQL Server can.
    BackupDocument document(Environment env, @Nullable String proof, UnaryOperator<Instant> free) {
        if (startedAt.isBefore(EARLIEST) || startedAt.isAfter(LATEST)) {
            throw new Unusable("it says that it began at %s, which cannot be".formatted(startedAt));
        }
        try {
            BackupDocument document = unchecked(env, proof, free);
            document.facts();
            document.files();
            document.taker();
            return document;
        } catch (IllegalArgumentException e) {
            throw new Unusable("what its stream says of it cannot be: " + e.getMessage());
        }
    }

    private BackupDocument unchecked(Environment env, @Nullable String proof, UnaryOperator<Instant> free) {
        SetFacts facts = facts();
        Instant finished = finished(facts);
        return new BackupDocument(
                BackupDocument.SCHEMA_VERSION,
                id,
                env.version(),
                env.identity(),
                database,
                type,
                copyOnly != null && copyOnly,
                BackupDocument.deviceSet(id),
                free.apply(startedAt),
                finished,
                new BackupDocument.Verdict(
                        proof == null ? Outcome.UNCONFIRMED : Outcome.GOOD,
                        "%s; %s"
                                .formatted(
                                        madeFrom(),
                                        proof == null ? "nothing proves that SQL Server called it good" : proof)),
                new BackupDocument.Options(
                        env.transfer().maxTransferSize(),
                        0,
                        Math.multiplyExact(env.transfer().buffersPerStripe(), stripes.size()),
                        stripes.stream().anyMatch(seen -> seen.head().isCompressed()),
                        facts.flag("has_backup_checksums")),
                positive(facts.lsn("first_lsn")),
                positive(facts.lsn("last_lsn")),
                numbered(),
                inspected(),
                row.isEmpty() ? null : row,
                origin,
                read ? SumsOrigin.READING : SumsOrigin.STORING,
                null);
    }

    private String madeFrom() {
        return origin == Origin.ADOPTED ? "adopted from its files" : "entry made again from the data";
    }

    /// Only the end of the stream, or msdb, tells; both count in whole seconds.
    private @Nullable Instant finished(SetFacts facts) {
        boolean known = facts.flag("final") || !row.isEmpty();
        LocalDateTime local = known ? facts.time("backup_finish_date").orElse(null) : null;
        if (local == null) {
            return null;
        }
        Instant finished = local.toInstant(offset).plusSeconds(1);
        return finished.isBefore(startedAt) ? null : finished;
    }

    private static BigInteger positive(BigInteger lsn) {
        return lsn.max(BigInteger.ZERO);
    }

    private List<BackupDocument.Stripe> numbered() {
        return IntStream.range(0, stripes.size())
                .mapToObj(i -> new BackupDocument.Stripe(i + 1, stripes.get(i).segments()))
                .toList();
    }

    private Map<String, Object> inspected() {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put(MADE_FROM, read ? "every byte of the objects" : "beginning and end of the objects");
        if (copyOnly == null) {
            all.put("copy_only", "not known");
        }
        for (int i = 0; i < stripes.size(); i++) {
            Map<String, Object> one = new LinkedHashMap<>();
            StreamHead head = stripes.get(i).head();
            switch (head.inspection()) {
                case Inspection.NotInspected not -> {
                    one.put("inspected", false);
                    one.put("reason", not.reason());
                }
                case Inspection.Inspected inspected -> {
                    one.put("inspected", true);
                    one.put("container", inspected.container().name());
                    one.put("ending", head.end().name());
                    one.put("findings", inspected.findingCount());
                }
            }
            all.put(String.format(Locale.ROOT, "stripe-%03d", i + 1), one);
        }
        all.putAll(described);
        return all;
    }
}
