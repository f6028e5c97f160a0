package dev.sluice.catalog;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The facts in a document of version 1, which has them as two free objects: `inspected` and `msdb`.
final class Version1Facts {

    private static final String INSPECTED = "inspected";
    private static final String MSDB = "msdb";

    private static final String STATEMENT = "statement";
    private static final String ENCRYPTED = "database_encrypted";
    private static final String TAKER = "taken_by";
    private static final String BASELINE = "before";
    private static final String SET = "set";
    private static final String FILES = "files";

    /// The facts that were not taken yet.
    private final Map<String, Object> left;

    private Version1Facts(Map<String, Object> inspected) {
        this.left = new LinkedHashMap<>(inspected);
    }

    /// **Errors:** [StrictJson.Refusal], which names the member.
    static BackupDetails details(Map<String, Object> inspected, @Nullable Map<String, Object> msdb) {
        return new Version1Facts(inspected).details(msdb);
    }

    private BackupDetails details(@Nullable Map<String, Object> msdb) {
        String statement = statement();
        Boolean encrypted = left.get(ENCRYPTED) instanceof Boolean flag ? flag : null;
        left.remove(ENCRYPTED, encrypted);
        Map<?, ?> taker = group(TAKER, FactSchema.IDENTITY);
        Map<?, ?> baseline = group(BASELINE, FactSchema.BASELINE);
        List<StreamSummary> streams = new ArrayList<>();
        while (left.get(FactSchema.stream(streams.size() + 1)) instanceof Map) {
            Map<?, ?> stream = group(FactSchema.stream(streams.size() + 1), FactSchema.STREAM);
            if (stream != null) {
                streams.add(StreamSummary.of(FactSchema.STREAM.write(stream)));
            }
        }
        Map<?, ?> set = group(SET, FactSchema.SET);
        Map<?, ?> files = object(FILES);
        left.remove(FILES);
        return new BackupDetails(
                statement,
                encrypted,
                taker == null ? null : DocumentParts.part(INSPECTED + "." + TAKER, () -> ServerIdentity.of(taker)),
                baseline == null ? null : DocumentParts.part(INSPECTED + "." + BASELINE, () -> Baseline.of(baseline)),
                streams,
                set == null ? SetFacts.NONE : DocumentParts.part(INSPECTED + "." + SET, () -> SetFacts.of(set)),
                files == null ? List.of() : DocumentParts.part(INSPECTED + "." + FILES, () -> DatabaseFile.of(files)),
                msdb == null ? null : DocumentParts.part(MSDB, () -> SetFacts.of(msdb)),
                others(msdb));
    }

    private @Nullable String statement() {
        Object statement = left.remove(STATEMENT);
        if (statement != null && !(statement instanceof String)) {
            throw new StrictJson.Refusal("inspected.statement must be a text");
        }
        return (String) statement;
    }

    private @Nullable Map<?, ?> object(String name) {
        Object value = left.get(name);
        if (value != null && !(value instanceof Map)) {
            throw new StrictJson.Refusal("inspected.%s must be an object, but is '%s'"
                    .formatted(name, PrintableText.text(value.toString())));
        }
        return (Map<?, ?>) value;
    }

    /// Takes a group of facts, and leaves those that version 2 has no member for.
    private @Nullable Map<?, ?> group(String name, FactSchema form) {
        Map<?, ?> group = object(name);
        if (group != null) {
            left.remove(name);
            Map<String, Object> others = form.others(group);
            FactSchema.put(left, name, others.isEmpty() ? null : others);
        }
        return group;
    }

    private Map<String, Object> others(@Nullable Map<String, Object> msdb) {
        Map<String, Object> others = new LinkedHashMap<>();
        FactSchema.put(others, INSPECTED, left.isEmpty() ? null : left);
        Map<String, Object> unknown = msdb == null ? Map.of() : FactSchema.SET.others(msdb);
        FactSchema.put(others, MSDB, unknown.isEmpty() ? null : unknown);
        return others;
    }
}
