package dev.sluice.catalog;

import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// Writes documents as Sluice wrote them in version 1. It is never changed, because buckets hold such documents and
/// programs still write them.
final class Version1Writer {
    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private Version1Writer() {}

    static byte[] write(BackupDocument document) {
        Map<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("schemaVersion", 1);
        json.put("backupId", document.backupId());
        json.put("sluiceVersion", document.sluiceVersion());
        json.put("server", document.server());
        json.put("database", document.database());
        json.put("type", document.type());
        json.put("copyOnly", document.copyOnly());
        json.put("deviceSet", document.deviceSet());
        json.put("startedAt", document.startedAt());
        json.put("finishedAt", document.finishedAt());
        json.put("verdict", document.verdict());
        json.put("options", document.options());
        json.put("firstLsn", text(document.firstLsn()));
        json.put("lastLsn", text(document.lastLsn()));
        json.put(
                "stripes",
                document.stripes().stream().map(Version1Writer::stripe).toList());
        json.put("inspected", document.inspected());
        json.put("msdb", document.msdb());
        return MAPPER.writeValueAsBytes(json);
    }

    static byte[] write(OwnerDocument owner) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("schemaVersion", 1);
        json.put("server", owner.server());
        json.put("claimedAt", owner.claimedAt());
        json.put("facts", owner.facts());
        return MAPPER.writeValueAsBytes(json);
    }

    private static String text(BigInteger lsn) {
        return lsn.toString();
    }

    private static Map<String, Object> stripe(BackupDocument.Stripe stripe) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("index", stripe.index());
        json.put(
                "segments",
                stripe.segments().stream().map(Version1Writer::segment).toList());
        return json;
    }

    private static Map<String, @Nullable Object> segment(BackupDocument.Segment segment) {
        BackupDocument.Blocks blocks = Objects.requireNonNull(segment.blocks());
        Map<String, Object> sums = new LinkedHashMap<>();
        sums.put("size", blocks.size());
        sums.put("crc32c", blocks.crc32c());
        Map<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("key", segment.key());
        json.put("bytes", segment.bytes());
        json.put("crc32c", segment.crc32c());
        json.put("eTag", segment.eTag());
        json.put("parts", List.copyOf(segment.parts()));
        json.put("blocks", sums);
        return json;
    }
}
