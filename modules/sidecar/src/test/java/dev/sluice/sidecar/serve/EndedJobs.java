package dev.sluice.sidecar.serve;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.sidecar.schedule.BackupJob;
import dev.sluice.sidecar.schedule.JobOutcome;
import java.time.Duration;
import java.time.Instant;

/// Ends of backups as the service tells them, for tests of listeners.
public final class EndedJobs {

    private EndedJobs() {}

    public static JobEvent.Ended good(String database, BackupType type, Instant at) {
        return new JobEvent.Ended(job(database, type, at), JobOutcome.GOOD, Duration.ofSeconds(1), null, null, at);
    }

    public static JobEvent.Ended cancelled(String database, BackupType type, Instant at) {
        return new JobEvent.Ended(job(database, type, at), JobOutcome.CANCELLED, Duration.ofSeconds(1), null, null, at);
    }

    public static JobEvent.Ended failed(String database, BackupType type, FailureId id, String what, Instant at) {
        return new JobEvent.Ended(
                job(database, type, at),
                JobOutcome.FAILED,
                Duration.ofSeconds(1),
                null,
                new OperationFailed(id, what, "s3://backups", null),
                at);
    }

    private static TrackedBackup job(String database, BackupType type, Instant at) {
        return new TrackedBackup(new BackupJob("1", database, type, false, at, false, ""));
    }
}
