package dev.sluice.engine.run;

import java.util.concurrent.CompletableFuture;
import reactor.core.Disposable;

/// A run under way.
///
/// @param result  what came of it; a run that was cancelled completes it too, with its success if SQL Server had
///                been told already that the backup is durable
/// @param running disposing it cancels, as for every subscriber
public record StartedRun<T>(CompletableFuture<T> result, Disposable running) {

    /// Asks it to end; [#result()] tells when it has.
    public void cancel() {
        running.dispose();
    }
}
