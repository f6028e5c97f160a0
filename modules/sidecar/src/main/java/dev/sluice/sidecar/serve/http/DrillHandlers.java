package dev.sluice.sidecar.serve.http;

import dev.sluice.engine.run.FailureId;
import dev.sluice.sidecar.serve.JobQueue;
import dev.sluice.sidecar.serve.Service;
import dev.sluice.sidecar.serve.TrackedDrill;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// `/api/v1/drills`: the restore drills of policies. A client cancels them, and asks for none.
final class DrillHandlers {

    private static final Logger log = LoggerFactory.getLogger(DrillHandlers.class);

    private final JobQueue<TrackedDrill> drills;

    DrillHandlers(Service service) {
        this.drills = service.drills();
    }

    ApiResponse list(ApiRequest call) {
        return ApiResponse.json(
                200,
                new DrillModel.Drills(
                        drills.all().stream().map(DrillModel.Drill::of).toList()));
    }

    ApiResponse show(ApiRequest call) {
        return ApiResponse.json(200, DrillModel.Drill.of(find(call)));
    }

    ApiResponse cancel(ApiRequest call) {
        TrackedDrill job = find(call);
        if (!drills.cancel(job)) {
            throw new HttpProblem(FailureId.JOB_OVER, "%s is over".formatted(job.id()), "");
        }
        log.atInfo().addKeyValue("job", job.id()).log("cancel asked for over HTTP");
        return ApiResponse.json(202, DrillModel.Drill.of(job));
    }

    private TrackedDrill find(ApiRequest call) {
        return drills.find(call.path()).orElseThrow(() -> HttpProblem.noSuchJob(call.path()));
    }
}
