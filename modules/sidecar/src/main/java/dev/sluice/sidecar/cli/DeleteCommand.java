package dev.sluice.sidecar.cli;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.engine.retention.DeletionPlan;
import dev.sluice.engine.retention.DeletionRequest;
import dev.sluice.engine.retention.PruneReport;
import dev.sluice.engine.run.Counted;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.sidecar.install.Installation;
import dev.sluice.sidecar.report.ByteSize;
import dev.sluice.sidecar.report.Output;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Deletes backups that a person names.
@Command(
        name = "delete",
        description =
                "Deletes backups by name, or all of a database, whatever the policies say, the last chain too. First"
                        + " it says what can be restored now and not afterwards, and asks. What is held stays.")
final class DeleteCommand implements Callable<Integer> {

    private final Shutdown shutdown;
    private final Supplier<@Nullable Prompt> terminal;

    @Mixin
    CommonOptions common = new CommonOptions();

    @Mixin
    InstallationOption target = new InstallationOption();

    @Parameters(paramLabel = "ID", arity = "0..*", description = "Whole ids of backups, all of one database.")
    List<String> ids = List.of();

    @Option(names = "--database", paramLabel = "DB", description = "Delete all backups of this database.")
    @Nullable
    String database;

    @Option(names = "--dry-run", description = "Only say what would go, and what could not be restored afterwards.")
    boolean dryRun;

    @Option(
            names = {"-y", "--yes"},
            description = "Do not ask.")
    boolean yes;

    DeleteCommand(Shutdown shutdown) {
        this(shutdown, Prompt::ofTerminal);
    }

    /// @param terminal null where there is none
    DeleteCommand(Shutdown shutdown, Supplier<@Nullable Prompt> terminal) {
        this.shutdown = shutdown;
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        Output output = common.output();
        if (ids.isEmpty() == (database == null)) {
            throw new UsageError(
                    "delete is about backups, or about a database",
                    "Name ids: sluice delete ID…, or a database: sluice delete --database DB.");
        }
        Prompt prompt = yes || dryRun || common.json ? null : terminal.get();
        if (prompt == null && !yes && !dryRun) {
            throw new UsageError(
                    "delete asks before it deletes, and there is no terminal to ask at",
                    "Look with --dry-run, and then say --yes.");
        }
        Installation installation = shutdown.guard(target.start(common.config));
        DeletionPlan plan = Await.get(installation.engine().planDeletion(request(installation)));
        tell(output, plan);
        if (dryRun || plan.goes().isEmpty()) {
            output.document(document(plan, null));
            return plan.stays().isEmpty() ? Sluice.DONE : Sluice.ATTENTION;
        }
        if (prompt != null) {
            confirm(prompt, plan.database());
        }
        PruneReport report = Await.get(installation.engine().prune(plan.request()));
        report.left().forEach(why -> output.notice("sluice: " + why));
        output.tell(String.format(
                Locale.ROOT,
                "%s: %s deleted, %s.",
                plan.database(),
                Counted.of(report.removed(), "backup"),
                ByteSize.format(report.bytesRemoved())));
        output.document(document(plan, report));
        return plan.stays().isEmpty() && report.left().isEmpty() ? Sluice.DONE : Sluice.ATTENTION;
    }

    private DeletionRequest request(Installation installation) {
        if (database != null) {
            return new DeletionRequest(database, null);
        }
        CatalogLookup lookup = new CatalogLookup(installation.environment());
        Set<String> databases = ids.stream()
                .map(id -> {
                    BackupDocument backup = lookup.byId(id);
                    if (!backup.backupId().equals(id)) {
                        throw new UsageError(
                                "'%s' is not a whole id".formatted(id), "Say %s.".formatted(backup.backupId()));
                    }
                    return backup.database();
                })
                .collect(Collectors.toSet());
        if (databases.size() > 1) {
            throw new UsageError(
                    "these are backups of %s".formatted(String.join(", ", databases)),
                    "Delete one database's at a time.");
        }
        return new DeletionRequest(databases.iterator().next(), Set.copyOf(ids));
    }

    /// **Errors:** [OperationFailed] when the person types something else.
    static void confirm(Prompt prompt, String database) {
        String typed = prompt.ask("Type the database's name to delete these backups: ");
        if (!database.equals(typed)) {
            throw new OperationFailed(
                    FailureId.CANCELLED,
                    "Nothing was deleted: the database's name is %s".formatted(database),
                    "what was typed",
                    "Type it exactly, or say --yes.",
                    null);
        }
    }

    private static void tell(Output output, DeletionPlan plan) {
        for (DeletionPlan.Doomed one : plan.goes()) {
            Instant locked = one.lockedUntil();
            output.tell("%s  %-12s  %10s  %s  %s%s"
                    .formatted(
                            one.startedAt(),
                            one.type(),
                            ByteSize.format(one.bytes()),
                            one.backupId(),
                            plan.unconfirmed().contains(one.backupId()) ? "goes, though unconfirmed" : "goes",
                            locked == null ? "" : "; the bucket keeps its objects, hidden, until " + locked));
        }
        plan.stays().forEach((id, why) -> output.notice("sluice: %s stays: %s".formatted(id, why)));
        plan.effect().lost().forEach(lost -> output.tell("Cannot be restored afterwards: %s.".formatted(lost.text())));
        plan.effect()
                .stranded()
                .forEach(id -> output.tell("Stays, and cannot be restored afterwards: %s.".formatted(id)));
        output.tell(String.format(
                Locale.ROOT,
                "%s: %s to delete, %s.%s",
                plan.database(),
                Counted.of(plan.goes().size(), "backup"),
                ByteSize.format(plan.bytes()),
                plan.effect().restorable() ? "" : " Nothing of it can be restored from this bucket then."));
    }

    /// @param report null when nothing was deleted
    private static Map<String, @Nullable Object> document(DeletionPlan plan, @Nullable PruneReport report) {
        Map<String, @Nullable Object> document = new LinkedHashMap<>();
        document.put("database", plan.database());
        document.put("goes", plan.goes());
        document.put("stays", plan.stays());
        document.put("lost", plan.effect().lost());
        document.put("stranded", plan.effect().stranded());
        document.put("restorableAfterwards", plan.effect().restorable());
        document.put("deleted", report == null ? 0 : report.removed());
        document.put("left", report == null ? List.of() : report.left());
        return document;
    }
}
