package dev.sluice.sidecar.report;

import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.plan.Opening;
import dev.sluice.engine.plan.PlanFinding;
import dev.sluice.engine.plan.RestorePlan;
import dev.sluice.engine.plan.RestorePlan.Recovery;
import dev.sluice.engine.plan.RestorePlan.Step;
import dev.sluice.engine.plan.RestorePlan.Stop;
import dev.sluice.engine.restore.Destination;
import dev.sluice.engine.restore.Precondition;
import dev.sluice.engine.restore.RestoreCheck;
import dev.sluice.engine.run.ControlCharacters;
import dev.sluice.engine.run.Counted;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// A plan, as a table for people and as a document for programs.
public final class PlanDisplay {

    private final RestorePlan plan;
    private final String database;
    private final RestoreCheck check;

    /// @param database the name under which it is restored
    /// @param check    what was found out about it
    public PlanDisplay(RestorePlan plan, String database, RestoreCheck check) {
        this.plan = plan;
        this.database = database;
        this.check = check;
    }

    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add(String.format(
                Locale.ROOT,
                "Plan for %s: %s, %s",
                database,
                Counted.of(plan.backups().size(), "backup"),
                ByteSize.format(plan.bytes())));
        int number = 1;
        for (Step step : plan.steps()) {
            lines.add(String.format(Locale.ROOT, "%3d  %s", number++, described(step)));
        }
        plan.spare().forEach(step -> lines.add("     if SQL Server has not met the point by then: " + described(step)));
        check.destinations().forEach(file -> lines.add("     file " + described(file)));
        check.preconditions().forEach(each -> {
            lines.add("     %-7s  %-18s  %s"
                    .formatted(each.state().name().toLowerCase(Locale.ROOT), each.id(), each.evidence()));
            if (!each.remedy().isEmpty()) {
                lines.add("     %-7s  %-18s  -> %s".formatted("", "", each.remedy()));
            }
        });
        plan.findings().forEach(finding -> lines.add("  !  " + finding.text()));
        return lines;
    }

    private static String described(Destination file) {
        return file.isMoved()
                ? "%s goes to %s, and was at %s".formatted(file.logical(), file.path(), file.was())
                : "%s goes to %s".formatted(file.logical(), file.path());
    }

    private static String described(Step step) {
        return switch (step) {
            case Step.Restore(Backup backup, Stop stop, Recovery recovery) ->
                "%-12s  %s  %s  LSN %s to %s  %10s%s  %s"
                        .formatted(
                                backup.kind(),
                                backup.id(),
                                backup.finished(),
                                backup.firstLsn(),
                                backup.lastLsn(),
                                ByteSize.format(backup.bytes()),
                                stop instanceof Stop.Nowhere ? "" : "  " + named(stop),
                                named(recovery));
            case Step.Recover(Recovery recovery) -> "%-12s  WITH %s".formatted("OPEN", named(recovery));
        };
    }

    private static String named(Stop stop) {
        return switch (stop) {
            case Stop.Nowhere() -> "";
            case Stop.At(LocalDateTime local) -> "STOPAT " + local;
            case Stop.BeforeLsn(var lsn) -> "STOPBEFOREMARK lsn:" + lsn.toDecimal();
            case Stop.Mark mark ->
                "%s '%s'%s"
                        .formatted(
                                mark.within() ? "STOPATMARK" : "STOPBEFOREMARK",
                                ControlCharacters.escaped(mark.name()),
                                mark.after() == null ? "" : " AFTER " + mark.after());
        };
    }

    private static String named(Recovery recovery) {
        return switch (recovery) {
            case Recovery.NoRecovery() -> "NORECOVERY";
            case Recovery.Recover(Opening opening) ->
                Stream.concat(Stream.of("RECOVERY"), opening.options().stream()).collect(Collectors.joining(", "));
            case Recovery.Standby(String undoFile) -> "STANDBY " + undoFile;
        };
    }

    public Map<String, Object> document() {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("database", database);
        document.put("bytes", plan.bytes());
        document.put("steps", plan.steps().stream().map(PlanDisplay::document).toList());
        document.put("spare", plan.spare().stream().map(PlanDisplay::document).toList());
        document.put("moves", check.moves());
        document.put(
                "files",
                check.destinations().stream().map(Destination::toDocument).toList());
        document.put(
                "preconditions",
                check.preconditions().stream().map(Precondition::toDocument).toList());
        document.put("findings", plan.findings().stream().map(PlanFinding::text).toList());
        return document;
    }

    private static Map<String, Object> document(Step step) {
        Map<String, Object> document = new LinkedHashMap<>();
        switch (step) {
            case Step.Restore(Backup backup, Stop stop, Recovery recovery) -> {
                document.put("statement", backup.kind() == Backup.Kind.LOG ? "RESTORE LOG" : "RESTORE DATABASE");
                document.put("backup", backup.id());
                document.put("type", backup.kind().name());
                document.put("finishedAt", backup.finished().toString());
                document.put("firstLsn", backup.firstLsn().toDecimal().toString());
                document.put("lastLsn", backup.lastLsn().toDecimal().toString());
                document.put("bytes", backup.bytes());
                document.put("stripes", backup.stripes());
                document.put("stop", named(stop));
                document.put("recovery", named(recovery));
            }
            case Step.Recover(Recovery recovery) -> {
                document.put("statement", "RESTORE DATABASE");
                document.put("recovery", named(recovery));
            }
        }
        return document;
    }
}
