package dev.sluice.sidecar.schedule;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.sql.ServerDatabases.Facts;
import dev.sluice.engine.sql.ServerDatabases.Replica;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;

/// What becomes of a planned backup, decided just before it starts, by what SQL Server says then.
public sealed interface StartDecision {

    /// @param type what is taken
    /// @param why  in a sentence, if it is not what was planned; else empty
    record Take(BackupType type, String why) implements StartDecision {}

    /// @param why in a sentence
    record LeaveOut(String why) implements StartDecision {}

    /// Whether a planned backup is another replica's: a secondary one takes copy-only full backups and ordinary logs
    /// alone, and those are for the replica that the group prefers. All others are the primary's: data backups that
    /// count, and copy-only logs.
    static Optional<LeaveOut> elsewhere(BackupType planned, boolean copyOnly, Facts facts) {
        Replica replica = facts.replica();
        if (replica == null) {
            return Optional.empty();
        }
        boolean anywhere = planned == BackupType.FULL ? copyOnly : planned == BackupType.LOG && !copyOnly;
        if (anywhere) {
            return replica.preferred()
                    ? Optional.empty()
                    : Optional.of(new LeaveOut("its availability group prefers another replica for backups"));
        }
        return replica.primary()
                ? Optional.empty()
                : Optional.of(new LeaveOut("the primary replica of its availability group is elsewhere"));
    }

    /// @param held whether a full backup of this set GUID is in the catalog, good and undamaged
    static StartDecision of(BackupType planned, boolean copyOnly, Facts facts, Predicate<UUID> held) {
        boolean master = facts.name().toLowerCase(Locale.ROOT).equals("master");
        return switch (planned) {
            case FULL -> new Take(BackupType.FULL, "");
            case DIFFERENTIAL -> differential(facts, master, held);
            case LOG -> log(facts, master, copyOnly);
        };
    }

    private static StartDecision differential(Facts facts, boolean master, Predicate<UUID> held) {
        if (master) {
            return new Take(BackupType.FULL, "of master there are full backups only");
        }
        if (facts.bases().isEmpty() || facts.bases().contains(null)) {
            return new Take(BackupType.FULL, "SQL Server has no full backup to base a differential on");
        }
        for (UUID base : facts.bases()) {
            if (base != null && !held.test(base)) {
                return new Take(
                        BackupType.FULL,
                        "a differential would be based on backup set %s, which is not in the bucket".formatted(base));
            }
        }
        return new Take(BackupType.DIFFERENTIAL, "");
    }

    private static StartDecision log(Facts facts, boolean master, boolean copyOnly) {
        if (master || facts.recoveryModel().equals("SIMPLE")) {
            return new LeaveOut("the database is in SIMPLE recovery, so there is no log to back up");
        }
        // What a secondary replica says of the chain is nowhere written down; SQL Server itself will tell there.
        boolean tellable = facts.replica() == null || facts.replica().primary();
        if (tellable && !facts.logChain() && !copyOnly) {
            return new LeaveOut("there is no log chain: it begins with the next full backup");
        }
        return new Take(BackupType.LOG, "");
    }
}
