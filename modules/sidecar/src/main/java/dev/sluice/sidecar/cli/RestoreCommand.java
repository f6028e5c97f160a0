package dev.sluice.sidecar.cli;

import dev.sluice.engine.Engine;
import dev.sluice.engine.backup.DatabaseSelection;
import dev.sluice.engine.plan.Opening;
import dev.sluice.engine.plan.RestorePlan.Recovery;
import dev.sluice.engine.restore.PlannedRestore;
import dev.sluice.engine.restore.RestoreCheck;
import dev.sluice.engine.restore.RestoreOrder;
import dev.sluice.engine.restore.RestoreRequest;
import dev.sluice.engine.restore.RestoreRequest.Existing;
import dev.sluice.engine.restore.RestoreResult;
import dev.sluice.engine.restore.RestoreScript;
import dev.sluice.engine.restore.SavedTail;
import dev.sluice.engine.run.Counted;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.sidecar.install.Installation;
import dev.sluice.sidecar.report.ByteSize;
import dev.sluice.sidecar.report.Output;
import dev.sluice.sidecar.report.PlanDisplay;
import dev.sluice.sidecar.report.ProgressDisplay;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Restores a database to a point, from as many backups as that takes; or several to the same one.
@Command(
        name = "restore",
        description = {
            "Restores a database to an instant, an LSN, one of its backups, or the end of what there is; or several databases to"
                    + " one instant, or the end.",
            "Of several: exit code 0 when all is well, 3 when one of them was not restored or something needs attention, 1 when"
                    + " none was restored."
        })
final class RestoreCommand implements Callable<Integer> {

    private static final int AT_ONCE = 4;
    private static final int MOST_AT_ONCE = 16;

    private final Shutdown shutdown;

    @Mixin
    CommonOptions common = new CommonOptions();

    @Mixin
    InstallationOption target = new InstallationOption();

    @Parameters(
            paramLabel = "DB",
            arity = "0..*",
            description =
                    "The database whose backups they are; or several, or patterns as in a policy: 'Sales*' takes, '!SalesStaging'"
                            + " takes away, and the last one that matches decides.")
    List<String> databases = new ArrayList<>();

    @Option(
            names = "--all",
            description =
                    "All databases that the bucket has backups of, but for master, model and msdb: the same as '*'.")
    boolean all;

    @Option(
            names = "--at-once",
            paramLabel = "N",
            description = "Of several databases: restore so many at the same time, 1 to 16. The memory budget may allow"
                    + " fewer. Default: 4.")
    @Nullable
    Integer atOnce;

    @Mixin
    PointOptions point = new PointOptions();

    @Option(names = "--as", paramLabel = "NAME", description = "Restore under this name. Default: DB.")
    @Nullable
    String name;

    @Option(
            names = "--move",
            paramLabel = "LOGICAL=PATH",
            description = "Put a file of the database elsewhere. Again for each file.")
    Map<String, String> moves = new LinkedHashMap<>();

    @Option(
            names = "--default-paths",
            description = "Put every file into the server's default directories, but for those of --move.")
    boolean defaultPaths;

    @Option(
            names = "--accept-rewritten",
            description = "Read objects, too, that were copied since they were stored, as their ETags tell. Every block"
                    + " is checked in any case.")
    boolean acceptRewritten;

    @Option(names = "--replace", description = "Overwrite a database that exists.")
    boolean replace;

    @Option(names = "--tail", description = "Back up the tail of the existing database's log first.")
    boolean tail;

    @Option(names = "--discard-tail", description = "Lose the tail of the existing database's log.")
    boolean discardTail;

    @Option(names = "--norecovery", description = "Leave the database restoring, for further backups.")
    boolean norecovery;

    @Option(
            names = "--standby",
            paramLabel = "FILE",
            description = "Leave the database readable, for further backups; FILE is the undo file, on the server.")
    @Nullable
    String standby;

    @Mixin
    OpeningOptions opening = new OpeningOptions();

    @Option(names = "--continue", description = "Go on with a database that is restoring, where it stands.")
    boolean goOn;

    @Option(names = "--unconfirmed", description = "Use backups, too, for which SQL Server's verdict was lost.")
    boolean unconfirmed;

    @Option(
            names = "--without",
            paramLabel = "ID",
            description = "Use another way than through this backup, or the one that begins so. Again for each.")
    List<String> without = new ArrayList<>();

    @Option(
            names = "--zone",
            paramLabel = "ZONE",
            description = "The zone of SQL Server's clock, such as Europe/Berlin: then --to may leave its offset away.")
    @Nullable
    String zone;

    @Option(names = "--plan", description = "Show what would be done, and do nothing.")
    boolean planOnly;

    @Option(
            names = "--script",
            description = "Print the restore as T-SQL, for SQL Server and the plain files alone, and do nothing.")
    boolean script;

    @Option(
            names = "--files",
            paramLabel = "PLACE",
            description = "Where the script finds the files: a directory on the server (see sluice fetch), or"
                    + " s3://HOST:PORT/BUCKET/PREFIX.")
    @Nullable
    String files;

    RestoreCommand(Shutdown shutdown) {
        this.shutdown = shutdown;
    }

    @Override
    public Integer call() {
        @Nullable
        DatabaseSelection several = new NamedDatabases(databases, all).several().orElse(null);
        refuseNonsense(several != null);
        RestoreOrder order = order(databases.isEmpty() ? "*" : databases.getFirst());
        Output output = common.output();
        Installation installation = shutdown.guard(target.start(common.config));
        Engine engine = installation.engine();
        if (several != null) {
            RestoresDisplay display = new RestoresDisplay(output, common.statusLine());
            return display.run(engine, several, order, atOnce == null ? AT_ONCE : atOnce, planOnly);
        }
        PlannedRestore planned = Await.get(engine.plan(order));
        // One of them may be the log that leads further.
        planned.inventory().refused().forEach(why -> output.notice("sluice: not planned with: " + why));
        planned.inventory().notes().forEach(note -> output.notice("sluice: " + note));
        if (script) {
            return print(output, Await.get(engine.script(planned.request(), source())));
        }
        if (planOnly) {
            return show(output, planned, Await.get(engine.check(planned.checkable())));
        }
        return restore(output, installation, planned);
    }

    private Integer restore(Output output, Installation installation, PlannedRestore ordered) {
        Engine engine = installation.engine();
        PlannedRestore planned = ordered;
        if (tail) {
            planned = saveTail(output, installation, ordered);
        }
        PlannedRestore done = planned;
        AtomicReference<@Nullable PlanDisplay> display = new AtomicReference<>();
        RestoreResult result;
        try (ProgressDisplay progress = common.progress("restore")) {
            result = Await.get(engine.restore(
                    planned.request(),
                    progress.showing(check -> display.set(tail ? display(done, check) : shown(output, done, check)))));
        }
        output.tell(String.format(
                Locale.ROOT,
                "Restored %s as %s from %s: %s in %.1f s; it is %s.",
                done.database(),
                done.restoredName(),
                Counted.of(result.backups(), "backup"),
                ByteSize.format(result.bytes()),
                result.seconds(),
                result.state()));
        if (replace && !norecovery && standby == null) {
            output.notice(
                    "sluice: take a differential or full backup of %s now: log backups alone may not continue what is"
                                    .formatted(done.restoredName())
                            + " in the bucket");
        }
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("database", result.database());
        document.put("state", result.state());
        document.put("backups", result.backups());
        document.put("bytes", result.bytes());
        document.put("seconds", result.seconds());
        document.put("plan", Objects.requireNonNull(display.get()).document());
        output.document(document);
        return code(done);
    }

    private static PlanDisplay display(PlannedRestore planned, RestoreCheck check) {
        return new PlanDisplay(planned.plan(), planned.restoredName(), check);
    }

    private static PlanDisplay shown(Output output, PlannedRestore planned, RestoreCheck check) {
        PlanDisplay display = display(planned, check);
        display.lines().forEach(output::tell);
        return display;
    }

    /// The plan alone, with all that is in its way.
    private static int show(Output output, PlannedRestore planned, RestoreCheck check) {
        Map<String, Object> document =
                Map.of("plan", shown(output, planned, check).document());
        OperationFailed refusal = check.refusal().orElse(null);
        if (refusal != null) {
            output.failure(refusal, document);
            return refusal.id().exitCode();
        }
        output.document(document);
        return code(planned);
    }

    private static int code(PlannedRestore planned) {
        return planned.needsAttention() ? Sluice.ATTENTION : Sluice.DONE;
    }

    private PlannedRestore saveTail(Output output, Installation installation, PlannedRestore planned) {
        SavedTail saved;
        try (ProgressDisplay progress = common.progress("tail   ")) {
            saved = Await.get(installation
                    .engine()
                    .saveTail(
                            planned,
                            installation.backupDefaults().tail(planned.restoredName()),
                            progress.showing(check -> shown(output, planned, check))));
        }
        output.tell("Saved the tail of the log of %s as backup %s: %s. The database is restoring from here on."
                .formatted(
                        planned.restoredName(),
                        saved.backup().document().backupId(),
                        ByteSize.format(saved.backup().document().bytes())));
        return saved.planned();
    }

    private RestoreOrder order(String database) {
        return new RestoreOrder(
                database,
                point.point(),
                name,
                moves,
                existing(),
                tail,
                new RestoreRequest.Choices(defaultPaths, acceptRewritten),
                recovery(),
                unconfirmed,
                without,
                zoneOrNull());
    }

    private void refuseNonsense(boolean several) {
        if (several) {
            refuseForSeveral();
        } else if (atOnce != null) {
            throw new UsageError("--at-once is for several databases", "Leave it away, or name several.");
        }
        if (atOnce != null && (atOnce < 1 || atOnce > MOST_AT_ONCE)) {
            throw new UsageError(
                    String.format(Locale.ROOT, "--at-once is 1 to %d, not %d", MOST_AT_ONCE, atOnce),
                    "SQL Server and the memory budget share what there is among them.");
        }
        only("a database is left in one state", "--norecovery", norecovery, "--standby", standby != null);
        only("the tail is saved or lost", "--tail", tail, "--discard-tail", discardTail);
        only("a restore that goes on replaces nothing", "--continue", goOn, "--replace", replace);
        only("a plan is a table or a script", "--plan", planOnly, "--script", script);
        if ((tail || discardTail) && !replace) {
            throw new UsageError(
                    "--tail and --discard-tail are about a database that is overwritten", "Say --replace as well.");
        }
        if (script != (files != null)) {
            throw new UsageError(
                    "a script needs to say where the files are",
                    "Say --script --files DIRECTORY, or --script --files s3://HOST:PORT/BUCKET/PREFIX.");
        }
    }

    /// What names a backup, a file or a place of one database is no order for several.
    private void refuseForSeveral() {
        Map<String, Boolean> ofOne = new LinkedHashMap<>();
        ofOne.put("--backup", point.backup != null);
        ofOne.put("--as", name != null);
        ofOne.put("--move", !moves.isEmpty());
        ofOne.put("--tail", tail);
        ofOne.put("--standby", standby != null);
        ofOne.put("--without", !without.isEmpty());
        ofOne.put("--script", script);
        ofOne.forEach((option, said) -> {
            if (said) {
                throw new UsageError(
                        "%s is for one database, by its name".formatted(option),
                        "Restore that one by a command of its own, and the others without the option.");
            }
        });
    }

    private static void only(String rule, String one, boolean hasOne, String other, boolean hasOther) {
        if (hasOne && hasOther) {
            throw new UsageError("%s: not both %s and %s".formatted(rule, one, other), "Leave one of them away.");
        }
    }

    private @Nullable ZoneId zoneOrNull() {
        try {
            return zone == null ? null : ZoneId.of(zone);
        } catch (DateTimeException e) {
            throw new UsageError("there is no zone %s".formatted(zone), "Say one such as Europe/Berlin or +02:00.");
        }
    }

    private Recovery recovery() {
        Opening told = opening.opening();
        if (standby == null && !norecovery) {
            return new Recovery.Recover(told);
        }
        if (!told.equals(Opening.PLAIN)) {
            throw new UsageError(
                    "%s is for a database that the restore opens"
                            .formatted(told.options().getFirst()),
                    "Leave %s away, or the option.".formatted(norecovery ? "--norecovery" : "--standby"));
        }
        return standby == null ? new Recovery.NoRecovery() : new Recovery.Standby(standby);
    }

    private Existing existing() {
        if (goOn) {
            return Existing.CONTINUE;
        }
        return !replace ? Existing.KEEP : discardTail ? Existing.REPLACE_AND_DISCARD_TAIL : Existing.REPLACE;
    }

    private RestoreScript.Source source() {
        String place = files == null ? "" : files;
        return place.startsWith("s3://")
                ? new RestoreScript.Source.Url(place.replaceAll("/+$", ""))
                : new RestoreScript.Source.Disk(place);
    }

    private static int print(Output output, String script) {
        output.tellLines(script);
        output.document(Map.of("script", script));
        return Sluice.DONE;
    }
}
