package dev.sluice.simulator.server;

import static dev.sluice.simulator.server.ColumnTypes.GUID;
import static dev.sluice.simulator.server.ColumnTypes.SYSNAME;
import static dev.sluice.simulator.tds.SqlType.INT;
import static dev.sluice.simulator.tds.SqlType.NVARCHAR_MAX;
import static dev.sluice.simulator.tds.SqlType.TINYINT;

import dev.sluice.simulator.query.Relation;
import dev.sluice.simulator.regional.Collation;
import dev.sluice.simulator.tds.SqlType;
import dev.sluice.simulator.tsql.SqlFailure;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The jobs of SQL Server Agent in msdb. None of them ever runs.
///
/// **Threading:** any thread.
///
/// **Source:** the documentation of sp_add_job, sp_add_jobstep, sp_add_jobschedule and of the tables.
final class AgentJobs {

    private static final String UNCATEGORIZED = "[Uncategorized (Local)]";
    private static final List<String> CATEGORIES = List.of(
            UNCATEGORIZED, "Jobs from MSX", "[Uncategorized (Multi-Server)]", "Database Maintenance", "Full-Text");
    private static final Set<String> SUBSYSTEMS = Set.of("TSQL", "CmdExec", "PowerShell", "SSIS", "ANALYSISCOMMAND");
    private static final Set<Integer> FREQUENCIES = Set.of(1, 4, 8, 16, 32, 64, 128);
    private static final int LAST_ACTION = 4;

    record Step(
            int id,
            String name,
            String subsystem,
            String command,
            int flags,
            int successCode,
            int onSuccess,
            int onSuccessStep,
            int onFail,
            int onFailStep,
            @Nullable String database,
            @Nullable String user,
            int retries,
            int retryInterval,
            @Nullable String output) {}

    record Schedule(
            int id,
            String name,
            int enabled,
            int type,
            int interval,
            int subdayType,
            int subdayInterval,
            int relative,
            int recurrence,
            int startDate,
            int endDate,
            int startTime,
            int endTime) {}

    /// @param owner SID in hexadecimal
    /// @param local whether it is targeted at this server, without which it does not run
    record Job(
            UUID id,
            String name,
            int enabled,
            @Nullable String description,
            int start,
            int category,
            String owner,
            int eventLog,
            int deleteLevel,
            List<Step> steps,
            List<Schedule> schedules,
            boolean local) {}

    record Saved(List<Job> jobs, List<String> categories) {
        static final Saved NOTHING = new Saved(List.of(), List.of());
    }

    private final Collation collation;
    private final Principals principals;
    private final List<Job> jobs = new ArrayList<>();
    private final List<String> categories = new ArrayList<>(CATEGORIES);

    AgentJobs(Collation collation, Principals principals, Saved saved) {
        this.collation = collation;
        this.principals = principals;
        jobs.addAll(saved.jobs());
        categories.addAll(saved.categories());
    }

    synchronized Saved saved() {
        return new Saved(
                List.copyOf(jobs), categories.stream().skip(CATEGORIES.size()).toList());
    }

    /// What a transaction that is rolled back had found.
    synchronized void back(Saved before) {
        jobs.clear();
        jobs.addAll(before.jobs());
        categories.clear();
        categories.addAll(CATEGORIES);
        categories.addAll(before.categories());
    }

    private Optional<Job> find(String name) {
        return jobs.stream().filter(one -> collation.equal(one.name(), name)).findFirst();
    }

    private Job required(Procedures.Arguments arguments) {
        String name = arguments.text("@job_name", 1, "");
        return find(name)
                .orElseThrow(() ->
                        SqlFailure.error(14262, "The specified @job_name ('%s') does not exist.".formatted(name)));
    }

    private void change(Job before, UnaryOperator<Job> how) {
        jobs.set(jobs.indexOf(before), how.apply(before));
    }

    private static SqlFailure invalid(String parameter, String values) {
        return SqlFailure.error(
                14266, "The specified '%s' is invalid (valid values are: %s).".formatted(parameter, values));
    }

    private static int number(Procedures.Arguments arguments, String name, int otherwise) {
        return (int) arguments.number(name, Integer.MAX_VALUE, otherwise);
    }

    private static @Nullable String text(Procedures.Arguments arguments, String name) {
        Object value = arguments.get(name, Integer.MAX_VALUE);
        return value == null ? null : String.valueOf(value);
    }

    synchronized void addCategory(Procedures.Arguments arguments) {
        String name = arguments.text("@name", 2, "");
        if (categories.stream().anyMatch(one -> collation.equal(one, name))) {
            throw SqlFailure.error(14261, "The specified @name ('%s') already exists.".formatted(name));
        }
        categories.add(name);
    }

    synchronized void add(Procedures.Arguments arguments, String login) {
        String name = arguments.text("@job_name", 0, "");
        if (find(name).isPresent()) {
            throw SqlFailure.error(14261, "The specified @job_name ('%s') already exists.".formatted(name));
        }
        String category = arguments.text("@category_name", Integer.MAX_VALUE, UNCATEGORIZED);
        int known = categories.stream().map(collation::key).toList().indexOf(collation.key(category));
        if (known < 0) {
            throw SqlFailure.error(14262, "The specified @category_name ('%s') does not exist.".formatted(category));
        }
        jobs.add(new Job(
                UUID.randomUUID(),
                name,
                number(arguments, "@enabled", 1),
                text(arguments, "@description"),
                number(arguments, "@start_step_id", 1),
                known,
                owner(arguments.text("@owner_login_name", Integer.MAX_VALUE, login)),
                number(arguments, "@notify_level_eventlog", 2),
                number(arguments, "@delete_level", 0),
                List.of(),
                List.of(),
                false));
    }

    private String owner(String name) {
        return principals
                .sidOf(name)
                .orElseThrow(
                        () -> SqlFailure.error(
                                14234,
                                "The specified '@owner_login_name' is invalid (valid values are returned by sp_helplogins [excluding Windows NT groups])."));
    }

    synchronized void update(Procedures.Arguments arguments) {
        change(
                required(arguments),
                job -> new Job(
                        job.id(),
                        job.name(),
                        number(arguments, "@enabled", job.enabled()),
                        text(arguments, "@description") == null ? job.description() : text(arguments, "@description"),
                        number(arguments, "@start_step_id", job.start()),
                        job.category(),
                        job.owner(),
                        job.eventLog(),
                        job.deleteLevel(),
                        job.steps(),
                        job.schedules(),
                        job.local()));
    }

    synchronized void addStep(Procedures.Arguments arguments) {
        Job before = required(arguments);
        int next = before.steps().size() + 1;
        int id = number(arguments, "@step_id", next);
        if (id != next) { // steps in the middle push others along, which nothing here needs
            throw invalid("@step_id", String.format(Locale.ROOT, "%d", next));
        }
        String subsystem = arguments.text("@subsystem", Integer.MAX_VALUE, "TSQL");
        if (!SUBSYSTEMS.contains(subsystem)) {
            throw SqlFailure.error(
                    14234,
                    "The specified '@subsystem' is invalid (valid values are returned by sp_enum_sqlagent_subsystems).");
        }
        if (text(arguments, "@proxy_name") != null) {
            throw SqlFailure.error(
                    14262,
                    "The specified @proxy_name ('%s') does not exist.".formatted(text(arguments, "@proxy_name")));
        }
        Step step = new Step(
                id,
                arguments.text("@step_name", Integer.MAX_VALUE, ""),
                subsystem,
                arguments.text("@command", Integer.MAX_VALUE, ""),
                number(arguments, "@flags", 0),
                number(arguments, "@cmdexec_success_code", 0),
                action(arguments, "@on_success_action", 1),
                number(arguments, "@on_success_step_id", 0),
                action(arguments, "@on_fail_action", 2),
                number(arguments, "@on_fail_step_id", 0),
                text(arguments, "@database_name"),
                text(arguments, "@database_user_name"),
                number(arguments, "@retry_attempts", 0),
                number(arguments, "@retry_interval", 0),
                text(arguments, "@output_file_name"));
        change(before, job -> with(job, appended(job.steps(), step), job.schedules(), job.local()));
    }

    private static int action(Procedures.Arguments arguments, String name, int otherwise) {
        int action = number(arguments, name, otherwise);
        if (action < 1 || action > LAST_ACTION) {
            throw invalid(name, "1..4");
        }
        return action;
    }

    synchronized void addSchedule(Procedures.Arguments arguments) {
        Job before = required(arguments);
        int type = number(arguments, "@freq_type", 1);
        if (!FREQUENCIES.contains(type)) {
            throw invalid("@freq_type", "1, 4, 8, 16, 32, 64, 128");
        }
        int id = 1
                + jobs.stream()
                        .flatMap(job -> job.schedules().stream())
                        .mapToInt(Schedule::id)
                        .max()
                        .orElse(0);
        Schedule schedule = new Schedule(
                id,
                arguments.text("@name", 2, ""),
                number(arguments, "@enabled", 1),
                type,
                number(arguments, "@freq_interval", 0),
                number(arguments, "@freq_subday_type", 0),
                number(arguments, "@freq_subday_interval", 0),
                number(arguments, "@freq_relative_interval", 0),
                number(arguments, "@freq_recurrence_factor", 0),
                number(arguments, "@active_start_date", 19_900_101),
                number(arguments, "@active_end_date", 99_991_231),
                number(arguments, "@active_start_time", 0),
                number(arguments, "@active_end_time", 235_959));
        change(before, job -> with(job, job.steps(), appended(job.schedules(), schedule), job.local()));
    }

    synchronized void target(Procedures.Arguments arguments) {
        Job before = required(arguments);
        if (before.local()) {
            throw SqlFailure.error(14269, "Job '%s' is already targeted at server '(local)'.".formatted(before.name()));
        }
        change(before, job -> with(job, job.steps(), job.schedules(), true));
    }

    private static Job with(Job job, List<Step> steps, List<Schedule> schedules, boolean local) {
        return new Job(
                job.id(),
                job.name(),
                job.enabled(),
                job.description(),
                job.start(),
                job.category(),
                job.owner(),
                job.eventLog(),
                job.deleteLevel(),
                steps,
                schedules,
                local);
    }

    private static <T> List<T> appended(List<T> list, T one) {
        return Stream.concat(list.stream(), Stream.of(one)).toList();
    }

    // ---- tables ----

    private record StepOf(Job job, Step step) {}

    private record ScheduleOf(Job job, Schedule schedule) {}

    synchronized @Nullable Relation table(String name) {
        return switch (name) {
            case "sysjobs" -> jobs();
            case "sysjobsteps" -> steps();
            case "sysjobschedules" -> jobSchedules();
            case "sysschedules" -> schedules();
            case "sysjobservers" -> targets();
            case "syscategories" -> categories();
            default -> null;
        };
    }

    private Relation jobs() {
        return Relation.of(List.copyOf(jobs))
                .column("job_id", GUID, Job::id)
                .column("name", SYSNAME, Job::name)
                .column("enabled", TINYINT, Job::enabled)
                .column("description", SqlType.nvarchar(512), Job::description)
                .column("start_step_id", INT, Job::start)
                .column("category_id", INT, Job::category)
                .column(
                        "owner_sid",
                        SqlType.varbinary(85),
                        job -> HexFormat.of().parseHex(job.owner()))
                .column("notify_level_eventlog", INT, Job::eventLog)
                .column("delete_level", INT, Job::deleteLevel)
                .build();
    }

    private Relation steps() {
        List<StepOf> all = jobs.stream()
                .flatMap(job -> job.steps().stream().map(step -> new StepOf(job, step)))
                .toList();
        return Relation.of(all)
                .column("job_id", GUID, one -> one.job().id())
                .column("step_id", INT, one -> one.step().id())
                .column("step_name", SYSNAME, one -> one.step().name())
                .column("subsystem", SqlType.nvarchar(40), one -> one.step().subsystem())
                .column("command", NVARCHAR_MAX, one -> one.step().command())
                .column("flags", INT, one -> one.step().flags())
                .column("cmdexec_success_code", INT, one -> one.step().successCode())
                .column("on_success_action", TINYINT, one -> one.step().onSuccess())
                .column("on_success_step_id", INT, one -> one.step().onSuccessStep())
                .column("on_fail_action", TINYINT, one -> one.step().onFail())
                .column("on_fail_step_id", INT, one -> one.step().onFailStep())
                .column("database_name", SYSNAME, one -> one.step().database())
                .column("database_user_name", SYSNAME, one -> one.step().user())
                .column("retry_attempts", INT, one -> one.step().retries())
                .column("retry_interval", INT, one -> one.step().retryInterval())
                .column(
                        "output_file_name",
                        SqlType.nvarchar(200),
                        one -> one.step().output())
                .column("proxy_id", INT, _ -> null)
                .build();
    }

    private List<ScheduleOf> allSchedules() {
        return jobs.stream()
                .flatMap(job -> job.schedules().stream().map(schedule -> new ScheduleOf(job, schedule)))
                .toList();
    }

    private Relation schedules() {
        return Relation.of(allSchedules())
                .column("schedule_id", INT, one -> one.schedule().id())
                .column("name", SYSNAME, one -> one.schedule().name())
                .column("enabled", INT, one -> one.schedule().enabled())
                .column("freq_type", INT, one -> one.schedule().type())
                .column("freq_interval", INT, one -> one.schedule().interval())
                .column("freq_subday_type", INT, one -> one.schedule().subdayType())
                .column("freq_subday_interval", INT, one -> one.schedule().subdayInterval())
                .column("freq_relative_interval", INT, one -> one.schedule().relative())
                .column("freq_recurrence_factor", INT, one -> one.schedule().recurrence())
                .column("active_start_date", INT, one -> one.schedule().startDate())
                .column("active_end_date", INT, one -> one.schedule().endDate())
                .column("active_start_time", INT, one -> one.schedule().startTime())
                .column("active_end_time", INT, one -> one.schedule().endTime())
                .build();
    }

    private Relation jobSchedules() {
        return Relation.of(allSchedules())
                .column("schedule_id", INT, one -> one.schedule().id())
                .column("job_id", GUID, one -> one.job().id())
                .build();
    }

    private Relation targets() {
        return Relation.of(jobs.stream().filter(Job::local).toList())
                .column("job_id", GUID, Job::id)
                .column("server_id", INT, _ -> 0)
                .build();
    }

    private Relation categories() {
        return Relation.of(List.copyOf(categories))
                .column("category_id", INT, categories::indexOf)
                .column("category_class", INT, _ -> 1)
                .column("category_type", TINYINT, _ -> 1)
                .column("name", SYSNAME, name -> name)
                .build();
    }
}
