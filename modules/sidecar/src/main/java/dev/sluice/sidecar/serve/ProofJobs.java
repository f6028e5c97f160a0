package dev.sluice.sidecar.serve;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.Engine;
import dev.sluice.sidecar.schedule.BackupSchedule;
import java.time.InstantSource;
import java.util.Collection;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// What policies have tried of backups that are taken: restore drills and verifications. They begin when
/// backups leave room for them, each kind without regard to the other: a drill keeps SQL Server busy, a
/// verification the bucket alone.
///
/// **Threading:** any thread.
final class ProofJobs {

    private final ScheduledDrills drills;
    private final ScheduledVerifications verifications;

    ProofJobs(
            Engine engine,
            Supplier<ServiceSettings> settings,
            BackupSchedule schedule,
            InventoryCache inventory,
            ServicePauses pauses,
            JobListeners listeners,
            InstantSource clock) {
        this.drills = new ScheduledDrills(
                engine,
                settings,
                () -> schedule.running().isEmpty() && schedule.waiting().isEmpty(),
                pauses,
                listeners,
                clock);
        this.verifications = new ScheduledVerifications(
                engine,
                settings,
                inventory,
                () -> Stream.concat(schedule.running().stream(), schedule.waiting().stream())
                        .allMatch(job -> job.type() == BackupType.LOG),
                pauses,
                listeners,
                clock);
    }

    ScheduledDrills drills() {
        return drills;
    }

    ScheduledVerifications verifications() {
        return verifications;
    }

    /// Begins what may begin.
    ///
    /// @param pruning whether backups are being removed: a drill needs all of those that it has chosen, a
    ///                verification notices itself when its one backup is gone
    void begin(boolean pruning) {
        if (!pruning) {
            drills.begin();
        }
        verifications.begin();
    }

    /// Looks which drills there were. Verifications have a look of their own, because a bucket may have many.
    ///
    /// @param taken databases that policies take, and that can be backed up
    void look(Collection<String> taken) {
        drills.look(taken);
    }

    void tellProgress() {
        drills.tellProgress();
        verifications.tellProgress();
    }

    /// Begins nothing more, and cancels everything.
    void close() {
        drills.close();
        verifications.close();
    }

    void awaitEnd() {
        drills.awaitEnd();
        verifications.awaitEnd();
    }
}
