package dev.sluice.sidecar.serve;

import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.sidecar.schedule.JobOutcome;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/// How a job ends that has thrown.
///
/// @param failure null when it was cancelled before there was anything to tell
record JobFailure(JobOutcome outcome, @Nullable OperationFailed failure) {

    /// Also notes the failure at the job. A job that a person has cancelled is cancelled whatever it failed
    /// with, unless SQL Server may rely on its backup.
    static JobFailure of(TrackedJob job, Throwable thrown) {
        Throwable e = thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        if (e instanceof CancellationException) {
            return new JobFailure(JobOutcome.CANCELLED, null);
        }
        OperationFailed failure = Failures.of(e);
        job.fail(failure);
        if (failure.id() == FailureId.UNCONFIRMED) {
            return new JobFailure(JobOutcome.UNCONFIRMED, failure);
        }
        return new JobFailure(
                failure.id() == FailureId.CANCELLED || job.isCancelled() ? JobOutcome.CANCELLED : JobOutcome.FAILED,
                failure);
    }
}
