package dev.sluice.sidecar.cli;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.CatalogException;
import dev.sluice.engine.Engine;
import dev.sluice.engine.inventory.BucketDatabases;
import dev.sluice.engine.inventory.Inventory;
import dev.sluice.engine.plan.ChainReport;
import dev.sluice.engine.plan.PlanFinding;
import dev.sluice.engine.plan.Planner;
import dev.sluice.engine.plan.Window;
import dev.sluice.engine.rebuild.BucketData;
import dev.sluice.engine.retention.ExpectedGaps;
import dev.sluice.engine.retention.RetentionRule;
import dev.sluice.engine.run.Counted;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.s3.ObjectInfo;
import dev.sluice.s3.S3Failure;
import dev.sluice.s3.StoreConfig;
import dev.sluice.sidecar.config.Policies;
import dev.sluice.sidecar.report.ByteSize;
import dev.sluice.sidecar.report.ChainDisplay;
import dev.sluice.sidecar.report.Moments;
import dev.sluice.sidecar.report.Output;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import reactor.core.publisher.Mono;

/// Shows what is in the bucket, and what it is worth.
@Command(
        name = "list",
        description = {
            "Lists the backups in the bucket, what can be restored from them, and what is missing.",
            "A database without backups is no failure: the answer names those that have some, and the exit code is 0."
        })
final class ListCommand implements Callable<Integer> {

    /// How many databases are named where the one that was asked for has no backups.
    private static final int MOST_OTHERS = 10;

    private final Shutdown shutdown;

    @Mixin
    CommonOptions common = new CommonOptions();

    @Mixin
    InstallationOption target = new InstallationOption();

    @Mixin
    AsOfOption asOf = new AsOfOption();

    @Parameters(paramLabel = "DB", arity = "0..1", description = "Only this database's.")
    @Nullable
    String database;

    ListCommand(Shutdown shutdown) {
        this.shutdown = shutdown;
    }

    @Override
    public Integer call() {
        Optional<Policies> policies = target.embedded
                ? Optional.empty()
                : Optional.of(Policies.of(common.configuration().configuration()));
        return list(asOf.start(shutdown, target, common).engine(), policies, common.output());
    }

    /// @param policies tell which gaps in the log retention has left on purpose
    int list(Engine engine, Optional<Policies> policies, Output output) {
        BucketDatabases databases =
                database == null ? Await.get(engine.databases()) : new BucketDatabases(Set.of(database), Map.of());
        List<Map<String, @Nullable Object>> backups = new ArrayList<>();
        List<Map<String, Object>> windows = new ArrayList<>();
        List<Map<String, Object>> findings = new ArrayList<>();
        Mono<BucketData> data = engine.data(database).cache();
        // Begins now: it waits for the bucket while the looks at the databases wait for SQL Server.
        var _ = data.subscribe(_ -> {}, _ -> {});
        Instant now = asOf.orNow();
        List<CatalogException> unreadableHolds = new CopyOnWriteArrayList<>();
        HeldBackups held = HeldBackups.read(engine.environment(), unreadableHolds::add, now);
        for (CatalogException e : unreadableHolds) {
            unreadable(output, findings, database == null ? "holds" : database, String.valueOf(e.getMessage()));
        }
        List<Map<String, @Nullable Object>> proved = new ArrayList<>();
        for (String each : databases.names()) {
            Inventory inventory;
            try {
                inventory = Await.get(engine.inventory(each, null));
            } catch (OperationFailed e) {
                if (database != null || e.id() != FailureId.CATALOG_UNREADABLE) {
                    throw e;
                }
                unreadable(output, findings, each, e.what());
                continue;
            }
            LastDrill drill = LastDrill.of(
                    engine.environment().catalog().drills(),
                    inventory.database(),
                    text -> unreadable(output, findings, each, text));
            LastVerifications verified = LastVerifications.of(
                    engine.environment().catalog().verifications(),
                    inventory.database(),
                    now,
                    text -> unreadable(output, findings, each, text));
            for (BackupDocument document : inventory.documents()) {
                // One that is kept under another name is listed there, if that is listed.
                if (database != null || document.database().equals(inventory.database())) {
                    Map<String, @Nullable Object> row = row(document, held, drill);
                    verified.document(document.backupId()).ifPresent(last -> row.put("verification", last));
                    backups.add(row);
                    output.tell(line(document, held) + verified.text(document.backupId()));
                }
            }
            inventory
                    .documents()
                    .forEach(document -> verified.finding(document.backupId())
                            .ifPresent(text -> finding(output, findings, "damaged", each, text)));
            ChainReport report = ExpectedGaps.leftOut(
                    new Planner(inventory.backups()).report(),
                    inventory.backups(),
                    alone(inventory, policies, held, now));
            ChainDisplay.lines(each, report).forEach(output::tell);
            for (Window window : report.windows()) {
                windows.add(ChainDisplay.document(each, window));
            }
            for (PlanFinding finding : report.findings()) {
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
            drill.document().ifPresent(proved::add);
            drill.line(now).ifPresent(line -> output.tell("%s: %s".formatted(each, line)));
            drill.finding().ifPresent(text -> finding(output, findings, "drill", each, text));
        }
        databases.unnamed().forEach((directory, text) -> unreadable(output, findings, directory, text));
        data(data, output, findings);
        if (backups.isEmpty() && findings.isEmpty()) {
            none(engine, output);
        }
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("backups", backups);
        all.put("windows", windows);
        all.put("drills", proved);
        all.put("findings", findings);
        output.document(all);
        return findings.isEmpty() ? Sluice.DONE : Sluice.ATTENTION;
    }

    /// The name may be mistyped, or the bucket another than the user thinks.
    private void none(Engine engine, Output output) {
        Environment environment = engine.environment();
        StoreConfig store = environment.store().config();
        String place = "s3://%s/%s%s"
                .formatted(
                        store.bucket(),
                        store.prefix(),
                        environment.catalog().keys().root());
        if (database == null) {
            output.tell("No backups in %s.".formatted(place));
            return;
        }
        output.tell("No backups of %s in %s.".formatted(database, place));
        Set<String> others = Await.get(engine.databases()).names();
        if (!others.isEmpty()) {
            output.tell("Databases with backups there: %s%s."
                    .formatted(
                            others.stream().limit(MOST_OTHERS).collect(Collectors.joining(", ")),
                            others.size() > MOST_OTHERS
                                    ? String.format(Locale.ROOT, " and %d more", others.size() - MOST_OTHERS)
                                    : ""));
        }
    }

    /// The backups that stay without the log behind them.
    private static Set<String> alone(Inventory inventory, Optional<Policies> policies, HeldBackups held, Instant now) {
        Set<String> alone = new HashSet<>(held.ids());
        policies.flatMap(all -> all.keep(inventory.database()))
                .map(rule -> RetentionRule.points(inventory.backups(), rule, now))
                .ifPresent(alone::addAll);
        return alone;
    }

    private static void unreadable(Output output, List<Map<String, Object>> findings, String database, String text) {
        finding(output, findings, "unreadable", database, text);
    }

    /// What lies in the bucket and no document tells of: the data of backups whose entries are lost, and files that
    /// are none of Sluice's.
    private void data(Mono<BucketData> looked, Output output, List<Map<String, Object>> findings) {
        BucketData data;
        try {
            data = Await.get(looked);
        } catch (CatalogException e) {
            unknown(output, findings, String.valueOf(e.getMessage()));
            return;
        } catch (S3Failure e) {
            if (!e.kind().isOfObject()) {
                throw e;
            }
            unknown(output, findings, String.valueOf(e.getMessage()));
            return;
        }
        data.unclear().forEach(why -> unknown(output, findings, why));
        data.damaged().forEach(why -> unreadable(output, findings, database == null ? "data" : database, why));
        // What was given up on purpose is not lost, and which backups were is not known then.
        List<BucketData.Stored> losses = data.unclear().isEmpty() ? data.lost() : List.of();
        for (BucketData.Stored lost : losses) {
            String text = String.format(
                    Locale.ROOT,
                    "the data of backup %s is here (%s, %s), and its entry is lost: `sluice catalog rebuild` makes it"
                            + " again",
                    lost.id(),
                    Counted.of(lost.segments().size(), "object"),
                    ByteSize.format(lost.bytes()));
            finding(output, findings, "lost-entry", database == null ? lost.directory() : database, text);
        }
        for (ObjectInfo strange : data.strange()) {
            String text =
                    "%s is no object of a backup that Sluice took; if it is one of another program, `sluice catalog adopt` makes it known"
                            .formatted(strange.key());
            finding(output, findings, "foreign-object", database == null ? "data" : database, text);
        }
    }

    private void unknown(Output output, List<Map<String, Object>> findings, String why) {
        unreadable(
                output,
                findings,
                database == null ? "data" : database,
                "whether entries are lost is not known: " + why);
    }

    private static void finding(
            Output output, List<Map<String, Object>> findings, String kind, String database, String text) {
        output.tell("%s: %s".formatted(database, text));
        findings.add(Map.of("database", database, "kind", kind, "text", text));
    }

    private static String line(BackupDocument document, HeldBackups held) {
        return "%s  %-12s  %10s  %s  %s%s%s%s"
                .formatted(
                        Moments.text(document.startedAt()),
                        document.type(),
                        ByteSize.format(document.bytes()),
                        document.backupId(),
                        document.database(),
                        isGood(document) ? "" : "  UNCONFIRMED",
                        switch (document.origin()) {
                            case TAKEN -> "";
                            case REBUILT -> "  rebuilt";
                            case ADOPTED -> "  adopted";
                        },
                        held.text(document.backupId()).map(text -> "  " + text).orElse(""));
    }

    private static boolean isGood(BackupDocument document) {
        return document.verdict().outcome() == BackupDocument.Outcome.GOOD;
    }

    private static Map<String, @Nullable Object> row(BackupDocument document, HeldBackups held, LastDrill drill) {
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
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
        row.put("origin", document.origin().name());
        row.put("hold", held.document(document.backupId()));
        drill.beginningWith(document.backupId())
                .ifPresent(key -> row.put(
                        "drill",
                        Map.of(
                                "outcome",
                                key.outcome().text(),
                                "finishedAt",
                                key.finishedAt().toString())));
        return row;
    }
}
