package dev.sluice.catalog;

import com.fasterxml.jackson.annotation.JsonValue;
import dev.sluice.s3.BlockSums;
import dev.sluice.s3.StoredSegment;
import java.math.BigInteger;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Everything that Sluice knows about one backup. Pending and committed documents are of this one kind; what is
/// not known yet is null or empty.
///
/// @param schemaVersion of the document that it was read from; it is always written in [#SCHEMA_VERSION]
/// @param backupId      identifier
/// @param sluiceVersion version of the program that wrote the document
/// @param server        identity of the server, as configured
/// @param database      name of the database
/// @param type          what the backup contains
/// @param copyOnly      whether it is outside of the differential chain
/// @param deviceSet     name of the virtual device set
/// @param startedAt     when it began, by SQL Server's clock
/// @param finishedAt    when it ended, by SQL Server's clock
/// @param verdict       what SQL Server thinks of it
/// @param options       how it was taken
/// @param firstLsn      first log sequence number; 0 as long as it is not known
/// @param lastLsn       last log sequence number; 0 as long as it is not known
/// @param stripes       where the bytes are, in the order of the devices
/// @param inspected     what the stream said about itself, in the inspector's own words
/// @param msdb          what SQL Server's history says about it, in the terms of `msdb.dbo.backupset`; null until
///                      it was read
/// @param origin        who made the bytes, and the document
/// @param sumsFrom      what the sums of parts and blocks were made from
/// @param sums          the object that holds the sums of parts and blocks; null when the document itself does, when
///                      there are none, or when it was not stored yet
public record BackupDocument(
        int schemaVersion,
        String backupId,
        String sluiceVersion,
        String server,
        String database,
        BackupType type,
        boolean copyOnly,
        String deviceSet,
        Instant startedAt,
        @Nullable Instant finishedAt,
        Verdict verdict,
        Options options,
        BigInteger firstLsn,
        BigInteger lastLsn,
        List<Stripe> stripes,
        Map<String, Object> inspected,
        @Nullable Map<String, Object> msdb,
        Origin origin,
        SumsOrigin sumsFrom,
        @Nullable SumsObject sums) {

    /// What this program writes; it reads all below, too.
    public static final int SCHEMA_VERSION = 2;

    /// Goes up when members are added that older programs may leave out.
    public static final int SCHEMA_MINOR = 0;

    private static final String DEVICE_SET = "sluice-";

    /// In `inspected`: the T-SQL that was sent.
    public static final String STATEMENT = "statement";

    /// In `inspected`: what the stream says of its set, see [SetFacts].
    public static final String STREAM = "set";

    /// In `inspected`: what the server said about the database before, see [Baseline].
    public static final String BASELINE = "before";

    /// In `inspected`: the server that took the backup, see [ServerIdentity].
    public static final String TAKER = "taken_by";

    /// In `inspected`: whether the database was encrypted (TDE).
    public static final String ENCRYPTED = "database_encrypted";

    /// In `inspected`: the database's files, see [DatabaseFile].
    public static final String FILES = "files";

    public BackupDocument {
        if (schemaVersion < 1 || schemaVersion > SCHEMA_VERSION) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT, "This program writes schema version %d, not %d", SCHEMA_VERSION, schemaVersion));
        }
        if (!Ulid.isUlid(backupId)) {
            throw new IllegalArgumentException("'%s' is no backup id".formatted(backupId));
        }
        if (database.isEmpty()) {
            throw new IllegalArgumentException("A backup is one of a database");
        }
        stripes = List.copyOf(stripes);
    }

    /// A backup that Sluice has taken.
    public BackupDocument(
            int schemaVersion,
            String backupId,
            String sluiceVersion,
            String server,
            String database,
            BackupType type,
            boolean copyOnly,
            String deviceSet,
            Instant startedAt,
            @Nullable Instant finishedAt,
            Verdict verdict,
            Options options,
            BigInteger firstLsn,
            BigInteger lastLsn,
            List<Stripe> stripes,
            Map<String, Object> inspected,
            @Nullable Map<String, Object> msdb) {
        this(
                schemaVersion,
                backupId,
                sluiceVersion,
                server,
                database,
                type,
                copyOnly,
                deviceSet,
                startedAt,
                finishedAt,
                verdict,
                options,
                firstLsn,
                lastLsn,
                stripes,
                inspected,
                msdb,
                Origin.TAKEN,
                SumsOrigin.STORING,
                null);
    }

    /// As the bucket has it, or would have it if this program wrote it, for people and other programs: maps, lists,
    /// texts, numbers, truth values and null. Of its sums it has no more than where they are.
    @JsonValue
    public Map<String, @Nullable Object> shown() {
        return Documents.shown(this);
    }

    /// Bytes of all stripes.
    public long bytes() {
        return stripes.stream().mapToLong(Stripe::bytes).sum();
    }

    /// The name of a backup's virtual device set, which follows from its id: what a document says is no reason to
    /// look for another one on the server.
    public static String deviceSet(String backupId) {
        return DEVICE_SET + backupId;
    }

    /// The id of the backup that went to a device of this name; empty when the name is none that Sluice gives.
    public static Optional<String> idOfDeviceSet(String device) {
        return device.startsWith(DEVICE_SET)
                ? Optional.of(device.substring(DEVICE_SET.length())).filter(Ulid::isUlid)
                : Optional.empty();
    }

    /// What the stream says of the set; [SetFacts#NONE] when it was not understood.
    public SetFacts stream() {
        return inspected.get(STREAM) instanceof Map<?, ?> set ? SetFacts.of(set) : SetFacts.NONE;
    }

    /// What msdb says of the set; null until it was read.
    public @Nullable SetFacts history() {
        return msdb == null ? null : SetFacts.of(msdb);
    }

    /// What either says of the set, msdb's word first.
    public SetFacts facts() {
        SetFacts history = history();
        return history == null ? stream() : stream().with(history);
    }

    /// What the server said about the database before the backup began; empty when it was not kept.
    public Optional<Baseline> baseline() {
        return inspected.get(BASELINE) instanceof Map<?, ?> before
                ? Optional.of(Baseline.of(before))
                : Optional.empty();
    }

    /// Whether the database was encrypted (TDE) when the backup was taken; empty when it was not kept, as by earlier
    /// versions.
    public Optional<Boolean> ofEncryptedDatabase() {
        return inspected.get(ENCRYPTED) instanceof Boolean encrypted ? Optional.of(encrypted) : Optional.empty();
    }

    /// The server that took the backup; empty when it was not kept.
    public Optional<ServerIdentity> taker() {
        return inspected.get(TAKER) instanceof Map<?, ?> taker
                ? Optional.of(ServerIdentity.of(taker))
                : Optional.empty();
    }

    /// The database's files; empty when the stream was not understood.
    public List<DatabaseFile> files() {
        return inspected.get(FILES) instanceof Map<?, ?> files ? DatabaseFile.of(files) : List.of();
    }

    /// The T-SQL that was sent; empty when it was not kept.
    public Optional<String> statement() {
        return Optional.ofNullable(inspected.get(STATEMENT)).map(Object::toString);
    }

    /// Whether the sums of its parts and blocks were read with it: without them it can be looked at, and not be
    /// downloaded, and it equals no other. It can be written all the same when [#sums()] names their object. A
    /// segment that never had sums lacks none.
    public boolean hasSums() {
        return stripes.stream()
                .flatMap(stripe -> stripe.segments().stream())
                .map(Segment::blocks)
                .allMatch(blocks -> blocks == null || blocks.areKnown());
    }

    /// The same backup, with its bytes elsewhere.
    public BackupDocument withStripes(List<Stripe> other) {
        return with(other, null);
    }

    /// The same backup with the same segments and their sums.
    ///
    /// @param object that holds them; null for none
    BackupDocument withSums(List<Stripe> known, @Nullable SumsObject object) {
        return with(known, object);
    }

    BackupDocument withSums(@Nullable SumsObject object) {
        return with(stripes, object);
    }

    /// The same backup as one without sums: for who must know what there is, and nothing about its bytes.
    BackupDocument withoutSums() {
        return with(
                stripes.stream()
                        .map(stripe -> new Stripe(
                                stripe.index(),
                                stripe.segments().stream()
                                        .map(segment -> Segment.unread(segment.key(), segment.bytes(), segment.eTag()))
                                        .toList()))
                        .toList(),
                null);
    }

    private BackupDocument with(List<Stripe> other, @Nullable SumsObject object) {
        return new BackupDocument(
                schemaVersion,
                backupId,
                sluiceVersion,
                server,
                database,
                type,
                copyOnly,
                deviceSet,
                startedAt,
                finishedAt,
                verdict,
                options,
                firstLsn,
                lastLsn,
                other,
                inspected,
                msdb,
                origin,
                sumsFrom,
                object);
    }

    /// What is known about the outcome.
    ///
    /// @param outcome the outcome
    /// @param proof   what it rests on, in plain words: a message number, a row in msdb, an LSN
    public record Verdict(Outcome outcome, String proof) {}

    /// The outcomes of a backup.
    public enum Outcome {
        /// Under way, or interrupted before anybody knew.
        PENDING,
        /// SQL Server has called it good.
        GOOD,
        /// Nobody can tell; kept, and restorable.
        UNCONFIRMED
    }

    /// How a backup was taken; 0 or false where the server chose.
    ///
    /// @param maxTransferSize MAXTRANSFERSIZE in bytes
    /// @param blockSize       BLOCKSIZE in bytes
    /// @param bufferCount     BUFFERCOUNT
    /// @param compression     whether SQL Server compressed
    /// @param checksum        whether SQL Server wrote page and backup checksums
    public record Options(int maxTransferSize, int blockSize, int bufferCount, boolean compression, boolean checksum) {}

    /// One device's stream.
    ///
    /// @param index    from 1
    /// @param segments objects whose concatenation it is
    public record Stripe(int index, List<Segment> segments) {
        public Stripe {
            segments = List.copyOf(segments);
        }

        public long bytes() {
            return segments.stream().mapToLong(Segment::bytes).sum();
        }
    }

    /// One object.
    ///
    /// @param key    below the store's prefix; of an [Origin#ADOPTED] backup it may begin with `/`, and is then the
    ///               whole key in the bucket
    /// @param bytes  size
    /// @param crc32c sum of all of it, eight hexadecimal digits; null when it is not known
    /// @param eTag   the server's name for the content when it was written
    /// @param parts  how it was uploaded; empty when that is not known
    /// @param blocks sums for a download to check; null when none were ever made
    public record Segment(
            String key,
            long bytes,
            @Nullable String crc32c,
            String eTag,
            List<Part> parts,
            @Nullable Blocks blocks) {
        public Segment {
            parts = PackedParts.of(parts);
        }

        /// An object of which nothing is known but what a listing says: a download of it checks nothing.
        public static Segment unread(String key, long bytes, String eTag) {
            return new Segment(key, bytes, null, eTag, List.of(), null);
        }

        public static Segment of(StoredSegment stored) {
            return new Segment(
                    stored.key(),
                    stored.bytes(),
                    HexFormat.of().toHexDigits(stored.crc32c()),
                    stored.eTag(),
                    stored.parts().stream()
                            .map(part -> new Part(
                                    part.number(), part.bytes(), HexFormat.of().toHexDigits(part.crc32c())))
                            .toList(),
                    new Blocks(stored.blocks().blockSize(), PackedSums.of(stored.blocks())));
        }

        /// As it was when it was stored.
        ///
        /// **Errors:** [IllegalStateException] when it has no sums.
        public StoredSegment stored() {
            BlockSums sums = sums().orElseThrow(() -> new IllegalStateException(key + " was stored without sums"));
            if (crc32c == null) {
                throw new IllegalStateException(key + " was stored without a sum");
            }
            return new StoredSegment(
                    key,
                    bytes,
                    HexFormat.fromHexDigits(crc32c),
                    eTag,
                    parts.stream()
                            .map(part -> new StoredSegment.Part(
                                    part.number(),
                                    Math.toIntExact(part.bytes()),
                                    HexFormat.fromHexDigits(part.crc32c())))
                            .toList(),
                    sums);
        }

        /// What a download checks the object against; empty when no sums were ever made.
        public Optional<BlockSums> sums() {
            return Optional.ofNullable(blocks).map(known -> BlockSums.ofHex(known.size, known.crc32c));
        }
    }

    /// @param number from 1
    /// @param bytes  size
    /// @param crc32c sum, eight hexadecimal digits
    public record Part(int number, long bytes, String crc32c) {}

    /// @param size   bytes of a block, the last one excepted
    /// @param crc32c sum of each, eight hexadecimal digits
    public record Blocks(int size, List<String> crc32c) {
        public Blocks {
            crc32c = PackedSums.of(crc32c);
        }

        boolean areKnown() {
            return !(crc32c instanceof PackedSums packed) || packed.isKnown();
        }
    }
}
