package dev.sluice.simulator.server;

import dev.sluice.mtf.BackupFile;
import dev.sluice.mtf.BackupHeader;
import dev.sluice.mtf.Lsn;
import dev.sluice.simulator.database.BackupRecord;
import dev.sluice.simulator.database.Certificate;
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
            case "backupset" -> backupSets();
            case "backupmediafamily" -> mediaFamilies();
            case "backupmediaset" -> mediaSets();
            case "backupfile" -> files();
            case "restorehistory" -> restores();
            case "logmarkhistory" -> marks();
            default -> null;
        };
    }

    private Relation backupSets() {
        Relation.Builder rows = Relation.of(
                "backup_set_id",
                SqlType.INT,
                "backup_set_uuid",
                SqlType.UNIQUEIDENTIFIER,
                "media_set_id",
                SqlType.INT,
                "first_family_number",
                SqlType.TINYINT,
                "last_family_number",
                SqlType.TINYINT,
                "position",
                SqlType.INT,
                "expiration_date",
                SqlType.DATETIME,
                "software_vendor_id",
                SqlType.INT,
                "name",
                SYSNAME,
                "description",
                SqlType.nvarchar(255),
                "user_name",
                SYSNAME,
                "software_major_version",
                SqlType.TINYINT,
                "software_minor_version",
                SqlType.TINYINT,
                "software_build_version",
                SqlType.SMALLINT,
                "time_zone",
                SqlType.SMALLINT,
                "first_lsn",
                LSN,
                "last_lsn",
                LSN,
                "checkpoint_lsn",
                LSN,
                "database_backup_lsn",
                LSN,
                "database_creation_date",
                SqlType.DATETIME,
                "backup_start_date",
                SqlType.DATETIME,
                "backup_finish_date",
                SqlType.DATETIME,
                "type",
                SqlType.character(1),
                "sort_order",
                SqlType.SMALLINT,
                "code_page",
                SqlType.SMALLINT,
                "compatibility_level",
                SqlType.TINYINT,
                "database_version",
                SqlType.INT,
                "backup_size",
                SIZE,
                "database_name",
                SYSNAME,
                "server_name",
                SYSNAME,
                "machine_name",
                SYSNAME,
                "flags",
                SqlType.INT,
                "unicode_locale",
                SqlType.INT,
                "unicode_compare_style",
                SqlType.INT,
                "collation_name",
                SYSNAME,
                "is_password_protected",
                SqlType.BIT,
                "recovery_model",
                SqlType.nvarchar(60),
                "has_bulk_logged_data",
                SqlType.BIT,
                "is_snapshot",
                SqlType.BIT,
                "is_readonly",
                SqlType.BIT,
                "is_single_user",
                SqlType.BIT,
                "has_backup_checksums",
                SqlType.BIT,
                "is_damaged",
                SqlType.BIT,
                "begins_log_chain",
                SqlType.BIT,
                "has_incomplete_metadata",
                SqlType.BIT,
                "is_force_offline",
                SqlType.BIT,
                "is_copy_only",
                SqlType.BIT,
                "first_recovery_fork_guid",
                SqlType.UNIQUEIDENTIFIER,
                "last_recovery_fork_guid",
                SqlType.UNIQUEIDENTIFIER,
                "fork_point_lsn",
                LSN,
                "database_guid",
                SqlType.UNIQUEIDENTIFIER,
                "family_guid",
                SqlType.UNIQUEIDENTIFIER,
                "differential_base_lsn",
                LSN,
                "differential_base_guid",
                SqlType.UNIQUEIDENTIFIER,
                "compressed_backup_size",
                SIZE,
                "key_algorithm",
                SqlType.nvarchar(32),
                "encryptor_thumbprint",
                SqlType.varbinary(20),
                "encryptor_type",
                SqlType.nvarchar(32),
                "last_valid_restore_time",
                SqlType.DATETIME,
                "compression_algorithm",
                SqlType.nvarchar(32));
        for (BackupRecord backup : instance.readableHistory().backups()) {
            BackupHeader header = backup.header();
            Certificate.Encryptor encryptor = backup.encryptor();
            BigDecimal size = BigDecimal.valueOf(header.size());
            rows.row(
                    backup.id(),
                    backup.set(),
                    backup.id(),
                    (short) 1,
                    (short) backup.devices().size(),
                    1,
                    null,
                    VENDOR,
                    emptyToNull(backup.name()),
                    emptyToNull(backup.description()),
                    backup.user(),
                    (short) header.version().major(),
                    (short) header.version().minor(),
                    (short) header.version().build(),
                    (short) 0,
                    lsn(header.firstLsn()),
                    lsn(header.lastLsn()),
                    lsn(header.checkpointLsn()),
                    lsn(header.databaseBackupLsn()),
                    header.created(),
                    header.started(),
                    header.finished(),
                    String.valueOf(header.typeLetter()),
                    (short) header.sortOrder(),
                    (short) 0,
                    (short) header.compatibilityLevel(),
                    header.databaseVersion(),
                    size,
                    header.database(),
                    header.server(),
                    instance.options().serverName(),
                    header.flags(),
                    header.localeId(),
                    header.comparisonStyle(),
                    RestoreListings.collation(header),
                    false,
                    header.recoveryModel().name(),
                    false,
                    false,
                    false,
                    false,
                    header.hasChecksums(),
                    false,
                    backup.beginsLogChain(),
                    false,
                    backup.tail(),
                    backup.copyOnly(),
                    header.firstRecoveryFork(),
                    header.recoveryFork(),
                    orNull(header.forkPointLsn()),
                    header.bindingId(),
                    header.familyGuid(),
                    orNull(header.differentialBaseLsn()),
                    header.differentialBaseGuid(),
                    BigDecimal.valueOf(backup.size()),
                    encryptor == null ? null : encryptor.algorithm(),
                    encryptor == null ? null : encryptor.bytes(),
                    encryptor == null ? null : "CERTIFICATE",
                    backup.lastRecord(),
                    backup.compressionAlgorithm());
        }
        return instance.options().product().has2022Columns()
                ? rows.build()
                : rows.build().without("last_valid_restore_time", "compression_algorithm");
    }

    private static BigDecimal lsn(Lsn lsn) {
        return lsn.toBigDecimal();
    }

    private static @Nullable BigDecimal orNull(Lsn lsn) {
        return lsn.isZero() ? null : lsn.toBigDecimal();
    }

    private static @Nullable String emptyToNull(String text) {
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
                    null,
                    null);
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
