package dev.sluice.simulator.server;

import dev.sluice.mtf.BackupFile;
import dev.sluice.mtf.BackupHeader;
import dev.sluice.mtf.BackupSet;
import dev.sluice.mtf.Lsn;
import dev.sluice.mtf.MediaLabel;
import dev.sluice.mtf.inspect.Inspection;
import dev.sluice.simulator.database.Certificate;
import dev.sluice.simulator.query.Relation;
import dev.sluice.simulator.regional.Collation;
import dev.sluice.simulator.tds.SqlType;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/// The result sets of RESTORE HEADERONLY, FILELISTONLY and LABELONLY.
///
/// **Source:** the columns are those of the documentation; values come from the stream.
final class RestoreListings {

    private static final SqlType NAME = SqlType.nvarchar(128);
    private static final SqlType LSN = SqlType.decimal(25, 0);
    private static final SqlType SIZE = SqlType.decimal(20, 0);
    private static final int VENDOR = 4608;
    private static final short VIRTUAL_DEVICE = 7;

    private RestoreListings() {}

    /// @param algorithm of the compression, where msdb knows more than the stream tells
    static Relation header(
            Inspection.Inspected known,
            BackupHeader header,
            Certificate.@Nullable Encryptor encryptor,
            @Nullable String algorithm) {
        BackupSet set = known.set();
        boolean compressed = known.container() == Inspection.Container.COMPRESSED;
        return Relation.of(
                        "BackupName",
                        NAME,
                        "BackupDescription",
                        SqlType.nvarchar(255),
                        "BackupType",
                        SqlType.SMALLINT,
                        "ExpirationDate",
                        SqlType.DATETIME,
                        "Compressed",
                        SqlType.BIT,
                        "Position",
                        SqlType.SMALLINT,
                        "DeviceType",
                        SqlType.TINYINT,
                        "UserName",
                        NAME,
                        "ServerName",
                        NAME,
                        "DatabaseName",
                        NAME,
                        "DatabaseVersion",
                        SqlType.INT,
                        "DatabaseCreationDate",
                        SqlType.DATETIME,
                        "BackupSize",
                        SIZE,
                        "FirstLSN",
                        LSN,
                        "LastLSN",
                        LSN,
                        "CheckpointLSN",
                        LSN,
                        "DatabaseBackupLSN",
                        LSN,
                        "BackupStartDate",
                        SqlType.DATETIME,
                        "BackupFinishDate",
                        SqlType.DATETIME,
                        "SortOrder",
                        SqlType.SMALLINT,
                        "CodePage",
                        SqlType.SMALLINT,
                        "UnicodeLocaleId",
                        SqlType.INT,
                        "UnicodeComparisonStyle",
                        SqlType.INT,
                        "CompatibilityLevel",
                        SqlType.TINYINT,
                        "SoftwareVendorId",
                        SqlType.INT,
                        "SoftwareVersionMajor",
                        SqlType.INT,
                        "SoftwareVersionMinor",
                        SqlType.INT,
                        "SoftwareVersionBuild",
                        SqlType.INT,
                        "MachineName",
                        NAME,
                        "Flags",
                        SqlType.INT,
                        "BindingID",
                        SqlType.UNIQUEIDENTIFIER,
                        "RecoveryForkID",
                        SqlType.UNIQUEIDENTIFIER,
                        "Collation",
                        NAME,
                        "FamilyGUID",
                        SqlType.UNIQUEIDENTIFIER,
                        "HasBulkLoggedData",
                        SqlType.BIT,
                        "IsSnapshot",
                        SqlType.BIT,
                        "IsReadOnly",
                        SqlType.BIT,
                        "IsSingleUser",
                        SqlType.BIT,
                        "HasBackupChecksums",
                        SqlType.BIT,
                        "IsDamaged",
                        SqlType.BIT,
                        "BeginsLogChain",
                        SqlType.BIT,
                        "HasIncompleteMetaData",
                        SqlType.BIT,
                        "IsForceOffline",
                        SqlType.BIT,
                        "IsCopyOnly",
                        SqlType.BIT,
                        "FirstRecoveryForkID",
                        SqlType.UNIQUEIDENTIFIER,
                        "ForkPointLSN",
                        LSN,
                        "RecoveryModel",
                        SqlType.nvarchar(60),
                        "DifferentialBaseLSN",
                        LSN,
                        "DifferentialBaseGUID",
                        SqlType.UNIQUEIDENTIFIER,
                        "BackupTypeDescription",
                        SqlType.nvarchar(60),
                        "BackupSetGUID",
                        SqlType.UNIQUEIDENTIFIER,
                        "CompressedBackupSize",
                        SqlType.BIGINT,
                        "containment",
                        SqlType.TINYINT,
                        "KeyAlgorithm",
                        SqlType.nvarchar(32),
                        "EncryptorThumbprint",
                        SqlType.varbinary(20),
                        "EncryptorType",
                        SqlType.nvarchar(32),
                        "LastValidRestoreTime",
                        SqlType.DATETIME,
                        "TimeZone",
                        SqlType.nvarchar(32),
                        "CompressionAlgorithm",
                        SqlType.nvarchar(32))
                .row(
                        emptyToNull(set == null ? "" : set.name()),
                        emptyToNull(set == null ? "" : set.description()),
                        (short) typeNumber(header),
                        null,
                        compressed,
                        (short) 1,
                        VIRTUAL_DEVICE,
                        set == null ? null : set.user(),
                        header.server(),
                        header.database(),
                        header.databaseVersion(),
                        header.created(),
                        BigDecimal.valueOf(header.size()),
                        decimal(header.firstLsn()),
                        decimal(header.lastLsn()),
                        decimal(header.checkpointLsn()),
                        decimal(header.databaseBackupLsn()),
                        header.started(),
                        header.finished(),
                        (short) header.sortOrder(),
                        (short) 0,
                        header.localeId(),
                        header.comparisonStyle(),
                        (short) header.compatibilityLevel(),
                        VENDOR,
                        header.version().major(),
                        header.version().minor(),
                        header.version().build(),
                        set == null ? null : set.machine().replace("\0", ""),
                        header.flags(),
                        header.bindingId(),
                        header.recoveryFork(),
                        collation(header),
                        header.familyGuid(),
                        false,
                        false,
                        false,
                        false,
                        header.hasChecksums(),
                        false,
                        false,
                        false,
                        false,
                        false,
                        header.firstRecoveryFork(),
                        orNull(header.forkPointLsn()),
                        header.recoveryModel().name().replace('_', '-'),
                        orNull(header.differentialBaseLsn()),
                        header.differentialBaseGuid(),
                        description(header),
                        set == null ? null : set.guid(),
                        compressed ? known.bytes() : header.size(),
                        (short) 0,
                        encryptor == null ? null : encryptor.algorithm(),
                        encryptor == null ? null : encryptor.bytes(),
                        encryptor == null ? null : "CERTIFICATE",
                        null,
                        null,
                        !compressed ? null : algorithm == null ? "MS_XPRESS" : algorithm)
                .build();
    }

    /// NULL for one that the stand-in does not know.
    static @Nullable String collation(BackupHeader header) {
        return Collation.described(header.localeId(), header.comparisonStyle(), header.sortOrder())
                .map(Collation::text)
                .orElse(null);
    }

    private static int typeNumber(BackupHeader header) {
        return switch (header.typeLetter()) {
            case 'D' -> 1;
            case 'L' -> 2;
            case 'F' -> 4;
            case 'I' -> 5;
            case 'G' -> 6;
            case 'P' -> 7;
            default -> 8;
        };
    }

    private static String description(BackupHeader header) {
        return switch (header.typeLetter()) {
            case 'D' -> "Database";
            case 'L' -> "Transaction Log";
            case 'I' -> "Database Differential";
            default -> "File";
        };
    }

    static Relation files(BackupHeader header) {
        Relation.Builder rows = Relation.of(
                "LogicalName",
                NAME,
                "PhysicalName",
                SqlType.nvarchar(260),
                "Type",
                SqlType.character(1),
                "FileGroupName",
                NAME,
                "Size",
                SIZE,
                "MaxSize",
                SIZE,
                "FileId",
                SqlType.BIGINT,
                "CreateLSN",
                LSN,
                "DropLSN",
                LSN,
                "UniqueId",
                SqlType.UNIQUEIDENTIFIER,
                "ReadOnlyLSN",
                LSN,
                "ReadWriteLSN",
                LSN,
                "BackupSizeInBytes",
                SqlType.BIGINT,
                "SourceBlockSize",
                SqlType.INT,
                "FileGroupId",
                SqlType.INT,
                "LogGroupGUID",
                SqlType.UNIQUEIDENTIFIER,
                "DifferentialBaseLSN",
                LSN,
                "DifferentialBaseGUID",
                SqlType.UNIQUEIDENTIFIER,
                "IsReadOnly",
                SqlType.BIT,
                "IsPresent",
                SqlType.BIT,
                "TDEThumbprint",
                SqlType.varbinary(32),
                "SnapshotUrl",
                SqlType.nvarchar(360));
        for (BackupFile file : header.files()) {
            boolean log = file.kind() == BackupFile.Kind.LOG;
            String filegroup = header.filegroups().stream()
                    .filter(group -> group.id() == file.filegroup())
                    .map(group -> group.name())
                    .findFirst()
                    .orElse(null);
            rows.row(
                    file.logicalName(),
                    file.physicalName(),
                    log ? "L" : "D",
                    log ? null : filegroup,
                    BigDecimal.valueOf(file.size()),
                    BigDecimal.valueOf(file.maxSize()),
                    (long) file.id(),
                    BigDecimal.ZERO,
                    BigDecimal.ZERO,
                    file.guid(),
                    BigDecimal.ZERO,
                    BigDecimal.ZERO,
                    file.backedUpPages() * 8192,
                    file.blockSize(),
                    file.filegroup(),
                    null,
                    decimal(file.differentialBaseLsn()),
                    file.differentialBaseGuid(),
                    false,
                    true,
                    null,
                    null);
        }
        return rows.build();
    }

    static Relation label(MediaLabel label, boolean compressed) {
        return Relation.of(
                        "MediaName",
                        NAME,
                        "MediaSetId",
                        SqlType.UNIQUEIDENTIFIER,
                        "FamilyCount",
                        SqlType.INT,
                        "FamilySequenceNumber",
                        SqlType.INT,
                        "MediaFamilyId",
                        SqlType.UNIQUEIDENTIFIER,
                        "MediaSequenceNumber",
                        SqlType.INT,
                        "MediaLabelPresent",
                        SqlType.TINYINT,
                        "MediaDescription",
                        SqlType.nvarchar(255),
                        "SoftwareName",
                        NAME,
                        "SoftwareVendorId",
                        SqlType.INT,
                        "MediaDate",
                        SqlType.DATETIME,
                        "Mirror_Count",
                        SqlType.INT,
                        "IsCompressed",
                        SqlType.BIT)
                .row(
                        emptyToNull(label.mediaName()),
                        label.mediaSet(),
                        label.families(),
                        label.family(),
                        null,
                        1,
                        (short) 0,
                        emptyToNull(label.mediaDescription()),
                        label.software().replace("\0", ""),
                        VENDOR,
                        label.written(),
                        1,
                        compressed)
                .build();
    }

    private static BigDecimal decimal(Lsn lsn) {
        return lsn.toBigDecimal();
    }

    private static @Nullable BigDecimal orNull(Lsn lsn) {
        return lsn.isZero() ? null : lsn.toBigDecimal();
    }

    private static @Nullable String emptyToNull(String text) {
        return text.isEmpty() ? null : text;
    }
}
