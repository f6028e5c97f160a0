package dev.sluice.catalog;

import dev.sluice.catalog.BackupDocument.Blocks;
import dev.sluice.catalog.BackupDocument.Options;
import dev.sluice.catalog.BackupDocument.Outcome;
import dev.sluice.catalog.BackupDocument.Segment;
import dev.sluice.catalog.BackupDocument.Stripe;
import dev.sluice.catalog.BackupDocument.Verdict;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.exc.JacksonIOException;

/// Reads documents of version 1: every member must be there with its type and within its bounds, null only where the
/// version has it, and nothing else may be there. A catalog that is half understood must not decide what is deleted.
///
/// A document of this version carries the sums of all blocks, so it may have any size. It is read as it arrives: the
/// sums are packed, or checked and left out, and reading ends at the first thing that is not as it must be.
final class DocumentReader {

    /// What is to become of the sums of parts and blocks.
    enum Sums {
        KEPT,
        LEFT_OUT
    }

    /// Without sums. Documents have a few KiB then, and more when the database has thousands of files.
    static final long LARGEST_SMALL = 16L << 20;

    /// With sums. 40 TiB in blocks of 8 MiB make 5 million of 12 bytes: 60 MB, and more in another layout.
    private static final long LARGEST = 1L << 30;

    /// Of all blocks of a document: 128 TiB in blocks of 8 MiB, which take 64 MiB of memory.
    private static final int MOST_SUMS = 1 << 24;

    private static final int LONGEST_PART = 256;
    private static final int MOST_PARTS = 1 << 24;
    private static final int MOST_STRIPES = 64; // of one BACKUP
    private static final int MOST_SEGMENTS = 10_000;
    private static final long MOST_BYTES = 1L << 50;
    private static final int LARGEST_BLOCK = 64 << 20;
    private static final int LARGEST_TRANSFER = 4 << 20;
    private static final int LONGEST_KEY = 1_024; // S3's own limit

    private final StrictJson json;
    private final Sums wanted;
    private int sums;

    private DocumentReader(InputStream body, Sums wanted) {
        this.json = new StrictJson(body, LARGEST_SMALL);
        this.wanted = wanted;
    }

    /// Another version than 1, or none.
    private static final class OtherVersion extends RuntimeException {
        OtherVersion(String version) {
            super(version);
        }
    }

    /// @param key   whole key, for the error
    /// @param bytes what the server says is its size, -1 when it does not
    ///
    /// **Errors:** [CatalogException] naming the key; [IOException] when the body breaks off.
    static BackupDocument backup(String key, long bytes, InputStream body, Sums wanted) throws IOException {
        return read(key, bytes, LARGEST, body, wanted, DocumentReader::backup);
    }

    /// As [#backup].
    static OwnerDocument owner(String key, long bytes, InputStream body) throws IOException {
        return read(key, bytes, LARGEST_SMALL, body, Sums.LEFT_OUT, DocumentReader::owner);
    }

    private static <T> T read(
            String key,
            long bytes,
            long largest,
            InputStream body,
            Sums wanted,
            Function<DocumentReader, T> document)
            throws IOException {
        if (bytes > largest) {
            throw new CatalogException(
                    String.format(
                            Locale.ROOT,
                            "%s has %d bytes, and no document of its kind has more than %d. It was not read.",
                            key,
                            bytes,
                            largest),
                    null);
        }
        try {
            return document.apply(new DocumentReader(body, wanted));
        } catch (OtherVersion e) {
            throw new CatalogException(
                    String.format(
                            Locale.ROOT,
                            "%s has schema version %s, and this program reads version %d."
                                    + " If a newer Sluice wrote it, update this one.",
                            key,
                            e.getMessage(),
                            BackupDocument.SCHEMA_VERSION),
                    null);
        } catch (JacksonIOException e) {
            throw e.getCause();
        } catch (JacksonException e) {
            throw refused(key, Shown.line(e.getOriginalMessage()), e);
        } catch (StrictJson.Refusal | IllegalArgumentException e) {
            throw refused(key, String.valueOf(e.getMessage()), e);
        }
    }

    private static CatalogException refused(String key, String why, RuntimeException e) {
        return new CatalogException("%s is not a document that this program understands: %s".formatted(key, why), e);
    }

    // ---- a backup ----

    /// What has been read of a backup's document; null is what has not come yet.
    private static final class Backup {
        @Nullable String version;
        @Nullable String backupId;
        @Nullable String sluiceVersion;
        @Nullable String server;
        @Nullable String database;
        @Nullable BackupType type;
        @Nullable Boolean copyOnly;
        @Nullable String deviceSet;
        @Nullable Instant startedAt;
        boolean finished;
        @Nullable Instant finishedAt;
        @Nullable Verdict verdict;
        @Nullable Options options;
        @Nullable BigInteger firstLsn;
        @Nullable BigInteger lastLsn;
        @Nullable List<Stripe> stripes;
        @Nullable Map<String, Object> inspected;
        boolean history;
        @Nullable Map<String, Object> msdb;
    }

    private BackupDocument backup() {
        Backup read = new Backup();
        json.document(name -> member(read, name));
        if (read.version == null) {
            throw new OtherVersion("none");
        }
        json.need(read.finished ? read : null, "finishedAt");
        json.need(read.history ? read : null, "msdb");
        BackupDocument document = new BackupDocument(
                BackupDocument.SCHEMA_VERSION,
                json.need(read.backupId, "backupId"),
                json.need(read.sluiceVersion, "sluiceVersion"),
                json.need(read.server, "server"),
                json.need(read.database, "database"),
                json.need(read.type, "type"),
                json.need(read.copyOnly, "copyOnly"),
                json.need(read.deviceSet, "deviceSet"),
                json.need(read.startedAt, "startedAt"),
                read.finishedAt,
                json.need(read.verdict, "verdict"),
                json.need(read.options, "options"),
                json.need(read.firstLsn, "firstLsn"),
                json.need(read.lastLsn, "lastLsn"),
                json.need(read.stripes, "stripes"),
                json.need(read.inspected, "inspected"),
                read.msdb);
        check(document);
        return document;
    }

    private void member(Backup read, String name) {
        switch (name) {
            case "schemaVersion" -> read.version = version();
            case "backupId" -> read.backupId = json.text(1, 64);
            case "sluiceVersion" -> read.sluiceVersion = json.text(1, SetFacts.LONGEST_NAME);
            case "server" -> read.server = json.text(1, LONGEST_KEY);
            case "database" -> read.database = json.text(1, SetFacts.LONGEST_NAME);
            case "type" -> read.type = json.oneOf(BackupType.class);
            case "copyOnly" -> read.copyOnly = json.flag();
            case "deviceSet" -> read.deviceSet = json.text(1, SetFacts.LONGEST_NAME);
            case "startedAt" -> read.startedAt = json.instant();
            case "finishedAt" -> {
                read.finished = true;
                read.finishedAt = json.isNull() ? null : json.instant();
            }
            case "verdict" -> read.verdict = verdict();
            case "options" -> read.options = options();
            case "firstLsn" -> read.firstLsn = json.lsn();
            case "lastLsn" -> read.lastLsn = json.lsn();
            case "stripes" -> read.stripes = stripes();
            case "inspected" -> read.inspected = json.free();
            case "msdb" -> {
                read.history = true;
                read.msdb = json.isNull() ? null : json.free();
            }
            default -> throw json.unknown();
        }
    }

    private String version() {
        long version = json.number(Long.MIN_VALUE, Long.MAX_VALUE);
        if (version != BackupDocument.SCHEMA_VERSION) {
            throw new OtherVersion(Long.toString(version));
        }
        return Long.toString(version);
    }

    private Verdict verdict() {
        var read = new Object() {
            @Nullable Outcome outcome;
            @Nullable String proof;
        };
        json.object(name -> {
            switch (name) {
                case "outcome" -> read.outcome = json.oneOf(Outcome.class);
                case "proof" -> read.proof = json.text(0, StrictJson.LONGEST_TEXT);
                default -> throw json.unknown();
            }
        });
        return new Verdict(json.need(read.outcome, "outcome"), json.need(read.proof, "proof"));
    }

    private Options options() {
        var read = new Object() {
            @Nullable Integer maxTransferSize;
            @Nullable Integer blockSize;
            @Nullable Integer bufferCount;
            @Nullable Boolean compression;
            @Nullable Boolean checksum;
        };
        json.object(name -> {
            switch (name) {
                case "maxTransferSize" -> read.maxTransferSize = json.count(0, LARGEST_TRANSFER);
                case "blockSize" -> read.blockSize = json.count(0, 64 << 10);
                case "bufferCount" -> read.bufferCount = json.count(0, Integer.MAX_VALUE);
                case "compression" -> read.compression = json.flag();
                case "checksum" -> read.checksum = json.flag();
                default -> throw json.unknown();
            }
        });
        return new Options(
                json.need(read.maxTransferSize, "maxTransferSize"),
                json.need(read.blockSize, "blockSize"),
                json.need(read.bufferCount, "bufferCount"),
                json.need(read.compression, "compression"),
                json.need(read.checksum, "checksum"));
    }

    private List<Stripe> stripes() {
        List<Stripe> stripes = new ArrayList<>();
        json.array(MOST_STRIPES, position -> stripes.add(stripe(position + 1)));
        return stripes;
    }

    private Stripe stripe(int position) {
        var read = new Object() {
            @Nullable Integer index;
            @Nullable List<Segment> segments;
        };
        json.object(name -> {
            switch (name) {
                case "index" -> read.index = json.count(position, position);
                case "segments" -> {
                    List<Segment> segments = new ArrayList<>();
                    json.array(MOST_SEGMENTS, _ -> segments.add(segment()));
                    read.segments = segments;
                }
                default -> throw json.unknown();
            }
        });
        return new Stripe(json.need(read.index, "index"), json.need(read.segments, "segments"));
    }

    private Segment segment() {
        var read = new Object() {
            @Nullable String key;
            @Nullable Long bytes;
            @Nullable String crc32c;
            @Nullable String eTag;
            @Nullable Parts parts;
            @Nullable Blocks blocks;
        };
        json.object(name -> {
            switch (name) {
                case "key" -> read.key = json.text(1, LONGEST_KEY);
                case "bytes" -> read.bytes = json.number(0, MOST_BYTES);
                case "crc32c" -> read.crc32c = hex(json.sum());
                case "eTag" -> read.eTag = json.text(0, LONGEST_KEY);
                case "parts" -> read.parts = parts();
                case "blocks" -> read.blocks = blocks();
                default -> throw json.unknown();
            }
        });
        long bytes = json.need(read.bytes, "bytes");
        Blocks blocks = json.need(read.blocks, "blocks");
        long needed = (bytes + blocks.size() - 1) / blocks.size();
        if (blocks.crc32c().size() != needed) {
            throw new StrictJson.Refusal(String.format(
                    Locale.ROOT,
                    "%s.blocks must have a sum for each of %d blocks, and has %d",
                    json.where(),
                    needed,
                    blocks.crc32c().size()));
        }
        Parts parts = json.need(read.parts, "parts");
        if (parts.bytes != bytes) {
            throw new StrictJson.Refusal(String.format(
                    Locale.ROOT,
                    "%s.parts must have %d bytes together, and have %d",
                    json.where(),
                    bytes,
                    parts.bytes));
        }
        return new Segment(
                json.need(read.key, "key"),
                bytes,
                json.need(read.crc32c, "crc32c"),
                json.need(read.eTag, "eTag"),
                parts.parts,
                blocks);
    }

    private static String hex(int sum) {
        return HexFormat.of().toHexDigits(sum);
    }

    private record Parts(PackedParts parts, long bytes) {}

    private Parts parts() {
        PackedParts.Builder parts = new PackedParts.Builder();
        var read = new Object() {
            int count;
            long total;
            @Nullable Integer number;
            @Nullable Long bytes;
            @Nullable Integer crc32c;
        };
        json.array(MOST_PARTS, _ -> {
            read.number = null;
            read.bytes = null;
            read.crc32c = null;
            json.object(name -> {
                switch (name) {
                    case "number" -> read.number = json.count(1, MOST_PARTS);
                    case "bytes" -> read.bytes = json.number(0, Integer.MAX_VALUE);
                    case "crc32c" -> read.crc32c = json.sum();
                    default -> throw json.unknown();
                }
            });
            int number = json.need(read.number, "number");
            long bytes = json.need(read.bytes, "bytes");
            int sum = json.need(read.crc32c, "crc32c");
            json.allow(LONGEST_PART);
            read.count++;
            read.total += bytes;
            if (wanted == Sums.KEPT) {
                parts.add(number, bytes, sum);
            }
        });
        return new Parts(wanted == Sums.KEPT ? parts.build() : PackedParts.leftOut(read.count), read.total);
    }

    private Blocks blocks() {
        var read = new Object() {
            @Nullable Integer size;
            @Nullable PackedSums sums;
        };
        json.object(name -> {
            switch (name) {
                case "size" -> read.size = json.count(1, LARGEST_BLOCK);
                case "crc32c" -> read.sums = sums();
                default -> throw json.unknown();
            }
        });
        return new Blocks(json.need(read.size, "size"), json.need(read.sums, "crc32c"));
    }

    private PackedSums sums() {
        var read = new Object() {
            int[] sums = new int[16];
            int count;
        };
        json.sums(MOST_SUMS - sums, sum -> {
            if (wanted == Sums.KEPT) {
                if (read.count == read.sums.length) {
                    read.sums = Arrays.copyOf(read.sums, 2 * read.count);
                }
                read.sums[read.count] = sum;
            }
            read.count++;
        });
        sums += read.count;
        return wanted == Sums.KEPT ? PackedSums.of(read.sums, read.count) : PackedSums.leftOut(read.count);
    }

    /// What single members do not show.
    private static void check(BackupDocument document) {
        if (!document.deviceSet().equals(BackupDocument.deviceSet(document.backupId()))) {
            throw new StrictJson.Refusal("deviceSet must be %s, and is '%s'"
                    .formatted(BackupDocument.deviceSet(document.backupId()), Shown.text(document.deviceSet())));
        }
        document.inspected().forEach((name, value) -> {
            boolean object = switch (name) {
                case BackupDocument.STREAM, BackupDocument.BASELINE, BackupDocument.TAKER, BackupDocument.FILES -> true;
                default -> false;
            };
            if (object && !(value instanceof Map)) {
                throw new StrictJson.Refusal("inspected.%s must be an object, and is '%s'"
                        .formatted(name, Shown.text(value.toString())));
            }
        });
        if (document.inspected().get(BackupDocument.STATEMENT) instanceof Object statement
                && !(statement instanceof String)) {
            throw new StrictJson.Refusal("inspected.statement must be a text");
        }
        part("inspected." + BackupDocument.STREAM, document::stream);
        part("inspected." + BackupDocument.BASELINE, document::baseline);
        part("inspected." + BackupDocument.TAKER, document::taker);
        part("inspected." + BackupDocument.FILES, document::files);
        part("msdb", document::history);
    }

    private static void part(String where, Runnable view) {
        try {
            view.run();
        } catch (IllegalArgumentException e) {
            throw new StrictJson.Refusal(where + ": " + e.getMessage());
        }
    }

    // ---- the owner ----

    private OwnerDocument owner() {
        var read = new Object() {
            @Nullable String version;
            @Nullable String server;
            @Nullable Instant claimedAt;
            @Nullable Map<String, Object> facts;
        };
        json.document(name -> {
            switch (name) {
                case "schemaVersion" -> read.version = version();
                case "server" -> read.server = json.text(1, LONGEST_KEY);
                case "claimedAt" -> read.claimedAt = json.instant();
                case "facts" -> read.facts = json.free();
                default -> throw json.unknown();
            }
        });
        if (read.version == null) {
            throw new OtherVersion("none");
        }
        OwnerDocument owner = new OwnerDocument(
                BackupDocument.SCHEMA_VERSION,
                json.need(read.server, "server"),
                json.need(read.claimedAt, "claimedAt"),
                json.need(read.facts, "facts"));
        part("facts", owner::identity);
        return owner;
    }
}
