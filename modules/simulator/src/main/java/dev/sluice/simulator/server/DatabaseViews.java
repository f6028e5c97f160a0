package dev.sluice.simulator.server;

import dev.sluice.simulator.database.DataSnapshot;
import dev.sluice.simulator.database.Database;
import dev.sluice.simulator.database.DatabaseFile;
import dev.sluice.simulator.database.LogBytes;
import dev.sluice.simulator.database.LogPosition;
import dev.sluice.simulator.database.Membership;
import dev.sluice.simulator.query.Relation;
import dev.sluice.simulator.tds.SqlType;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Views of databases, their files and their logs.
final class DatabaseViews {

    private static final SqlType SYSNAME = SqlType.nvarchar(128);
    private static final SqlType DESCRIPTION = SqlType.nvarchar(60);
    private static final SqlType LSN = SqlType.decimal(25, 0);
    private static final int PAGE = 8192;
    private static final int TEMPDB = 2;
    private static final long VOLUME = 1L << 40;

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
        Relation.Builder rows = Relation.of(
                "name",
                SYSNAME,
                "database_id",
                SqlType.INT,
                "source_database_id",
                SqlType.INT,
                "owner_sid",
                SqlType.varbinary(85),
                "create_date",
                SqlType.DATETIME,
                "compatibility_level",
                SqlType.TINYINT,
                "collation_name",
                SYSNAME,
                "user_access",
                SqlType.TINYINT,
                "user_access_desc",
                DESCRIPTION,
                "is_read_only",
                SqlType.BIT,
                "state",
                SqlType.TINYINT,
                "state_desc",
                DESCRIPTION,
                "is_in_standby",
                SqlType.BIT,
                "recovery_model",
                SqlType.TINYINT,
                "recovery_model_desc",
                DESCRIPTION,
                "is_encrypted",
                SqlType.BIT,
                "log_reuse_wait",
                SqlType.TINYINT,
                "log_reuse_wait_desc",
                DESCRIPTION,
                "replica_id",
                SqlType.UNIQUEIDENTIFIER,
                "group_database_id",
                SqlType.UNIQUEIDENTIFIER,
                "is_distributor",
                SqlType.BIT);
        for (Database database : instance.databases().all()) {
            boolean online = database.state() == Database.State.ONLINE;
            Membership membership = database.membership();
            rows.row(
                    database.name(),
                    database.id(),
                    null,
                    new byte[] {1},
                    database.created(),
                    (short) instance.options().product().release().compatibilityLevel(),
                    online ? database.collation().text() : null,
                    (short) 0,
                    "MULTI_USER",
                    false,
                    (short) (online ? 0 : 1),
                    database.state().name(),
                    database.isStandby(),
                    (short)
                            switch (database.recoveryModel()) {
                                case FULL -> 1;
                                case BULK_LOGGED -> 2;
                                case SIMPLE -> 3;
                            },
                    database.recoveryModel().name(),
                    false,
                    (short) reuseWait(database.logUsage().reuseWait()),
                    database.logUsage().reuseWait(),
                    membership == null ? null : membership.replica(),
                    membership == null ? null : membership.replica(),
                    false);
        }
        return rows.build();
    }

    private static int reuseWait(String description) {
        return switch (description) {
            case "LOG_BACKUP" -> 2;
            case "ACTIVE_BACKUP_OR_RESTORE" -> 3;
            case "ACTIVE_TRANSACTION" -> 4;
            default -> 0;
        };
    }

    private Relation files(List<Database> databases) {
        Relation.Builder rows = Relation.of(
                "database_id",
                SqlType.INT,
                "file_id",
                SqlType.INT,
                "file_guid",
                SqlType.UNIQUEIDENTIFIER,
                "type",
                SqlType.TINYINT,
                "type_desc",
                DESCRIPTION,
                "data_space_id",
                SqlType.INT,
                "name",
                SYSNAME,
                "physical_name",
                SqlType.nvarchar(260),
                "state",
                SqlType.TINYINT,
                "state_desc",
                DESCRIPTION,
                "size",
                SqlType.INT,
                "max_size",
                SqlType.INT,
                "differential_base_lsn",
                LSN,
                "differential_base_guid",
                SqlType.UNIQUEIDENTIFIER);
        for (Database database : databases) {
            for (DatabaseFile file : database.files()) {
                DataSnapshot.Facts facts = database.facts();
                rows.row(
                        database.id(),
                        file.id(),
                        null,
                        (short) (file.isLog() ? 1 : 0),
                        file.isLog() ? "LOG" : "ROWS",
                        file.isLog() ? 0 : 1,
                        file.logicalName(),
                        file.physicalName(),
                        (short) (database.state() == Database.State.ONLINE ? 0 : 1),
                        database.state().name(),
                        (int) (file.bytes(database) / PAGE),
                        -1,
                        file.isLog() || facts.lastFull() < 0
                                ? null
                                : LogPosition.lsn(facts.lastFull()).toBigDecimal(),
                        file.isLog() ? null : facts.lastFullSet());
            }
        }
        return rows.build();
    }

    private Relation recoveryStatus() {
        Relation.Builder rows = Relation.of(
                "database_id",
                SqlType.INT,
                "database_guid",
                SqlType.UNIQUEIDENTIFIER,
                "family_guid",
                SqlType.UNIQUEIDENTIFIER,
                "last_log_backup_lsn",
                LSN,
                "recovery_fork_guid",
                SqlType.UNIQUEIDENTIFIER,
                "first_recovery_fork_guid",
                SqlType.UNIQUEIDENTIFIER,
                "fork_point_lsn",
                LSN);
        for (Database database : instance.databases().all()) {
            if (database.isDamaged()) {
                // Nobody has documented what is known of a database that cannot be opened: as little as possible.
                rows.row(database.id(), null, null, null, null, null, null);
                continue;
            }
            DataSnapshot.Facts facts = database.facts();
            rows.row(
                    database.id(),
                    facts.guid(),
                    facts.family(),
                    database.lastLogBackup()
                            .map(record -> LogPosition.lsn(record).toBigDecimal())
                            .orElse(null),
                    facts.fork(),
                    facts.previousFork(),
                    facts.forkPoint() < 0
                            ? null
                            : LogPosition.lsn(facts.forkPoint()).toBigDecimal());
        }
        return rows.build();
    }

    private static Relation spaceUsage(@Nullable Database context) {
        Relation.Builder rows = Relation.of(
                "database_id",
                SqlType.SMALLINT,
                "file_id",
                SqlType.SMALLINT,
                "filegroup_id",
                SqlType.SMALLINT,
                "total_page_count",
                SqlType.BIGINT,
                "allocated_extent_page_count",
                SqlType.BIGINT,
                "unallocated_extent_page_count",
                SqlType.BIGINT,
                "modified_extent_page_count",
                SqlType.BIGINT);
        if (context != null && context.state() == Database.State.ONLINE) {
            long pages = context.dataBytes() / PAGE;
            rows.row((short) context.id(), (short) 1, (short) 1, pages, pages, 0L, context.changedExtents() * 8L);
        }
        return rows.build();
    }

    private static Relation logSpaceUsage(@Nullable Database context) {
        Relation.Builder rows = Relation.of(
                "database_id",
                SqlType.SMALLINT,
                "total_log_size_in_bytes",
                SqlType.BIGINT,
                "used_log_space_in_bytes",
                SqlType.BIGINT,
                "used_log_space_in_percent",
                SqlType.REAL,
                "log_space_in_bytes_since_last_backup",
                SqlType.BIGINT);
        if (context != null && context.id() != TEMPDB) {
            long total = context.logUsage().capacity() * LogBytes.RECORD;
            long used = context.logUsage().records() * LogBytes.RECORD;
            rows.row(
                    (short) context.id(),
                    total,
                    used,
                    100f * used / total,
                    context.logUsage().sinceBackup() * LogBytes.RECORD);
        }
        return rows.build();
    }

    /// `sys.dm_os_volume_stats`: every file is on one volume of 1 TiB, mounted at `/`, of which what the data
    /// files of all databases have is taken.
    private Relation volume(List<@Nullable Object> arguments) {
        Relation.Builder rows = Relation.of(
                "database_id",
                SqlType.INT,
                "file_id",
                SqlType.INT,
                "volume_mount_point",
                SqlType.nvarchar(512),
                "total_bytes",
                SqlType.BIGINT,
                "available_bytes",
                SqlType.BIGINT);
        long taken = instance.databases().all().stream()
                .mapToLong(Database::dataBytes)
                .sum();
        for (Database database : instance.databases().all()) {
            for (DatabaseFile file : database.files()) {
                if (Integer.valueOf(database.id()).equals(asInt(arguments.get(0)))
                        && Integer.valueOf(file.id()).equals(asInt(arguments.get(1)))) {
                    rows.row(database.id(), file.id(), "/", VOLUME, Math.max(0, VOLUME - taken));
                }
            }
        }
        return rows.build();
    }

    private static @Nullable Integer asInt(@Nullable Object value) {
        return value instanceof Number number ? number.intValue() : null;
    }

    private static double megabytes(long records) {
        return records * LogBytes.RECORD / 1_048_576.0;
    }

    private Relation logStatistics(@Nullable Object id) {
        Relation.Builder rows = Relation.of(
                "database_id",
                SqlType.INT,
                "recovery_model",
                DESCRIPTION,
                "log_min_lsn",
                SqlType.nvarchar(24),
                "log_end_lsn",
                SqlType.nvarchar(24),
                "total_log_size_mb",
                SqlType.FLOAT,
                "active_log_size_mb",
                SqlType.FLOAT,
                "log_truncation_holdup_reason",
                DESCRIPTION,
                "log_backup_time",
                SqlType.DATETIME,
                "log_backup_lsn",
                SqlType.nvarchar(24),
                "log_since_last_log_backup_mb",
                SqlType.FLOAT);
        if (id instanceof Number number) {
            instance.databases().all().stream()
                    .filter(database -> database.id() == number.intValue())
                    .forEach(database -> rows.row(
                            database.id(),
                            database.recoveryModel().name(),
                            LogPosition.lsn(database.logUsage().oldest()).toString(),
                            LogPosition.lsn(database.logUsage().next()).toString(),
                            megabytes(database.logUsage().capacity()),
                            megabytes(database.logUsage().records()),
                            database.logUsage().reuseWait(),
                            null,
                            database.lastLogBackup()
                                    .map(record -> LogPosition.lsn(record).toString())
                                    .orElse(null),
                            megabytes(database.logUsage().sinceBackup())));
        }
        return rows.build();
    }
}
