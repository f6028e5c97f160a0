package dev.sluice.engine.rebuild;

import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.SetFacts;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/// What later backups tell about earlier ones: SQL Server writes into each backup what it rests on, and it counts on
/// nothing that it has called bad.
///
/// A log backup begins where the last good one ended; had that failed, it would begin where that one began. A full
/// backup that others name as the last one, or as their base, was good. A differential, and what is copy-only, leaves
/// no such trace.
final class Evidence {

    /// What log backups of one database, on one fork, begin with.
    private record LogStart(Optional<UUID> database, Optional<UUID> fork, BigInteger lsn) {}

    /// A full backup, as later ones name it.
    private record Full(Optional<UUID> database, BigInteger checkpoint) {}

    private final Map<LogStart, UUID> logs = new HashMap<>();
    private final Map<Full, Set<UUID>> fulls = new HashMap<>();
    private final Map<UUID, UUID> bases = new HashMap<>();

    /// Takes a backup into account, also one whose own outcome is not known.
    void add(BackupType type, SetFacts facts) {
        UUID set = facts.set().orElse(null);
        if (set == null) {
            return;
        }
        if (type == BackupType.LOG) {
            BigInteger first = facts.lsn("first_lsn");
            logs.put(new LogStart(facts.guid("database_guid"), facts.guid("first_recovery_fork_guid"), first), set);
        }
        fulls.computeIfAbsent(
                        new Full(facts.guid("database_guid"), facts.lsn("database_backup_lsn")), _ -> new HashSet<>())
                .add(set);
        facts.guid("differential_base_guid").ifPresent(base -> bases.put(base, set));
    }

    /// The proof that SQL Server has called a backup good; empty when no other backup tells.
    Optional<String> goodness(BackupType type, SetFacts facts) {
        UUID set = facts.set().orElse(null);
        if (set == null) {
            return Optional.empty();
        }
        return switch (type) {
            case DIFFERENTIAL -> Optional.empty();
            case LOG -> ofLog(facts);
            case FULL -> ofFull(set, facts);
        };
    }

    private Optional<String> ofLog(SetFacts facts) {
        BigInteger last = facts.lsn("last_lsn");
        if (last.signum() == 0 || facts.lsn("first_lsn").compareTo(last) >= 0) {
            return Optional.empty(); // the next one begins there in any case
        }
        return Optional.ofNullable(logs.get(
                        new LogStart(facts.guid("database_guid"), facts.guid("last_recovery_fork_guid"), last)))
                .map(next -> "the log backup with the set %s begins where this one ends".formatted(next));
    }

    private Optional<String> ofFull(UUID set, SetFacts facts) {
        UUID differential = bases.get(set);
        if (differential != null) {
            return Optional.of("the differential backup with the set %s rests on it".formatted(differential));
        }
        BigInteger checkpoint = facts.lsn("checkpoint_lsn");
        return checkpoint.signum() == 0
                ? Optional.empty()
                : fulls.getOrDefault(new Full(facts.guid("database_guid"), checkpoint), Set.of()).stream()
                        .filter(other -> !other.equals(set))
                        .sorted()
                        .findFirst()
                        .map(other -> "the backup with the set %s names it as the last full one".formatted(other));
    }
}
