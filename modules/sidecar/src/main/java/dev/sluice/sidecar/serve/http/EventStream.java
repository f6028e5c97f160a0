package dev.sluice.sidecar.serve.http;

import dev.sluice.sidecar.serve.Service;
import dev.sluice.sidecar.serve.TrackedJob;
import dev.sluice.sidecar.serve.http.StatusModel.Activity;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/// Server-sent events: what is under way, every second while it moves, and a word when anything has begun or ended.
///
/// A stream ends after [#LASTS], before the server's limit for an answer cuts it; the client asks again.
///
/// **Threading:** the request's own thread, which it keeps.
final class EventStream implements ApiAnswer {

    static final String CONTENT_TYPE = "text/event-stream; charset=utf-8";

    static final Duration LASTS = Duration.ofSeconds(HttpLimits.RESPONSE - 15);

    private static final Duration MOVES = Duration.ofSeconds(1);

    /// So that a client that is gone is noticed, and a proxy between does not take the connection for dead.
    private static final Duration SILENT = Duration.ofSeconds(10);

    private final Service service;

    EventStream(Service service) {
        this.service = service;
    }

    /// **Errors:** [IOException] when the client is gone, or others displaced it.
    void writeTo(OutputStream out) throws IOException {
        long end = System.nanoTime() + LASTS.toNanos();
        try {
            long seen = -1;
            Activity activity = activity();
            while (System.nanoTime() - end < 0) {
                long now = service.changes().await(seen, activity.isIdle() ? SILENT : MOVES);
                if (now != seen) {
                    seen = now;
                    write(out, "changed", "{}");
                }
                activity = activity();
                write(out, "activity", ApiResponse.JSON.writeValueAsString(activity));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ClosedByInterruptException();
        }
    }

    private static void write(OutputStream out, String event, String data) throws IOException {
        out.write("event: %s\ndata: %s\n\n".formatted(event, data).getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    private Activity activity() {
        return new Activity(
                underWay(service.jobs().all()).map(JobModel.Job::of).toList(),
                underWay(service.requested().restores().all())
                        .map(RestoreModel.Restore::of)
                        .toList(),
                Stream.concat(
                                underWay(service.requested().verifications().all()),
                                underWay(service.verifications().all()))
                        .map(VerificationModel.Verification::of)
                        .toList(),
                underWay(service.drills().all()).map(DrillModel.Drill::of).toList());
    }

    private static <T extends TrackedJob> Stream<T> underWay(List<T> jobs) {
        return jobs.stream().filter(job -> !job.isOver());
    }
}
