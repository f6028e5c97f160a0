package dev.sluice.simulator.server;

import dev.sluice.mtf.BackupFile;
import dev.sluice.mtf.Lsn;
import dev.sluice.simulator.database.BackupRecord;
import dev.sluice.simulator.database.LogPosition;
import dev.sluice.simulator.database.MarkRecord;
import dev.sluice.simulator.database.RestoreRecord;
import dev.sluice.simulator.query.Relation;
import dev.sluice.simulator.tds.SqlType;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/// The backup tables of msdb, with the columns that their documentation lists and backup programs read.
final class HistoryViews {

    private static final SqlType SYSNAME = SqlType.nvarchar(128);
    private static final SqlType LSN = SqlType.decimal(25, 0);
    private static final SqlType SIZE = SqlType.decimal(20, 0);
    private static final int VENDOR = 4608;
    private static final short VIRTUAL_DEVICE = 7;

    private final Instance instance;

    HistoryViews(Instance instance) {
        this.instance = instance;
    }

    @Nullable
    Relation table(String name) {
        return switch (name) {
            case "backupset" -> BackupSetView.of(instance);
            case "backupmediafamily" -> mediaFamilies();
            case "backupmediaset" -> mediaSets();
            case "backupfile" -> files();
            case "restorehistory" -> restores();
            case "logmarkhistory" -> marks();
            default -> null;
        };
    }

    static BigDecimal lsn(Lsn lsn) {
        return lsn.toBigDecimal();
    }

    static @Nullable BigDecimal orNull(Lsn lsn) {
        return lsn.isZero() ? null : lsn.toBigDecimal();
    }

    static @Nullable String emptyToNull(String text) {
        return text.isEmpty() ? null : text;
    }

    private Relation mediaFamilies() {
        Relation.Builder rows = Relation.of(
                "media_set_id",
                SqlType.INT,
                "family_sequence_number",
                SqlType.TINYINT,
                "media_family_id",
                SqlType.UNIQUEIDENTIFIER,
                "media_count",
                SqlType.INT,
                "logical_device_name",
                SYSNAME,
                "physical_device_name",
                SqlType.nvarchar(260),
                "device_type",
                SqlType.TINYINT,
                "physical_block_size",
                SqlType.INT,
                "mirror",
                SqlType.TINYINT);
        for (BackupRecord backup : instance.readableHistory().backups()) {
            for (int i = 0; i < backup.devices().size(); i++) {
                rows.row(
                        backup.id(),
                        (short) (i + 1),
                        null,
                        1,
                        null,
                        backup.devices().get(i),
                        VIRTUAL_DEVICE,
                        backup.blockSize(),
                        (short) 0);
            }
        }
        return rows.build();
    }

    private Relation mediaSets() {
        Relation.Builder rows = Relation.of(
                "media_set_id",
                SqlType.INT,
                "media_uuid",
                SqlType.UNIQUEIDENTIFIER,
                "media_family_count",
                SqlType.TINYINT,
                "name",
                SYSNAME,
                "description",
                SqlType.nvarchar(255),
                "software_name",
                SYSNAME,
                "software_vendor_id",
                SqlType.INT,
                "MTF_major_version",
                SqlType.TINYINT,
                "mirror_count",
                SqlType.TINYINT,
                "is_password_protected",
                SqlType.BIT,
                "is_compressed",
                SqlType.BIT,
                "is_encrypted",
                SqlType.BIT);
        for (BackupRecord backup : instance.readableHistory().backups()) {
            rows.row(
                    backup.id(),
                    backup.mediaSet(),
                    (short) backup.devices().size(),
                    null,
                    null,
                    "Microsoft SQL Server",
                    VENDOR,
                    (short) 1,
                    (short) 1,
                    false,
                    backup.compressed(),
                    false);
        }
        return rows.build();
    }

    private Relation files() {
        Relation.Builder rows = Relation.of(
                "backup_set_id",
                SqlType.INT,
                "file_number",
                SqlType.decimal(10, 0),
                "file_type",
                SqlType.character(1),
                "logical_name",
                SYSNAME,
                "physical_drive",
                SqlType.nvarchar(260),
                "physical_name",
                SqlType.nvarchar(260),
                "filegroup_name",
                SYSNAME,
                "file_size",
                SIZE,
                "backup_size",
                SIZE,
                "differential_base_lsn",
                LSN,
                "differential_base_guid",
                SqlType.UNIQUEIDENTIFIER,
                "is_present",
                SqlType.BIT);
        for (BackupRecord backup : instance.readableHistory().backups()) {
            for (BackupFile file : backup.header().files()) {
                boolean log = file.kind() == BackupFile.Kind.LOG;
                rows.row(
                        backup.id(),
                        BigDecimal.valueOf(file.id()),
                        log ? "L" : "D",
                        file.logicalName(),
                        null,
                        file.physicalName(),
                        log ? null : "PRIMARY",
                        BigDecimal.valueOf(file.size()),
                        BigDecimal.valueOf(file.backedUpPages() * 8192),
                        orNull(file.differentialBaseLsn()),
                        file.differentialBaseGuid(),
                        true);
            }
        }
        return rows.build();
    }

    private Relation restores() {
        Relation.Builder rows = Relation.of(
                "restore_history_id",
                SqlType.INT,
                "restore_date",
                SqlType.DATETIME,
                "destination_database_name",
                SYSNAME,
                "user_name",
                SYSNAME,
                "backup_set_id",
                SqlType.INT,
                "restore_type",
                SqlType.character(1),
                "replace",
                SqlType.BIT,
                "recovery",
                SqlType.BIT,
                "restart",
                SqlType.BIT,
                "stop_at",
                SqlType.DATETIME,
                "stop_at_mark_name",
                SYSNAME);
        for (RestoreRecord restore : instance.readableHistory().restores()) {
            rows.row(
                    restore.id(),
                    restore.when(),
                    restore.database(),
                    restore.user(),
                    restore.backupSetId(),
                    String.valueOf(restore.type()),
                    restore.replace(),
                    restore.recovery(),
                    false,
                    restore.stopAt(),
                    restore.stopMark());
        }
        return rows.build();
    }

    private Relation marks() {
        Relation.Builder rows = Relation.of(
                "database_name",
                SYSNAME,
                "mark_name",
                SYSNAME,
                "description",
                SqlType.nvarchar(255),
                "user_name",
                SYSNAME,
                "lsn",
                LSN,
                "mark_time",
                SqlType.DATETIME);
        for (MarkRecord mark : instance.readableHistory().marks()) {
            rows.row(
                    mark.database(),
                    mark.name(),
                    emptyToNull(mark.description()),
                    mark.user(),
                    lsn(LogPosition.lsn(mark.record())),
                    mark.when());
        }
        return rows.build();
    }
}
