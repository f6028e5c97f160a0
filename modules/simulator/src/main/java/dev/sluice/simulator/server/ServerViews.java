package dev.sluice.simulator.server;

import static dev.sluice.simulator.server.ColumnTypes.DESCRIPTION;
import static dev.sluice.simulator.server.ColumnTypes.SYSNAME;
import static dev.sluice.simulator.tds.SqlType.BIGINT;
import static dev.sluice.simulator.tds.SqlType.BIT;
import static dev.sluice.simulator.tds.SqlType.DATETIME;
import static dev.sluice.simulator.tds.SqlType.INT;
import static dev.sluice.simulator.tds.SqlType.NVARCHAR_MAX;
import static dev.sluice.simulator.tds.SqlType.REAL;
import static dev.sluice.simulator.tds.SqlType.SMALLINT;

import dev.sluice.simulator.database.Database;
import dev.sluice.simulator.query.Relation;
import dev.sluice.simulator.tds.SqlType;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Views of the server: sessions, requests, the machine, and availability groups, of which there are none.
final class ServerViews {

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
            case "dm_os_host_info" -> host();
            case "dm_os_sys_info" -> systemInformation();
            case "certificates" -> instance.certificates().view(inMaster);
            case "symmetric_keys" -> instance.certificates().keys(inMaster);
            case "asymmetric_keys" -> asymmetricKeys();
            case "availability_groups" -> GroupViews.groups(instance);
            case "availability_replicas" -> GroupViews.replicas(instance);
            case "dm_hadr_database_replica_states" -> GroupViews.states(instance);
            default -> instance.objects().view(name);
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

    private Relation host() {
        return Relation.of(List.of(instance))
                .column("host_platform", SqlType.nvarchar(256), _ -> "Linux")
                .column("host_distribution", SqlType.nvarchar(256), _ -> "Ubuntu")
                .build();
    }

    private Relation systemInformation() {
        return Relation.of(List.of(instance))
                .column("sqlserver_start_time", DATETIME, Instance::started)
                .column("cpu_count", INT, _ -> Runtime.getRuntime().availableProcessors())
                .build();
    }

    private static Relation asymmetricKeys() {
        return Relation.of(List.of())
                .column("name", SYSNAME, _ -> null)
                .column("thumbprint", SqlType.varbinary(32), _ -> null)
                .build();
    }

    private Relation requests() {
        LocalDateTime now = instance.now();
        return Relation.of(instance.requests())
                .column("session_id", SMALLINT, r -> r.sessionId())
                .column("request_id", INT, _ -> 0)
                .column("start_time", DATETIME, Request::started)
                .column("status", SqlType.nvarchar(30), r -> r.sessionId() == session.id() ? "running" : "suspended")
                .column("command", SqlType.nvarchar(32), Request::command)
                .column("sql_handle", HANDLE, r -> handle(r))
                .column("database_id", SMALLINT, r -> r.databaseId())
                .column("user_id", INT, _ -> 1)
                .column("blocking_session_id", SMALLINT, _ -> 0)
                .column("wait_type", DESCRIPTION, r -> r.media() == null ? null : "BACKUPBUFFER")
                .column("wait_time", INT, _ -> 0)
                .column("last_wait_type", DESCRIPTION, r -> r.media() == null ? "MISCELLANEOUS" : "BACKUPBUFFER")
                .column("wait_resource", SqlType.nvarchar(256), _ -> "")
                .column("open_transaction_count", INT, _ -> 0)
                .column("percent_complete", REAL, r -> (float) r.percentComplete())
                .column("estimated_completion_time", BIGINT, r -> estimate(r, now))
                .column("cpu_time", INT, _ -> 0)
                .column("total_elapsed_time", INT, r -> elapsed(r, now))
                .build();
    }

    private static int elapsed(Request request, LocalDateTime now) {
        return (int) Math.min(
                Integer.MAX_VALUE, Duration.between(request.started(), now).toMillis());
    }

    private static long estimate(Request request, LocalDateTime now) {
        double percent = request.percentComplete();
        return percent <= 0 ? 0 : (long) (elapsed(request, now) * (100 - percent) / percent);
    }

    private static byte[] handle(Request request) {
        return ByteBuffer.allocate(4).putInt(request.sessionId()).array();
    }

    private Relation sessions() {
        return Relation.of(instance.sessions())
                .column("session_id", SMALLINT, s -> s.id())
                .column("login_time", DATETIME, Session::since)
                .column("host_name", SYSNAME, s -> s.client().host())
                .column("program_name", SYSNAME, s -> s.client().application())
                .column("login_name", SYSNAME, s -> s.login().name())
                .column("original_login_name", SYSNAME, s -> s.login().name())
                .column("status", SqlType.nvarchar(30), s -> isBusy(s) ? "running" : "sleeping")
                .column("database_id", SMALLINT, s -> databaseId(s))
                .column("is_user_process", BIT, _ -> true)
                .build();
    }

    private boolean isBusy(Session other) {
        return instance.requests().stream().anyMatch(request -> request.sessionId() == other.id());
    }

    private int databaseId(Session other) {
        return instance.databases().find(other.database()).map(Database::id).orElse(1);
    }

    private List<Request> requestsOf(@Nullable Integer sessionId) {
        return instance.requests().stream()
                .filter(request -> sessionId != null && request.sessionId() == sessionId)
                .toList();
    }

    private Relation text(@Nullable Integer sessionId) {
        return Relation.of(requestsOf(sessionId))
                .column("dbid", SMALLINT, _ -> null)
                .column("objectid", INT, _ -> null)
                .column("number", SMALLINT, _ -> null)
                .column("encrypted", BIT, _ -> false)
                .column("text", NVARCHAR_MAX, Request::text)
                .build();
    }

    private Relation inputBuffer(@Nullable Integer sessionId) {
        return Relation.of(requestsOf(sessionId))
                .column("event_type", SqlType.nvarchar(256), _ -> "Language Event")
                .column("parameters", SMALLINT, _ -> 0)
                .column("event_info", NVARCHAR_MAX, Request::text)
                .build();
    }
}
