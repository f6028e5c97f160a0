package dev.sluice.sidecar.serve;

import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunProgress;
import dev.sluice.sidecar.schedule.JobOutcome;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// One thing that happens to a job, in this order: queued; then withdrawn, or ended with a beginning and
/// progress in between. A job that fails before its work begins has no beginning.
///
/// Everything that wants to know of jobs (metrics, a history, notifications) hears these events and nothing
/// else.
public sealed interface JobEvent {

    TrackedJob job();

    /// It waits for its turn.
    record Queued(TrackedJob job, Instant at) implements JobEvent {}

    /// It was dropped before its turn: a person cancelled it, or no policy takes its database any more.
    record Withdrawn(TrackedJob job, Instant at) implements JobEvent {}

    /// Its backup, restore, verification or drill begins. From here on a backup's type is settled.
    record Began(TrackedJob job, Instant at) implements JobEvent {}

    /// It has come further. Heard whenever metrics are read, and once before the end.
    record Progressed(TrackedJob job, RunProgress progress) implements JobEvent {}

    /// It is over.
    ///
    /// @param lasted  from its turn to its end
    /// @param backup  the backup that the job has taken; null unless it was to take one, and that is good
    /// @param failure why there is no good end; null when it is good, or was cancelled or left out
    record Ended(
            TrackedJob job,
            JobOutcome outcome,
            Duration lasted,
            @Nullable BackupResult backup,
            @Nullable OperationFailed failure,
            Instant at)
            implements JobEvent {}
}
