package dev.sluice.sidecar.serve;

/// Hears what happens to jobs.
///
/// **Threading:** called on the job's thread, and for [JobEvent.Progressed] on the one that reads metrics; returns
/// quickly. Events of one job come in order.
///
/// **Errors:** what it throws is logged, and changes nothing for the job.
@FunctionalInterface
interface JobListener {
    void on(JobEvent event);
}
