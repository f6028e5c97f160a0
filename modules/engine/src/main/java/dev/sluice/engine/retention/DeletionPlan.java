package dev.sluice.engine.retention;

import dev.sluice.catalog.BackupType;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What a deletion removes, and what cannot be restored afterwards.
///
/// @param goes        the backups that go, the earliest first
/// @param stays       backups that were meant too and stay, with the reason
/// @param effect      what cannot be restored afterwards
/// @param unconfirmed those of `goes` whose verdict was lost
public record DeletionPlan(
        String database, List<Doomed> goes, Map<String, String> stays, DeletionEffect effect, Set<String> unconfirmed) {

    public DeletionPlan {
        goes = List.copyOf(goes);
        stays = Map.copyOf(stays);
        unconfirmed = Set.copyOf(unconfirmed);
    }

    /// @param lockedUntil when the Object Lock ends that Sluice gave its objects: until then the bucket keeps them,
    ///                    hidden by delete markers; null for none
    public record Doomed(
            String backupId,
            BackupType type,
            Instant startedAt,
            long bytes,
            @Nullable Instant lockedUntil) {}

    /// A stretch of instants of one fork; one instant where both ends are equal.
    public record Lost(UUID fork, Instant from, Instant to) {
        public String text() {
            return from.equals(to)
                    ? "the end of a data backup, " + from
                    : "the instants from %s to %s".formatted(from, to);
        }
    }

    public long bytes() {
        return goes.stream().mapToLong(Doomed::bytes).sum();
    }

    /// The removal of exactly these backups.
    public PruneRequest request() {
        Set<String> confirmed = goes.stream()
                .map(Doomed::backupId)
                .filter(id -> !unconfirmed.contains(id))
                .collect(Collectors.toSet());
        return PruneRequest.deletion(database, confirmed, unconfirmed);
    }
}
