package dev.sluice.engine.bucket;

import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.engine.sql.LastBackups;
import java.math.BigInteger;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An unbroken chain of backups in the bucket, as this process has seen it and gone on with it. As long as SQL
/// Server says nothing that contradicts it, the bucket need not be read again to know that the chain is unbroken.
///
/// That is safe although other processes write to the bucket. A backup of theirs moves what SQL Server says (its
/// differential base, or the end of the backed-up log), so it contradicts, and the bucket is read. What they remove
/// contradicts nothing, so this is believed for a limited time ([ProcessState]) and confirmed by each `recover`.
/// A wrong belief could only delay the report of a broken chain: nothing is deleted or left out because of it.
///
/// @param full         id of the newest full backup that counts
/// @param set          its backup set; null when nothing says it, or another program has the base
/// @param databaseGuid of the database that it was taken of
/// @param hadLogs      whether there are log backups
/// @param covered      how far the log is in the bucket without a gap; 0 when other replicas back it up too
public record KnownChain(String full, @Nullable String set, String databaseGuid, boolean hadLogs, BigInteger covered) {

    /// Whether what SQL Server says now fits: then the chain is unbroken.
    ///
    /// @param recoveryModel in SQL Server's words
    public boolean agreesWith(LastBackups now, String recoveryModel) {
        if (!now.databaseGuid().equals(databaseGuid)) {
            return false;
        }
        String base = now.baseGuid();
        if (!now.replicated() && set != null && base != null && !set.equals(base)) {
            return false;
        }
        BigInteger reached = now.lastLogBackup();
        if (recoveryModel.equals("SIMPLE") || reached == null) {
            return !hadLogs;
        }
        return now.replicated() || reached.compareTo(covered) <= 0;
    }

    /// The chain with a backup of this process at its end; null when that is no log backup, or does not begin where
    /// the chain ends or before.
    @Nullable
    KnownChain with(CatalogKey added) {
        if (added.type() != BackupType.LOG) {
            return null;
        }
        if (covered.signum() == 0) {
            return new KnownChain(full, set, databaseGuid, true, covered);
        }
        boolean follows = added.firstLsn().signum() > 0 && added.firstLsn().compareTo(covered) <= 0;
        return follows ? new KnownChain(full, set, databaseGuid, true, covered.max(added.lastLsn())) : null;
    }

    /// Whether the bucket still has all of it.
    ///
    /// @param keys of the database's entries, the earliest first
    boolean isIn(List<CatalogKey> keys) {
        LogReach reach = LogReach.of(keys, List.of());
        return keys.stream().anyMatch(key -> key.backupId().equals(full))
                && (covered.signum() == 0
                        || (reach.hole() == null
                                && reach.covered() != null
                                && reach.covered().compareTo(covered) >= 0));
    }
}
