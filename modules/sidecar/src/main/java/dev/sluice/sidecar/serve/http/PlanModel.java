package dev.sluice.sidecar.serve.http;

import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.plan.Window;
import dev.sluice.engine.restore.Destination;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The JSON objects about what a restore would do, as [ApiModel] has the others.
final class PlanModel {

    private PlanModel() {}

    /// @param why     only where the point is unreachable, as `windows`
    /// @param bytes   only where it is reachable, as `backups`, `preconditions` and `files`
    record Plan(
            boolean reachable,
            @Nullable Long bytes,
            @Nullable List<PlannedBackup> backups,
            List<String> findings,
            @Nullable String why,
            @Nullable List<Reachable> windows,
            @Nullable List<Precondition> preconditions,
            @Nullable List<PlannedFile> files)
            implements ApiModel.Body {}

    record PlannedBackup(String id, String type, Instant finishedAt, String lastLsn, long bytes)
            implements ApiModel.Body {

        static PlannedBackup of(Backup backup) {
            return new PlannedBackup(
                    backup.id(),
                    backup.kind().name(),
                    backup.finished(),
                    backup.lastLsn().toDecimal().toString(),
                    backup.bytes());
        }
    }

    record Reachable(Instant earliest, Instant latest) implements ApiModel.Body {

        static Reachable of(Window window) {
            return new Reachable(window.earliest(), window.latest());
        }
    }

    record Precondition(
            String id,
            dev.sluice.engine.restore.Precondition.State state,
            String evidence,
            String remedy,
            @Nullable String error,
            @Nullable List<String> subjects)
            implements ApiModel.Body {

        static List<Precondition> of(List<dev.sluice.engine.restore.Precondition> all) {
            return all.stream()
                    .map(each -> new Precondition(
                            each.id(),
                            each.state(),
                            each.evidence(),
                            each.remedy(),
                            each.failure() == null ? null : each.failure().text(),
                            each.subjects().isEmpty() ? null : each.subjects()))
                    .toList();
        }
    }

    record PlannedFile(String logical, String path, String was, long bytes) implements ApiModel.Body {

        static List<PlannedFile> of(List<Destination> files) {
            return files.stream()
                    .map(file -> new PlannedFile(file.logical(), file.path(), file.was(), file.bytes()))
                    .toList();
        }
    }
}
