package dev.sluice.sidecar.serve.http;

import dev.sluice.engine.verify.VerifyReport;
import dev.sluice.sidecar.serve.TrackedJob;
import dev.sluice.sidecar.serve.TrackedVerification;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The JSON objects about verifications, as [ApiModel] has the others.
final class VerificationModel {

    private VerificationModel() {}

    record VerificationRequest(String backup, @Nullable Boolean withServer) implements ApiModel.Body {}

    record Verifications(List<Verification> verifications) implements ApiModel.Body {}

    record Verification(
            String id,
            String backupId,
            String database,
            boolean withServer,
            TrackedJob.State state,
            @Nullable Instant began,
            @Nullable Instant ended,
            @Nullable String note,
            JobModel.@Nullable JobError error,
            JobModel.@Nullable Progress progress,
            @Nullable VerificationReport report)
            implements ApiModel.Body {

        static Verification of(TrackedVerification job) {
            return new Verification(
                    job.id(),
                    job.backupId(),
                    job.database(),
                    job.withServer(),
                    job.state(),
                    job.began(),
                    job.ended(),
                    ApiModel.unlessEmpty(job.note()),
                    JobModel.JobError.of(job.failure()),
                    JobModel.Progress.of(job.progress()),
                    VerificationReport.of(job.report()));
        }
    }

    /// @param structure how far SQL Server's format could be followed
    /// @param checksums of SQL Server's in the stream that were computed again and hold
    record VerificationReport(
            long bytes,
            double seconds,
            VerifyReport.Structure structure,
            long checksums,
            List<Damage> problems,
            List<String> remarks)
            implements ApiModel.Body {

        static @Nullable VerificationReport of(@Nullable VerifyReport report) {
            return report == null
                    ? null
                    : new VerificationReport(
                            report.bytes(),
                            report.seconds(),
                            report.structure(),
                            report.checksums(),
                            report.problems().stream().map(Damage::of).toList(),
                            report.remarks());
        }
    }

    /// @param number SQL Server's error for the same thing
    record Damage(
            int stripe,
            @Nullable String key,
            @Nullable Integer block,
            @Nullable Long offset,
            @Nullable Integer number,
            String text)
            implements ApiModel.Body {

        static Damage of(VerifyReport.Problem problem) {
            return new Damage(
                    problem.stripe(),
                    ApiModel.unlessEmpty(problem.key()),
                    problem.block() < 0 ? null : problem.block(),
                    problem.offset() < 0 ? null : problem.offset(),
                    problem.number() == 0 ? null : problem.number(),
                    problem.text());
        }
    }
}
