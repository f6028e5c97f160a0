package dev.sluice.catalog;

import dev.sluice.catalog.BackupDocument.Blocks;
import dev.sluice.catalog.BackupDocument.Options;
import dev.sluice.catalog.BackupDocument.Segment;
import dev.sluice.catalog.BackupDocument.Stripe;
import dev.sluice.catalog.BackupDocument.Verdict;
import dev.sluice.catalog.DocumentReader.Sums;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Reads a backup's document of version 2, see `docs/catalog.md`. The version comes first and the minor version
/// second; the other members may come in any order.
final class Version2Reader implements DocumentReader.Reading<BackupDocument> {

    private static final int VERSION = 2;

    /// A database has up to 32,767 files.
    private static final int MOST_FILES = 1 << 15;

    private final StrictJson json;
    private final Sums wanted;
    private final DocumentReader.Minor minor;

    /// The members that were present, including null ones.
    private final Set<String> seen = new HashSet<>();

    /// The members that were read; null until then, or when their value is null.
    private @Nullable String backupId;

    private @Nullable String sluiceVersion;
    private @Nullable Origin origin;
    private @Nullable String server;
    private @Nullable String database;
    private @Nullable BackupType type;
    private @Nullable Boolean copyOnly;
    private @Nullable String deviceSet;
    private @Nullable Instant startedAt;
    private @Nullable Instant finishedAt;
    private @Nullable Verdict verdict;
    private @Nullable Options options;
    private @Nullable BigInteger firstLsn;
    private @Nullable BigInteger lastLsn;
    private @Nullable List<Stripe> stripes;

    /// The origin of the sums; null when there are none.
    private @Nullable SumsOrigin sumsFrom;

    /// The sums that the document carries itself, or the object that it names.
    private byte @Nullable [] inline;

    private @Nullable SumsObject sums;

    private @Nullable String statement;
    private @Nullable Boolean databaseEncrypted;
    private @Nullable ServerIdentity taker;
    private @Nullable Baseline baseline;
    private final List<StreamSummary> streams = new ArrayList<>();
    private @Nullable SetFacts stream;
    private @Nullable List<DatabaseFile> files;
    private @Nullable SetFacts history;
    private @Nullable Map<String, Object> others;

    Version2Reader(StrictJson json, Sums wanted) {
        this.json = json;
        this.wanted = wanted;
        this.minor = new DocumentReader.Minor(json, BackupDocument.OBJECTS_MINOR);
    }

    @Override
    public void member(String name) {
        if (minor.reads(name)) {
            return;
        }
        seen.add(name);
        switch (name) {
            case "sluiceVersion" -> sluiceVersion = json.text(1, SetFacts.LONGEST_NAME);
            case "backupId" -> backupId = json.text(1, 64);
            case "origin" -> origin = json.named(Origin.class);
            case "server" -> server = json.text(1, DocumentParts.LONGEST_KEY);
            case "database" -> database = json.text(1, SetFacts.LONGEST_NAME);
            case "type" -> type = json.oneOf(BackupType.class);
            case "copyOnly" -> copyOnly = json.flag();
            case "deviceSet" -> deviceSet = json.text(1, SetFacts.LONGEST_NAME);
            case "startedAt" -> startedAt = json.instant();
            case "finishedAt" -> finishedAt = orNull(json::instant);
            case "verdict" -> verdict = DocumentParts.verdict(json);
            case "options" -> options = DocumentParts.options(json);
            case "firstLsn" -> firstLsn = json.lsn();
            case "lastLsn" -> lastLsn = json.lsn();
            case "stripes" -> stripes = stripes();
            case "sums" -> {
                if (!json.isNull()) {
                    sums();
                }
            }
            case "statement" -> statement = orNull(() -> json.text(0, StrictJson.LONGEST_TEXT));
            case "databaseEncrypted" -> databaseEncrypted = orNull(json::flag);
            case "takenBy" -> taker = facts(name, FactSchema.IDENTITY, ServerIdentity::of);
            case "baseline" -> baseline = facts(name, FactSchema.BASELINE, Baseline::of);
            case "streams" ->
                json.array(
                        DocumentParts.MOST_STRIPES, _ -> streams.add(StreamSummary.of(FactSchema.STREAM.read(json))));
            case "set" -> stream = facts(name, FactSchema.SET, SetFacts::of);
            case "files" -> files = orNull(this::files);
            case "msdb" -> history = facts(name, FactSchema.SET, SetFacts::of);
            case "other" -> others = orNull(this::others);
            default -> {
                seen.remove(name);
                json.other();
            }
        }
    }

    private <T> @Nullable T orNull(Supplier<T> value) {
        return json.isNull() ? null : value.get();
    }

    private <T> @Nullable T facts(String member, FactSchema form, Function<Map<String, Object>, T> typed) {
        return orNull(() -> {
            Map<String, Object> facts = form.read(json);
            return DocumentParts.part(member, () -> typed.apply(facts));
        });
    }

    @Override
    public BackupDocument document() {
        for (String member : DocumentWriter.NULLABLE) {
            json.need(seen.contains(member) ? member : null, member);
        }
        json.need(seen.contains("streams") ? this : null, "streams");
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
                new BackupDetails(
                        statement,
                        databaseEncrypted,
                        taker,
                        baseline,
                        streams,
                        stream == null ? SetFacts.NONE : stream,
                        files == null ? List.of() : files,
                        history,
                        others == null ? Map.of() : others),
                json.need(origin, "origin"),
                sumsFrom == null ? SumsOrigin.STORING : sumsFrom,
                sums);
        DocumentParts.check(document);
        return withSums(document);
    }

    private BackupDocument withSums(BackupDocument document) {
        boolean any = document.stripes().stream()
                .flatMap(stripe -> stripe.segments().stream())
                .anyMatch(segment -> segment.blocks() != null);
        if (any != (sumsFrom != null)) {
            throw new StrictJson.Refusal(
                    any
                            ? "sums is missing, although segments have sums"
                            : "sums is present, although no segment has sums");
        }
        byte[] packed = inline;
        if (packed == null) {
            return document;
        }
        BackupDocument whole;
        try {
            whole = SumsFile.attach(document, packed);
        } catch (StrictJson.Refusal e) {
            throw new StrictJson.Refusal("sums.inline: " + e.getMessage());
        }
        return wanted == Sums.KEPT ? whole : document;
    }

    /// The facts of version 1 that version 2 has no member for.
    private Map<String, Object> others() {
        Map<String, Object> read = json.free();
        read.forEach((part, facts) -> {
            if (!(facts instanceof Map)) {
                throw new StrictJson.Refusal("other.%s must be an object".formatted(PrintableText.text(part)));
            }
            if (!part.equals("inspected") && !part.equals("msdb")) {
                throw new StrictJson.Refusal(
                        "other.%s is not known in a document of this version".formatted(PrintableText.text(part)));
            }
        });
        return read;
    }

    // ---- streams and segments ----

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
                default -> json.other();
            }
        });
        return new Stripe(json.need(read.index, "index"), json.need(read.segments, "segments"));
    }

    private Segment segment() {
        var read = new Object() {
            final Set<String> seen = new HashSet<>();

            @Nullable
            String key;

            @Nullable
            Long bytes;

            @Nullable
            String crc32c;

            @Nullable
            String eTag;

            @Nullable
            Integer blockSize;

            @Nullable
            Integer parts;
        };
        json.object(name -> {
            read.seen.add(name);
            switch (name) {
                case "key" -> read.key = json.text(1, DocumentParts.LONGEST_KEY);
                case "bytes" -> read.bytes = json.number(0, DocumentParts.MOST_BYTES);
                case "crc32c" -> read.crc32c = orNull(() -> DocumentParts.hex(json.sum()));
                case "eTag" -> read.eTag = json.text(0, DocumentParts.LONGEST_KEY);
                case "blockSize" -> read.blockSize = orNull(() -> json.count(1, DocumentParts.LARGEST_BLOCK));
                case "parts" -> read.parts = json.count(0, DocumentParts.MOST_PARTS);
                default -> json.other();
            }
        });
        json.need(read.seen.contains("crc32c") ? read : null, "crc32c");
        json.need(read.seen.contains("blockSize") ? read : null, "blockSize");
        long bytes = json.need(read.bytes, "bytes");
        int parts = json.need(read.parts, "parts");
        Integer blockSize = read.blockSize;
        if (blockSize == null && parts != 0) {
            throw new StrictJson.Refusal(json.where() + " has parts, but no sums of its blocks");
        }
        if (blockSize != null && read.crc32c == null) {
            throw new StrictJson.Refusal(json.where() + " has sums of its blocks, but no crc32c of the whole object");
        }
        return new Segment(
                json.need(read.key, "key"),
                bytes,
                read.crc32c,
                json.need(read.eTag, "eTag"),
                blockSize == null ? List.of() : PackedParts.leftOut(parts),
                blockSize == null ? null : new Blocks(blockSize, PackedSums.leftOut(blocks(bytes, blockSize))));
    }

    private int blocks(long bytes, int size) {
        long blocks = (bytes + size - 1) / size;
        if (blocks > DocumentParts.MOST_SUMS) {
            throw new StrictJson.Refusal(String.format(
                    Locale.ROOT,
                    "%s has %d blocks, but a backup has at most %d",
                    json.where(),
                    blocks,
                    DocumentParts.MOST_SUMS));
        }
        return (int) blocks;
    }

    private void sums() {
        var read = new Object() {
            @Nullable
            String key;

            @Nullable
            Long bytes;

            @Nullable
            String crc32c;
        };
        json.object(name -> {
            switch (name) {
                case "from" -> sumsFrom = json.named(SumsOrigin.class);
                case "inline" -> inline = base64();
                case "key" -> read.key = json.text(1, DocumentParts.LONGEST_KEY);
                case "bytes" -> read.bytes = json.number(1, SumsFile.LARGEST);
                case "crc32c" -> read.crc32c = DocumentParts.hex(json.sum());
                default -> json.other();
            }
        });
        json.need(sumsFrom, "from");
        if (inline == null) {
            sums = new SumsObject(
                    json.need(read.key, "key"), json.need(read.bytes, "bytes"), json.need(read.crc32c, "crc32c"));
        } else if (read.key != null || read.bytes != null || read.crc32c != null) {
            throw new StrictJson.Refusal(
                    json.where() + " must be either in the document or in an object, but is in both");
        }
    }

    private byte[] base64() {
        String text = json.text(1, StrictJson.LONGEST_TEXT);
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw json.refusal("Base64");
        }
    }

    // ---- the database's files ----

    private List<DatabaseFile> files() {
        Map<String, DatabaseFile> files = new LinkedHashMap<>();
        json.array(MOST_FILES, _ -> {
            DatabaseFile file = file();
            if (files.put(file.logical(), file) != null) {
                throw new StrictJson.Refusal(json.where() + " is there twice");
            }
        });
        return List.copyOf(files.values());
    }

    private DatabaseFile file() {
        var read = new Object() {
            @Nullable
            String name;

            @Nullable
            String path;

            @Nullable
            Long bytes;

            @Nullable
            Boolean log;
        };
        json.object(name -> {
            switch (name) {
                case "name" -> read.name = json.text(0, SetFacts.LONGEST_NAME);
                case "path" -> read.path = json.text(0, SetFacts.LONGEST_PATH);
                case "bytes" -> read.bytes = json.number(0, Long.MAX_VALUE);
                case "log" -> read.log = json.flag();
                default -> json.other();
            }
        });
        return new DatabaseFile(
                json.need(read.name, "name"),
                json.need(read.path, "path"),
                json.need(read.bytes, "bytes"),
                json.need(read.log, "log"));
    }
}
