package dev.sluice.sidecar.serve;

import dev.sluice.catalog.BackupType;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// Which backups that were due this process has left out as not worth it, and taken none since, of each database and
/// type. Those that are impossible, or another replica's, are none of them.
///
/// **Threading:** any thread.
public final class LastLeftOut implements JobListener {

    private final Map<ServiceMetrics.Slot, LeftOut> all = new ConcurrentHashMap<>();

    /// Why it was not worth it.
    ///
    /// @param why in a sentence, for people
    public record LeftOut(Instant at, String why) {}

    LastLeftOut() {}

    @Override
    public void on(JobEvent event) {
        if (!(event instanceof JobEvent.Ended ended) || !(ended.job() instanceof TrackedBackup backup)) {
            return;
        }
        ServiceMetrics.Slot slot = new ServiceMetrics.Slot(backup.database(), backup.takenOrPlanned());
        switch (ended.outcome()) {
            case GOOD -> {
                all.remove(slot);
                if (slot.type() == BackupType.FULL) {
                    all.remove(new ServiceMetrics.Slot(slot.database(), BackupType.DIFFERENTIAL));
                }
            }
            case LEFT_OUT -> {
                if (backup.isUnneeded()) {
                    all.put(slot, new LeftOut(ended.at(), backup.note()));
                }
            }
            case FAILED, UNCONFIRMED, CANCELLED -> {
                // The last one that was left out still was.
            }
        }
    }

    Optional<LeftOut> of(String database, BackupType type) {
        return Optional.ofNullable(all.get(new ServiceMetrics.Slot(database, type)));
    }
}
