package dev.sluice.engine.run;

import dev.sluice.engine.sql.RunningStatement;
import dev.sluice.engine.sql.Verdict;
import dev.sluice.vdi.reactor.DeviceSet;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// The part that backup and restore share: one T-SQL statement and its device set, from the moment both exist
/// until both are over, by whichever side.
///
/// Three things can happen, in any order: the statement ends, the run is cancelled, a stripe fails.
/// The one that comes first, the others are brought to their end, and the answer is the statement's verdict: SQL Server
/// always has
/// the last word.
///
/// **Threading:** [#await] runs on the run's thread and blocks; [#cancel()] and [#fail] come from anywhere.
public final class DeviceWork {

    /// How long SQL Server has at each point.
    ///
    /// @param drain  after a failed stripe, to notice by itself, which gives the better error messages
    /// @param abort  after an abort, before it is also told by its own protocol
    /// @param cancel after that, until the connection is given up, and with it the hope for a verdict
    /// @param linger how long devices may stay open after their statement has ended: it has, so nothing more can
    ///               come
    public record Waits(Duration drain, Duration abort, Duration cancel, Duration linger) {
        public static final Waits DEFAULT =
                new Waits(Duration.ofSeconds(5), Duration.ofSeconds(10), Duration.ofSeconds(30), Duration.ofSeconds(2));
    }

    /// Whether a cancel may still abort what SQL Server is doing.
    @FunctionalInterface
    public interface Consent {

        /// @return false when it comes too late, for now
        boolean cancel();

        /// Completes when a refusal does not hold any more. Has to be asked for before the refusal.
        default CompletableFuture<Void> reopened() {
            return new CompletableFuture<>();
        }
    }

    private final DeviceSet set;
    private final Waits waits;
    private final CompletableFuture<Void> cancelled = new CompletableFuture<>();
    private final CompletableFuture<Throwable> failed = new CompletableFuture<>();

    public DeviceWork(DeviceSet set, Waits waits) {
        this.set = set;
        this.waits = waits;
    }

    /// Ends the wait, as far as its [Consent] lets it.
    public void cancel() {
        cancelled.complete(null);
    }

    /// A stripe cannot go on. The first failure is kept.
    public void fail(Throwable failure) {
        failed.complete(failure);
    }

    boolean isCancelled() {
        return cancelled.isDone();
    }

    /// Why a stripe failed; null when none did.
    @Nullable
    public Throwable failure() {
        return failed.getNow(null);
    }

    /// Opens the devices when SQL Server has attached itself, or returns null when it never will: the statement
    /// ended first, the run was cancelled or failed, or the set cannot be opened, which is a failure too.
    public DeviceSet.@Nullable Opened open(RunningStatement statement) {
        CompletableFuture<DeviceSet.@Nullable Opened> opened = set.open().toFuture();
        CompletableFuture<Verdict> verdict = statement.verdict();
        waitFor(CompletableFuture.anyOf(settled(opened), settled(verdict), cancelled, failed), null);
        if (opened.isDone() && !opened.isCompletedExceptionally()) {
            return opened.join();
        }
        if (opened.isCompletedExceptionally()) {
            fail(opened.exceptionNow());
        }
        abort();
        return null;
    }

    /// Waits for the verdict, and for the devices to end.
    ///
    /// @param devices one a device, completing when it has ended
    /// @param consent asked when a cancel comes, and again when its refusal does not hold any more
    public Verdict await(RunningStatement statement, List<CompletableFuture<Void>> devices, Consent consent) {
        CompletableFuture<Verdict> verdict = statement.verdict();
        if (isToBeCancelled(verdict, consent)) {
            abort();
            insist(statement, verdict);
        } else if (!verdict.isDone()) {
            if (!waitFor(settled(verdict), waits.drain())) {
                abort();
            }
            insist(statement, verdict);
        }
        Verdict result = join(verdict);
        CompletableFuture<Void> ended = CompletableFuture.allOf(devices.toArray(CompletableFuture<?>[]::new));
        if (!waitFor(settled(ended), waits.linger())) {
            abort();
        }
        return result;
    }

    /// Waits until there is a verdict, a failure, or a cancel that may abort.
    ///
    /// @return whether it is the last of these
    private boolean isToBeCancelled(CompletableFuture<Verdict> verdict, Consent consent) {
        waitFor(CompletableFuture.anyOf(settled(verdict), cancelled, failed), null);
        while (!verdict.isDone() && cancelled.isDone()) {
            CompletableFuture<Void> reopened = consent.reopened();
            if (consent.cancel()) {
                return true;
            }
            if (failed.isDone()) {
                return false;
            }
            waitFor(CompletableFuture.anyOf(settled(verdict), failed, reopened), null);
        }
        return false;
    }

    /// SQL Server has been told by abort; if its statement does not end, it is told by its own protocol too.
    private void insist(RunningStatement statement, CompletableFuture<Verdict> verdict) {
        if (!waitFor(settled(verdict), waits.abort())) {
            // On another thread: a connection that is no longer read would hold the thread that writes to it.
            Thread.ofVirtual().start(statement::cancel);
            if (!waitFor(settled(verdict), waits.cancel())) {
                statement.abandon("the statement was given up: SQL Server did not answer a cancel");
            }
        }
    }

    /// Does not wait for the devices: if they do not go, SQL Server's own protocol is what is left. What goes wrong
    /// here is told to the caller that closes the set, and takes no verdict's place.
    private void abort() {
        set.abort().subscribe(null, _ -> {});
    }

    private static Verdict join(CompletableFuture<Verdict> verdict) {
        try {
            return verdict.get();
        } catch (ExecutionException e) {
            return Verdict.of(List.of(), String.valueOf(e.getCause()));
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    /// The same moment, without its failure.
    private static CompletableFuture<@Nullable Object> settled(CompletableFuture<? extends @Nullable Object> future) {
        return future.handle((_, _) -> null);
    }

    private static boolean waitFor(CompletableFuture<?> event, @Nullable Duration limit) {
        try {
            if (limit == null) {
                event.get();
            } else {
                event.get(limit.toMillis(), TimeUnit.MILLISECONDS);
            }
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            return true;
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    /// A run's thread is never interrupted: a run is cancelled.
    private static IllegalStateException interrupted() {
        Thread.currentThread().interrupt();
        return new IllegalStateException("a run's thread was interrupted; runs are cancelled instead");
    }
}
