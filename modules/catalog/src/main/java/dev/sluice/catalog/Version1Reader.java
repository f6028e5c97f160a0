package dev.sluice.catalog;

import dev.sluice.catalog.BackupDocument.Blocks;
import dev.sluice.catalog.BackupDocument.Options;
import dev.sluice.catalog.BackupDocument.Segment;
import dev.sluice.catalog.BackupDocument.Stripe;
import dev.sluice.catalog.BackupDocument.Verdict;
import dev.sluice.catalog.DocumentReader.OtherVersion;
import dev.sluice.catalog.DocumentReader.Sums;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads a backup's document of version 1, which Sluice does not write any more. Its members may come in any order.
///
/// It carries the sums of all blocks, so it may have any size. The reader packs the sums as they arrive, or checks
/// and drops them.
final class Version1Reader implements DocumentReader.Reading<BackupDocument> {

    private static final int VERSION = 1;

    private static final int LONGEST_PART = 256;

    private final StrictJson json;
    private final Sums wanted;
    private int sums;

    /// The members that were read; null until then.
    private boolean versioned;

    private @Nullable String backupId;
    private @Nullable String sluiceVersion;
    private @Nullable String server;
    private @Nullable String database;
    private @Nullable BackupType type;
    private @Nullable Boolean copyOnly;
    private @Nullable String deviceSet;
    private @Nullable Instant startedAt;
    private boolean finished;
    private @Nullable Instant finishedAt;
    private @Nullable Verdict verdict;
    private @Nullable Options options;
    private @Nullable BigInteger firstLsn;
    private @Nullable BigInteger lastLsn;
    private @Nullable List<Stripe> stripes;
    private @Nullable Map<String, Object> inspected;
    private boolean history;
    private @Nullable Map<String, Object> msdb;

    /// @param versioned whether its version has been read
    Version1Reader(StrictJson json, Sums wanted, boolean versioned) {
        this.json = json;
        this.wanted = wanted;
        this.versioned = versioned;
    }

    @Override
    public BackupDocument document() {
        if (!versioned) {
            throw new OtherVersion("none");
        }
        json.need(finished ? this : null, "finishedAt");
        json.need(history ? this : null, "msdb");
        BackupDocument document = new BackupDocument(
                VERSION,
                json.need(backupId, "backupId"),
                json.need(sluiceVersion, "sluiceVersion"),
                json.need(server, "server"),
                json.need(database, "database"),
                json.need(type, "type"),
                json.need(copyOnly, "copyOnly"),
                json.need(deviceSet, "deviceSet"),
                json.need(startedAt, "startedAt"),
                finishedAt,
                json.need(verdict, "verdict"),
                json.need(options, "options"),
                json.need(firstLsn, "firstLsn"),
                json.need(lastLsn, "lastLsn"),
                json.need(stripes, "stripes"),
                Version1Facts.details(json.need(inspected, "inspected"), msdb));
        DocumentParts.check(document);
        return document;
    }

    @Override
    public void member(String name) {
        switch (name) {
            case "schemaVersion" -> {
                version(json);
                versioned = true;
            }
            case "backupId" -> backupId = json.text(1, 64);
            case "sluiceVersion" -> sluiceVersion = json.text(1, SetFacts.LONGEST_NAME);
            case "server" -> server = json.text(1, DocumentParts.LONGEST_KEY);
            case "database" -> database = json.text(1, SetFacts.LONGEST_NAME);
            case "type" -> type = json.oneOf(BackupType.class);
            case "copyOnly" -> copyOnly = json.flag();
            case "deviceSet" -> deviceSet = json.text(1, SetFacts.LONGEST_NAME);
            case "startedAt" -> startedAt = json.instant();
            case "finishedAt" -> {
                finished = true;
                finishedAt = json.isNull() ? null : json.instant();
            }
            case "verdict" -> verdict = DocumentParts.verdict(json);
            case "options" -> options = DocumentParts.options(json);
            case "firstLsn" -> firstLsn = json.lsn();
            case "lastLsn" -> lastLsn = json.lsn();
            case "stripes" -> stripes = stripes();
            case "inspected" -> inspected = json.free();
            case "msdb" -> {
                history = true;
                msdb = json.isNull() ? null : json.free();
            }
            default -> throw json.unknown();
        }
    }

    /// Reads the version in a document where it does not come first.
    static void version(StrictJson json) {
        long version = json.number(Long.MIN_VALUE, Long.MAX_VALUE);
        if (version == BackupDocument.SCHEMA_VERSION) {
            throw new StrictJson.Refusal("schemaVersion must come first in a document of this version");
        }
        if (version != VERSION) {
            throw new OtherVersion(Long.toString(version));
        }
    }

    private List<Stripe> stripes() {
        List<Stripe> stripes = new ArrayList<>();
        json.array(DocumentParts.MOST_STRIPES, position -> stripes.add(stripe(position + 1)));
        return stripes;
    }

    private Stripe stripe(int position) {
        var read = new Object() {
            @Nullable
            Integer index;

            @Nullable
            List<Segment> segments;
        };
        json.object(name -> {
            switch (name) {
                case "index" -> read.index = json.count(position, position);
                case "segments" -> {
                    List<Segment> segments = new ArrayList<>();
                    json.array(DocumentParts.MOST_SEGMENTS, _ -> segments.add(segment()));
                    read.segments = segments;
                }
                default -> throw json.unknown();
            }
        });
        return new Stripe(json.need(read.index, "index"), json.need(read.segments, "segments"));
    }

    private Segment segment() {
        var read = new Object() {
            @Nullable
            String key;

            @Nullable
            Long bytes;

            @Nullable
            String crc32c;

            @Nullable
            String eTag;

            @Nullable
            Parts parts;

            @Nullable
            Blocks blocks;
        };
        json.object(name -> {
            switch (name) {
                case "key" -> read.key = json.text(1, DocumentParts.LONGEST_KEY);
                case "bytes" -> read.bytes = json.number(0, DocumentParts.MOST_BYTES);
                case "crc32c" -> read.crc32c = DocumentParts.hex(json.sum());
                case "eTag" -> read.eTag = json.text(0, DocumentParts.LONGEST_KEY);
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
                    "%s.blocks must have a sum for each of %d blocks, but has %d",
                    json.where(),
                    needed,
                    blocks.crc32c().size()));
        }
        Parts parts = json.need(read.parts, "parts");
        if (parts.bytes != bytes) {
            throw new StrictJson.Refusal(String.format(
                    Locale.ROOT,
                    "%s.parts must have %d bytes together, but have %d",
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

    private record Parts(PackedParts parts, long bytes) {}

    private Parts parts() {
        PackedParts.Builder parts = new PackedParts.Builder();
        var read = new Object() {
            int count;
            long total;

            @Nullable
            Integer number;

            @Nullable
            Long bytes;

            @Nullable
            Integer crc32c;
        };
        json.array(DocumentParts.MOST_PARTS, _ -> {
            read.number = null;
            read.bytes = null;
            read.crc32c = null;
            json.object(name -> {
                switch (name) {
                    case "number" -> read.number = json.count(1, DocumentParts.MOST_PARTS);
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
            @Nullable
            Integer size;

            @Nullable
            PackedSums sums;
        };
        json.object(name -> {
            switch (name) {
                case "size" -> read.size = json.count(1, DocumentParts.LARGEST_BLOCK);
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
        json.sums(DocumentParts.MOST_SUMS - sums, sum -> {
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
}
