package dev.sluice.sidecar.serve;

import java.time.Duration;

/// Wakes those that show jobs when something has happened to one.
///
/// **Threading:** any thread.
public final class JobChanges implements JobListener {

    private long count;

    JobChanges() {}

    @Override
    public void on(JobEvent event) {
        if (!(event instanceof JobEvent.Progressed)) {
            synchronized (this) {
                count++;
                notifyAll();
            }
        }
    }

    /// Waits until the count is another one than `seen`, or the time is over.
    ///
    /// **Errors:** [InterruptedException] as usual.
    ///
    /// @return the count
    public synchronized long await(long seen, Duration atMost) throws InterruptedException {
        long end = System.nanoTime() + atMost.toNanos();
        long left = atMost.toMillis();
        while (count == seen && left > 0) {
            wait(left);
            left = Duration.ofNanos(end - System.nanoTime()).toMillis();
        }
        return count;
    }
}
