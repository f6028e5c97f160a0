package dev.sluice.sidecar.serve.http;

import dev.sluice.engine.run.FailureId;
import dev.sluice.sidecar.serve.JobQueue;
import dev.sluice.sidecar.serve.RequestedJobs;
import dev.sluice.sidecar.serve.Service;
import dev.sluice.sidecar.serve.TrackedVerification;
import dev.sluice.sidecar.serve.http.VerificationModel.VerificationRequest;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// `/api/v1/verifications`: those that clients ask for, and those that policies do.
final class VerificationHandlers {

    private static final Logger log = LoggerFactory.getLogger(VerificationHandlers.class);
    private static final String PATH = "/api/v1/verifications/";

    private final RequestedJobs jobs;
    private final List<JobQueue<TrackedVerification>> queues;
    private final BackupHandlers backups;

    VerificationHandlers(Service service, BackupHandlers backups) {
        this.jobs = service.requested();
        this.queues = List.of(jobs.verifications(), service.verifications());
        this.backups = backups;
    }

    ApiResponse list(ApiRequest call) {
        return ApiResponse.json(
                200,
                new VerificationModel.Verifications(queues.stream()
                        .flatMap(queue -> queue.all().stream())
                        .map(VerificationModel.Verification::of)
                        .toList()));
    }

    ApiResponse show(ApiRequest call) {
        return ApiResponse.json(200, VerificationModel.Verification.of(find(call)));
    }

    ApiResponse start(ApiRequest call) {
        JsonBody body = new JsonBody(call.body(), VerificationRequest.class);
        String backup = body.requiredText("backup");
        boolean withServer = body.flag("withServer");
        TrackedVerification job = jobs.verify(backups.find(backup), withServer);
        log.atInfo()
                .addKeyValue("job", job.id())
                .addKeyValue("backupId", job.backupId())
                .log("verification asked for over HTTP");
        return ApiResponse.json(202, VerificationModel.Verification.of(job)).with("Location", PATH + job.id());
    }

    ApiResponse cancel(ApiRequest call) {
        TrackedVerification job = find(call);
        if (queues.stream().noneMatch(queue -> queue.find(job.id()).isPresent() && queue.cancel(job))) {
            throw new HttpProblem(FailureId.JOB_OVER, "%s is over".formatted(job.id()), "");
        }
        log.atInfo().addKeyValue("job", job.id()).log("cancel asked for over HTTP");
        return ApiResponse.json(202, VerificationModel.Verification.of(job));
    }

    private TrackedVerification find(ApiRequest call) {
        return queues.stream()
                .flatMap(queue -> queue.find(call.path()).stream())
                .findFirst()
                .orElseThrow(() -> HttpProblem.noSuchJob(call.path()));
    }
}
