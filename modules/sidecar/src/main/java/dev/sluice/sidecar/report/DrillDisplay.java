package dev.sluice.sidecar.report;

import dev.sluice.catalog.DrillDocument;
import dev.sluice.catalog.DrillKey;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Restore drills, for programs and in a line.
public final class DrillDisplay {

    private DrillDisplay() {}

    public static Map<String, @Nullable Object> document(DrillDocument drill) {
        Map<String, @Nullable Object> document = new LinkedHashMap<>();
        document.put("drillId", drill.drillId());
        document.put("database", drill.database());
        document.put("outcome", drill.outcome().text());
        document.put("step", drill.step());
        document.put("failure", drill.failure());
        document.put("what", drill.what());
        document.put("backups", drill.backups());
        document.put("point", drill.point());
        document.put("seed", drill.seed());
        document.put("server", drill.server());
        document.put("startedAt", drill.startedAt().toString());
        document.put("finishedAt", drill.finishedAt().toString());
        document.put("checks", drill.checks());
        return document;
    }

    /// As far as the key tells.
    public static Map<String, @Nullable Object> document(DrillKey drill, String database) {
        Map<String, @Nullable Object> document = new LinkedHashMap<>();
        document.put("drillId", drill.drillId());
        document.put("database", database);
        document.put("outcome", drill.outcome().text());
        document.put("finishedAt", drill.finishedAt().toString());
        document.put("backup", drill.base());
        return document;
    }
}
