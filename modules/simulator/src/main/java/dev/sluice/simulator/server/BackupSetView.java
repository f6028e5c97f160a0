package dev.sluice.simulator.server;

import static dev.sluice.simulator.server.ColumnTypes.ALGORITHM;
import static dev.sluice.simulator.server.ColumnTypes.DESCRIPTION;
import static dev.sluice.simulator.server.ColumnTypes.GUID;
import static dev.sluice.simulator.server.ColumnTypes.LETTER;
import static dev.sluice.simulator.server.ColumnTypes.LSN;
import static dev.sluice.simulator.server.ColumnTypes.SIZE;
import static dev.sluice.simulator.server.ColumnTypes.SYSNAME;
import static dev.sluice.simulator.server.ColumnTypes.THUMBPRINT;
import static dev.sluice.simulator.server.ColumnTypes.VENDOR;
import static dev.sluice.simulator.server.ColumnTypes.algorithm;
import static dev.sluice.simulator.server.ColumnTypes.encryptorType;
import static dev.sluice.simulator.server.ColumnTypes.lsn;
import static dev.sluice.simulator.server.ColumnTypes.nullIfEmpty;
import static dev.sluice.simulator.server.ColumnTypes.nullIfZero;
import static dev.sluice.simulator.server.ColumnTypes.thumbprint;
import static dev.sluice.simulator.tds.SqlType.BIT;
import static dev.sluice.simulator.tds.SqlType.DATETIME;
import static dev.sluice.simulator.tds.SqlType.INT;
import static dev.sluice.simulator.tds.SqlType.SMALLINT;
import static dev.sluice.simulator.tds.SqlType.TINYINT;

import dev.sluice.mtf.BackupHeader;
import dev.sluice.mtf.ServerVersion;
import dev.sluice.simulator.database.BackupRecord;
import dev.sluice.simulator.query.Relation;
import dev.sluice.simulator.tds.SqlType;
import java.math.BigDecimal;
import java.util.List;

/// `msdb.dbo.backupset`, the widest of the backup tables.
final class BackupSetView {

    private BackupSetView() {}

    static Relation of(Instance instance, List<BackupRecord> backups) {
        boolean has2022Columns = instance.options().product().has2022Columns();
        return Relation.of(backups)
                .column("backup_set_id", INT, BackupRecord::id)
                .column("backup_set_uuid", GUID, BackupRecord::set)
                .column("media_set_id", INT, BackupRecord::id)
                .column("first_family_number", TINYINT, _ -> 1)
                .column("last_family_number", TINYINT, b -> b.devices().size())
                .column("position", INT, _ -> 1)
                .column("expiration_date", DATETIME, _ -> null)
                .column("software_vendor_id", INT, _ -> VENDOR)
                .column("name", SYSNAME, b -> nullIfEmpty(b.name()))
                .column("description", SqlType.nvarchar(255), b -> nullIfEmpty(b.description()))
                .column("user_name", SYSNAME, BackupRecord::user)
                .column("software_major_version", TINYINT, b -> version(b).major())
                .column("software_minor_version", TINYINT, b -> version(b).minor())
                .column("software_build_version", SMALLINT, b -> version(b).build())
                .column("time_zone", SMALLINT, _ -> 0)
                .column("first_lsn", LSN, b -> lsn(header(b).firstLsn()))
                .column("last_lsn", LSN, b -> lsn(header(b).lastLsn()))
                .column("checkpoint_lsn", LSN, b -> lsn(header(b).checkpointLsn()))
                .column("database_backup_lsn", LSN, b -> lsn(header(b).databaseBackupLsn()))
                .column("database_creation_date", DATETIME, b -> header(b).created())
                .column("backup_start_date", DATETIME, b -> header(b).started())
                .column("backup_finish_date", DATETIME, b -> header(b).finished())
                .column("type", LETTER, b -> String.valueOf(header(b).typeLetter()))
                .column("sort_order", SMALLINT, b -> header(b).sortOrder())
                .column("code_page", SMALLINT, _ -> 0)
                .column("compatibility_level", TINYINT, b -> header(b).compatibilityLevel())
                .column("database_version", INT, b -> header(b).databaseVersion())
                .column("backup_size", SIZE, b -> BigDecimal.valueOf(header(b).size()))
                .column("database_name", SYSNAME, b -> header(b).database())
                .column("server_name", SYSNAME, b -> header(b).server())
                .column("machine_name", SYSNAME, _ -> instance.options().serverName())
                .column("flags", INT, b -> header(b).flags())
                .column("unicode_locale", INT, b -> header(b).localeId())
                .column("unicode_compare_style", INT, b -> header(b).comparisonStyle())
                .column("collation_name", SYSNAME, b -> RestoreListings.collation(header(b)))
                .column("is_password_protected", BIT, _ -> false)
                .column("recovery_model", DESCRIPTION, b -> recoveryModel(b))
                .column("has_bulk_logged_data", BIT, _ -> false)
                .column("is_snapshot", BIT, _ -> false)
                .column("is_readonly", BIT, _ -> false)
                .column("is_single_user", BIT, _ -> false)
                .column("has_backup_checksums", BIT, b -> header(b).hasChecksums())
                .column("is_damaged", BIT, _ -> false)
                .column("begins_log_chain", BIT, BackupRecord::beginsLogChain)
                .column("has_incomplete_metadata", BIT, _ -> false)
                .column("is_force_offline", BIT, BackupRecord::tail)
                .column("is_copy_only", BIT, BackupRecord::copyOnly)
                .column("first_recovery_fork_guid", GUID, b -> header(b).firstRecoveryFork())
                .column("last_recovery_fork_guid", GUID, b -> header(b).recoveryFork())
                .column("fork_point_lsn", LSN, b -> nullIfZero(header(b).forkPointLsn()))
                .column("database_guid", GUID, b -> header(b).bindingId())
                .column("family_guid", GUID, b -> header(b).familyGuid())
                .column("differential_base_lsn", LSN, b -> nullIfZero(header(b).differentialBaseLsn()))
                .column("differential_base_guid", GUID, b -> header(b).differentialBaseGuid())
                .column("compressed_backup_size", SIZE, b -> BigDecimal.valueOf(b.size()))
                .column("key_algorithm", ALGORITHM, b -> algorithm(b.encryptor()))
                .column("encryptor_thumbprint", THUMBPRINT, b -> thumbprint(b.encryptor()))
                .column("encryptor_type", ALGORITHM, b -> encryptorType(b.encryptor()))
                .columnIf(has2022Columns, "last_valid_restore_time", DATETIME, BackupRecord::lastRecord)
                .columnIf(has2022Columns, "compression_algorithm", ALGORITHM, BackupRecord::compressionAlgorithm)
                .build();
    }

    private static BackupHeader header(BackupRecord backup) {
        return backup.header();
    }

    private static String recoveryModel(BackupRecord backup) {
        return header(backup).recoveryModel().name();
    }

    private static ServerVersion version(BackupRecord backup) {
        return header(backup).version();
    }
}
