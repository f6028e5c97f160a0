package dev.sluice.engine.backup;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.chain.ChainPolicy;
import dev.sluice.vdi.VDConfig;
import java.util.Locale;

/// What to back up, and how.
///
/// @param database its name, as SQL Server has it
/// @param type     full, differential or log
/// @param copyOnly outside the chain of differentials and logs
/// @param tail     of log backups, whether it is the last one
/// @param stripes  devices, 1 to 64
public record BackupRequest(
        String database, BackupType type, boolean copyOnly, TailLog tail, int stripes, BackupOptions options) {

    public BackupRequest {
        if (database.isEmpty()) {
            throw new IllegalArgumentException("a backup is one of a database");
        }
        if (stripes < 1 || stripes > VDConfig.MAX_DEVICES) {
            throw new IllegalArgumentException(
                    String.format(Locale.ROOT, "stripes must be 1 to %d, got %d", VDConfig.MAX_DEVICES, stripes));
        }
        if (tail != TailLog.NONE && type != BackupType.LOG) {
            throw new IllegalArgumentException("only a log has a tail");
        }
        if (copyOnly && type == BackupType.DIFFERENTIAL) {
            // SQL Server ignores the one silently.
            throw new IllegalArgumentException("a differential backup cannot be copy-only");
        }
        if (copyOnly && tail != TailLog.NONE) {
            throw new IllegalArgumentException("the tail of a log cannot be copy-only");
        }
    }

    public static BackupRequest of(String database, BackupType type) {
        return new BackupRequest(database, type, false, TailLog.NONE, 1, BackupOptions.DEFAULT);
    }

    public static BackupRequest full(String database, int stripes) {
        return of(database, BackupType.FULL).withStripes(stripes);
    }

    public static BackupRequest differential(String database) {
        return of(database, BackupType.DIFFERENTIAL);
    }

    public static BackupRequest log(String database) {
        return of(database, BackupType.LOG);
    }

    public static BackupRequest tail(String database, TailLog tail) {
        return new BackupRequest(database, BackupType.LOG, false, tail, 1, BackupOptions.DEFAULT);
    }

    /// The last log backup before a restore, taken like this one otherwise. It leaves the database restoring,
    /// so no other backup can answer what is found about the chain.
    public BackupRequest asTail() {
        return new BackupRequest(
                database, BackupType.LOG, false, TailLog.NORECOVERY, stripes, options.withChain(ChainPolicy.REPORT));
    }

    public BackupRequest withDatabase(String value) {
        return new BackupRequest(value, type, copyOnly, tail, stripes, options);
    }

    public BackupRequest withCopyOnly(boolean value) {
        return new BackupRequest(database, type, value, tail, stripes, options);
    }

    public BackupRequest withStripes(int value) {
        return new BackupRequest(database, type, copyOnly, tail, value, options);
    }

    public BackupRequest withOptions(BackupOptions value) {
        return new BackupRequest(database, type, copyOnly, tail, stripes, value);
    }

    /// Data backups and log backups run beside each other; each kind excludes itself.
    boolean isLog() {
        return type == BackupType.LOG;
    }
}
