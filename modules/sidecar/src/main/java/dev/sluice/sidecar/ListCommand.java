package dev.sluice.sidecar;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.engine.Engine;
import dev.sluice.engine.Inventory;
import dev.sluice.engine.OperationFailed;
import dev.sluice.engine.plan.ChainReport;
import dev.sluice.engine.plan.Finding;
import dev.sluice.engine.plan.Planner;
import dev.sluice.engine.plan.Window;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Shows what is in the bucket, and what it is worth.
@Command(
        name = "list",
        description = "Lists the backups in the bucket, what can be restored from them, and what is missing.")
final class ListCommand implements Callable<Integer> {

    private final Shutdown shutdown;

    @Mixin
    Common common = new Common();

    @Mixin
    Target target = new Target();

    @Parameters(paramLabel = "DB", arity = "0..1", description = "Only this database's.")
    @Nullable
    String database;

    ListCommand(Shutdown shutdown) {
        this.shutdown = shutdown;
    }

    @Override
    public Integer call() {
        return list(shutdown.guard(target.start(common.config)).engine(), common.output());
    }

    int list(Engine engine, Output output) {
        CatalogLookup.Databases databases = database == null
                ? new CatalogLookup(engine.environment()).databases()
                : new CatalogLookup.Databases(Set.of(database), Map.of());
        List<Map<String, Object>> backups = new ArrayList<>();
        List<Map<String, Object>> windows = new ArrayList<>();
        List<Map<String, Object>> findings = new ArrayList<>();
        for (String each : databases.names()) {
            Inventory inventory;
            try {
                inventory = Blocking.get(engine.inventory(each, null));
            } catch (OperationFailed e) {
                if (database != null || !e.id().equals("catalog-unreadable")) {
                    throw e;
                }
                unreadable(output, findings, each, e.what());
                continue;
            }
            for (BackupDocument document : inventory.documents()) {
                // One that is kept under another name is listed there, if that is listed.
                if (database != null || document.database().equals(inventory.database())) {
                    backups.add(row(document));
                    output.tell(line(document));
                }
            }
            ChainReport report = new Planner(inventory.backups()).report();
            ChainDisplay.lines(each, report).forEach(output::tell);
            for (Window window : report.windows()) {
                windows.add(ChainDisplay.document(each, window));
            }
            for (Finding finding : report.findings()) {
                findings.add(ChainDisplay.document(each, finding));
            }
            for (Inventory.Unplannable one : inventory.unreadable()) {
                String text = "backup %s cannot be planned with: %s"
                        .formatted(one.document().backupId(), one.why());
                unreadable(output, findings, each, text);
            }
            for (String text : inventory.refused()) {
                unreadable(output, findings, each, text);
            }
            inventory.notes().forEach(note -> output.notice("sluice: " + note));
        }
        databases.unnamed().forEach((directory, text) -> unreadable(output, findings, directory, text));
        if (backups.isEmpty() && findings.isEmpty()) {
            output.tell("No backups.");
        }
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("backups", backups);
        all.put("windows", windows);
        all.put("findings", findings);
        output.document(all);
        return findings.isEmpty() ? Sluice.DONE : Sluice.ATTENTION;
    }

    private static void unreadable(Output output, List<Map<String, Object>> findings, String database, String text) {
        output.tell("%s: %s".formatted(database, text));
        findings.add(Map.of("database", database, "kind", "unreadable", "text", text));
    }

    private static String line(BackupDocument document) {
        return "%s  %-12s  %10s  %s  %s%s"
                .formatted(
                        document.startedAt(),
                        document.type(),
                        ByteSize.format(document.bytes()),
                        document.backupId(),
                        document.database(),
                        isGood(document) ? "" : "  UNCONFIRMED");
    }

    private static boolean isGood(BackupDocument document) {
        return document.verdict().outcome() == BackupDocument.Outcome.GOOD;
    }

    private static Map<String, Object> row(BackupDocument document) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("id", document.backupId());
        row.put("database", document.database());
        row.put("type", document.type().name());
        row.put("copyOnly", document.copyOnly());
        row.put("startedAt", document.startedAt().toString());
        row.put("firstLsn", document.firstLsn().toString());
        row.put("lastLsn", document.lastLsn().toString());
        row.put("bytes", document.bytes());
        row.put("stripes", document.stripes().size());
        row.put("verdict", isGood(document) ? "GOOD" : "UNCONFIRMED");
        return row;
    }
}
