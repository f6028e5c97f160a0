package dev.sluice.sidecar.serve;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.run.FailureId;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/// `/api/v1/jobs`
final class JobHandlers {

    private static final Logger log = LoggerFactory.getLogger(JobHandlers.class);
    private static final Set<String> KEYS = Set.of("database", "type", "copyOnly");

    private final Service service;

    JobHandlers(Service service) {
        this.service = service;
    }

    ApiResponse list(ApiRequest call) {
        return ApiResponse.json(
                200,
                Map.of(
                        "jobs",
                        service.jobs().all().stream().map(TrackedJob::toJson).toList()));
    }

    ApiResponse show(ApiRequest call) {
        return ApiResponse.json(200, find(call).toJson());
    }

    ApiResponse start(ApiRequest call) {
        JsonNode body = call.body();
        if (!body.isObject()) {
            throw wrong("the body must be an object");
        }
        for (String name : body.propertyNames()) {
            if (!KEYS.contains(name)) {
                throw wrong("'%s' is not known".formatted(name));
            }
        }
        if (!body.path("database").isString()) {
            throw wrong("'database' must be a name");
        }
        String database = body.path("database").asString();
        BackupType type = type(body.path("type"));
        JsonNode copyOnly = body.path("copyOnly");
        if (!copyOnly.isMissingNode() && !copyOnly.isBoolean()) {
            throw wrong("'copyOnly' must be true or false");
        }
        if (copyOnly.asBoolean(false) && type == BackupType.DIFFERENTIAL) {
            throw wrong("a differential backup cannot be copy-only");
        }
        if (!service.knows(database)) {
            throw new HttpProblem(
                    FailureId.NO_SUCH_DATABASE,
                    "no policy takes a database %s that is online".formatted(database),
                    "names are written as in sys.databases");
        }
        TrackedJob work = service.jobs().ask(database, type, copyOnly.asBoolean(false));
        log.atInfo()
                .addKeyValue("job", work.job.id())
                .addKeyValue("database", database)
                .addKeyValue("type", type)
                .log("backup asked for over HTTP");
        return ApiResponse.json(202, work.toJson()).with("Location", "/api/v1/jobs/" + work.job.id());
    }

    private static BackupType type(JsonNode node) {
        if (node.isString()) {
            for (BackupType type : BackupType.values()) {
                if (type.name().equals(node.asString().toUpperCase(Locale.ROOT))) {
                    return type;
                }
            }
        }
        throw wrong("'type' must be FULL, DIFFERENTIAL or LOG");
    }

    private static HttpProblem wrong(String what) {
        return new HttpProblem(FailureId.BAD_REQUEST, what, "see /openapi.json");
    }

    ApiResponse cancel(ApiRequest call) {
        TrackedJob work = find(call);
        if (!service.jobs().cancel(work)) {
            throw new HttpProblem(FailureId.JOB_OVER, "job %s is over".formatted(work.job.id()), "");
        }
        log.atInfo().addKeyValue("job", work.job.id()).log("cancel asked for over HTTP");
        return ApiResponse.json(202, work.toJson());
    }

    private TrackedJob find(ApiRequest call) {
        return service.jobs()
                .find(call.path())
                .orElseThrow(() -> new HttpProblem(
                        FailureId.NO_SUCH_JOB,
                        "there is no job " + call.path(),
                        "jobs are numbered anew when the program starts, and the oldest are forgotten"));
    }
}
