package dev.sluice.engine;

import dev.sluice.catalog.BackupDetails;
import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.Baseline;
import dev.sluice.catalog.DatabaseFile;
import dev.sluice.catalog.ServerIdentity;
import dev.sluice.catalog.StreamSummary;
import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// Documents as Sluice wrote them in version 1. What it writes never changes: there are buckets full of them, and
/// programs that still write them.
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
        json.put("options", options(document.options()));
        json.put("firstLsn", text(document.firstLsn()));
        json.put("lastLsn", text(document.lastLsn()));
        json.put("stripes", document.stripes().stream().map(Version1::stripe).toList());
        json.put("inspected", inspected(document.details()));
        json.put("msdb", document.history() == null ? null : document.history().told());
        return MAPPER.writeValueAsBytes(json);
    }

    private static Map<String, Object> inspected(BackupDetails details) {
        Map<String, Object> json = new LinkedHashMap<>();
        put(json, "statement", details.statement());
        put(json, "database_encrypted", details.databaseEncrypted());
        put(json, "before", details.baseline() == null ? null : before(details.baseline()));
        put(json, "taken_by", details.taker() == null ? null : identity(details.taker()));
        for (int i = 0; i < details.streams().size(); i++) {
            json.put("stripe-%03d".formatted(i + 1), stream(details.streams().get(i)));
        }
        put(json, "set", details.stream().isEmpty() ? null : details.stream().told());
        Map<String, Object> files = new LinkedHashMap<>();
        details.files().forEach(file -> files.put(file.logical(), file(file)));
        put(json, "files", files.isEmpty() ? null : files);
        return json;
    }

    private static Map<String, Object> before(Baseline before) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("database_guid", before.databaseGuid());
        json.put("recovery_fork_guid", before.fork());
        put(json, "last_log_backup_lsn", before.lastLogBackup() == null ? null : text(before.lastLogBackup()));
        put(json, "differential_base_guid", before.baseGuid());
        json.put("differential_base_lsn", text(before.baseLsn()));
        json.put("replicated", before.replicated());
        put(json, "newest_history", before.newestHistory());
        return json;
    }

    private static Map<String, Object> identity(ServerIdentity server) {
        Map<String, Object> json = new LinkedHashMap<>();
        put(json, "machine_name", server.machine());
        put(json, "msdb_service_broker_guid", server.broker());
        json.put("server_name", server.name());
        put(json, "availability_groups", server.groups().isEmpty() ? null : server.groups());
        return json;
    }

    private static Map<String, Object> stream(StreamSummary stream) {
        Map<String, Object> json = new LinkedHashMap<>();
        put(json, "inspected", stream.inspected());
        put(json, "bytes", stream.bytes());
        put(json, "container", stream.container());
        put(json, "ending", stream.ending());
        put(json, "findings", stream.findings());
        put(json, "at", stream.at());
        put(json, "reason", stream.reason());
        return json;
    }

    private static Map<String, Object> file(DatabaseFile file) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("path", file.path());
        json.put("bytes", file.bytes());
        json.put("log", file.log());
        return json;
    }

    private static void put(Map<String, Object> json, String name, @Nullable Object value) {
        if (value != null) {
            json.put(name, value);
        }
    }

    private static String text(BigInteger lsn) {
        return lsn.toString();
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

    private static Map<String, Object> options(BackupDocument.Options options) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("maxTransferSize", options.maxTransferSize());
        json.put("blockSize", options.blockSize());
        json.put("bufferCount", options.bufferCount());
        json.put("compression", options.compression());
        json.put("checksum", options.checksum());
        return json;
    }
}
