package dev.sluice.sidecar.cli;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.engine.Engine;
import dev.sluice.engine.inventory.BucketDatabases;
import dev.sluice.engine.retention.KeepRule;
import dev.sluice.engine.retention.PruneReport;
import dev.sluice.engine.retention.PruneRequest;
import dev.sluice.engine.retention.RetentionRule;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Counted;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.sidecar.config.Policies;
import dev.sluice.sidecar.install.Installation;
import dev.sluice.sidecar.report.ByteSize;
import dev.sluice.sidecar.report.Output;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import reactor.core.publisher.Mono;

/// Removes what the policies let go of.
@Command(
        name = "prune",
        description = "Removes backups that no policy keeps, and never the newest chain that can be restored.")
final class PruneCommand implements Callable<Integer> {

    private final Shutdown shutdown;

    @Mixin
    CommonOptions common = new CommonOptions();

    @Mixin
    InstallationOption target = new InstallationOption();

    @Parameters(paramLabel = "DB", arity = "0..1", description = "Only this database's.")
    @Nullable
    String database;

    @Option(names = "--dry-run", description = "Only tell what would go, and why the rest stays.")
    boolean dryRun;

    @Mixin
    KeepOptions keep = new KeepOptions();

    @Option(
            names = "--unconfirmed",
            paramLabel = "ID",
            description = "Remove this unconfirmed backup of DB, and nothing else: one whose verdict was lost, and"
                    + " which may be the only copy of its log. Look at it with `sluice show ID` first. The whole id;"
                    + " may be said more than once. No policy ever does this.")
    List<String> unconfirmed = List.of();

    @Option(
            names = "--adopted",
            paramLabel = "ID",
            description =
                    "Remove this adopted backup of DB, its entry and the files that another program has stored, and"
                            + " nothing else. The whole id; may be said more than once. No policy ever does this.")
    List<String> adopted = List.of();

    PruneCommand(Shutdown shutdown) {
        this.shutdown = shutdown;
    }

    @Override
    public Integer call() {
        Output output = common.output();
        if (!unconfirmed.isEmpty() || !adopted.isEmpty()) {
            return named(output);
        }
        boolean said = keep.areSaid();
        Optional<Policies> policies = target.embedded ? Optional.empty() : Optional.of(policies());
        if (!said && policies.isEmpty()) {
            throw new UsageError(
                    "nothing says what to keep",
                    "Say --keep-full N, --keep-days N or another --keep-...; there are no policies here.");
        }
        Installation installation = shutdown.guard(target.start(common.config));
        List<PruneReport> reports = new ArrayList<>();
        Map<String, String> skipped = new LinkedHashMap<>();
        boolean failed = false;
        for (String name : names(installation.engine(), skipped)) {
            ZoneId zone = policies.map(all -> all.zone(name)).orElse(ZoneOffset.UTC);
            Optional<KeepRule> rule = said ? Optional.of(keep.rule(zone)) : policies.flatMap(all -> all.keep(name));
            if (rule.isEmpty()) {
                skipped.put(name, "no policy says what to keep of it, so everything stays");
            } else {
                try {
                    prune(installation.engine(), name, rule.get())
                            .ifPresentOrElse(
                                    report -> {
                                        reports.add(report);
                                        tell(output, report);
                                    },
                                    () -> skipped.put(name, "a backup of it is running; run prune again"));
                } catch (OperationFailed e) {
                    if (database != null) {
                        throw e; // nothing else was to be done
                    }
                    failed = true;
                    skipped.put(name, "%s (id: %s). %s".formatted(e.what(), e.id(), e.hint()));
                }
            }
        }
        conclude(output, reports, skipped);
        boolean left = reports.stream().anyMatch(report -> !report.left().isEmpty());
        return failed ? Sluice.FAILED : skipped.isEmpty() && !left ? Sluice.DONE : Sluice.ATTENTION;
    }

    private Integer named(Output output) {
        String option = unconfirmed.isEmpty() ? "--adopted" : "--unconfirmed";
        String name = database;
        if (name == null) {
            throw new UsageError(
                    option + " is about one database", "Name it: sluice prune DB %s ID.".formatted(option));
        }
        if (keep.areSaid()) {
            throw new UsageError(option + " removes what it names, and nothing else", "Leave --keep-... away.");
        }
        Installation installation = shutdown.guard(target.start(common.config));
        PruneReport report = Await.get(installation
                .engine()
                .prune(PruneRequest.named(name, Set.copyOf(unconfirmed), Set.copyOf(adopted), dryRun)));
        tell(output, report);
        conclude(output, List.of(report), Map.of());
        return report.left().isEmpty() ? Sluice.DONE : Sluice.ATTENTION;
    }

    private Policies policies() {
        return Policies.of(common.configuration().configuration());
    }

    /// @param skipped receives the databases whose names Sluice cannot read
    private Set<String> names(Engine engine, Map<String, String> skipped) {
        if (database != null) {
            return Set.of(database);
        }
        BucketDatabases entered = Await.get(engine.enteredDatabases());
        skipped.putAll(entered.unnamed());
        Set<String> names = new TreeSet<>(entered.names());
        // A crash may have left the removal of a database's last entry half done.
        names.addAll(Blocking.uncancellably(engine.environment()
                .catalog()
                .removals(e -> skipped.put("removals", String.valueOf(e.getMessage())))
                .map(BackupDocument::database)));
        return names;
    }

    /// Empty when a backup of the database runs.
    private Optional<PruneReport> prune(Engine engine, String name, KeepRule rule) {
        return Blocking.uncancellably(
                engine.prune(new PruneRequest(name, (backups, now) -> RetentionRule.decide(backups, rule, now), dryRun))
                        .onErrorResume(
                                OperationFailed.class,
                                failure -> failure.id() == FailureId.BUSY ? Mono.empty() : Mono.error(failure)));
    }

    /// As soon as it is known: a later database may fail.
    private void tell(Output output, PruneReport report) {
        for (PruneReport.Entry entry : report.backups()) {
            output.tell("%s  %-12s  %10s  %s  %s  %s: %s"
                    .formatted(
                            entry.startedAt(),
                            entry.type(),
                            ByteSize.format(entry.bytes()),
                            entry.backupId(),
                            report.database(),
                            entry.kept() ? "stays" : dryRun ? "would go" : "gone",
                            entry.reason()));
        }
        report.left().forEach(why -> output.notice("sluice: " + why));
        output.tell(String.format(
                Locale.ROOT,
                "%s: %d of %s %s, %s.",
                report.database(),
                report.removed(),
                Counted.of(report.backups().size(), "backup"),
                dryRun ? "would go" : "removed",
                ByteSize.format(report.bytesRemoved())));
    }

    private void conclude(Output output, List<PruneReport> reports, Map<String, String> skipped) {
        skipped.forEach((name, why) -> output.notice("sluice: %s: %s".formatted(name, why)));
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("dryRun", dryRun);
        document.put("databases", reports.stream().map(PruneCommand::row).toList());
        document.put("skipped", skipped);
        output.document(document);
    }

    private static Map<String, Object> row(PruneReport report) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("database", report.database());
        row.put("removed", report.removed());
        row.put("bytesRemoved", report.bytesRemoved());
        row.put("removalsFinished", report.finished());
        row.put("left", report.left());
        row.put("backups", report.backups());
        return row;
    }
}
