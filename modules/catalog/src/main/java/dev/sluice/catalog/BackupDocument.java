package dev.sluice.catalog;

import com.fasterxml.jackson.annotation.JsonValue;
import dev.sluice.s3.BlockSums;
import dev.sluice.s3.ObjectOptions;
import dev.sluice.s3.StoredSegment;
import java.math.BigInteger;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Everything that Sluice knows about one backup. Pending documents and entries have this one form; facts that are
/// not known yet are null or empty.
///
/// @param schemaVersion of the document that it was read from; it is always written in [#SCHEMA_VERSION]
/// @param backupId      identifier
/// @param sluiceVersion version of the program that wrote the document
/// @param server        identity of the server, as configured
/// @param database      name of the database
/// @param type          full, differential or log
/// @param copyOnly      whether it is outside of the differential chain
/// @param deviceSet     name of the virtual device set
/// @param startedAt     when it began, by SQL Server's clock
/// @param finishedAt    when it ended, by SQL Server's clock
/// @param verdict       SQL Server's verdict on it
/// @param options       how it was taken
/// @param firstLsn      first log sequence number; 0 as long as it is not known
/// @param lastLsn       last log sequence number; 0 as long as it is not known
/// @param stripes       where the bytes are, in the order of the devices
/// @param details       facts from SQL Server and from the stream
/// @param origin        the program that took the backup, and the source of the document
/// @param sumsFrom      the bytes from which the sums of parts and blocks were made
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
        BackupDetails details,
        Origin origin,
        SumsOrigin sumsFrom,
        @Nullable SumsObject sums) {

    /// The version that this program writes; it reads all lower versions, too.
    public static final int SCHEMA_VERSION = 2;

    /// Rises when members are added that older programs may ignore.
    public static final int SCHEMA_MINOR = 0;

    /// The minor version of a backup's document that has [Options#objects()]. Documents without them are written in
    /// [#SCHEMA_MINOR], so that programs from before can change them.
    static final int OBJECTS_MINOR = 1;

    private static final String DEVICE_SET = "sluice-";

    public BackupDocument {
        if (schemaVersion < 1 || schemaVersion > SCHEMA_VERSION) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT, "This program writes schema version %d, not %d", SCHEMA_VERSION, schemaVersion));
        }
        if (!Ulid.isUlid(backupId)) {
            throw new IllegalArgumentException("'%s' is not a backup id".formatted(backupId));
        }
        if (database.isEmpty()) {
            throw new IllegalArgumentException("A backup needs the name of its database");
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
            BackupDetails details) {
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
                details,
                Origin.TAKEN,
                SumsOrigin.STORING,
                null);
    }

    /// The document's members as this program writes them, for people and other programs: maps, lists, texts,
    /// numbers, truth values and null. Of the sums they hold only the location.
    @JsonValue
    public Map<String, @Nullable Object> shown() {
        return DocumentWriter.shown(this);
    }

    /// Bytes of all stripes.
    public long bytes() {
        return stripes.stream().mapToLong(Stripe::bytes).sum();
    }

    /// The name of a backup's virtual device set, which follows from its id: a document must not make Sluice look
    /// for another name on the server.
    public static String deviceSet(String backupId) {
        return DEVICE_SET + backupId;
    }

    /// The id of the backup whose device has this name; empty when Sluice does not give such names.
    public static Optional<String> idOfDeviceSet(String device) {
        return device.startsWith(DEVICE_SET)
                ? Optional.of(device.substring(DEVICE_SET.length())).filter(Ulid::isUlid)
                : Optional.empty();
    }

    /// The stream's facts about the set; [SetFacts#NONE] when the stream was not understood.
    public SetFacts stream() {
        return details.stream();
    }

    /// msdb's facts about the set; null until they were read.
    public @Nullable SetFacts history() {
        return details.history();
    }

    /// The facts of stream and msdb together; where both have one, msdb's counts.
    public SetFacts facts() {
        SetFacts history = history();
        return history == null ? stream() : stream().with(history);
    }

    /// The server's facts about the database before the backup began; empty when the document does not have them.
    public Optional<Baseline> baseline() {
        return Optional.ofNullable(details.baseline());
    }

    /// Whether the database was encrypted (TDE) when the backup was taken; empty in documents of earlier versions,
    /// which do not say it.
    public Optional<Boolean> ofEncryptedDatabase() {
        return Optional.ofNullable(details.databaseEncrypted());
    }

    /// The server that took the backup; empty when the document does not name it.
    public Optional<ServerIdentity> taker() {
        return Optional.ofNullable(details.taker());
    }

    /// The database's files; empty when the stream was not understood.
    public List<DatabaseFile> files() {
        return details.files();
    }

    /// The T-SQL statement that Sluice sent; empty when the document does not have it.
    public Optional<String> statement() {
        return Optional.ofNullable(details.statement());
    }

    /// The Object Lock that Sluice asked for when it stored the objects; empty when it asked for none, or the document
    /// does not say.
    public Optional<ObjectOptions.Lock> lock() {
        return Optional.ofNullable(options.objects()).map(StoredAs::lock);
    }

    /// Whether this object holds the sums of its parts and blocks. Without them the backup cannot be downloaded,
    /// and the object equals no other. It can still be written when [#sums()] names the object that holds them. A
    /// segment that never had sums lacks none.
    public boolean hasSums() {
        return stripes.stream()
                .flatMap(stripe -> stripe.segments().stream())
                .map(Segment::blocks)
                .allMatch(blocks -> blocks == null || blocks.areKnown());
    }

    /// The same backup, with its bytes in other objects.
    public BackupDocument withStripes(List<Stripe> other) {
        return with(other, null);
    }

    /// The same backup with the same segments and their sums.
    ///
    /// @param object the object that holds them; null for none
    BackupDocument withSums(List<Stripe> known, @Nullable SumsObject object) {
        return with(known, object);
    }

    BackupDocument withSums(@Nullable SumsObject object) {
        return with(stripes, object);
    }

    /// The same backup without sums, for callers that do not check its bytes.
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
                details,
                origin,
                sumsFrom,
                object);
    }

    /// The outcome of a backup, with its proof.
    ///
    /// @param outcome the outcome
    /// @param proof   the evidence for it, in plain words: a message number, a row in msdb, an LSN
    public record Verdict(Outcome outcome, String proof) {}

    /// The outcomes of a backup.
    public enum Outcome {
        /// Under way, or interrupted before SQL Server's verdict.
        PENDING,
        /// SQL Server has called it good.
        GOOD,
        /// There is no proof either way; the backup is kept, and can be restored.
        UNCONFIRMED
    }

    /// The options of the BACKUP statement; 0 or false where the server chose.
    ///
    /// @param maxTransferSize MAXTRANSFERSIZE in bytes
    /// @param blockSize       BLOCKSIZE in bytes
    /// @param bufferCount     BUFFERCOUNT
    /// @param compression     whether SQL Server compressed
    /// @param checksum        whether SQL Server wrote page and backup checksums
    /// @param objects         what Sluice asked for when it stored the objects; null for nothing in particular
    public record Options(
            int maxTransferSize,
            int blockSize,
            int bufferCount,
            boolean compression,
            boolean checksum,
            @Nullable StoredAs objects) {

        /// Nothing in particular asked for the objects.
        public Options(int maxTransferSize, int blockSize, int bufferCount, boolean compression, boolean checksum) {
            this(maxTransferSize, blockSize, bufferCount, compression, checksum, null);
        }
    }

    /// What Sluice asked the bucket for when it stored a backup's objects.
    ///
    /// @param storageClass S3's name of it; null for the bucket's
    /// @param lock         Object Lock; null for none
    public record StoredAs(@Nullable String storageClass, ObjectOptions.@Nullable Lock lock) {}

    /// One device's stream.
    ///
    /// @param index    from 1
    /// @param segments the objects whose concatenation is the stream
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
    /// @param key    below the store's prefix. A key of an [Origin#ADOPTED] backup may begin with `/`, and is then
    ///               the whole key in the bucket
    /// @param bytes  size
    /// @param crc32c CRC32C of the whole object, eight hexadecimal digits; null when unknown
    /// @param eTag   the ETag that the server gave when the object was stored
    /// @param parts  the parts in which it was uploaded; empty when unknown
    /// @param blocks the sums that a download checks; null when none were ever made
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

        /// An object that only a listing describes: a download of it checks nothing.
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

        /// The segment as it was when it was stored.
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

        /// The sums that a download checks; empty when none were ever made.
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
