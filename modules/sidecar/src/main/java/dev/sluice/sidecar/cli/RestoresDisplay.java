package dev.sluice.sidecar.cli;

import dev.sluice.engine.Engine;
import dev.sluice.engine.backup.DatabaseSelection;
import dev.sluice.engine.restore.RestoreObserver;
import dev.sluice.engine.restore.RestoreOrder;
import dev.sluice.engine.restore.RestoreResult;
import dev.sluice.engine.restore.RestoresObserver;
import dev.sluice.engine.restore.RestoresPlan;
import dev.sluice.engine.restore.RestoresReport;
import dev.sluice.engine.run.Counted;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunProgress;
import dev.sluice.sidecar.report.ByteSize;
import dev.sluice.sidecar.report.Output;
import dev.sluice.sidecar.report.ProgressDisplay;
import dev.sluice.sidecar.report.StatusLine;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/// Restores several databases, and shows it: the plan of all before the first one begins, each with what became of it.
final class RestoresDisplay implements RestoresObserver {

    private final Output output;
    private final StatusLine status;
    private final Map<String, Optional<RunProgress>> running = new ConcurrentSkipListMap<>();
    private final AtomicInteger done = new AtomicInteger();
    private volatile int all;

    RestoresDisplay(Output output, StatusLine status) {
        this.output = output;
        this.status = status;
    }

    /// @return the exit code
    int run(Engine engine, DatabaseSelection selection, RestoreOrder each, int atOnce, boolean planOnly) {
        RestoresPlan plan = Await.get(engine.plan(selection, each));
        plan.databases().forEach(this::tell);
        Map<String, Object> document = new LinkedHashMap<>();
        document.put(
                "plans", plan.possible().stream().map(RestoresDisplay::document).toList());
        if (planOnly) {
            document.put("failed", failed(plan, List.of()));
            document.put("leftOut", plan.leftOut());
            output.document(document);
            return code(plan, plan.possible().isEmpty(), false);
        }
        all = plan.possible().size();
        RestoresReport report;
        try (status) {
            status.show(this::line);
            report = Await.get(engine.restore(plan, atOnce, this));
        }
        document.put(
                "restores",
                report.restored().stream().map(RestoresDisplay::document).toList());
        document.put("failed", failed(plan, report.failed()));
        document.put("leftOut", plan.leftOut());
        document.put(
                "notTried",
                report.notTried().stream()
                        .map(RestoresReport.NotTried::database)
                        .toList());
        output.document(document);
        boolean left = !report.failed().isEmpty() || !report.notTried().isEmpty();
        return code(plan, report.restored().isEmpty(), left);
    }

    private static int code(RestoresPlan plan, boolean none, boolean left) {
        boolean impossible = !plan.impossible().isEmpty();
        if (none && (left || impossible)) {
            return Sluice.FAILED;
        }
        boolean attention = plan.possible().stream().anyMatch(RestoresPlan.Possible::needsAttention);
        return left || impossible || attention ? Sluice.ATTENTION : Sluice.DONE;
    }

    // ---- the plan ----

    private void tell(RestoresPlan.Prospect prospect) {
        switch (prospect) {
            case RestoresPlan.Possible possible -> {
                output.tell(String.format(
                        Locale.ROOT,
                        "Plan for %s: %s, %s",
                        possible.database(),
                        Counted.of(possible.backups(), "backup"),
                        ByteSize.format(possible.bytes())));
                possible.findings().forEach(finding -> output.tell("  !  " + finding));
                possible.refused()
                        .forEach(why -> output.notice(
                                "sluice: %s is not planned with: %s".formatted(possible.database(), why)));
            }
            case RestoresPlan.Impossible impossible -> tellFailed(impossible.database(), impossible.failure());
            case RestoresPlan.LeftOut leftOut ->
                output.tell("Left out %s: %s.".formatted(leftOut.database(), leftOut.reason()));
        }
    }

    private void tellFailed(String database, OperationFailed failure) {
        output.notice("sluice: %s is not restored".formatted(database));
        output.noticeFailure(failure);
    }

    // ---- the restores ----

    @Override
    public RestoreObserver begins(String database) {
        running.put(database, Optional.empty());
        return new RestoreObserver() {
            @Override
            public void streaming(String backupId, RunProgress progress) {
                running.computeIfPresent(database, (_, _) -> Optional.of(progress));
            }
        };
    }

    @Override
    public void ended(RestoresReport.Outcome outcome) {
        running.remove(outcome.database());
        done.incrementAndGet();
        status.above(() -> {
            switch (outcome) {
                case RestoresReport.Restored restored -> tell(restored.database(), restored.result());
                case RestoresReport.Failed failed -> tellFailed(failed.database(), failed.failure());
                case RestoresReport.NotTried notTried ->
                    output.notice("sluice: %s was not tried, for the same reason".formatted(notTried.database()));
            }
        });
    }

    private void tell(String database, RestoreResult result) {
        output.tell(String.format(
                Locale.ROOT,
                "Restored %s from %s: %s in %.1f s; it is %s.",
                database,
                Counted.of(result.backups(), "backup"),
                ByteSize.format(result.bytes()),
                result.seconds(),
                result.state()));
    }

    private String line() {
        return String.format(
                Locale.ROOT,
                "restore: %d of %d databases done; %s",
                done.get(),
                all,
                running.isEmpty()
                        ? "none is under way"
                        : running.entrySet().stream()
                                .map(one -> one.getKey()
                                        + one.getValue()
                                                .map(progress -> String.format(
                                                        Locale.ROOT,
                                                        " %.0f%%",
                                                        100 * ProgressDisplay.fraction(progress)))
                                                .orElse(""))
                                .collect(Collectors.joining(", ")));
    }

    // ---- JSON ----

    /// The steps of one are what `restore DB --plan --json` prints.
    private static Map<String, Object> document(RestoresPlan.Possible possible) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("database", possible.database());
        document.put("backups", possible.backups());
        document.put("bytes", possible.bytes());
        document.put("findings", possible.findings());
        return document;
    }

    private static Map<String, Object> document(RestoresReport.Restored restored) {
        RestoreResult result = restored.result();
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("database", result.database());
        document.put("state", result.state());
        document.put("backups", result.backups());
        document.put("bytes", result.bytes());
        document.put("seconds", result.seconds());
        return document;
    }

    private static List<Map<String, Object>> failed(RestoresPlan plan, List<RestoresReport.Failed> failed) {
        List<Map<String, Object>> all = new ArrayList<>();
        plan.impossible().forEach(one -> all.add(failed(one.database(), one.failure())));
        failed.forEach(one -> all.add(failed(one.database(), one.failure())));
        return all;
    }

    private static Map<String, Object> failed(String database, OperationFailed failure) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("database", database);
        document.put("error", Output.error(failure));
        return document;
    }
}
