package dev.sluice.simulator.server;

import static dev.sluice.simulator.server.ColumnTypes.ALGORITHM;
import static dev.sluice.simulator.server.ColumnTypes.DESCRIPTION;
import static dev.sluice.simulator.server.ColumnTypes.GUID;
import static dev.sluice.simulator.server.ColumnTypes.LETTER;
import static dev.sluice.simulator.server.ColumnTypes.LSN;
import static dev.sluice.simulator.server.ColumnTypes.PAGE_BYTES;
import static dev.sluice.simulator.server.ColumnTypes.PATH;
import static dev.sluice.simulator.server.ColumnTypes.SIZE;
import static dev.sluice.simulator.server.ColumnTypes.SYSNAME;
import static dev.sluice.simulator.server.ColumnTypes.THUMBPRINT;
import static dev.sluice.simulator.server.ColumnTypes.VENDOR;
import static dev.sluice.simulator.server.ColumnTypes.VIRTUAL_DEVICE;
import static dev.sluice.simulator.server.ColumnTypes.algorithm;
import static dev.sluice.simulator.server.ColumnTypes.encryptorType;
import static dev.sluice.simulator.server.ColumnTypes.lsn;
import static dev.sluice.simulator.server.ColumnTypes.nullIfEmpty;
import static dev.sluice.simulator.server.ColumnTypes.nullIfZero;
import static dev.sluice.simulator.server.ColumnTypes.thumbprint;
import static dev.sluice.simulator.tds.SqlType.BIGINT;
import static dev.sluice.simulator.tds.SqlType.BIT;
import static dev.sluice.simulator.tds.SqlType.DATETIME;
import static dev.sluice.simulator.tds.SqlType.INT;
import static dev.sluice.simulator.tds.SqlType.SMALLINT;
import static dev.sluice.simulator.tds.SqlType.TINYINT;

import dev.sluice.mtf.BackupFile;
import dev.sluice.mtf.BackupHeader;
import dev.sluice.mtf.BackupSet;
import dev.sluice.mtf.Filegroup;
import dev.sluice.mtf.MediaLabel;
import dev.sluice.mtf.inspect.Inspection;
import dev.sluice.simulator.database.Certificate;
import dev.sluice.simulator.query.Relation;
import dev.sluice.simulator.regional.Collation;
import dev.sluice.simulator.tds.SqlType;
import java.math.BigDecimal;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The result sets of RESTORE HEADERONLY, FILELISTONLY and LABELONLY.
///
/// **Source:** the columns are those of the documentation; values come from the stream.
final class RestoreListings {

    /// In the place of a set that the stream does not describe.
    private static final BackupSet NO_SET = new BackupSet(null, 0, 0, "", "", "", "", 0, 0, null, null);

    private RestoreListings() {}

    /// @param algorithm of the compression, where msdb knows more than the stream tells
    static Relation header(
            Inspection.Inspected known,
            BackupHeader header,
            Certificate.@Nullable Encryptor encryptor,
            @Nullable String algorithm,
            boolean has2022Columns) {
        BackupSet set = Objects.requireNonNullElse(known.set(), NO_SET);
        boolean compressed = known.container() == Inspection.Container.COMPRESSED;
        String compression = !compressed ? null : algorithm == null ? "MS_XPRESS" : algorithm;
        return Relation.of(List.of(header))
                .column("BackupName", SYSNAME, _ -> nullIfEmpty(set.name()))
                .column("BackupDescription", SqlType.nvarchar(255), _ -> nullIfEmpty(set.description()))
                .column("BackupType", SMALLINT, h -> typeNumber(h))
                .column("ExpirationDate", DATETIME, _ -> null)
                .column("Compressed", BIT, _ -> compressed)
                .column("Position", SMALLINT, _ -> 1)
                .column("DeviceType", TINYINT, _ -> VIRTUAL_DEVICE)
                .column("UserName", SYSNAME, _ -> set.user())
                .column("ServerName", SYSNAME, BackupHeader::server)
                .column("DatabaseName", SYSNAME, BackupHeader::database)
                .column("DatabaseVersion", INT, BackupHeader::databaseVersion)
                .column("DatabaseCreationDate", DATETIME, BackupHeader::created)
                .column("BackupSize", SIZE, h -> BigDecimal.valueOf(h.size()))
                .column("FirstLSN", LSN, h -> lsn(h.firstLsn()))
                .column("LastLSN", LSN, h -> lsn(h.lastLsn()))
                .column("CheckpointLSN", LSN, h -> lsn(h.checkpointLsn()))
                .column("DatabaseBackupLSN", LSN, h -> lsn(h.databaseBackupLsn()))
                .column("BackupStartDate", DATETIME, BackupHeader::started)
                .column("BackupFinishDate", DATETIME, BackupHeader::finished)
                .column("SortOrder", SMALLINT, h -> h.sortOrder())
                .column("CodePage", SMALLINT, _ -> 0)
                .column("UnicodeLocaleId", INT, BackupHeader::localeId)
                .column("UnicodeComparisonStyle", INT, BackupHeader::comparisonStyle)
                .column("CompatibilityLevel", TINYINT, h -> h.compatibilityLevel())
                .column("SoftwareVendorId", INT, _ -> VENDOR)
                .column("SoftwareVersionMajor", INT, h -> h.version().major())
                .column("SoftwareVersionMinor", INT, h -> h.version().minor())
                .column("SoftwareVersionBuild", INT, h -> h.version().build())
                .column("MachineName", SYSNAME, _ -> set.machine().replace("\0", ""))
                .column("Flags", INT, BackupHeader::flags)
                .column("BindingID", GUID, BackupHeader::bindingId)
                .column("RecoveryForkID", GUID, BackupHeader::recoveryFork)
                .column("Collation", SYSNAME, h -> collation(h))
                .column("FamilyGUID", GUID, BackupHeader::familyGuid)
                .column("HasBulkLoggedData", BIT, _ -> false)
                .column("IsSnapshot", BIT, _ -> false)
                .column("IsReadOnly", BIT, _ -> false)
                .column("IsSingleUser", BIT, _ -> false)
                .column("HasBackupChecksums", BIT, BackupHeader::hasChecksums)
                .column("IsDamaged", BIT, _ -> false)
                .column("BeginsLogChain", BIT, _ -> false)
                .column("HasIncompleteMetaData", BIT, _ -> false)
                .column("IsForceOffline", BIT, _ -> false)
                .column("IsCopyOnly", BIT, _ -> false)
                .column("FirstRecoveryForkID", GUID, BackupHeader::firstRecoveryFork)
                .column("ForkPointLSN", LSN, h -> nullIfZero(h.forkPointLsn()))
                .column("RecoveryModel", DESCRIPTION, h -> recoveryModel(h))
                .column("DifferentialBaseLSN", LSN, h -> nullIfZero(h.differentialBaseLsn()))
                .column("DifferentialBaseGUID", GUID, BackupHeader::differentialBaseGuid)
                .column("BackupTypeDescription", DESCRIPTION, h -> description(h))
                .column("BackupSetGUID", GUID, _ -> set.guid())
                .column("CompressedBackupSize", BIGINT, h -> compressed ? known.bytes() : h.size())
                .column("containment", TINYINT, _ -> 0)
                .column("KeyAlgorithm", ALGORITHM, _ -> algorithm(encryptor))
                .column("EncryptorThumbprint", THUMBPRINT, _ -> thumbprint(encryptor))
                .column("EncryptorType", ALGORITHM, _ -> encryptorType(encryptor))
                .columnIf(has2022Columns, "LastValidRestoreTime", DATETIME, _ -> null)
                .columnIf(has2022Columns, "TimeZone", SqlType.nvarchar(32), _ -> null)
                .columnIf(has2022Columns, "CompressionAlgorithm", SqlType.nvarchar(32), _ -> compression)
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

    private static String recoveryModel(BackupHeader header) {
        return header.recoveryModel().name().replace('_', '-');
    }

    private static String description(BackupHeader header) {
        return switch (header.typeLetter()) {
            case 'D' -> "Database";
            case 'L' -> "Transaction Log";
            case 'I' -> "Database Differential";
            default -> "File";
        };
    }

    private static boolean isLog(BackupFile file) {
        return file.kind() == BackupFile.Kind.LOG;
    }

    private static @Nullable String filegroup(BackupHeader header, BackupFile file) {
        return header.filegroups().stream()
                .filter(group -> group.id() == file.filegroup() && !isLog(file))
                .map(Filegroup::name)
                .findFirst()
                .orElse(null);
    }

    static Relation files(BackupHeader header) {
        return Relation.of(header.files())
                .column("LogicalName", SYSNAME, BackupFile::logicalName)
                .column("PhysicalName", PATH, BackupFile::physicalName)
                .column("Type", LETTER, f -> isLog(f) ? "L" : "D")
                .column("FileGroupName", SYSNAME, f -> filegroup(header, f))
                .column("Size", SIZE, f -> BigDecimal.valueOf(f.size()))
                .column("MaxSize", SIZE, f -> BigDecimal.valueOf(f.maxSize()))
                .column("FileId", BIGINT, f -> (long) f.id())
                .column("CreateLSN", LSN, _ -> BigDecimal.ZERO)
                .column("DropLSN", LSN, _ -> BigDecimal.ZERO)
                .column("UniqueId", GUID, BackupFile::guid)
                .column("ReadOnlyLSN", LSN, _ -> BigDecimal.ZERO)
                .column("ReadWriteLSN", LSN, _ -> BigDecimal.ZERO)
                .column("BackupSizeInBytes", BIGINT, f -> f.backedUpPages() * PAGE_BYTES)
                .column("SourceBlockSize", INT, BackupFile::blockSize)
                .column("FileGroupId", INT, BackupFile::filegroup)
                .column("LogGroupGUID", GUID, _ -> null)
                .column("DifferentialBaseLSN", LSN, f -> lsn(f.differentialBaseLsn()))
                .column("DifferentialBaseGUID", GUID, BackupFile::differentialBaseGuid)
                .column("IsReadOnly", BIT, _ -> false)
                .column("IsPresent", BIT, _ -> true)
                .column("TDEThumbprint", SqlType.varbinary(32), _ -> null)
                .column("SnapshotUrl", SqlType.nvarchar(360), _ -> null)
                .build();
    }

    static Relation label(MediaLabel label, boolean compressed) {
        return Relation.of(List.of(label))
                .column("MediaName", SYSNAME, l -> nullIfEmpty(l.mediaName()))
                .column("MediaSetId", GUID, MediaLabel::mediaSet)
                .column("FamilyCount", INT, MediaLabel::families)
                .column("FamilySequenceNumber", INT, MediaLabel::family)
                .column("MediaFamilyId", GUID, _ -> null)
                .column("MediaSequenceNumber", INT, _ -> 1)
                .column("MediaLabelPresent", TINYINT, _ -> 0)
                .column("MediaDescription", SqlType.nvarchar(255), l -> nullIfEmpty(l.mediaDescription()))
                .column("SoftwareName", SYSNAME, l -> l.software().replace("\0", ""))
                .column("SoftwareVendorId", INT, _ -> VENDOR)
                .column("MediaDate", DATETIME, MediaLabel::written)
                .column("Mirror_Count", INT, _ -> 1)
                .column("IsCompressed", BIT, _ -> compressed)
                .build();
    }
}
