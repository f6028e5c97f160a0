package dev.sluice.engine.sql;

import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// Ends what would otherwise be waited for without end: does something when it was not closed in time.
///
/// **Threading:** what it does runs on a thread that all deadlines share, and must be quick.
final class Deadline implements AutoCloseable {

    private static final ScheduledThreadPoolExecutor TIMER = timer();

    private final ScheduledFuture<?> pending;

    private Deadline(ScheduledFuture<?> pending) {
        this.pending = pending;
    }

    static Deadline in(Duration time, Runnable otherwise) {
        return new Deadline(TIMER.schedule(otherwise, time.toMillis(), TimeUnit.MILLISECONDS));
    }

    private static ScheduledThreadPoolExecutor timer() {
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().name("sql-deadline").daemon().factory());
        timer.setRemoveOnCancelPolicy(true);
        // No thread while there is no deadline. Its name is not a run's, because it outlives runs.
        timer.setKeepAliveTime(10, TimeUnit.SECONDS);
        timer.allowCoreThreadTimeOut(true);
        return timer;
    }

    @Override
    public void close() {
        pending.cancel(false);
    }
}
