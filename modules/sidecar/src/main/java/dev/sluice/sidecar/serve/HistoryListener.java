package dev.sluice.sidecar.serve;

import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.DrillDocument;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunProgress;
import dev.sluice.sidecar.history.History;
import dev.sluice.sidecar.history.HistoryEntry;
import dev.sluice.sidecar.history.JobOrigin;
import dev.sluice.sidecar.history.JobType;
import dev.sluice.sidecar.history.WaitedFor;
import dev.sluice.sidecar.log.Masking;
import dev.sluice.sidecar.schedule.BackupJob;
import dev.sluice.sidecar.schedule.JobOutcome;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Hands each job that is over to the history.
///
/// **Threading:** as [JobListener].
public final class HistoryListener implements JobListener {

    private final History history;

    public HistoryListener(History history) {
        this.history = history;
    }

    @Override
    public void on(JobEvent event) {
        switch (event) {
            case JobEvent.Ended ended -> history.add(entry(ended));
            case JobEvent.Withdrawn(TrackedJob job, Instant at) ->
                history.add(entry(job, JobOutcome.CANCELLED, at, at, Duration.ZERO, null, null));
            case JobEvent.Queued _, JobEvent.Began _, JobEvent.Progressed _ -> {
                // Only what is over is history.
            }
        }
    }

    static HistoryEntry entry(JobEvent.Ended ended) {
        String backup =
                ended.backup() == null ? null : ended.backup().document().backupId();
        // The clock may have been set back while the job ran.
        Duration lasted = ended.lasted().isNegative() ? Duration.ZERO : ended.lasted();
        return entry(
                ended.job(), ended.outcome(), ended.at().minus(lasted), ended.at(), lasted, backup, ended.failure());
    }

    private static HistoryEntry entry(
            TrackedJob job,
            JobOutcome outcome,
            Instant began,
            Instant ended,
            Duration lasted,
            @Nullable String backup,
            @Nullable OperationFailed failure) {
        RunProgress progress = job.progress();
        return new HistoryEntry(
                job.database(),
                source(job),
                type(job),
                origin(job),
                outcome,
                1,
                job instanceof TrackedBackup taken ? taken.job().due() : null,
                began,
                ended,
                lasted,
                lasted,
                bytes(job, progress),
                waitedFor(progress),
                backup != null ? backup : backup(job),
                failure == null ? null : failure.id().text(),
                // Drivers and servers word their errors as they like, so secrets are masked here as they are in the
                // log.
                Masking.mask(failure == null ? told(job) : failure.what()));
    }

    private static String told(TrackedJob job) {
        if (!(job instanceof TrackedRestore restore)) {
            return job.note();
        }
        String point = "to " + restore.order().point();
        return job.note().isEmpty() ? point : "%s; %s".formatted(point, job.note());
    }

    private static @Nullable String source(TrackedJob job) {
        return job instanceof TrackedRestore restore
                        && !restore.order().database().equals(restore.database())
                ? restore.order().database()
                : null;
    }

    private static JobType type(TrackedJob job) {
        return switch (job) {
            case TrackedBackup backup -> type(backup.takenOrPlanned());
            case TrackedRestore _ -> JobType.RESTORE;
            case TrackedVerification _ -> JobType.VERIFICATION;
            case TrackedDrill _ -> JobType.DRILL;
        };
    }

    private static JobType type(BackupType type) {
        return switch (type) {
            case FULL -> JobType.FULL;
            case DIFFERENTIAL -> JobType.DIFFERENTIAL;
            case LOG -> JobType.LOG;
        };
    }

    private static JobOrigin origin(TrackedJob job) {
        return switch (job) {
            case TrackedBackup backup -> origin(backup.job());
            case TrackedRestore _ -> JobOrigin.REQUEST;
            case TrackedVerification verification -> verification.isOfPolicy() ? JobOrigin.SCHEDULE : JobOrigin.REQUEST;
            case TrackedDrill _ -> JobOrigin.SCHEDULE;
        };
    }

    /// Who has asked for a backup.
    public static JobOrigin origin(BackupJob job) {
        return job.asked() ? JobOrigin.REQUEST : job.reason().isEmpty() ? JobOrigin.SCHEDULE : JobOrigin.CHAIN;
    }

    /// A verification has no progress of its own when it is over.
    private static long bytes(TrackedJob job, @Nullable RunProgress progress) {
        if (job instanceof TrackedVerification verification && verification.bytes() > 0) {
            return verification.bytes();
        }
        return progress == null ? 0 : progress.bytes();
    }

    private static @Nullable WaitedFor waitedFor(@Nullable RunProgress progress) {
        if (progress == null) {
            return null;
        }
        RunProgress.Waiting most = progress.bottleneck();
        Duration stripes = Duration.ZERO;
        for (int i = 0; i < progress.stripes(); i++) {
            stripes = stripes.plus(progress.waited(i, most));
        }
        return new WaitedFor(WaitedFor.Side.valueOf(ServiceMetrics.side(most).toUpperCase(Locale.ROOT)), stripes);
    }

    private static @Nullable String backup(TrackedJob job) {
        return switch (job) {
            case TrackedBackup backup -> backup.backupId();
            case TrackedRestore _ -> null; // it reads several
            case TrackedVerification verification -> verification.backupId();
            case TrackedDrill drill -> {
                DrillDocument found = drill.document();
                yield found == null ? null : found.base();
            }
        };
    }
}
