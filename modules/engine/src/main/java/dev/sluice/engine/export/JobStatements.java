package dev.sluice.engine.export;

import dev.sluice.engine.sql.JobFacts;
import dev.sluice.engine.sql.JobFacts.Job;
import dev.sluice.engine.sql.JobFacts.Schedule;
import dev.sluice.engine.sql.JobFacts.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Jobs of SQL Server Agent with their steps and schedules.
///
/// Jobs come back disabled: a schedule that is due must not find databases that are not restored yet. The last
/// file of the export enables those that were, if a replay of the same export has made them.
final class JobStatements {

    /// Begins the description of a job that waits to be enabled; with the export's id, which is a ULID.
    private static final String MARK = "Sluice %s: ";

    /// As [#MARK], and nothing enables it.
    private static final String UNOWNED = "Sluice %s, without its owner: ";

    /// **Source:** the documentation of sp_add_job, `@description nvarchar(512)`.
    private static final int LONGEST_DESCRIPTION = 512;

    private final JobFacts facts;
    private final String export;
    private final Consumer<String> notes;

    /// @param export the export's id
    /// @param notes  what needs a person
    JobStatements(JobFacts facts, String export, Consumer<String> notes) {
        this.facts = facts;
        this.export = export;
        this.notes = notes;
    }

    List<String> jobs() {
        List<String> batches = new ArrayList<>();
        TreeSet<String> categories = new TreeSet<>();
        for (Job job : facts.jobs()) {
            String category = job.category();
            if (category != null) {
                categories.add(category);
            }
        }
        for (String category : categories) {
            BatchText batch = new BatchText();
            String name = batch.text(category);
            batches.add(batch.line(
                            "IF NOT EXISTS (SELECT 1 FROM msdb.dbo.syscategories WHERE category_class = 1 AND name = %s)"
                                    .formatted(name))
                    .line("    EXEC msdb.dbo.sp_add_category @class = N'JOB', @type = N'LOCAL', @name = %s;"
                            .formatted(name))
                    .build());
        }
        facts.jobs().forEach(job -> batches.add(job(job)));
        return batches;
    }

    private String job(Job job) {
        BatchText batch = new BatchText();
        String name = batch.text(job.name());
        // All or nothing: half a job would count as one that is there. The procedures raise errors and return 1,
        // which XACT_ABORT does not heed, so each status is looked at.
        batch.line("SET XACT_ABORT ON;")
                .line("DECLARE @rc int = 1, @failed bit = 0, @owner nvarchar(128) = NULL, @about nvarchar(512) = %s;"
                        .formatted(batch.text(marked(UNOWNED, job))));
        if (job.owner() != null) {
            // By its SID: the owner's name may belong to another login there, and sa may be renamed.
            batch.line("SET @owner = SUSER_SNAME(0x%s);".formatted(job.ownerSid()))
                    .line("IF @owner IS NOT NULL")
                    .line("    SET @about = %s;".formatted(batch.text(marked(MARK, job))));
        }
        batch.line("IF NOT EXISTS (SELECT 1 FROM msdb.dbo.sysjobs WHERE name = %s)".formatted(name))
                .line("BEGIN")
                .line("    BEGIN TRANSACTION;");
        checked(
                batch,
                "msdb.dbo.sp_add_job @job_name = %s, @enabled = 0, @description = @about, @owner_login_name = @owner%s, @notify_level_eventlog = %s, @delete_level = %s"
                        .formatted(
                                name,
                                optional(batch, "category_name", job.category()),
                                job.notifyEventLog(),
                                job.deleteLevel()));
        if (job.owner() == null) {
            notes.accept(
                    "job %s has an owner whom the server does not know: it comes back as the one's who runs this, and stays disabled"
                            .formatted(job.name()));
        }
        job.steps().forEach(step -> checked(batch, step(batch, name, step)));
        job.schedules().forEach(schedule -> checked(batch, schedule(batch, name, schedule)));
        if (!job.steps().isEmpty()) {
            checked(
                    batch,
                    "msdb.dbo.sp_update_job @job_name = %s, @start_step_id = %s".formatted(name, job.startStep()));
        }
        if (job.local()) {
            checked(batch, "msdb.dbo.sp_add_jobserver @job_name = %s, @server_name = N'(local)'".formatted(name));
        } else {
            notes.accept("job %s is targeted at no server, or at another one".formatted(job.name()));
        }
        return batch.line("    IF @failed = 0")
                .line("        COMMIT TRANSACTION;")
                .line("    ELSE IF @@TRANCOUNT > 0")
                .line("        ROLLBACK TRANSACTION;")
                .line("    IF @failed = 1")
                .line("        PRINT N'job ' + %s + N' was not made: a part of it was refused';".formatted(name))
                .line("    ELSE IF @owner IS NULL")
                .line(
                        "        PRINT N'job ' + %s + N' belongs to the login that has made it, and stays disabled: its owner is not known here';"
                                .formatted(name))
                .line("END;")
                .line("SET XACT_ABORT OFF;")
                .build();
    }

    /// Calls a procedure unless an earlier one has failed.
    private static void checked(BatchText batch, String call) {
        batch.line("    IF @failed = 0")
                .line("    BEGIN")
                .line("        SET @rc = 1;")
                .line("        EXEC @rc = %s;".formatted(call))
                .line("        IF @@ERROR <> 0 OR @rc <> 0")
                .line("            SET @failed = 1;")
                .line("    END;");
    }

    /// The description until the job is enabled: it tells a job that a replay of this export has made from one
    /// that was there before.
    private String marked(String mark, Job job) {
        String text = mark.formatted(export) + description(job);
        if (text.length() <= LONGEST_DESCRIPTION) {
            return text;
        }
        boolean splits = Character.isHighSurrogate(text.charAt(LONGEST_DESCRIPTION - 1));
        return text.substring(0, splits ? LONGEST_DESCRIPTION - 1 : LONGEST_DESCRIPTION);
    }

    private static String description(Job job) {
        String description = job.description();
        return description == null ? "" : description;
    }

    private String step(BatchText batch, String job, Step step) {
        if (step.proxy() != null) {
            notes.accept(
                    "step %s of a job needs proxy '%s', whose credential is a secret: make it first, and run 07-jobs.sql again"
                            .formatted(step.id(), step.proxy()));
        }
        return "msdb.dbo.sp_add_jobstep @job_name = %s, @step_id = %s, @step_name = %s, @subsystem = %s, @command = %s%s%s%s%s%s"
                .formatted(
                        job,
                        step.id(),
                        batch.text(step.name()),
                        batch.text(step.subsystem()),
                        batch.text(step.command()),
                        numbers(step.numbers()),
                        optional(batch, "database_name", step.database()),
                        optional(batch, "database_user_name", step.user()),
                        optional(batch, "output_file_name", step.output()),
                        optional(batch, "proxy_name", step.proxy()));
    }

    private static String schedule(BatchText batch, String job, Schedule schedule) {
        return "msdb.dbo.sp_add_jobschedule @job_name = %s, @name = %s%s"
                .formatted(job, batch.text(schedule.name()), numbers(schedule.numbers()));
    }

    private static String numbers(Map<String, Long> numbers) {
        StringBuilder all = new StringBuilder();
        new TreeMap<>(numbers)
                .forEach((name, value) -> all.append(String.format(Locale.ROOT, ", @%s = %d", name, value)));
        return all.toString();
    }

    private static String optional(BatchText batch, String parameter, @Nullable String text) {
        return text == null ? "" : ", @%s = %s".formatted(parameter, batch.text(text));
    }

    /// Enables those that were enabled, and gives all of them their descriptions back.
    List<String> enabling() {
        return facts.jobs().stream()
                .filter(job -> job.owner() != null || job.enabled())
                .map(this::enabling)
                .toList();
    }

    private String enabling(Job job) {
        BatchText batch = new BatchText();
        String name = batch.text(job.name());
        String there = "SELECT 1 FROM msdb.dbo.sysjobs WHERE name = " + name;
        if (job.owner() != null) {
            batch.line("IF EXISTS (%s AND description LIKE N'%s%%')".formatted(there, MARK.formatted(export)))
                    .line("    EXEC msdb.dbo.sp_update_job @job_name = %s%s, @description = %s;"
                            .formatted(name, job.enabled() ? ", @enabled = 1" : "", batch.text(description(job))));
        }
        if (job.enabled()) {
            batch.line((job.owner() == null ? "" : "ELSE ") + "IF EXISTS (%s AND enabled = 0)".formatted(there))
                    .line(
                            "    PRINT N'job ' + %s + N' stays disabled: it was there before, or its owner is not known here';"
                                    .formatted(name))
                    .line("ELSE IF NOT EXISTS (%s)".formatted(there))
                    .line("    PRINT N'job ' + %s + N' is not there: nothing is enabled';".formatted(name));
        }
        return batch.build();
    }
}
