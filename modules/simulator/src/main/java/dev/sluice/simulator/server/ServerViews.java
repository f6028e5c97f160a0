package dev.sluice.simulator.server;

import dev.sluice.simulator.query.Relation;
import dev.sluice.simulator.tds.SqlType;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Views of the server: sessions, requests, the machine, and availability groups, of which there are none.
final class ServerViews {

    private static final SqlType SYSNAME = SqlType.nvarchar(128);
    private static final SqlType DESCRIPTION = SqlType.nvarchar(60);
    private static final SqlType HANDLE = SqlType.varbinary(64);

    private final Session session;
    private final Instance instance;

    ServerViews(Session session, Instance instance) {
        this.session = session;
        this.instance = instance;
    }

    /// @param inMaster whether the view is asked in master
    @Nullable
    Relation table(String name, boolean inMaster) {
        return switch (name) {
            case "dm_exec_requests" -> requests();
            case "dm_exec_sessions" -> sessions();
            case "dm_os_host_info" ->
                Relation.of("host_platform", SqlType.nvarchar(256), "host_distribution", SqlType.nvarchar(256))
                        .row("Linux", "Ubuntu")
                        .build();
            case "dm_os_sys_info" ->
                Relation.of("sqlserver_start_time", SqlType.DATETIME, "cpu_count", SqlType.INT)
                        .row(instance.started(), Runtime.getRuntime().availableProcessors())
                        .build();
            case "configurations" -> configurations();
            case "server_principals" -> principals();
            case "certificates" -> instance.certificates().view(inMaster);
            case "asymmetric_keys" ->
                Relation.of("name", SYSNAME, "thumbprint", SqlType.varbinary(32))
                        .build();
            case "availability_groups" -> GroupViews.groups(instance);
            case "availability_replicas" -> GroupViews.replicas(instance);
            case "dm_hadr_database_replica_states" -> GroupViews.states(instance);
            default -> null;
        };
    }

    @Nullable
    Relation function(String name, List<@Nullable Object> arguments) {
        return switch (name) {
            case "dm_exec_sql_text" ->
                text(
                        arguments.getFirst() instanceof byte[] handle
                                ? ByteBuffer.wrap(handle).getInt()
                                : null);
            case "dm_exec_input_buffer" ->
                inputBuffer(arguments.getFirst() instanceof Number number ? number.intValue() : null);
            default -> null;
        };
    }

    private Relation requests() {
        Relation.Builder rows = Relation.of(
                "session_id",
                SqlType.SMALLINT,
                "request_id",
                SqlType.INT,
                "start_time",
                SqlType.DATETIME,
                "status",
                SqlType.nvarchar(30),
                "command",
                SqlType.nvarchar(32),
                "sql_handle",
                HANDLE,
                "database_id",
                SqlType.SMALLINT,
                "user_id",
                SqlType.INT,
                "blocking_session_id",
                SqlType.SMALLINT,
                "wait_type",
                DESCRIPTION,
                "wait_time",
                SqlType.INT,
                "last_wait_type",
                DESCRIPTION,
                "wait_resource",
                SqlType.nvarchar(256),
                "open_transaction_count",
                SqlType.INT,
                "percent_complete",
                SqlType.REAL,
                "estimated_completion_time",
                SqlType.BIGINT,
                "cpu_time",
                SqlType.INT,
                "total_elapsed_time",
                SqlType.INT);
        LocalDateTime now = instance.now();
        for (Request request : instance.requests()) {
            boolean own = request.sessionId() == session.id();
            int elapsed = (int) Math.min(
                    Integer.MAX_VALUE, Duration.between(request.started(), now).toMillis());
            rows.row(
                    (short) request.sessionId(),
                    0,
                    request.started(),
                    own ? "running" : "suspended",
                    request.command(),
                    ByteBuffer.allocate(4).putInt(request.sessionId()).array(),
                    (short) request.databaseId(),
                    1,
                    (short) 0,
                    request.media() == null ? null : "BACKUPBUFFER",
                    0,
                    request.media() == null ? "MISCELLANEOUS" : "BACKUPBUFFER",
                    "",
                    0,
                    (float) request.percentComplete(),
                    estimate(elapsed, request.percentComplete()),
                    0,
                    elapsed);
        }
        return rows.build();
    }

    private static long estimate(int elapsed, double percent) {
        return percent <= 0 ? 0 : (long) (elapsed * (100 - percent) / percent);
    }

    private Relation sessions() {
        Relation.Builder rows = Relation.of(
                "session_id",
                SqlType.SMALLINT,
                "login_time",
                SqlType.DATETIME,
                "host_name",
                SYSNAME,
                "program_name",
                SYSNAME,
                "login_name",
                SYSNAME,
                "original_login_name",
                SYSNAME,
                "status",
                SqlType.nvarchar(30),
                "database_id",
                SqlType.SMALLINT,
                "is_user_process",
                SqlType.BIT);
        for (Session other : instance.sessions()) {
            boolean busy = instance.requests().stream().anyMatch(request -> request.sessionId() == other.id());
            rows.row(
                    (short) other.id(),
                    other.since(),
                    other.client().host(),
                    other.client().application(),
                    other.login().name(),
                    other.login().name(),
                    busy ? "running" : "sleeping",
                    (short) (int) instance.databases()
                            .find(other.database())
                            .map(database -> database.id())
                            .orElse(1),
                    true);
        }
        return rows.build();
    }

    private Relation text(@Nullable Integer sessionId) {
        Relation.Builder rows = Relation.of(
                "dbid",
                SqlType.SMALLINT,
                "objectid",
                SqlType.INT,
                "number",
                SqlType.SMALLINT,
                "encrypted",
                SqlType.BIT,
                "text",
                SqlType.NVARCHAR_MAX);
        instance.requests().stream()
                .filter(request -> sessionId != null && request.sessionId() == sessionId)
                .forEach(request -> rows.row(null, null, null, false, request.text()));
        return rows.build();
    }

    private Relation inputBuffer(@Nullable Integer sessionId) {
        Relation.Builder rows = Relation.of(
                "event_type",
                SqlType.nvarchar(256),
                "parameters",
                SqlType.SMALLINT,
                "event_info",
                SqlType.NVARCHAR_MAX);
        instance.requests().stream()
                .filter(request -> sessionId != null && request.sessionId() == sessionId)
                .forEach(request -> rows.row("Language Event", (short) 0, request.text()));
        return rows.build();
    }

    private static Relation configurations() {
        return Relation.of(
                        "configuration_id",
                        SqlType.INT,
                        "name",
                        SqlType.nvarchar(35),
                        "value",
                        SqlType.INT,
                        "value_in_use",
                        SqlType.INT)
                .row(1579, "backup compression default", 0, 0)
                .row(1584, "backup checksum default", 0, 0)
                .row(1598, "backup compression algorithm", 0, 0)
                .row(1544, "max server memory (MB)", 2_147_483_647, 2_147_483_647)
                .build();
    }

    private Relation principals() {
        Relation.Builder rows = Relation.of(
                "name", SYSNAME, "principal_id", SqlType.INT, "type", SqlType.character(1), "is_disabled", SqlType.BIT);
        rows.row("sa", 1, "S", false);
        int id = 256;
        for (ServerOptions.Login login : instance.options().logins()) {
            rows.row(login.name(), ++id, "S", false);
        }
        return rows.build();
    }
}
