package dev.sluice.sidecar.serve.http;

import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.DrillDocument;
import dev.sluice.sidecar.serve.LastLeftOut;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The JSON objects of `/api/v1/status` and of the events, as [ApiModel] has the others.
final class StatusModel {

    private StatusModel() {}

    record ServiceStatus(
            String identity,
            String version,
            Instant now,
            Map<String, ApiModel.Health> checks,
            List<PauseModel.Pause> pauses,
            List<DatabaseStatus> databases)
            implements ApiModel.Body {

        static ServiceStatus of(dev.sluice.sidecar.serve.ServiceStatus status) {
            Map<String, ApiModel.Health> checks = new LinkedHashMap<>();
            status.checks().forEach((name, well) -> checks.put(name, ApiModel.Health.of(well)));
            return new ServiceStatus(
                    status.identity(),
                    status.version(),
                    status.now(),
                    checks,
                    status.pauses().stream().map(PauseModel.Pause::of).toList(),
                    status.databases().stream().map(DatabaseStatus::of).toList());
        }
    }

    record LastDrill(DrillDocument.Outcome outcome, Instant at) implements ApiModel.Body {

        static LastDrill of(dev.sluice.sidecar.serve.DatabaseStatus.Drill drill) {
            return new LastDrill(drill.outcome(), drill.at());
        }
    }

    /// @param window the moments that can be restored
    record DatabaseStatus(
            String name,
            dev.sluice.sidecar.serve.DatabaseStatus.Condition condition,
            List<String> problems,
            boolean online,
            PlanModel.@Nullable Reachable window,
            List<TypeStatus> types,
            @Nullable LastDrill drill,
            int unconfirmed)
            implements ApiModel.Body {

        static DatabaseStatus of(dev.sluice.sidecar.serve.DatabaseStatus status) {
            return new DatabaseStatus(
                    status.name(),
                    status.condition(),
                    status.problems(),
                    status.online(),
                    status.window() == null ? null : PlanModel.Reachable.of(status.window()),
                    status.types().stream().map(TypeStatus::of).toList(),
                    status.drill().map(LastDrill::of).orElse(null),
                    status.unconfirmed());
        }
    }

    /// @param last    when the last good one ended
    /// @param next    when the next one is due
    /// @param leftOut why the last one that was due was left out
    record TypeStatus(
            BackupType type,
            @Nullable Instant last,
            @Nullable Instant next,
            @Nullable Instant pausedUntil,
            boolean failed,
            @Nullable LeftOut leftOut)
            implements ApiModel.Body {

        static TypeStatus of(dev.sluice.sidecar.serve.DatabaseStatus.TypeStatus status) {
            return new TypeStatus(
                    status.type(),
                    status.last(),
                    status.next(),
                    status.pause().map(dev.sluice.sidecar.pause.Pause::until).orElse(null),
                    status.failure().isPresent(),
                    status.leftOut().map(LeftOut::of).orElse(null));
        }
    }

    /// A backup that was due and not taken, because there was no need.
    record LeftOut(Instant at, String why) implements ApiModel.Body {

        static LeftOut of(LastLeftOut.LeftOut last) {
            return new LeftOut(last.at(), last.why());
        }
    }

    /// What waits or runs.
    record Activity(
            List<JobModel.Job> jobs,
            List<RestoreModel.Restore> restores,
            List<VerificationModel.Verification> verifications,
            List<DrillModel.Drill> drills)
            implements ApiModel.Body {

        boolean isIdle() {
            return jobs.isEmpty() && restores.isEmpty() && verifications.isEmpty() && drills.isEmpty();
        }
    }
}
