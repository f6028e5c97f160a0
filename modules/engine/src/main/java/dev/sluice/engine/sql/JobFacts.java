package dev.sluice.engine.sql;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The jobs of SQL Server Agent.
///
/// **Source:** the documentation of `msdb.dbo.sysjobs`, `sysjobsteps`, `sysschedules`, `sysjobschedules`,
/// `sysjobservers`, `syscategories` and `sysproxies`.
public record JobFacts(List<Job> jobs) {

    public JobFacts {
        jobs = List.copyOf(jobs);
    }

    /// @param ownerSid in hexadecimal
    /// @param owner  name of the login or Windows account; null when the server knows none of that SID
    /// @param local  whether it is targeted at the server itself
    public record Job(
            String name,
            boolean enabled,
            @Nullable String description,
            int startStep,
            @Nullable String category,
            String ownerSid,
            @Nullable String owner,
            int notifyEventLog,
            int deleteLevel,
            boolean local,
            List<Step> steps,
            List<Schedule> schedules) {}

    /// @param numbers parameters of `sp_add_jobstep` that are numbers, by name
    /// @param proxy   name of the proxy that it runs as; null for Agent's own account
    public record Step(
            int id,
            String name,
            String subsystem,
            String command,
            Map<String, Long> numbers,
            @Nullable String database,
            @Nullable String user,
            @Nullable String output,
            @Nullable String proxy) {}

    /// @param numbers parameters of `sp_add_jobschedule` that are numbers, by name
    public record Schedule(String name, Map<String, Long> numbers) {}

    private static final List<String> OF_STEPS = List.of(
            "flags",
            "cmdexec_success_code",
            "on_success_action",
            "on_success_step_id",
            "on_fail_action",
            "on_fail_step_id",
            "retry_attempts",
            "retry_interval");

    private static final List<String> OF_SCHEDULES = List.of(
            "enabled",
            "freq_type",
            "freq_interval",
            "freq_subday_type",
            "freq_subday_interval",
            "freq_relative_interval",
            "freq_recurrence_factor",
            "active_start_date",
            "active_end_date",
            "active_start_time",
            "active_end_time");

    public static JobFacts read(SqlSession session) {
        Map<Long, String> categories = names(
                session.query("SELECT category_id, name FROM msdb.dbo.syscategories WHERE category_class = 1"),
                "category_id");
        Map<UUID, List<Step>> steps = steps(session);
        Map<UUID, List<Schedule>> schedules = schedules(session);
        Set<UUID> local = session.query("SELECT job_id FROM msdb.dbo.sysjobservers WHERE server_id = 0").stream()
                .map(row -> row.guid("job_id"))
                .collect(Collectors.toSet());
        return new JobFacts(session
                .query(
                        "SELECT job_id, name, enabled, description, start_step_id, category_id, owner_sid, SUSER_SNAME(owner_sid) AS owner,"
                                + " notify_level_eventlog, delete_level FROM msdb.dbo.sysjobs ORDER BY name")
                .stream()
                .map(row -> new Job(
                        row.text("name"),
                        row.number("enabled") != 0,
                        row.optionalText("description").orElse(null),
                        Math.toIntExact(row.number("start_step_id")),
                        categories.get(row.number("category_id")),
                        row.optionalBytes("owner_sid")
                                .map(PrincipalFacts.HEX::formatHex)
                                .orElse(""),
                        row.optionalText("owner").orElse(null),
                        Math.toIntExact(row.number("notify_level_eventlog")),
                        Math.toIntExact(row.number("delete_level")),
                        local.contains(row.guid("job_id")),
                        steps.getOrDefault(row.guid("job_id"), List.of()),
                        schedules.getOrDefault(row.guid("job_id"), List.of())))
                .toList());
    }

    private static Map<Long, String> names(List<Row> rows, String id) {
        return rows.stream().collect(Collectors.toMap(row -> row.number(id), row -> row.text("name"), (one, _) -> one));
    }

    private static Map<String, Long> numbers(Row row, List<String> columns) {
        return columns.stream()
                .filter(column -> row.optionalNumber(column).isPresent())
                .collect(Collectors.toMap(Function.identity(), row::number));
    }

    private static Map<UUID, List<Step>> steps(SqlSession session) {
        List<Row> rows = session.query("SELECT job_id, step_id, step_name, subsystem, command, database_name,"
                + " database_user_name, output_file_name, proxy_id, " + String.join(", ", OF_STEPS)
                + " FROM msdb.dbo.sysjobsteps ORDER BY step_id");
        boolean proxied = rows.stream().anyMatch(row -> !row.isNull("proxy_id"));
        Map<Long, String> proxies = proxied
                ? names(session.query("SELECT proxy_id, name FROM msdb.dbo.sysproxies"), "proxy_id")
                : new HashMap<>();
        return rows.stream()
                .collect(Collectors.groupingBy(
                        row -> row.guid("job_id"),
                        Collectors.mapping(
                                row -> new Step(
                                        Math.toIntExact(row.number("step_id")),
                                        row.text("step_name"),
                                        row.text("subsystem"),
                                        row.optionalText("command").orElse(""),
                                        numbers(row, OF_STEPS),
                                        row.optionalText("database_name").orElse(null),
                                        row.optionalText("database_user_name").orElse(null),
                                        row.optionalText("output_file_name").orElse(null),
                                        proxy(row, proxies)),
                                Collectors.toList())));
    }

    /// A step whose proxy is not known must not run as Agent's own account.
    private static @Nullable String proxy(Row row, Map<Long, String> proxies) {
        return row.isNull("proxy_id")
                ? null
                : proxies.getOrDefault(row.number("proxy_id"), "proxy " + row.number("proxy_id"));
    }

    private static Map<UUID, List<Schedule>> schedules(SqlSession session) {
        Map<Long, Schedule> byId = session
                .query("SELECT schedule_id, name, " + String.join(", ", OF_SCHEDULES) + " FROM msdb.dbo.sysschedules")
                .stream()
                .collect(Collectors.toMap(
                        row -> row.number("schedule_id"),
                        row -> new Schedule(row.text("name"), numbers(row, OF_SCHEDULES)),
                        (one, _) -> one));
        return session.query("SELECT schedule_id, job_id FROM msdb.dbo.sysjobschedules ORDER BY schedule_id").stream()
                .filter(row -> byId.containsKey(row.number("schedule_id")))
                .collect(Collectors.groupingBy(
                        row -> row.guid("job_id"),
                        Collectors.mapping(
                                row -> Objects.requireNonNull(byId.get(row.number("schedule_id"))),
                                Collectors.toList())));
    }
}
