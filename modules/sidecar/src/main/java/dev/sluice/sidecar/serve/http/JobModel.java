package dev.sluice.sidecar.serve.http;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunProgress;
import dev.sluice.sidecar.history.JobOrigin;
import dev.sluice.sidecar.serve.HistoryListener;
import dev.sluice.sidecar.serve.ServiceMetrics;
import dev.sluice.sidecar.serve.TrackedBackup;
import dev.sluice.sidecar.serve.TrackedJob;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The JSON objects about backups as jobs, and what every job has, as [ApiModel] has the others.
final class JobModel {

    private JobModel() {}

    record JobRequest(
            String database, BackupType type, @Nullable Boolean copyOnly) implements ApiModel.Body {}

    record Jobs(List<Job> jobs) implements ApiModel.Body {}

    record Job(
            String id,
            String database,
            BackupType type,
            @Nullable BackupType taken,
            boolean copyOnly,
            JobOrigin origin,
            TrackedJob.State state,
            Instant due,
            @Nullable Instant began,
            @Nullable Instant ended,
            @Nullable String backupId,
            @Nullable String phase,
            @Nullable String note,
            @Nullable JobError error,
            @Nullable Progress progress)
            implements ApiModel.Body {

        static Job of(TrackedBackup job) {
            return new Job(
                    job.id(),
                    job.job().database(),
                    job.job().type(),
                    job.taken(),
                    job.job().copyOnly(),
                    HistoryListener.origin(job.job()),
                    job.state(),
                    job.job().due(),
                    job.began(),
                    job.ended(),
                    job.backupId(),
                    ApiModel.unlessEmpty(job.phase()),
                    ApiModel.unlessEmpty(job.note()),
                    JobError.of(job.failure()),
                    Progress.of(job.progress()));
        }
    }

    /// @param status that a request would have got that fails so
    record JobError(String id, String what, String hint, int status) implements ApiModel.Body {

        static @Nullable JobError of(@Nullable OperationFailed failure) {
            return failure == null
                    ? null
                    : new JobError(
                            failure.id().text(),
                            failure.what(),
                            failure.hint(),
                            failure.id().httpStatus());
        }
    }

    enum Side {
        SQL,
        MEMORY,
        S3;

        static Side of(RunProgress.Waiting what) {
            return valueOf(ServiceMetrics.side(what).toUpperCase(Locale.ROOT));
        }
    }

    record Progress(long bytes, long expectedBytes, int percent, Side bottleneck, List<Waits> waited)
            implements ApiModel.Body {

        static @Nullable Progress of(@Nullable RunProgress now) {
            return now == null
                    ? null
                    : new Progress(
                            now.bytes(),
                            now.expectedBytes(),
                            now.percent(),
                            Side.of(now.bottleneck()),
                            IntStream.range(0, now.stripes())
                                    .mapToObj(stripe -> Waits.of(now, stripe))
                                    .toList());
        }
    }

    /// How long a stripe has waited.
    record Waits(int stripe, double sqlSeconds, double memorySeconds, double s3Seconds) implements ApiModel.Body {

        static Waits of(RunProgress now, int stripe) {
            return new Waits(
                    stripe + 1,
                    seconds(now, stripe, RunProgress.Waiting.SQL_SERVER),
                    seconds(now, stripe, RunProgress.Waiting.MEMORY),
                    seconds(now, stripe, RunProgress.Waiting.STORE));
        }

        private static double seconds(RunProgress now, int stripe, RunProgress.Waiting what) {
            return now.waited(stripe, what).toMillis() / 1000.0;
        }
    }
}
