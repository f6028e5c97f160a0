package dev.sluice.sidecar.serve;

/// Hears what happens to jobs.
///
/// **Threading:** called on the job's thread, on the one that queues or withdraws a job, and for
/// [JobEvent.Progressed] on the one that reads metrics. The list of jobs may be locked meanwhile: a listener returns
/// quickly, and waits for no thread that asks for jobs. Events of one job come in order.
///
/// **Errors:** what it throws is logged, and changes nothing for the job.
@FunctionalInterface
public interface JobListener {
    void on(JobEvent event);
}
