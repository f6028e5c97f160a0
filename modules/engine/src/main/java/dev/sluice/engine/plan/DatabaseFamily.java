package dev.sluice.engine.plan;

import dev.sluice.mtf.Lsn;
import dev.sluice.mtf.RecoveryModel;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/// The backups of one database family, under all its names.
///
/// **Threading:** one thread: trails are made when they are asked for.
final class DatabaseFamily {

    private static final UUID NIL = new UUID(0, 0);

    /// Stands where there is no backup at all.
    static final Backup NONE = new Backup(
            "none",
            "",
            Backup.Kind.FULL,
            false,
            new Backup.Place.Stored(),
            NIL,
            NIL,
            RecoveryPath.on(NIL),
            Lsn.ZERO,
            Lsn.ZERO,
            Lsn.ZERO,
            null,
            RecoveryModel.FULL,
            Instant.EPOCH,
            Instant.EPOCH,
            null,
            Set.of(),
            0,
            1,
            Set.of());

    private final UUID guid;
    private final List<Backup> all;
    private final boolean unconfirmed;
    private final Map<UUID, Backup> bySet = new HashMap<>();
    private final Map<UUID, Backup> branches;
    private final Map<UUID, List<Backup>> byFork = new LinkedHashMap<>();
    private final Map<UUID, RecoveryFork> trails = new HashMap<>();

    /// @param unconfirmed whether backups whose verdict was lost may be used
    DatabaseFamily(UUID guid, List<Backup> backups, boolean unconfirmed) {
        this.guid = guid;
        this.unconfirmed = unconfirmed;
        this.all = backups.stream()
                .sorted(Comparator.comparing(Backup::finished).thenComparing(Backup::id))
                .toList();
        this.branches = Lineage.branches(all);
        for (Backup backup : all) {
            // What is in the bucket counts before what msdb alone knows of the same set.
            bySet.merge(backup.set(), backup, (one, other) -> usable(one) ? one : other);
            byFork.computeIfAbsent(backup.path().last(), _ -> new ArrayList<>()).add(backup);
        }
    }

    /// @return families in no particular order
    static List<DatabaseFamily> of(List<Backup> backups, boolean unconfirmed) {
        Map<UUID, List<Backup>> byFamily = new LinkedHashMap<>();
        for (Backup backup : backups) {
            byFamily.computeIfAbsent(backup.family(), _ -> new ArrayList<>()).add(backup);
        }
        return byFamily.entrySet().stream()
                .map(entry -> new DatabaseFamily(entry.getKey(), entry.getValue(), unconfirmed))
                .toList();
    }

    UUID guid() {
        return guid;
    }

    List<Backup> all() {
        return all;
    }

    Map<UUID, Backup> branches() {
        return branches;
    }

    boolean usable(Backup backup) {
        return backup.unusable(unconfirmed).isEmpty();
    }

    String unusable(Backup backup) {
        return backup.unusable(unconfirmed).orElse("");
    }

    Optional<Backup> bySet(UUID set) {
        return Optional.ofNullable(bySet.get(set));
    }

    /// The full backup that a differential is based on: the one with that GUID, and no other.
    Optional<Backup> baseOf(Backup differential) {
        return Optional.ofNullable(differential.differentialBase())
                .flatMap(this::bySet)
                .filter(full -> full.kind() == Backup.Kind.FULL);
    }

    Iterable<UUID> forks() {
        return byFork.keySet();
    }

    RecoveryFork trail(UUID fork) {
        return trails.computeIfAbsent(fork, one -> new RecoveryFork(this, one));
    }

    /// When the first backup on a fork began.
    Instant firstSeen(UUID fork) {
        return byFork.getOrDefault(fork, List.of()).stream()
                .map(Backup::started)
                .min(Comparator.naturalOrder())
                .orElse(Instant.MAX);
    }

    /// When the last usable backup on a fork ended.
    Instant lastSeen(UUID fork) {
        return byFork.getOrDefault(fork, List.of()).stream()
                .filter(this::usable)
                .map(Backup::finished)
                .max(Comparator.naturalOrder())
                .orElse(Instant.MIN);
    }

    /// The last sign that a fork went on behind the point where `into` led out of it, before `into` ended.
    Optional<Instant> lastSignOf(UUID fork, Backup into) {
        return byFork.getOrDefault(fork, List.of()).stream()
                .filter(backup -> backup.lastLsn().compareTo(into.path().forkPoint()) > 0)
                .map(Backup::finished)
                .filter(into.finished()::isAfter)
                .max(Comparator.naturalOrder());
    }
}
