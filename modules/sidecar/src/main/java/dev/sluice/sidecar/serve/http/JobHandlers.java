package dev.sluice.sidecar.serve.http;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.run.FailureId;
import dev.sluice.sidecar.serve.Service;
import dev.sluice.sidecar.serve.TrackedBackup;
import dev.sluice.sidecar.serve.http.JobModel.Job;
import dev.sluice.sidecar.serve.http.JobModel.JobRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// `/api/v1/jobs`
final class JobHandlers {

    private static final Logger log = LoggerFactory.getLogger(JobHandlers.class);

    private final Service service;

    JobHandlers(Service service) {
        this.service = service;
    }

    ApiResponse list(ApiRequest call) {
        return ApiResponse.json(
                200,
                new JobModel.Jobs(service.jobs().all().stream().map(Job::of).toList()));
    }

    ApiResponse show(ApiRequest call) {
        return ApiResponse.json(200, Job.of(find(call)));
    }

    ApiResponse start(ApiRequest call) {
        JsonBody body = new JsonBody(call.body(), JobRequest.class);
        String database = body.requiredText("database");
        BackupType type = body.choice("type", BackupType.class);
        if (type == null) {
            throw body.wrong("'type' is missing", "write FULL, DIFFERENTIAL or LOG");
        }
        boolean copyOnly = body.flag("copyOnly");
        if (copyOnly && type == BackupType.DIFFERENTIAL) {
            throw body.wrong("a differential backup cannot be copy-only", "leave 'copyOnly' out, or write FULL");
        }
        if (!service.knows(database)) {
            throw new HttpProblem(
                    FailureId.NO_SUCH_DATABASE,
                    "no policy takes a database %s that is online".formatted(database),
                    "names are written as in sys.databases");
        }
        TrackedBackup work = service.jobs().ask(database, type, copyOnly);
        log.atInfo()
                .addKeyValue("job", work.id())
                .addKeyValue("database", database)
                .addKeyValue("type", type)
                .log("backup asked for over HTTP");
        return ApiResponse.json(202, Job.of(work)).with("Location", "/api/v1/jobs/" + work.id());
    }

    ApiResponse cancel(ApiRequest call) {
        TrackedBackup work = find(call);
        if (!service.jobs().cancel(work)) {
            throw new HttpProblem(FailureId.JOB_OVER, "job %s is over".formatted(work.id()), "");
        }
        log.atInfo().addKeyValue("job", work.id()).log("cancel asked for over HTTP");
        return ApiResponse.json(202, Job.of(work));
    }

    private TrackedBackup find(ApiRequest call) {
        return service.jobs().find(call.path()).orElseThrow(() -> HttpProblem.noSuchJob(call.path()));
    }
}
