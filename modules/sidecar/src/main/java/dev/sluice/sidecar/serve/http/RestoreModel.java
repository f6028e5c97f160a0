package dev.sluice.sidecar.serve.http;

import dev.sluice.engine.restore.RestoreCheck;
import dev.sluice.engine.restore.RestoreResult;
import dev.sluice.sidecar.serve.TrackedJob;
import dev.sluice.sidecar.serve.TrackedRestore;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The JSON objects about restores, as [ApiModel] has the others.
final class RestoreModel {

    private RestoreModel() {}

    /// What may happen to a database that is there already, in the words of the command's options.
    enum ExistingDatabase {
        KEEP,
        REPLACE,
        SAVE_TAIL,
        DISCARD_TAIL,
        CONTINUE
    }

    /// The state in which a restore leaves the database.
    enum LeftAs {
        RECOVERY,
        NORECOVERY,
        STANDBY
    }

    /// What becomes of Service Broker, in RESTORE's words.
    enum ServiceBroker {
        ENABLE_BROKER,
        NEW_BROKER,
        ERROR_BROKER_CONVERSATIONS
    }

    record RestoreRequest(
            String database,
            @Nullable String to,
            @Nullable String backup,
            @Nullable String stopAtMark,
            @Nullable String stopBeforeMark,
            @Nullable String markAfter,
            @Nullable String as,
            @Nullable ExistingDatabase existing,
            @Nullable Map<String, String> moves,
            @Nullable Boolean defaultPaths,
            @Nullable Boolean acceptRewritten,
            @Nullable LeftAs leave,
            @Nullable String undoFile,
            @Nullable Boolean restrictedUser,
            @Nullable Boolean keepReplication,
            @Nullable Boolean keepCdc,
            @Nullable ServiceBroker serviceBroker,
            @Nullable Boolean unconfirmed,
            @Nullable List<String> without,
            @Nullable String zone)
            implements ApiModel.Body {}

    record Restores(List<Restore> restores) implements ApiModel.Body {}

    /// @param point         where it ends, as it was asked for
    /// @param as            the name of the restored database; that of the backups' until it is planned
    /// @param tailBackupId  of the tail of the database that was replaced
    /// @param preconditions as they were found before it began
    /// @param files         where each file of the database goes
    record Restore(
            String id,
            String database,
            String point,
            String as,
            TrackedJob.State state,
            @Nullable Instant began,
            @Nullable Instant ended,
            @Nullable String tailBackupId,
            @Nullable String note,
            JobModel.@Nullable JobError error,
            JobModel.@Nullable Progress progress,
            @Nullable RestoreSummary plan,
            @Nullable List<PlanModel.Precondition> preconditions,
            @Nullable List<PlanModel.PlannedFile> files,
            @Nullable RestoreEnd result)
            implements ApiModel.Body {

        static Restore of(TrackedRestore job) {
            TrackedRestore.Summary plan = job.plan();
            RestoreCheck check = job.check();
            String asked = job.order().as();
            return new Restore(
                    job.id(),
                    job.order().database(),
                    job.order().point().toString(),
                    plan != null ? plan.as() : asked == null ? job.order().database() : asked,
                    job.state(),
                    job.began(),
                    job.ended(),
                    job.tail(),
                    ApiModel.unlessEmpty(job.note()),
                    JobModel.JobError.of(job.failure()),
                    JobModel.Progress.of(job.progress()),
                    plan == null ? null : new RestoreSummary(plan.backups(), plan.bytes(), plan.findings()),
                    check == null ? null : PlanModel.Precondition.of(check.preconditions()),
                    check == null ? null : PlanModel.PlannedFile.of(check.destinations()),
                    RestoreEnd.of(job.result()));
        }
    }

    record RestoreSummary(int backups, long bytes, List<String> findings) implements ApiModel.Body {}

    /// @param state of the database afterwards, as in `sys.databases.state_desc`
    record RestoreEnd(String state, int backups, long bytes, double seconds) implements ApiModel.Body {

        static @Nullable RestoreEnd of(@Nullable RestoreResult result) {
            return result == null
                    ? null
                    : new RestoreEnd(result.state(), result.backups(), result.bytes(), result.seconds());
        }
    }
}
