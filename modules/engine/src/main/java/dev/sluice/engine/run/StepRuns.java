package dev.sluice.engine.run;

import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// Runs that are steps of another run. A cancel of that one ends the step at hand as the step ends by itself,
/// and what the step leaves is there when it has ended.
///
/// **Threading:** one thread, which waits; [#cancel()] from any.
public final class StepRuns {

    private final Starter starter;
    private final Blocking blocking;
    private volatile @Nullable StartedRun<?> current;

    /// Starts a run.
    public interface Starter {
        <T> StartedRun<T> start(Run<T> run);
    }

    /// @param blocking of the run that has the steps
    public StepRuns(Starter starter, Blocking blocking) {
        this.starter = starter;
        this.blocking = blocking;
    }

    public <T> StartedRun<T> start(Run<T> run) {
        StartedRun<T> started = starter.start(run);
        current = started;
        return started;
    }

    /// Ends the step that was started last.
    public void cancel() {
        StartedRun<?> running = current;
        if (running != null) {
            running.cancel();
        }
    }

    /// Runs a step to its end.
    public <T> T run(Run<T> run) {
        return await(start(run));
    }

    /// What came of a step.
    ///
    /// **Errors:** those of the step; [CancellationException] after a cancel, when the step has ended.
    public <T> T await(StartedRun<T> started) {
        try {
            blocking.read(Mono.fromFuture(ended(started), true));
        } catch (CancellationException e) {
            end(started);
            throw e;
        }
        return Blocking.uncancellably(Mono.fromFuture(started.result(), true)).orElseThrow();
    }

    /// Whether a step is over, or is within a time.
    ///
    /// **Errors:** [CancellationException] after a cancel, when the step has ended.
    public boolean isOver(StartedRun<?> started, Duration within) {
        try {
            return blocking.read(Mono.fromFuture(ended(started), true).timeout(within, Mono.just(false)))
                    .orElse(true);
        } catch (CancellationException e) {
            end(started);
            throw e;
        }
    }

    /// Cancels a step and waits for its end.
    public static void end(StartedRun<?> started) {
        started.cancel();
        Blocking.uncancellably(Mono.fromFuture(ended(started), true));
    }

    /// A future that does not fail: after a cancel, or when a look was due first, nothing listens to it any more.
    private static CompletableFuture<Boolean> ended(StartedRun<?> started) {
        return started.result().handle((_, _) -> true);
    }
}
