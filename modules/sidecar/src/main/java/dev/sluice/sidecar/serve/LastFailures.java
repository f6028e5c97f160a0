package dev.sluice.sidecar.serve;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.run.FailureId;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// Which backups failed and have not succeeded since, of each database and type.
///
/// **Threading:** any thread.
public final class LastFailures implements JobListener {

    private final Map<ServiceMetrics.Slot, Failure> failures = new ConcurrentHashMap<>();

    /// Why an attempt failed.
    ///
    /// @param what in words, for people
    public record Failure(Instant at, FailureId id, String what) {}

    LastFailures() {}

    @Override
    public void on(JobEvent event) {
        if (!(event instanceof JobEvent.Ended ended) || !(ended.job() instanceof TrackedBackup backup)) {
            return;
        }
        ServiceMetrics.Slot slot = new ServiceMetrics.Slot(backup.database(), backup.takenOrPlanned());
        switch (ended.outcome()) {
            case GOOD -> failures.remove(slot);
            case FAILED, UNCONFIRMED -> {
                if (ended.failure() != null) {
                    failures.put(
                            slot,
                            new Failure(
                                    ended.at(),
                                    ended.failure().id(),
                                    ended.failure().what()));
                }
            }
            case CANCELLED, LEFT_OUT -> {
                // Neither says whether the next one will succeed.
            }
        }
    }

    Optional<Failure> of(String database, BackupType type) {
        return Optional.ofNullable(failures.get(new ServiceMetrics.Slot(database, type)));
    }
}
