package dev.sluice.engine;

import dev.sluice.catalog.BackupDocument;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// Documents as Sluice wrote them in version 1. It is never changed: there are buckets full of them, and programs
/// that still write them.
final class Version1 {
    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private Version1() {}

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
        json.put("firstLsn", document.firstLsn().toString());
        json.put("lastLsn", document.lastLsn().toString());
        json.put("stripes", document.stripes().stream().map(Version1::stripe).toList());
        json.put("inspected", document.inspected());
        json.put("msdb", document.msdb());
        return MAPPER.writeValueAsBytes(json);
    }

    private static Map<String, Object> stripe(BackupDocument.Stripe stripe) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("index", stripe.index());
        json.put("segments", stripe.segments().stream().map(Version1::segment).toList());
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
