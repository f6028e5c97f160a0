package dev.sluice.catalog;

import dev.sluice.catalog.BackupDocument.Blocks;
import dev.sluice.catalog.BackupDocument.Options;
import dev.sluice.catalog.BackupDocument.Segment;
import dev.sluice.catalog.BackupDocument.Stripe;
import dev.sluice.s3.ObjectOptions;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// Documents of version 2 as JSON, see `docs/catalog.md`: UTF-8, indented, times in ISO 8601, LSNs as strings
/// (they have up to 25 digits, more than other languages' numbers hold). [DocumentReader] reads them.
///
/// Members are always present, in the same order, and null when unknown. Only members of facts ([FactSchema]), and
/// `objects`, which came with a minor version, are left out when unknown.
final class DocumentWriter {

    /// Members that may be null.
    static final List<String> NULLABLE = List.of(
            "finishedAt",
            "sums",
            "statement",
            "databaseEncrypted",
            "takenBy",
            "baseline",
            "set",
            "files",
            "msdb",
            "other");

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .build();

    private DocumentWriter() {}

    /// **Errors:** [IllegalStateException] when the document was read without its sums and names no sums object.
    static byte[] write(BackupDocument document) {
        return MAPPER.writeValueAsBytes(tree(document));
    }

    /// Where every document begins: with its version, so that a reader knows it before all other members.
    static Map<String, @Nullable Object> versioned() {
        return versioned(BackupDocument.SCHEMA_MINOR);
    }

    private static Map<String, @Nullable Object> versioned(int minor) {
        Map<String, @Nullable Object> tree = new LinkedHashMap<>();
        tree.put("schemaVersion", BackupDocument.SCHEMA_VERSION);
        tree.put("schemaMinor", minor);
        return tree;
    }

    static byte[] write(OwnerDocument owner) {
        Map<String, @Nullable Object> tree = versioned();
        tree.put("server", owner.server());
        tree.put("claimedAt", owner.claimedAt().toString());
        tree.put("identity", FactSchema.IDENTITY.write(owner.identity().members(true)));
        return MAPPER.writeValueAsBytes(tree);
    }

    static byte[] write(HoldDocument hold) {
        Map<String, @Nullable Object> tree =
                versioned(hold.legalHold() ? HoldReader.LEGAL_HOLD_MINOR : BackupDocument.SCHEMA_MINOR);
        tree.put("sluiceVersion", hold.sluiceVersion());
        tree.put("backupId", hold.backupId());
        tree.put("server", hold.server());
        tree.put("database", hold.database());
        tree.put("heldAt", hold.heldAt().toString());
        Instant until = hold.until();
        tree.put("until", until == null ? null : until.toString());
        tree.put("reason", hold.reason());
        tree.put("backups", hold.backups());
        HoldDocument.LegalHold legal = hold.legal();
        if (legal != null) {
            tree.put("legalHold", true);
            if (!legal.backups().equals(hold.backups())) {
                tree.put("lockedBackups", legal.backups());
            }
            if (!legal.heldBefore().isEmpty()) {
                tree.put("heldBefore", legal.heldBefore());
            }
        }
        return MAPPER.writeValueAsBytes(tree);
    }

    /// A document with these members.
    static byte[] json(Map<String, @Nullable Object> tree) {
        return MAPPER.writeValueAsBytes(tree);
    }

    /// The document's members: maps, lists, texts, numbers, truth values and null.
    private static Map<String, @Nullable Object> tree(BackupDocument document) {
        return tree(document, sums(document));
    }

    /// As above, without the sums that the document itself carries: only programs that read the objects need them.
    static Map<String, @Nullable Object> shown(BackupDocument document) {
        boolean any = document.stripes().stream()
                .flatMap(stripe -> stripe.segments().stream())
                .anyMatch(segment -> segment.blocks() != null);
        String from = document.sumsFrom().name().toLowerCase(Locale.ROOT);
        return tree(document, document.sums() != null ? sums(document) : any ? members("from", from) : null);
    }

    private static Map<String, @Nullable Object> tree(
            BackupDocument document, @Nullable Map<String, @Nullable Object> sums) {
        boolean objects = document.options().objects() != null;
        Map<String, @Nullable Object> tree =
                versioned(objects ? BackupDocument.OBJECTS_MINOR : BackupDocument.SCHEMA_MINOR);
        tree.put("sluiceVersion", document.sluiceVersion());
        tree.put("backupId", document.backupId());
        tree.put("origin", document.origin().name().toLowerCase(Locale.ROOT));
        tree.put("server", document.server());
        tree.put("database", document.database());
        tree.put("type", document.type().name());
        tree.put("copyOnly", document.copyOnly());
        tree.put("deviceSet", document.deviceSet());
        tree.put("startedAt", document.startedAt().toString());
        tree.put(
                "finishedAt",
                document.finishedAt() == null ? null : document.finishedAt().toString());
        tree.put(
                "verdict",
                members(
                        "outcome", document.verdict().outcome().name(),
                        "proof", document.verdict().proof()));
        tree.put("options", options(document.options()));
        tree.put("firstLsn", document.firstLsn().toString());
        tree.put("lastLsn", document.lastLsn().toString());
        tree.put(
                "stripes",
                document.stripes().stream().map(DocumentWriter::stripe).toList());
        tree.put("sums", sums);
        details(document.details(), tree);
        return tree;
    }

    private static Map<String, @Nullable Object> members(@Nullable Object... namesAndValues) {
        Map<String, @Nullable Object> members = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            members.put(String.valueOf(namesAndValues[i]), namesAndValues[i + 1]);
        }
        return members;
    }

    private static Map<String, @Nullable Object> options(Options options) {
        Map<String, @Nullable Object> members = members(
                "maxTransferSize", options.maxTransferSize(),
                "blockSize", options.blockSize(),
                "bufferCount", options.bufferCount(),
                "compression", options.compression(),
                "checksum", options.checksum());
        BackupDocument.StoredAs objects = options.objects();
        if (objects != null) {
            ObjectOptions.Lock lock = objects.lock();
            members.put(
                    "objects",
                    members(
                            "storageClass", objects.storageClass(),
                            "lockMode", lock == null ? null : lock.mode().name(),
                            "lockedUntil",
                                    lock == null ? null : lock.retainUntil().toString()));
        }
        return members;
    }

    private static Map<String, @Nullable Object> stripe(Stripe stripe) {
        return members(
                "index", stripe.index(),
                "segments",
                        stripe.segments().stream().map(DocumentWriter::segment).toList());
    }

    private static Map<String, @Nullable Object> segment(Segment segment) {
        Blocks blocks = segment.blocks();
        return members(
                "key", segment.key(),
                "bytes", segment.bytes(),
                "crc32c", segment.crc32c(),
                "eTag", segment.eTag(),
                "blockSize", blocks == null ? null : blocks.size(),
                "parts", blocks == null ? 0 : segment.parts().size());
    }

    private static @Nullable Map<String, @Nullable Object> sums(BackupDocument document) {
        String from = document.sumsFrom().name().toLowerCase(Locale.ROOT);
        SumsObject object = document.sums();
        if (object != null) {
            return members("from", from, "key", object.key(), "bytes", object.bytes(), "crc32c", object.crc32c());
        }
        if (!document.hasSums()) {
            throw new IllegalStateException("the document was read without its sums");
        }
        return SumsFile.pack(document)
                .map(packed ->
                        members("from", from, "inline", Base64.getEncoder().encodeToString(packed)))
                .orElse(null);
    }

    // ---- facts ----

    private static void details(BackupDetails details, Map<String, @Nullable Object> tree) {
        ServerIdentity taker = details.taker();
        Baseline baseline = details.baseline();
        SetFacts history = details.history();
        tree.put("statement", details.statement());
        tree.put("databaseEncrypted", details.databaseEncrypted());
        tree.put("takenBy", taker == null ? null : FactSchema.IDENTITY.write(taker.members(false)));
        tree.put("baseline", baseline == null ? null : FactSchema.BASELINE.write(baseline.members()));
        tree.put(
                "streams",
                details.streams().stream()
                        .map(stream -> FactSchema.STREAM.write(stream.members()))
                        .toList());
        tree.put("set", details.stream().isEmpty() ? null : set(details.stream()));
        tree.put(
                "files",
                details.files().isEmpty()
                        ? null
                        : details.files().stream().map(DocumentWriter::file).toList());
        tree.put("msdb", history == null ? null : set(history));
        tree.put("other", details.others().isEmpty() ? null : details.others());
    }

    /// A backup set's facts, as a document has them.
    static Map<String, Object> set(SetFacts facts) {
        return FactSchema.SET.write(facts.told());
    }

    private static Map<String, @Nullable Object> file(DatabaseFile file) {
        return members("name", file.logical(), "path", file.path(), "bytes", file.bytes(), "log", file.log());
    }
}
