package dev.sluice.simulator.server;

import static dev.sluice.simulator.server.ColumnTypes.GUID;
import static dev.sluice.simulator.server.ColumnTypes.LETTER;
import static dev.sluice.simulator.server.ColumnTypes.LSN;
import static dev.sluice.simulator.server.ColumnTypes.PAGE_BYTES;
import static dev.sluice.simulator.server.ColumnTypes.PATH;
import static dev.sluice.simulator.server.ColumnTypes.SIZE;
import static dev.sluice.simulator.server.ColumnTypes.SYSNAME;
import static dev.sluice.simulator.server.ColumnTypes.VENDOR;
import static dev.sluice.simulator.server.ColumnTypes.VIRTUAL_DEVICE;
import static dev.sluice.simulator.server.ColumnTypes.lsn;
import static dev.sluice.simulator.server.ColumnTypes.nullIfEmpty;
import static dev.sluice.simulator.server.ColumnTypes.nullIfZero;
import static dev.sluice.simulator.tds.SqlType.BIT;
import static dev.sluice.simulator.tds.SqlType.DATETIME;
import static dev.sluice.simulator.tds.SqlType.INT;
import static dev.sluice.simulator.tds.SqlType.TINYINT;

import dev.sluice.mtf.BackupFile;
import dev.sluice.simulator.database.BackupRecord;
import dev.sluice.simulator.database.LogPosition;
import dev.sluice.simulator.database.MarkRecord;
import dev.sluice.simulator.database.RestoreRecord;
import dev.sluice.simulator.query.Relation;
import dev.sluice.simulator.tds.SqlType;
import java.math.BigDecimal;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The backup tables of msdb, with the columns that their documentation lists and backup programs read.
final class HistoryViews {

    private final Instance instance;

    HistoryViews(Instance instance) {
        this.instance = instance;
    }

    @Nullable
    Relation table(String name) {
        return switch (name) {
            case "backupset" -> ofBackups(name, backups -> BackupSetView.of(instance, backups));
            case "backupmediafamily" -> ofBackups(name, HistoryViews::mediaFamilies);
            case "backupmediaset" -> ofBackups(name, HistoryViews::mediaSets);
            case "backupfile" -> ofBackups(name, HistoryViews::files);
            case "restorehistory" -> restores();
            case "logmarkhistory" -> marks();
            default -> null;
        };
    }

    private Relation ofBackups(String name, Function<List<BackupRecord>, Relation> view) {
        return instance.historyRows().of(name, instance.readableHistory().backups(), view);
    }

    private record MediaFamily(BackupRecord backup, int number, String device) {}

    private record FileOfBackup(BackupRecord backup, BackupFile file) {
        BigDecimal number() {
            return BigDecimal.valueOf(file.id());
        }

        boolean isLog() {
            return file.kind() == BackupFile.Kind.LOG;
        }
    }

    private static Relation mediaFamilies(List<BackupRecord> backups) {
        List<MediaFamily> families = backups.stream()
                .flatMap(backup -> IntStream.range(0, backup.devices().size())
                        .mapToObj(i ->
                                new MediaFamily(backup, i + 1, backup.devices().get(i))))
                .toList();
        return Relation.of(families)
                .column("media_set_id", INT, f -> f.backup().id())
                .column("family_sequence_number", TINYINT, f -> f.number())
                .column("media_family_id", GUID, _ -> null)
                .column("media_count", INT, _ -> 1)
                .column("logical_device_name", SYSNAME, _ -> null)
                .column("physical_device_name", PATH, f -> f.device())
                .column("device_type", TINYINT, _ -> VIRTUAL_DEVICE)
                .column("physical_block_size", INT, f -> f.backup().blockSize())
                .column("mirror", TINYINT, _ -> 0)
                .build();
    }

    private static Relation mediaSets(List<BackupRecord> backups) {
        return Relation.of(backups)
                .column("media_set_id", INT, BackupRecord::id)
                .column("media_uuid", GUID, BackupRecord::mediaSet)
                .column("media_family_count", TINYINT, b -> b.devices().size())
                .column("name", SYSNAME, _ -> null)
                .column("description", SqlType.nvarchar(255), _ -> null)
                .column("software_name", SYSNAME, _ -> "Microsoft SQL Server")
                .column("software_vendor_id", INT, _ -> VENDOR)
                .column("MTF_major_version", TINYINT, _ -> 1)
                .column("mirror_count", TINYINT, _ -> 1)
                .column("is_password_protected", BIT, _ -> false)
                .column("is_compressed", BIT, BackupRecord::compressed)
                .column("is_encrypted", BIT, _ -> false)
                .build();
    }

    private static Relation files(List<BackupRecord> backups) {
        List<FileOfBackup> files = backups.stream()
                .flatMap(backup -> backup.header().files().stream().map(file -> new FileOfBackup(backup, file)))
                .toList();
        return Relation.of(files)
                .column("backup_set_id", INT, f -> f.backup().id())
                .column("file_number", SqlType.decimal(10, 0), f -> f.number())
                .column("file_type", LETTER, f -> f.isLog() ? "L" : "D")
                .column("logical_name", SYSNAME, f -> f.file().logicalName())
                .column("physical_drive", PATH, _ -> null)
                .column("physical_name", PATH, f -> f.file().physicalName())
                .column("filegroup_name", SYSNAME, f -> f.isLog() ? null : "PRIMARY")
                .column("file_size", SIZE, f -> BigDecimal.valueOf(f.file().size()))
                .column("backup_size", SIZE, f -> BigDecimal.valueOf(f.file().backedUpPages() * PAGE_BYTES))
                .column("differential_base_lsn", LSN, f -> nullIfZero(f.file().differentialBaseLsn()))
                .column("differential_base_guid", GUID, f -> f.file().differentialBaseGuid())
                .column("is_present", BIT, _ -> true)
                .build();
    }

    private Relation restores() {
        return Relation.of(instance.readableHistory().restores())
                .column("restore_history_id", INT, RestoreRecord::id)
                .column("restore_date", DATETIME, RestoreRecord::when)
                .column("destination_database_name", SYSNAME, RestoreRecord::database)
                .column("user_name", SYSNAME, RestoreRecord::user)
                .column("backup_set_id", INT, RestoreRecord::backupSetId)
                .column("restore_type", LETTER, r -> String.valueOf(r.type()))
                .column("replace", BIT, RestoreRecord::replace)
                .column("recovery", BIT, RestoreRecord::recovery)
                .column("restart", BIT, _ -> false)
                .column("stop_at", DATETIME, RestoreRecord::stopAt)
                .column("stop_at_mark_name", SYSNAME, RestoreRecord::stopMark)
                .build();
    }

    private Relation marks() {
        return Relation.of(instance.readableHistory().marks())
                .column("database_name", SYSNAME, MarkRecord::database)
                .column("mark_name", SYSNAME, MarkRecord::name)
                .column("description", SqlType.nvarchar(255), m -> nullIfEmpty(m.description()))
                .column("user_name", SYSNAME, MarkRecord::user)
                .column("lsn", LSN, m -> lsn(LogPosition.lsn(m.record())))
                .column("mark_time", DATETIME, MarkRecord::when)
                .build();
    }
}
