package dev.sluice.engine.run;

import dev.sluice.engine.sql.RunningStatement;
import dev.sluice.engine.sql.Verdict;
import dev.sluice.s3.Admission;
import dev.sluice.vdi.reactor.DeviceSet;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.MonoSink;

/// One BACKUP or RESTORE, on a thread of its own that goes through the steps in order.
///
/// A run that is cancelled is not over: it aborts what can still be aborted, waits for SQL Server's verdict and
/// cleans up. [#ended()] tells when; a shutdown waits for that.
///
/// **Threading:** [#cancel()] from anywhere, any number of times.
public abstract class Run<T> {

    /// How long SQL Server has to end a statement that it was asked to cancel.
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final String name;
    private final CompletableFuture<T> result = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final CompletableFuture<Void> cancelled = new CompletableFuture<>();
    private final Blocking blocking = new Blocking(cancelled);
    private DeviceWork.Waits waits = DeviceWork.Waits.DEFAULT;
    private LogBackupReserve reserve = new LogBackupReserve(Long.MAX_VALUE, 0);
    private volatile @Nullable DeviceWork work;

    /// @param name of the thread
    protected Run(String name) {
        this.name = name;
    }

    /// All the steps. Runs on the run's thread, may block, and leaves nothing behind but what it says it leaves.
    protected abstract T steps();

    /// Before it starts.
    public Run<T> within(DeviceWork.Waits others) {
        waits = others;
        return this;
    }

    /// Before it starts.
    ///
    /// @param shared by all runs of an engine
    public Run<T> leaving(LogBackupReserve shared) {
        reserve = shared;
        return this;
    }

    public void start(MonoSink<T> sink) {
        Thread.ofPlatform().name(name).start(() -> {
            try {
                T value = steps();
                result.complete(value);
                sink.success(value);
            } catch (RuntimeException | Error e) {
                result.completeExceptionally(e);
                // A cancelled sink drops this: the run's own log has told the story.
                sink.error(e);
            } finally {
                ended.complete(null);
            }
        });
    }

    /// What came of it, also after a cancel.
    public CompletableFuture<T> result() {
        return result.copy();
    }

    public CompletableFuture<Void> ended() {
        return ended.copy();
    }

    public void cancel() {
        cancelled.complete(null);
        DeviceWork current = work;
        if (current != null) {
            current.cancel();
        }
    }

    public boolean isCancelled() {
        return cancelled.isDone();
    }

    /// From here on a cancel reaches the statement and its devices.
    public DeviceWork working(DeviceSet set) {
        DeviceWork started = new DeviceWork(set, waits);
        work = started;
        if (cancelled.isDone()) {
            started.cancel();
        }
        return started;
    }

    public void throwIfCancelled() {
        blocking.throwIfCancelled();
    }

    /// How this run waits for catalog and store.
    public Blocking blocking() {
        return blocking;
    }

    /// Waits until the run leaves enough of the memory budget for a log backup. All runs but log backups enter
    /// here, before [#admit].
    public LogBackupReserve.Place besideLogs(int stripes, long bytesPerStripe) {
        return blocking.take(reserve.enter(stripes * bytesPerStripe), LogBackupReserve.Place::close);
    }

    /// Waits for the run's place in the memory budget.
    public Admission admit(Environment env, int stripes, long bytesPerStripe) {
        try {
            return blocking.take(env.budget().admit(stripes, bytesPerStripe), Admission::close);
        } catch (IllegalArgumentException e) {
            throw Failures.notEnoughMemory(e);
        }
    }

    /// Waits for the end of a statement without devices. A cancel is passed on to SQL Server, whose verdict
    /// counts.
    protected Verdict await(RunningStatement statement) {
        CompletableFuture<Verdict> verdict = statement.verdict();
        try {
            CompletableFuture.anyOf(verdict, cancelled).get();
            if (verdict.isDone()) {
                return verdict.get();
            }
            statement.cancel();
            return verdict.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            statement.abandon("the statement was given up: SQL Server did not answer a cancel");
            return Verdict.of(List.of(), "SQL Server did not answer a cancel within " + PATIENCE);
        } catch (ExecutionException e) {
            return Verdict.of(List.of(), String.valueOf(e.getCause()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("a run's thread was interrupted; runs are cancelled instead", e);
        }
    }
}
