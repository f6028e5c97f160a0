package dev.sluice.mtf;

import java.time.LocalDateTime;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What SQL Server writes about a backup into the stream itself: the words of `RESTORE HEADERONLY`.
///
/// It is written twice. The copy in front (`MSCI`) is provisional: it has no finish date, its size is an
/// estimate, and in a few samples its LSNs differ as well. The copy behind the log (`MSLS`) is final.
///
/// @param typeLetter       as in `msdb.dbo.backupset.type`; see [#type()]
/// @param flags            as in the Flags column: 0x10 has checksums, 0x800 (only in the stream) differential
/// @param databaseBackupLsn checkpoint LSN of the last full backup; zero if there was none
/// @param differentialBaseLsn differentials only, otherwise zero
/// @param forkPointLsn     zero if the database never changed its recovery fork
/// @param recoveryFork     the fork the backup ends in
/// @param previousFork the fork it was before the database changed forks last, perhaps long before this backup
/// (inferred)
/// @param lastFullSet      backup-set GUID of the last full backup
/// @param differentialBaseGuid backup-set GUID of the full backup a differential is based on
/// @param bindingId        `database_guid` in `msdb`: changes with a restore (inferred)
/// @param familyGuid       survives restore and rename
/// @param created          creation of the database, local time of the server
/// @param size             bytes over all stripes; an estimate in the provisional copy
/// @param recoveryModel    inferred, see [RecoveryModel]
public record BackupHeader(
        String database,
        String server,
        ServerVersion version,
        char typeLetter,
        int flags,
        Lsn firstLsn,
        Lsn lastLsn,
        Lsn checkpointLsn,
        Lsn databaseBackupLsn,
        Lsn differentialBaseLsn,
        Lsn forkPointLsn,
        @Nullable UUID recoveryFork,
        @Nullable UUID previousFork,
        @Nullable UUID lastFullSet,
        @Nullable UUID differentialBaseGuid,
        @Nullable UUID bindingId,
        @Nullable UUID familyGuid,
        @Nullable LocalDateTime created,
        @Nullable LocalDateTime started,
        @Nullable LocalDateTime finished,
        long size,
        RecoveryModel recoveryModel,
        int compatibilityLevel,
        int databaseVersion,
        int localeId,
        int comparisonStyle,
        int sortOrder,
        List<Filegroup> filegroups,
        List<BackupFile> files) {

    /// Every sampled backup has this flag; its meaning is unknown.
    public static final int FLAG_ALWAYS = 0x200;

    /// Taken `WITH CHECKSUM`.
    public static final int FLAG_CHECKSUMS = 0x10;

    /// A differential.
    public static final int FLAG_DIFFERENTIAL = 0x800;

    public BackupHeader {
        filegroups = List.copyOf(filegroups);
        files = List.copyOf(files);
    }

    /// The kind of backup, empty for a letter that is not documented.
    public Optional<BackupSetType> type() {
        return BackupSetType.ofLetter(typeLetter);
    }

    /// The recovery fork the backup begins in: another than [#recoveryFork()] only if the fork point lies
    /// within it.
    ///
    /// **Source:** inferred. The stream keeps the previous fork and the fork point of the database's history;
    /// what the documentation of `RESTORE HEADERONLY` says of its first fork follows from where that point is.
    public @Nullable UUID firstRecoveryFork() {
        boolean within = forkPointLsn.compareTo(firstLsn) > 0 && forkPointLsn.compareTo(lastLsn) <= 0;
        return within && previousFork != null ? previousFork : recoveryFork;
    }

    public boolean hasChecksums() {
        return (flags & FLAG_CHECKSUMS) != 0;
    }

    /// The same backup with what is known only at its end.
    public BackupHeader finished(@Nullable LocalDateTime when, long bytes) {
        return new BackupHeader(
                database,
                server,
                version,
                typeLetter,
                flags,
                firstLsn,
                lastLsn,
                checkpointLsn,
                databaseBackupLsn,
                differentialBaseLsn,
                forkPointLsn,
                recoveryFork,
                previousFork,
                lastFullSet,
                differentialBaseGuid,
                bindingId,
                familyGuid,
                created,
                started,
                when,
                bytes,
                recoveryModel,
                compatibilityLevel,
                databaseVersion,
                localeId,
                comparisonStyle,
                sortOrder,
                filegroups,
                files);
    }
}
