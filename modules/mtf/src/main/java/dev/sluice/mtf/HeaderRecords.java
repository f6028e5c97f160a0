package dev.sluice.mtf;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// [BackupHeader] as it is stored in an `MQCI` stream: one `SCIN` record for the database, an `SFGI` for each
/// filegroup, an `SFIN` for each file.
///
/// Writing uses the layout of SQL Server 2012 to 2025. Reading goes through the addresses stored in the records
/// and so takes those of 2005 and 2008 as well; records it does not know are passed over.
///
/// **Errors:** reading never fails. What is cut off or damaged comes out as zero, null or empty; only a stream
/// without a database record gives nothing.
public final class HeaderRecords {
    private static final int DATABASE_FIXED = 400;
    private static final int FILEGROUP_FIXED = 224;
    private static final int FILE_FIXED = 1028;
    private static final int RECORD_HEADER = 8;
    private static final int PAGE = 8192;
    private static final int KIND_DATA = 1;
    private static final int KIND_LOG = 2;
    private static final long STATUS_ALWAYS = 0x10000;

    private HeaderRecords() {}

    /// Reads the whole content of an `MQCI` stream.
    public static Optional<BackupHeader> read(MemorySegment memory) {
        StoredFields all = new StoredFields(memory);
        StoredFields database = null;
        List<Filegroup> filegroups = new ArrayList<>();
        List<BackupFile> files = new ArrayList<>();
        long at = 0;
        while (at <= all.size() - RECORD_HEADER) {
            long size = all.u32(at + 4);
            if (size < RECORD_HEADER || size > all.size() - at) {
                break; // damaged: where the next record begins is no longer known
            }
            StoredFields fields = all.part(at, size);
            int tag = fields.i32(0);
            if (tag == Tag.SCIN && database == null) {
                database = fields;
            } else if (tag == Tag.SFGI) {
                filegroups.add(new Filegroup(fields.i32(20), fields.text(16)));
            } else if (tag == Tag.SFIN) {
                files.add(readFile(fields));
            }
            at += size;
        }
        return database == null ? Optional.empty() : Optional.of(readDatabase(database, filegroups, files));
    }

    private static BackupHeader readDatabase(StoredFields f, List<Filegroup> filegroups, List<BackupFile> files) {
        return new BackupHeader(
                f.text(104),
                f.text(108),
                new ServerVersion(f.u8(27), f.u8(26), f.u16(24)),
                (char) f.u8(87),
                f.i32(8),
                f.lsn(32),
                f.lsn(42),
                f.lsn(52),
                f.lsn(62),
                f.lsn(260),
                f.lsn(172),
                f.guid(156),
                f.guid(184),
                f.guid(200),
                f.guid(272),
                f.guid(124),
                f.guid(224),
                f.date(72),
                f.date(77),
                f.date(82),
                f.i64(96),
                RecoveryModel.ofStatus(f.u32(244)),
                f.u8(91),
                f.u16(94),
                f.i32(116),
                f.i32(120),
                f.u8(88),
                filegroups,
                files);
    }

    private static BackupFile readFile(StoredFields f) {
        BackupFile.Kind kind = switch (f.i32(28)) {
            case KIND_DATA -> BackupFile.Kind.DATA;
            case KIND_LOG -> BackupFile.Kind.LOG;
            default -> BackupFile.Kind.OTHER;
        };
        return new BackupFile(
                f.i32(20),
                kind,
                f.text(48),
                f.text(52),
                f.i32(36),
                f.i64(40),
                f.i64(86),
                f.u32(24),
                f.i32(32),
                f.guid(186),
                f.lsn(158),
                f.guid(170));
    }

    /// The content of an `MQCI` stream. What is unknown about the format is zero, as a real server would not
    /// have it.
    public static byte[] write(BackupHeader header) {
        ByteArrayOutputStream records = new ByteArrayOutputStream();
        records.writeBytes(record(Tag.SCIN, writeDatabase(header)));
        for (Filegroup filegroup : header.filegroups()) {
            FieldWriter f = new FieldWriter(FILEGROUP_FIXED);
            f.u32(8, 0x10).u32(12, 1).u32(20, filegroup.id()).text(16, filegroup.name());
            records.writeBytes(record(Tag.SFGI, f));
        }
        for (BackupFile file : header.files()) {
            records.writeBytes(record(Tag.SFIN, writeFile(file)));
        }
        return records.toByteArray();
    }

    private static byte[] record(int tag, FieldWriter fields) {
        return fields.u32(0, tag).u32(4, fields.size()).toBytes();
    }

    private static FieldWriter writeDatabase(BackupHeader h) {
        long dataFiles = h.files().stream()
                .filter(file -> file.kind() == BackupFile.Kind.DATA)
                .count();
        return new FieldWriter(DATABASE_FIXED)
                .u32(8, h.flags())
                .u32(12, dataFiles)
                .u32(16, h.files().size() - dataFiles)
                .u16(24, h.version().build())
                .u8(26, h.version().minor())
                .u8(27, h.version().major())
                .lsn(32, h.firstLsn())
                .lsn(42, h.lastLsn())
                .lsn(52, h.checkpointLsn())
                .lsn(62, h.databaseBackupLsn())
                .date(72, h.created())
                .date(77, h.started())
                .date(82, h.finished())
                .u8(87, h.typeLetter())
                .u8(88, h.sortOrder())
                .u8(91, h.compatibilityLevel())
                .u16(94, h.databaseVersion())
                .i64(96, h.size())
                .u32(116, h.localeId())
                .u32(120, h.comparisonStyle())
                .guid(124, h.bindingId())
                .lsn(144, h.lastLsn())
                .guid(156, h.recoveryFork())
                .lsn(172, h.forkPointLsn())
                .guid(184, h.previousFork())
                .guid(200, h.lastFullSet())
                .u32(216, h.localeId())
                .u32(220, h.sortOrder())
                .guid(224, h.familyGuid())
                .u32(244, STATUS_ALWAYS | h.recoveryModel().statusBit())
                .lsn(260, h.differentialBaseLsn())
                .guid(272, h.differentialBaseGuid())
                .lsn(332, h.typeLetter() == BackupSetType.LOG.letter() ? h.firstLsn() : Lsn.ZERO)
                .text(104, h.database())
                .text(108, h.server());
    }

    private static FieldWriter writeFile(BackupFile file) {
        return new FieldWriter(FILE_FIXED)
                .u32(16, PAGE)
                .u32(20, file.id())
                .u32(24, file.backedUpPages())
                .u32(
                        28,
                        switch (file.kind()) {
                            case DATA -> KIND_DATA;
                            case LOG -> KIND_LOG;
                            case OTHER -> 0;
                        })
                .u32(32, file.blockSize())
                .u32(36, file.filegroup())
                .i64(40, file.size())
                .i64(86, file.maxSize())
                .lsn(158, file.differentialBaseLsn())
                .guid(170, file.differentialBaseGuid())
                .guid(186, file.guid())
                .i64(250, file.backedUpPages() * PAGE)
                .text(48, file.logicalName())
                .text(52, file.physicalName());
    }
}
