package dev.sluice.engine.stream;

import dev.sluice.mtf.BackupFile;
import dev.sluice.mtf.BackupHeader;
import dev.sluice.mtf.BackupSet;
import dev.sluice.mtf.MediaLabel;
import dev.sluice.mtf.inspect.Inspection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a stored stream says about itself in its first bytes, as RESTORE HEADERONLY, FILELISTONLY and
/// LABELONLY would.
///
/// @param understood whether it begins as a backup
/// @param reason     why not; empty when it does
/// @param label      which stripe of which medium
/// @param set        who took it, when, under which name
/// @param header     LSNs, forks, flags, in msdb's terms
/// @param files      the database's files
public record StreamFront(
        boolean understood,
        String reason,
        Map<String, Object> label,
        Map<String, Object> set,
        Map<String, Object> header,
        List<Map<String, Object>> files) {

    public StreamFront {
        files = List.copyOf(files);
    }

    static StreamFront of(Inspection inspection) {
        return switch (inspection) {
            case Inspection.NotInspected not ->
                new StreamFront(false, not.reason(), Map.of(), Map.of(), Map.of(), List.of());
            case Inspection.Inspected inspected ->
                new StreamFront(
                        true,
                        "",
                        label(inspected.media()),
                        set(inspected.set()),
                        HeaderFacts.of(List.of(inspected)),
                        inspected.header().map(StreamFront::files).orElse(List.of()));
        };
    }

    private static Map<String, Object> label(@Nullable MediaLabel label) {
        Map<String, Object> values = new LinkedHashMap<>();
        if (label != null) {
            values.put("media_set", String.valueOf(label.mediaSet()));
            values.put("family", label.family());
            values.put("families", label.families());
            values.put("block_size", label.blockSize());
            values.put("software", label.software());
            values.put("written", String.valueOf(label.written()));
        }
        return values;
    }

    private static Map<String, Object> set(@Nullable BackupSet set) {
        Map<String, Object> values = new LinkedHashMap<>();
        if (set != null) {
            values.put("name", set.name());
            values.put("description", set.description());
            values.put("user", set.user());
            values.put("machine", set.machine());
        }
        return values;
    }

    private static List<Map<String, Object>> files(BackupHeader header) {
        return header.files().stream().map(StreamFront::file).toList();
    }

    private static Map<String, Object> file(BackupFile file) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("file_id", file.id());
        values.put("type", String.valueOf(file.kind()));
        values.put("logical_name", file.logicalName());
        values.put("physical_name", file.physicalName());
        return values;
    }
}
