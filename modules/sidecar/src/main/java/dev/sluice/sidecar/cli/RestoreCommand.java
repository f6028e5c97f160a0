package dev.sluice.sidecar.cli;

import dev.sluice.engine.Engine;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.inventory.Inventory;
import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.plan.PlanFinding;
import dev.sluice.engine.plan.PlanRequest;
import dev.sluice.engine.plan.Planner;
import dev.sluice.engine.plan.Planning;
import dev.sluice.engine.plan.RestorePlan;
import dev.sluice.engine.plan.RestorePlan.Recovery;
import dev.sluice.engine.plan.RestoreTarget;
import dev.sluice.engine.plan.UnclearTime;
import dev.sluice.engine.restore.RestoreCheck;
import dev.sluice.engine.restore.RestorePosition;
import dev.sluice.engine.restore.RestoreRequest;
import dev.sluice.engine.restore.RestoreRequest.Existing;
import dev.sluice.engine.restore.RestoreResult;
import dev.sluice.engine.restore.RestoreScript;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.sidecar.install.Installation;
import dev.sluice.sidecar.report.ByteSize;
import dev.sluice.sidecar.report.ChainDisplay;
import dev.sluice.sidecar.report.Output;
import dev.sluice.sidecar.report.PlanDisplay;
import dev.sluice.sidecar.report.ProgressDisplay;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Restores a database to a point, from as many backups as that takes.
@Command(
        name = "restore",
        description = "Restores a database to an instant, an LSN, one of its backups, or the end of what there is.")
final class RestoreCommand implements Callable<Integer> {

    private final Shutdown shutdown;

    @Mixin
    CommonOptions common = new CommonOptions();

    @Mixin
    dev.sluice.sidecar.cli.InstallationOption target = new dev.sluice.sidecar.cli.InstallationOption();

    @Parameters(paramLabel = "DB", description = "The database whose backups they are.")
    String database = "";

    @Option(
            names = "--to",
            paramLabel = "POINT",
            description = "An instant with an offset (2026-03-01T10:42:00+01:00, or ending in Z), an LSN"
                    + " (lsn:39:488:71 or lsn:39000000048800071: everything before it), or end. Default: end.")
    @Nullable
    String to;

    @Option(
            names = "--backup",
            paramLabel = "ID",
            description = "To the end of this backup, or of the one that begins so.")
    @Nullable
    String backup;

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

    @Option(names = "--continue", description = "Go on with a database that is restoring, where it stands.")
    boolean goOn;

    @Option(names = "--unconfirmed", description = "Use backups, too, whose verdict nobody heard.")
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
        refuseNonsense();
        Output output = common.output();
        Installation installation = shutdown.guard(target.start(common.config));
        Engine engine = installation.engine();
        Inventory inventory = Blocking.get(engine.inventory(database, zoneOrNull()));
        // One of them may be the log that leads further.
        inventory.refused().forEach(why -> output.notice("sluice: not planned with: " + why));
        // What is restored gets the name that it had, whatever was typed.
        database = inventory.database();
        RestorePlan plan = tail ? beforeTail(engine, inventory) : plan(engine, inventory);
        inventory.notes().forEach(note -> output.notice("sluice: " + note));
        RestoreRequest request = request(plan, inventory, existing());
        if (script) {
            return print(output, Blocking.get(engine.script(request, source())));
        }
        if (planOnly) {
            RestoreCheck check = Blocking.get(engine.check(tail ? discarding(plan, inventory) : request));
            return show(output, new PlanDisplay(plan, restoredName(), check), check, code(plan, inventory));
        }
        AtomicReference<@Nullable PlanDisplay> display = new AtomicReference<>();
        if (tail) {
            // Whatever is refused is refused before the tail is taken.
            RestoreCheck check = Blocking.get(engine.check(discarding(plan, inventory)));
            check.requireMet();
            display.set(shown(output, plan, check));
            saveTail(installation, output);
            Inventory withTail = Blocking.get(engine.inventory(database, zoneOrNull()));
            plan = plan(engine, withTail);
            request = request(plan, withTail, Existing.REPLACE);
        }
        RestorePlan done = plan;
        RestoreResult result;
        try (ProgressDisplay progress = common.progress("restore")) {
            result = Blocking.get(engine.restore(
                    request,
                    progress.showing(check -> display.set(
                            tail ? new PlanDisplay(done, restoredName(), check) : shown(output, done, check)))));
        }
        output.tell(String.format(
                Locale.ROOT,
                "Restored %s as %s from %d backups: %s in %.1f s; it is %s.",
                database,
                restoredName(),
                result.backups(),
                ByteSize.format(result.bytes()),
                result.seconds(),
                result.state()));
        if (replace && !norecovery && standby == null) {
            output.notice(
                    "sluice: take a differential or full backup of %s now: log backups alone may not continue what is"
                                    .formatted(restoredName())
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
        return code(plan, inventory);
    }

    private PlanDisplay shown(Output output, RestorePlan plan, RestoreCheck check) {
        PlanDisplay display = new PlanDisplay(plan, restoredName(), check);
        display.lines().forEach(output::tell);
        return display;
    }

    /// The plan alone, with all that is in its way.
    private static int show(Output output, PlanDisplay display, RestoreCheck check, int code) {
        display.lines().forEach(output::tell);
        Map<String, Object> document = Map.of("plan", display.document());
        OperationFailed refusal = check.refusal().orElse(null);
        if (refusal != null) {
            output.failure(refusal, document);
            return Sluice.FAILED;
        }
        output.document(document);
        return code;
    }

    private static int code(RestorePlan plan, Inventory inventory) {
        return plan.findings().isEmpty() && inventory.refused().isEmpty() ? Sluice.DONE : Sluice.ATTENTION;
    }

    /// Everything else has been checked: from here on the database waits for the restore.
    private void saveTail(Installation installation, Output output) {
        BackupResult saved;
        try (ProgressDisplay progress = common.progress("tail   ")) {
            saved = Blocking.get(
                    installation.engine().backup(installation.backupDefaults().tail(restoredName()), progress));
        }
        output.tell("Saved the tail of the log of %s as backup %s: %s. The database is restoring from here on."
                .formatted(
                        restoredName(),
                        saved.document().backupId(),
                        ByteSize.format(saved.document().bytes())));
    }

    private void refuseNonsense() {
        only("a point is said once", "--to", to != null, "--backup", backup != null);
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

    private static void only(String rule, String one, boolean hasOne, String other, boolean hasOther) {
        if (hasOne && hasOther) {
            throw new UsageError("%s: not both %s and %s".formatted(rule, one, other), "Leave one of them away.");
        }
    }

    private String restoredName() {
        return name == null ? database : name;
    }

    private @Nullable ZoneId zoneOrNull() {
        try {
            return zone == null ? null : ZoneId.of(zone);
        } catch (DateTimeException e) {
            throw new UsageError("there is no zone %s".formatted(zone), "Say one such as Europe/Berlin or +02:00.");
        }
    }

    private RestorePlan plan(Engine engine, Inventory inventory) {
        return planOf(planning(engine, inventory, point(inventory)), inventory);
    }

    private RestorePlan planOf(Planning planning, Inventory inventory) {
        return switch (planning) {
            case RestorePlan plan -> plan;
            case Planning.Unreachable no -> throw unreachable(no, inventory);
        };
    }

    /// What is checked and shown before the tail is taken. An instant behind all log backups lies in the tail:
    /// then everything up to there has to be possible.
    private RestorePlan beforeTail(Engine engine, Inventory inventory) {
        RestoreTarget point = point(inventory);
        Planning planning = planning(engine, inventory, point);
        if (planning instanceof Planning.Unreachable no
                && no.findings().isEmpty()
                && point instanceof RestoreTarget.At at
                && planning(engine, inventory, new RestoreTarget.End()) instanceof RestorePlan end
                && endsBefore(end, at.instant())
                && !at.instant().isAfter(Blocking.get(engine.now()))) {
            PlanFinding note = new PlanFinding.Note(
                    "the instant lies behind all log backups: the tail of the log, saved first, brings it");
            return new RestorePlan(
                    end.target(),
                    end.steps(),
                    end.spare(),
                    Stream.concat(end.findings().stream(), Stream.of(note)).toList());
        }
        return planOf(planning, inventory);
    }

    private static boolean endsBefore(RestorePlan plan, Instant instant) {
        return plan.backups().stream().noneMatch(backup -> backup.finished().isAfter(instant));
    }

    private Planning planning(Engine engine, Inventory inventory, RestoreTarget point) {
        PlanRequest wanted = PlanRequest.to(point).ending(ending());
        if (unconfirmed) {
            wanted = wanted.withUnconfirmed();
        }
        if (goOn) {
            RestorePosition position = Blocking.get(engine.position(restoredName()));
            wanted = wanted.continuing(position.standing(inventory.time()));
        }
        return new Planner(usable(inventory)).plan(wanted);
    }

    private List<Backup> usable(Inventory inventory) {
        return inventory.without(
                without.stream().map(id -> named(id, inventory)).collect(Collectors.toSet()));
    }

    private String named(String id, Inventory inventory) {
        return inventory
                .document(id)
                .orElseThrow(() -> new OperationFailed(
                        FailureId.NO_SUCH_BACKUP,
                        "There is no backup of %s whose id begins with %s, or more than one".formatted(database, id),
                        "database " + database,
                        "List them with `sluice list %s`.".formatted(database),
                        null))
                .backupId();
    }

    private RestoreTarget point(Inventory inventory) {
        String id = backup;
        if (id != null) {
            return new RestoreTarget.Through(named(id, inventory));
        }
        try {
            return RestoreTarget.parse(to == null ? "end" : to, inventory.time());
        } catch (UnclearTime | IllegalArgumentException e) {
            throw new UsageError("--to: " + e.getMessage(), "See sluice restore --help.");
        }
    }

    private Recovery ending() {
        if (standby != null) {
            return new Recovery.Standby(standby);
        }
        return norecovery ? new Recovery.NoRecovery() : new Recovery.Recover();
    }

    private OperationFailed unreachable(Planning.Unreachable no, Inventory inventory) {
        String more = String.join(
                "\n",
                Stream.concat(
                                no.findings().stream()
                                        .map(PlanFinding::text)
                                        .filter(text -> !no.why().contains(text)),
                                inventory.notes().stream())
                        .toList());
        List<String> windows =
                no.windows().stream().map(ChainDisplay::described).toList();
        return new OperationFailed(
                FailureId.UNREACHABLE,
                more.isEmpty() ? no.why() : no.why() + "\n" + more,
                "database %s, to %s".formatted(database, backup == null ? to == null ? "end" : to : "backup " + backup),
                windows.isEmpty()
                        ? "Nothing of this database can be reached; see `sluice list %s`.".formatted(database)
                        : "What can be reached: " + String.join("; ", windows),
                null);
    }

    private Existing existing() {
        if (goOn) {
            return Existing.CONTINUE;
        }
        return !replace ? Existing.KEEP : discardTail ? Existing.REPLACE_AND_DISCARD_TAIL : Existing.REPLACE;
    }

    private RestoreRequest request(RestorePlan plan, Inventory inventory, Existing existing) {
        return RestoreRequest.of(plan, inventory.documents(), restoredName(), moves, existing)
                .withChoices(new RestoreRequest.Choices(defaultPaths, acceptRewritten));
    }

    /// What is checked before the tail is taken: all but the tail.
    private RestoreRequest discarding(RestorePlan plan, Inventory inventory) {
        return request(plan, inventory, Existing.REPLACE_AND_DISCARD_TAIL);
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
