package dev.sluice.sidecar.serve;

import dev.sluice.engine.run.RunProgress;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// All listeners of a service's jobs, told one after the other.
///
/// **Threading:** as [JobListener].
final class JobListeners {

    private static final Logger log = LoggerFactory.getLogger(JobListeners.class);

    private final List<JobListener> listeners;

    JobListeners(List<JobListener> listeners) {
        this.listeners = List.copyOf(listeners);
    }

    /// Tells how far a job has come, once bytes flow.
    void progressed(TrackedJob job) {
        RunProgress progress = job.progress();
        if (progress != null) {
            tell(new JobEvent.Progressed(job, progress));
        }
    }

    /// A listener that fails must not take a job with it.
    void tell(JobEvent event) {
        for (JobListener listener : listeners) {
            try {
                listener.on(event);
            } catch (RuntimeException e) {
                log.atError()
                        .setCause(e)
                        .addKeyValue("job", event.job().id())
                        .log("what happened to a job could not be noted everywhere");
            }
        }
    }
}
