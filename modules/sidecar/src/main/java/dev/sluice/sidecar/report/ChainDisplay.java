package dev.sluice.sidecar.report;

import dev.sluice.engine.plan.ChainReport;
import dev.sluice.engine.plan.PlanFinding;
import dev.sluice.engine.plan.Window;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What a database's backups are worth, as lines for people and as documents for programs.
public final class ChainDisplay {

    private ChainDisplay() {}

    public static List<String> lines(String database, ChainReport report) {
        List<String> lines = new ArrayList<>();
        report.windows().forEach(window -> lines.add("%s can be restored to %s".formatted(database, window.text())));
        report.findings().forEach(finding -> lines.add("%s: %s".formatted(database, finding.text())));
        return lines;
    }

    public static Map<String, Object> document(String database, Window window) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("database", database);
        document.put("family", window.family().toString());
        document.put("fork", window.fork().toString());
        document.put("earliest", window.earliest().toString());
        document.put("latest", window.latest().toString());
        document.put("firstLsn", window.firstLsn().toDecimal().toString());
        document.put("lastLsn", window.lastLsn().toDecimal().toString());
        return document;
    }

    public static Map<String, Object> document(String database, PlanFinding finding) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("database", database);
        document.put("kind", kind(finding));
        if (finding instanceof PlanFinding.Gap gap) {
            document.put("fromLsn", gap.from().toDecimal().toString());
            document.put("toLsn", gap.to().toDecimal().toString());
        }
        document.put("text", finding.text());
        return document;
    }

    private static String kind(PlanFinding finding) {
        return switch (finding) {
            case PlanFinding.Gap _ -> "gap";
            case PlanFinding.ForeignBase _ -> "foreign-base";
            case PlanFinding.NoBase _ -> "no-base";
            case PlanFinding.Unusable _ -> "unusable";
            case PlanFinding.Unconfirmed _ -> "unconfirmed";
            case PlanFinding.Note _ -> "note";
        };
    }
}
