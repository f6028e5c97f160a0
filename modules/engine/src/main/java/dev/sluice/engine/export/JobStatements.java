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
/// file of the export enables those that were.
final class JobStatements {

    private final JobFacts facts;
    private final Consumer<String> notes;

    /// @param notes what needs a person
    JobStatements(JobFacts facts, Consumer<String> notes) {
        this.facts = facts;
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
        // All or nothing: half a job would count as one that is there.
        batch.line("IF NOT EXISTS (SELECT 1 FROM msdb.dbo.sysjobs WHERE name = %s)".formatted(name))
                .line("BEGIN")
                .line(
                        "    EXEC msdb.dbo.sp_add_job @job_name = %s, @enabled = 0%s%s%s, @notify_level_eventlog = %s, @delete_level = %s;"
                                .formatted(
                                        name,
                                        optional(batch, "description", job.description()),
                                        optional(batch, "category_name", job.category()),
                                        optional(batch, "owner_login_name", job.owner()),
                                        job.notifyEventLog(),
                                        job.deleteLevel()));
        if (job.owner() == null) {
            notes.accept("job %s has an owner whom the server does not know: it comes back as the one's who runs this"
                    .formatted(job.name()));
        }
        job.steps().forEach(step -> batch.line(step(batch, name, step)));
        job.schedules().forEach(schedule -> batch.line(schedule(batch, name, schedule)));
        if (!job.steps().isEmpty()) {
            batch.line("    EXEC msdb.dbo.sp_update_job @job_name = %s, @start_step_id = %s;"
                    .formatted(name, job.startStep()));
        }
        if (job.local()) {
            batch.line("    EXEC msdb.dbo.sp_add_jobserver @job_name = %s, @server_name = N'(local)';".formatted(name));
        } else {
            notes.accept("job %s is targeted at no server, or at another one".formatted(job.name()));
        }
        return batch.line("END;").build();
    }

    private String step(BatchText batch, String job, Step step) {
        if (step.proxy() != null) {
            notes.accept(
                    "step %s of a job needs proxy '%s', whose credential is a secret: make it first, and run 07-jobs.sql again"
                            .formatted(step.id(), step.proxy()));
        }
        return "    EXEC msdb.dbo.sp_add_jobstep @job_name = %s, @step_id = %s, @step_name = %s, @subsystem = %s, @command = %s%s%s%s%s%s;"
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
        return "    EXEC msdb.dbo.sp_add_jobschedule @job_name = %s, @name = %s%s;"
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

    /// For those that were enabled.
    List<String> enabling() {
        return facts.jobs().stream()
                .filter(Job::enabled)
                .map(job -> {
                    BatchText batch = new BatchText();
                    return batch.line("EXEC msdb.dbo.sp_update_job @job_name = %s, @enabled = 1;"
                                    .formatted(batch.text(job.name())))
                            .build();
                })
                .toList();
    }
}
