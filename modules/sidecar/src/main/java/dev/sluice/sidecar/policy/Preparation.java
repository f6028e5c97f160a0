package dev.sluice.sidecar.policy;

import dev.sluice.s3.catalog.BackupType;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// What becomes of a planned backup, decided just before it starts, by what SQL Server says then.
public sealed interface Preparation {

    /// @param type what is taken
    /// @param why  in a sentence, if it is not what was planned; else empty
    record Take(BackupType type, String why) implements Preparation {}

    /// @param why in a sentence
    record LeaveOut(String why) implements Preparation {}

    /// A database, as it is now.
    ///
    /// @param name          its name
    /// @param recoveryModel `recovery_model_desc`
    /// @param logChain      whether `last_log_backup_lsn` is there, and so a log chain
    /// @param bases         `differential_base_guid` of each of its data files, null where a file has none
    record Facts(String name, String recoveryModel, boolean logChain, Set<@Nullable UUID> bases) {
        public Facts {
            bases = new HashSet<>(bases);
        }
    }

    /// @param held whether a full backup of this set GUID is in the catalog, good and undamaged
    static Preparation of(BackupType planned, boolean copyOnly, Facts facts, Predicate<UUID> held) {
        boolean master = facts.name().toLowerCase(Locale.ROOT).equals("master");
        return switch (planned) {
            case FULL -> new Take(BackupType.FULL, "");
            case DIFFERENTIAL -> differential(facts, master, held);
            case LOG -> log(facts, master, copyOnly);
        };
    }

    private static Preparation differential(Facts facts, boolean master, Predicate<UUID> held) {
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

    private static Preparation log(Facts facts, boolean master, boolean copyOnly) {
        if (master || facts.recoveryModel().equals("SIMPLE")) {
            return new LeaveOut("the database is in SIMPLE recovery, so there is no log to back up");
        }
        if (!facts.logChain() && !copyOnly) {
            return new LeaveOut("there is no log chain: it begins with the next full backup");
        }
        return new Take(BackupType.LOG, "");
    }
}
