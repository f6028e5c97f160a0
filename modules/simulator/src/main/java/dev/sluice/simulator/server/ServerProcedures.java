package dev.sluice.simulator.server;

import dev.sluice.simulator.tsql.SqlFailure;
import java.util.List;
import java.util.Set;

/// Procedures about the server's own objects: settings, linked servers, jobs of SQL Server Agent.
final class ServerProcedures {

    private static final Set<String> OF_SERVER =
            Set.of("sp_configure", "sp_addlinkedserver", "sp_addlinkedsrvlogin", "sp_serveroption");

    private static final Set<String> OF_AGENT = Set.of(
            "sp_add_category",
            "sp_add_job",
            "sp_add_jobschedule",
            "sp_add_jobserver",
            "sp_add_jobstep",
            "sp_update_job");

    private static final int RAISED = 1000;
    private static final int RAISED_BY_AGENT = 14;

    private final Session session;
    private final Instance instance;

    ServerProcedures(Session session, Instance instance) {
        this.session = session;
        this.instance = instance;
    }

    /// @param name as it was called: procedures of SQL Server Agent are in msdb alone
    boolean knows(List<String> name, String procedure) {
        if (OF_SERVER.contains(procedure)) {
            return true;
        }
        String database = name.size() > 2 ? name.get(name.size() - 3) : session.database();
        return OF_AGENT.contains(procedure) && instance.options().collation().equal(database, "msdb");
    }

    /// Whether a procedure of SQL Server Agent has raised it, and returned 1: RAISERROR ends neither a batch nor
    /// a transaction, with XACT_ABORT neither.
    ///
    /// **Source:** the documentation of SET XACT_ABORT, and the return codes of sp_add_job and the others.
    static boolean isRaised(SqlFailure failure) {
        return failure.messages().getFirst().number() / RAISED == RAISED_BY_AGENT;
    }

    void call(String procedure, Procedures.Arguments arguments) {
        if (!session.login().sysadmin()) {
            throw SqlFailure.error(15247, "User does not have permission to perform this action.");
        }
        ServerObjects objects = instance.objects();
        OpenTransaction own = session.transaction();
        if (own != null && OF_AGENT.contains(procedure)) {
            own.changesJobs();
        }
        switch (procedure) {
            case "sp_configure" -> {
                arguments.require(procedure, "@configname", "@configvalue");
                objects.configurations()
                        .configure(arguments.text("@configname", 0, ""), arguments.number("@configvalue", 1, 0));
            }
            case "sp_addlinkedserver" -> {
                arguments.require(
                        procedure,
                        "@server",
                        "@srvproduct",
                        "@provider",
                        "@datasrc",
                        "@location",
                        "@provstr",
                        "@catalog");
                objects.linked().add(arguments);
            }
            case "sp_serveroption" -> {
                arguments.require(procedure, "@server", "@optname", "@optvalue");
                objects.linked().option(arguments);
            }
            case "sp_addlinkedsrvlogin" -> {
                arguments.require(procedure, "@rmtsrvname", "@useself", "@locallogin", "@rmtuser", "@rmtpassword");
                String local = arguments.text("@locallogin", 2, "");
                objects.linked()
                        .login(
                                arguments,
                                local.isEmpty() ? 0 : objects.principals().idOf(local));
            }
            case "sp_add_category" -> {
                arguments.require(procedure, "@class", "@type", "@name");
                objects.jobs().addCategory(arguments);
            }
            case "sp_add_job" -> {
                arguments.require(
                        procedure,
                        "@job_name",
                        "@enabled",
                        "@description",
                        "@start_step_id",
                        "@category_name",
                        "@owner_login_name",
                        "@notify_level_eventlog",
                        "@delete_level");
                objects.jobs().add(arguments, session.login().name());
            }
            case "sp_update_job" -> {
                arguments.require(procedure, "@job_name", "@enabled", "@start_step_id", "@description");
                objects.jobs().update(arguments);
            }
            case "sp_add_jobstep" -> {
                arguments.require(
                        procedure,
                        "@job_name",
                        "@step_id",
                        "@step_name",
                        "@subsystem",
                        "@command",
                        "@flags",
                        "@cmdexec_success_code",
                        "@on_success_action",
                        "@on_success_step_id",
                        "@on_fail_action",
                        "@on_fail_step_id",
                        "@database_name",
                        "@database_user_name",
                        "@retry_attempts",
                        "@retry_interval",
                        "@output_file_name",
                        "@proxy_name");
                objects.jobs().addStep(arguments);
            }
            case "sp_add_jobschedule" -> {
                arguments.require(
                        procedure,
                        "@job_name",
                        "@name",
                        "@enabled",
                        "@freq_type",
                        "@freq_interval",
                        "@freq_subday_type",
                        "@freq_subday_interval",
                        "@freq_relative_interval",
                        "@freq_recurrence_factor",
                        "@active_start_date",
                        "@active_end_date",
                        "@active_start_time",
                        "@active_end_time");
                objects.jobs().addSchedule(arguments);
            }
            case "sp_add_jobserver" -> {
                arguments.require(procedure, "@job_name", "@server_name");
                objects.jobs().target(arguments);
            }
            default -> throw Procedures.unknown(procedure);
        }
        instance.save();
    }
}
