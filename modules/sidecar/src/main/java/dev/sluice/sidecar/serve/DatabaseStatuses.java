package dev.sluice.sidecar.serve;

import dev.sluice.catalog.BackupType;
import dev.sluice.sidecar.pause.Pause;
import dev.sluice.sidecar.schedule.BackupJob;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/// Brings together, by database, what the service knows of backups, drills and failures.
final class DatabaseStatuses {

    private DatabaseStatuses() {}

    /// The worst first.
    ///
    /// @param running backups that are under way
    /// @param proofs  how backups were tried
    /// @param pauses  of each type of each database
    static List<DatabaseStatus> of(
            ServiceMetrics.State state,
            List<BackupJob> running,
            LastFailures failures,
            LastLeftOut leftOut,
            ProofJobs proofs,
            Function<ServiceMetrics.Slot, Optional<Pause>> pauses,
            Instant now) {
        Map<String, ScheduledDrills.View> drilled = proofs.drills().views();
        Map<String, VerificationView> verified = proofs.verifications().views();
        Map<String, Set<BackupType>> underWay = new HashMap<>();
        for (BackupJob job : running) {
            underWay.computeIfAbsent(job.database(), _ -> EnumSet.noneOf(BackupType.class))
                    .add(job.type());
        }
        Map<String, List<DatabaseStatus.TypeStatus>> types = new HashMap<>();
        for (ServiceMetrics.Slot slot : state.slots()) {
            InventoryCache.View view = state.databases().get(slot.database());
            types.computeIfAbsent(slot.database(), _ -> new ArrayList<>())
                    .add(new DatabaseStatus.TypeStatus(
                            slot.type(),
                            view == null ? null : view.ended().get(slot.type()),
                            state.due().get(slot),
                            failures.of(slot.database(), slot.type()),
                            leftOut.of(slot.database(), slot.type()),
                            pauses.apply(slot)));
        }
        List<DatabaseStatus> all = new ArrayList<>();
        state.online()
                .forEach((name, online) -> all.add(DatabaseStatus.of(
                        name,
                        online,
                        state.databases().get(name),
                        state.broken().getOrDefault(name, Set.of()),
                        types.getOrDefault(name, List.of()),
                        underWay.getOrDefault(name, Set.of()),
                        Optional.ofNullable(drilled.get(name)).flatMap(ScheduledDrills.View::last),
                        verified.getOrDefault(name, VerificationView.NONE).damaged(),
                        state.unconfirmed().getOrDefault(name, 0),
                        now)));
        all.sort(DatabaseStatus.WORST_FIRST);
        return all;
    }
}
