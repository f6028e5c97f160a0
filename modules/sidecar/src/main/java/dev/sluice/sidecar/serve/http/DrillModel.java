package dev.sluice.sidecar.serve.http;

import dev.sluice.catalog.DrillDocument;
import dev.sluice.sidecar.serve.TrackedDrill;
import dev.sluice.sidecar.serve.TrackedJob;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The JSON objects about restore drills, as [ApiModel] has the others.
final class DrillModel {

    private DrillModel() {}

    record Drills(List<Drill> drills) implements ApiModel.Body {}

    /// A restore drill of a policy.
    ///
    /// @param outcome what it has found out; null before that, and when it has ended without
    record Drill(
            String id,
            String database,
            TrackedJob.State state,
            @Nullable Instant began,
            @Nullable Instant ended,
            DrillDocument.@Nullable Outcome outcome,
            @Nullable String note,
            JobModel.@Nullable JobError error,
            JobModel.@Nullable Progress progress)
            implements ApiModel.Body {

        static Drill of(TrackedDrill job) {
            DrillDocument found = job.document();
            return new Drill(
                    job.id(),
                    job.database(),
                    job.state(),
                    job.began(),
                    job.ended(),
                    found == null ? null : found.outcome(),
                    ApiModel.unlessEmpty(job.note()),
                    JobModel.JobError.of(job.failure()),
                    JobModel.Progress.of(job.progress()));
        }
    }
}
