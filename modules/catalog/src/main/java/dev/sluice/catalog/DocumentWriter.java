package dev.sluice.catalog;

import dev.sluice.catalog.BackupDocument.Blocks;
import dev.sluice.catalog.BackupDocument.Options;
import dev.sluice.catalog.BackupDocument.Segment;
import dev.sluice.catalog.BackupDocument.Stripe;
import java.util.ArrayList;
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
/// Members are always present, in the same order, and null when unknown. Only members of facts ([FactSchema]) are left
/// out when unknown.
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

    static byte[] write(OwnerDocument owner) {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("schemaVersion", BackupDocument.SCHEMA_VERSION);
        tree.put("schemaMinor", BackupDocument.SCHEMA_MINOR);
        tree.put("server", owner.server());
        tree.put("claimedAt", owner.claimedAt().toString());
        tree.put("identity", FactSchema.IDENTITY.write(owner.facts(), new LinkedHashMap<>()));
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
        Map<String, @Nullable Object> tree = new LinkedHashMap<>();
        tree.put("schemaVersion", BackupDocument.SCHEMA_VERSION);
        tree.put("schemaMinor", BackupDocument.SCHEMA_MINOR);
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
        facts(document, tree);
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
        return members(
                "maxTransferSize", options.maxTransferSize(),
                "blockSize", options.blockSize(),
                "bufferCount", options.bufferCount(),
                "compression", options.compression(),
                "checksum", options.checksum());
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

    private static void facts(BackupDocument document, Map<String, @Nullable Object> tree) {
        Map<String, Object> left = new LinkedHashMap<>(document.inspected());
        tree.put("statement", left.remove(BackupDocument.STATEMENT) instanceof String statement ? statement : null);
        tree.put("databaseEncrypted", left.get(BackupDocument.ENCRYPTED) instanceof Boolean flag ? flag : null);
        left.remove(BackupDocument.ENCRYPTED, tree.get("databaseEncrypted"));
        tree.put("takenBy", group(FactSchema.IDENTITY, BackupDocument.TAKER, left));
        tree.put("baseline", group(FactSchema.BASELINE, BackupDocument.BASELINE, left));
        List<Object> streams = new ArrayList<>();
        for (int stripe = 1; left.get(FactSchema.stream(stripe)) instanceof Map; stripe++) {
            streams.add(group(FactSchema.STREAM, FactSchema.stream(stripe), left));
        }
        tree.put("streams", streams);
        tree.put("set", group(FactSchema.SET, BackupDocument.STREAM, left));
        tree.put("files", files(document, left));
        Map<String, Object> unknown = new LinkedHashMap<>();
        tree.put("msdb", document.msdb() == null ? null : FactSchema.SET.write(document.msdb(), unknown));
        Map<String, Object> other = new LinkedHashMap<>();
        if (!left.isEmpty()) {
            other.put("inspected", left);
        }
        if (!unknown.isEmpty()) {
            other.put("msdb", unknown);
        }
        tree.put("other", other.isEmpty() ? null : other);
    }

    /// Takes a group of facts out of `left`, except those that the group has no member for.
    private static @Nullable Map<String, Object> group(FactSchema form, String name, Map<String, Object> left) {
        if (!(left.get(name) instanceof Map<?, ?> facts)) {
            return null;
        }
        Map<String, Object> unknown = new LinkedHashMap<>();
        Map<String, Object> written = form.write(facts, unknown);
        left.remove(name);
        if (!unknown.isEmpty()) {
            left.put(name, unknown);
        }
        return written;
    }

    private static @Nullable List<Object> files(BackupDocument document, Map<String, Object> left) {
        if (left.remove(BackupDocument.FILES) == null) {
            return null;
        }
        List<Object> files = new ArrayList<>();
        for (DatabaseFile file : document.files()) {
            files.add(members("name", file.logical(), "path", file.path(), "bytes", file.bytes(), "log", file.log()));
        }
        return files;
    }

    /// Adds facts that are missing, inside groups too.
    static void merge(Map<String, Object> facts, Map<?, ?> more) {
        more.forEach((key, value) -> {
            String name = String.valueOf(key);
            if (facts.get(name) instanceof Map<?, ?> group && value instanceof Map<?, ?> others) {
                Map<String, Object> both = new LinkedHashMap<>();
                group.forEach((member, fact) -> both.put(String.valueOf(member), fact));
                merge(both, others);
                facts.put(name, both);
            } else if (value != null) {
                facts.putIfAbsent(name, value);
            }
        });
    }
}
