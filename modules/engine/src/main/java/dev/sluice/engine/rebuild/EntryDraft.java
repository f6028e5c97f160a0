package dev.sluice.engine.rebuild;

import dev.sluice.catalog.BackupDetails;
import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupDocument.Outcome;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.Origin;
import dev.sluice.catalog.ServerIdentity;
import dev.sluice.catalog.SetFacts;
import dev.sluice.catalog.StreamSummary;
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
/// @param taker     the server that took it; null when nothing tells
/// @param row       of msdb; [SetFacts#NONE] when there is none
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
        StreamDescription described,
        @Nullable ServerIdentity taker,
        SetFacts row,
        boolean read) {

    private static final Instant EARLIEST = Instant.parse("1990-01-01T00:00:00Z");
    private static final Instant LATEST = Instant.parse("2200-01-01T00:00:00Z");

    static StreamDescription describe(List<StoredStream.Seen> stripes) {
        return StreamDescription.of(
                stripes.stream().map(seen -> seen.head().inspection()).toList());
    }

    /// What either says, msdb's word first.
    SetFacts facts() {
        return described.set().with(row);
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
        if (described.oddity().isPresent()) {
            throw new Unusable("what its stream says of it cannot be: "
                    + described.oddity().get());
        }
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
                details(),
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

    private BackupDetails details() {
        return new BackupDetails(
                null,
                null,
                taker,
                null,
                stripes.stream().map(seen -> summary(seen.head())).toList(),
                described.set(),
                described.files(),
                row.isEmpty() ? null : row,
                Map.of("inspected", notes()));
    }

    /// How much of the streams was looked at when the entry was made, and what nothing tells.
    private Map<String, Object> notes() {
        Map<String, Object> notes = new LinkedHashMap<>();
        notes.put("made_from", read ? "every byte of the objects" : "beginning and end of the objects");
        if (copyOnly == null) {
            notes.put("copy_only", "not known");
        }
        return notes;
    }

    private static StreamSummary summary(StreamHead head) {
        return switch (head.inspection()) {
            case Inspection.NotInspected not -> StreamSummary.notUnderstood(null, null, not.reason());
            case Inspection.Inspected inspected ->
                StreamSummary.understood(
                        null, inspected.container().name(), head.end().name(), inspected.findingCount());
        };
    }
}
