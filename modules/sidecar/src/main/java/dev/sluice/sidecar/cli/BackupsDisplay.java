package dev.sluice.sidecar.cli;

import dev.sluice.engine.backup.BackupsObserver;
import dev.sluice.engine.backup.BackupsReport;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.sidecar.report.BackupOutcome;
import dev.sluice.sidecar.report.Output;
import dev.sluice.sidecar.report.ProgressDisplay;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Shows the backups of several databases while they are taken, each with what became of it.
final class BackupsDisplay implements BackupsObserver, AutoCloseable {

    private final Output output;
    private final Function<String, ProgressDisplay> progress;
    private @Nullable ProgressDisplay current;

    /// @param progress shows one backup, by the first words of its line
    BackupsDisplay(Output output, Function<String, ProgressDisplay> progress) {
        this.output = output;
        this.progress = progress;
    }

    @Override
    public synchronized RunObserver begins(String database) {
        close();
        ProgressDisplay next = progress.apply("backup %s ".formatted(database));
        current = next;
        return next;
    }

    @Override
    public synchronized void ended(BackupsReport.Outcome outcome) {
        close();
        switch (outcome) {
            case BackupsReport.Taken taken -> BackupCommand.tell(output, taken.result());
            case BackupsReport.Failed failed -> {
                output.notice("sluice: %s was not backed up".formatted(failed.database()));
                output.noticeFailure(failed.failure());
            }
            case BackupsReport.LeftOut leftOut ->
                output.tell("Left out %s: %s.".formatted(leftOut.database(), leftOut.reason()));
            case BackupsReport.NotTried notTried ->
                output.notice("sluice: %s was not tried, for the same reason".formatted(notTried.database()));
        }
    }

    @Override
    public synchronized void close() {
        if (current != null) {
            current.close();
            current = null;
        }
    }

    static Map<String, Object> document(BackupsReport report) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put(
                "backups",
                report.taken().stream()
                        .map(taken -> BackupOutcome.document(taken.result()))
                        .toList());
        document.put(
                "failed", report.failed().stream().map(BackupsDisplay::failed).toList());
        document.put("leftOut", report.leftOut());
        document.put(
                "notTried",
                report.notTried().stream().map(BackupsReport.NotTried::database).toList());
        return document;
    }

    private static Map<String, Object> failed(BackupsReport.Failed failed) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("database", failed.database());
        document.put("error", Output.error(failed.failure()));
        return document;
    }
}
