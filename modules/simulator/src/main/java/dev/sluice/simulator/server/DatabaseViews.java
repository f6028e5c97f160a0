package dev.sluice.simulator.server;

import static dev.sluice.simulator.server.ColumnTypes.DESCRIPTION;
import static dev.sluice.simulator.server.ColumnTypes.GUID;
import static dev.sluice.simulator.server.ColumnTypes.LSN;
import static dev.sluice.simulator.server.ColumnTypes.LSN_TEXT;
import static dev.sluice.simulator.server.ColumnTypes.PAGE_BYTES;
import static dev.sluice.simulator.server.ColumnTypes.PATH;
import static dev.sluice.simulator.server.ColumnTypes.SYSNAME;
import static dev.sluice.simulator.tds.SqlType.BIGINT;
import static dev.sluice.simulator.tds.SqlType.BIT;
import static dev.sluice.simulator.tds.SqlType.DATETIME;
import static dev.sluice.simulator.tds.SqlType.FLOAT;
import static dev.sluice.simulator.tds.SqlType.INT;
import static dev.sluice.simulator.tds.SqlType.REAL;
import static dev.sluice.simulator.tds.SqlType.SMALLINT;
import static dev.sluice.simulator.tds.SqlType.TINYINT;

import dev.sluice.mtf.RecoveryModel;
import dev.sluice.simulator.database.DataSnapshot;
import dev.sluice.simulator.database.Database;
import dev.sluice.simulator.database.DatabaseFile;
import dev.sluice.simulator.database.LogBytes;
import dev.sluice.simulator.database.LogPosition;
import dev.sluice.simulator.database.LogUsage;
import dev.sluice.simulator.database.Membership;
import dev.sluice.simulator.query.Relation;
import dev.sluice.simulator.tds.SqlType;
import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/// Views of databases, their files and their logs.
final class DatabaseViews {

    private static final int TEMPDB = 2;
    private static final long NONE = -1;
    private static final long EXTENT_BYTES = 65_536;
    private static final long FIRST_OBJECT = 245_575_913;

    private final Instance instance;

    DatabaseViews(Instance instance) {
        this.instance = instance;
    }

    @Nullable
    Database find(String name) {
        return instance.databases().find(name).orElse(null);
    }

    /// @param context the database that the view is asked in
    @Nullable
    Relation table(String name, @Nullable Database context) {
        return switch (name) {
            case "databases" -> databases();
            case "master_files" -> files(instance.databases().all());
            case "database_files" -> files(Optional.ofNullable(context).stream().toList());
            case "database_recovery_status" -> recoveryStatus();
            case "dm_db_file_space_usage" -> spaceUsage(context);
            case "dm_db_log_space_usage" -> logSpaceUsage(context);
            case "dm_os_performance_counters" -> LogCounters.of(instance);
            case "objects" -> objects(context);
            default -> null;
        };
    }

    @Nullable
    Relation function(String name, List<@Nullable Object> arguments) {
        return switch (name) {
            case "dm_db_log_stats" -> logStatistics(arguments.getFirst());
            case "dm_os_volume_stats" -> volume(arguments);
            default -> null;
        };
    }

    private Relation databases() {
        int level = instance.options().product().release().compatibilityLevel();
        return Relation.of(instance.databases().all())
                .column("name", SYSNAME, Database::name)
                .column("database_id", INT, Database::id)
                .column("source_database_id", INT, _ -> null)
                .column("owner_sid", SqlType.varbinary(85), _ -> new byte[] {1})
                .column("create_date", DATETIME, Database::created)
                .column("compatibility_level", TINYINT, _ -> level)
                .column("collation_name", SYSNAME, d -> collation(d))
                .column("user_access", TINYINT, d -> d.access().restricted() ? 2 : 0)
                .column(
                        "user_access_desc",
                        DESCRIPTION,
                        d -> d.access().restricted() ? "RESTRICTED_USER" : "MULTI_USER")
                .column("is_read_only", BIT, _ -> false)
                .column("page_verify_option", TINYINT, _ -> 2)
                .column("page_verify_option_desc", DESCRIPTION, _ -> "CHECKSUM")
                .column("state", TINYINT, d -> (isOnline(d) ? 0 : 1))
                .column("state_desc", DESCRIPTION, d -> d.state().name())
                .column("is_in_standby", BIT, Database::isStandby)
                .column("recovery_model", TINYINT, d -> number(d.recoveryModel()))
                .column("recovery_model_desc", DESCRIPTION, d -> model(d))
                .column("is_encrypted", BIT, _ -> false)
                .column("log_reuse_wait", TINYINT, d -> number(reuseWait(d)))
                .column("log_reuse_wait_desc", DESCRIPTION, d -> reuseWait(d))
                .column("replica_id", GUID, d -> replica(d))
                .column("group_database_id", GUID, d -> replica(d))
                .column("is_distributor", BIT, _ -> false)
                .column("is_broker_enabled", BIT, d -> d.access().broker())
                .column("service_broker_guid", GUID, d -> d.access().brokerId())
                .build();
    }

    private static boolean isOnline(Database database) {
        return database.state() == Database.State.ONLINE;
    }

    private static @Nullable String collation(Database database) {
        return isOnline(database) ? database.collation().text() : null;
    }

    private static String model(Database database) {
        return database.recoveryModel().name();
    }

    private static int number(RecoveryModel model) {
        return switch (model) {
            case FULL -> 1;
            case BULK_LOGGED -> 2;
            case SIMPLE -> 3;
        };
    }

    private static @Nullable UUID replica(Database database) {
        Membership membership = database.membership();
        return membership == null ? null : membership.replica();
    }

    private static String reuseWait(Database database) {
        return database.logUsage().reuseWait();
    }

    private static int number(String reuseWait) {
        return switch (reuseWait) {
            case "LOG_BACKUP" -> 2;
            case "ACTIVE_BACKUP_OR_RESTORE" -> 3;
            case "ACTIVE_TRANSACTION" -> 4;
            default -> 0;
        };
    }

    private record FileOfDatabase(Database database, DatabaseFile file) {}

    private static List<FileOfDatabase> filesOf(List<Database> databases) {
        return databases.stream()
                .flatMap(database -> database.files().stream().map(file -> new FileOfDatabase(database, file)))
                .toList();
    }

    /// @param record below 0 where there is none
    private static @Nullable BigDecimal lsn(long record) {
        return record < 0 ? null : LogPosition.lsn(record).toBigDecimal();
    }

    private static @Nullable BigDecimal differentialBaseLsn(FileOfDatabase file) {
        return file.file().isLog() ? null : lsn(file.database().facts().lastFull());
    }

    private static @Nullable UUID differentialBase(FileOfDatabase file) {
        return file.file().isLog() ? null : file.database().facts().lastFullSet();
    }

    private Relation files(List<Database> databases) {
        return Relation.of(filesOf(databases))
                .column("database_id", INT, f -> f.database().id())
                .column("file_id", INT, f -> f.file().id())
                .column("file_guid", GUID, _ -> null)
                .column("type", TINYINT, f -> (f.file().isLog() ? 1 : 0))
                .column("type_desc", DESCRIPTION, f -> f.file().isLog() ? "LOG" : "ROWS")
                .column("data_space_id", INT, f -> f.file().isLog() ? 0 : 1)
                .column("name", SYSNAME, f -> f.file().logicalName())
                .column("physical_name", PATH, f -> f.file().physicalName())
                .column("state", TINYINT, f -> (isOnline(f.database()) ? 0 : 1))
                .column("state_desc", DESCRIPTION, f -> f.database().state().name())
                .column("size", INT, f -> (int) (f.file().bytes(f.database()) / PAGE_BYTES))
                .column("max_size", INT, _ -> -1)
                .column("differential_base_lsn", LSN, f -> differentialBaseLsn(f))
                .column("differential_base_guid", GUID, f -> differentialBase(f))
                .build();
    }

    /// No document says what is known of a database that cannot be opened: as little as possible.
    private static <T extends @Nullable Object> @Nullable T fact(
            Database database, Function<DataSnapshot.Facts, T> fact) {
        return database.isDamaged() ? null : fact.apply(database.facts());
    }

    private static @Nullable BigDecimal lastLogBackup(Database database) {
        return database.isDamaged() ? null : lsn(database.lastLogBackup().orElse(NONE));
    }

    private Relation recoveryStatus() {
        return Relation.of(instance.databases().all())
                .column("database_id", INT, Database::id)
                .column("database_guid", GUID, d -> fact(d, DataSnapshot.Facts::guid))
                .column("family_guid", GUID, d -> fact(d, DataSnapshot.Facts::family))
                .column("last_log_backup_lsn", LSN, d -> lastLogBackup(d))
                .column("recovery_fork_guid", GUID, d -> fact(d, DataSnapshot.Facts::fork))
                .column("first_recovery_fork_guid", GUID, d -> fact(d, DataSnapshot.Facts::previousFork))
                .column("fork_point_lsn", LSN, d -> fact(d, facts -> lsn(facts.forkPoint())))
                .build();
    }

    /// A table for each extent, so that a database has as many as its size says.
    private static Relation objects(@Nullable Database context) {
        List<Long> extents = context != null && isOnline(context)
                ? LongStream.range(0, context.dataBytes() / EXTENT_BYTES)
                        .boxed()
                        .toList()
                : List.of();
        return Relation.of(extents)
                .column("name", SYSNAME, extent -> "Table" + extent)
                .column("object_id", INT, extent -> (int) (FIRST_OBJECT + extent))
                .column("schema_id", INT, _ -> 1)
                .column("type", SqlType.nvarchar(2), _ -> "U ")
                .column("type_desc", DESCRIPTION, _ -> "USER_TABLE")
                .build();
    }

    private static Relation spaceUsage(@Nullable Database context) {
        return Relation.of(context != null && isOnline(context) ? List.of(context) : List.<Database>of())
                .column("database_id", SMALLINT, d -> d.id())
                .column("file_id", SMALLINT, _ -> 1)
                .column("filegroup_id", SMALLINT, _ -> 1)
                .column("total_page_count", BIGINT, d -> d.dataBytes() / PAGE_BYTES)
                .column("allocated_extent_page_count", BIGINT, d -> d.dataBytes() / PAGE_BYTES)
                .column("unallocated_extent_page_count", BIGINT, _ -> 0L)
                .column("modified_extent_page_count", BIGINT, d -> d.changedExtents() * 8L)
                .build();
    }

    private static long logBytes(Database database, ToLongFunction<LogUsage> records) {
        return records.applyAsLong(database.logUsage()) * LogBytes.RECORD;
    }

    private static float usedPercent(Database database) {
        LogUsage usage = database.logUsage();
        return 100f * usage.records() / usage.capacity();
    }

    private static Relation logSpaceUsage(@Nullable Database context) {
        return Relation.of(context != null && context.id() != TEMPDB ? List.of(context) : List.<Database>of())
                .column("database_id", SMALLINT, d -> d.id())
                .column("total_log_size_in_bytes", BIGINT, d -> logBytes(d, LogUsage::capacity))
                .column("used_log_space_in_bytes", BIGINT, d -> logBytes(d, LogUsage::records))
                .column("used_log_space_in_percent", REAL, d -> usedPercent(d))
                .column("log_space_in_bytes_since_last_backup", BIGINT, d -> logBytes(d, LogUsage::sinceBackup))
                .build();
    }

    /// `sys.dm_os_volume_stats`.
    private Relation volume(List<@Nullable Object> arguments) {
        List<FileOfDatabase> files = filesOf(instance.databases().all()).stream()
                .filter(f -> Integer.valueOf(f.database().id()).equals(asInt(arguments.get(0)))
                        && Integer.valueOf(f.file().id()).equals(asInt(arguments.get(1))))
                .toList();
        return Relation.of(files)
                .column("database_id", INT, f -> f.database().id())
                .column("file_id", INT, f -> f.file().id())
                .column("volume_mount_point", SqlType.nvarchar(512), _ -> "/")
                .column("total_bytes", BIGINT, _ -> instance.volume().bytes())
                .column("available_bytes", BIGINT, _ -> instance.volume().available())
                .build();
    }

    private static @Nullable Integer asInt(@Nullable Object value) {
        return value instanceof Number number ? number.intValue() : null;
    }

    private static double megabytes(Database database, ToLongFunction<LogUsage> records) {
        return logBytes(database, records) / 1_048_576.0;
    }

    private static String text(Database database, ToLongFunction<LogUsage> record) {
        return LogPosition.lsn(record.applyAsLong(database.logUsage())).toString();
    }

    private static @Nullable String lastLogBackupText(Database database) {
        return database.lastLogBackup()
                .map(record -> LogPosition.lsn(record).toString())
                .orElse(null);
    }

    private Relation logStatistics(@Nullable Object id) {
        List<Database> asked = instance.databases().all().stream()
                .filter(d -> Integer.valueOf(d.id()).equals(asInt(id)))
                .toList();
        return Relation.of(asked)
                .column("database_id", INT, Database::id)
                .column("recovery_model", DESCRIPTION, d -> model(d))
                .column("log_min_lsn", LSN_TEXT, d -> text(d, LogUsage::oldest))
                .column("log_end_lsn", LSN_TEXT, d -> text(d, LogUsage::next))
                .column("total_log_size_mb", FLOAT, d -> megabytes(d, LogUsage::capacity))
                .column("active_log_size_mb", FLOAT, d -> megabytes(d, LogUsage::records))
                .column("log_truncation_holdup_reason", DESCRIPTION, d -> reuseWait(d))
                .column("log_backup_time", DATETIME, _ -> null)
                .column("log_backup_lsn", LSN_TEXT, d -> lastLogBackupText(d))
                .column("log_since_last_log_backup_mb", FLOAT, d -> megabytes(d, LogUsage::sinceBackup))
                .build();
    }
}
