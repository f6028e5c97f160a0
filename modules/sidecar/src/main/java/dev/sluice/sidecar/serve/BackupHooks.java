package dev.sluice.sidecar.serve;

import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.sidecar.config.HookSection;
import dev.sluice.sidecar.config.Policies;
import dev.sluice.sidecar.program.ProgramRun;
import dev.sluice.sidecar.schedule.JobOutcome;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs the programs that policies have run before and after a backup.
///
/// The program before runs while nothing of SQL Server or its virtual devices is open, so a slow one holds
/// nothing. A cancel of the job kills it. The program after runs whatever has come of the backup, also after a
/// cancel, because it may have to undo what the program before has done; only the end of the service kills it,
/// once it has had [#GRACE]. Which program that is was settled with the one before: a policy that changes
/// meanwhile does not part them.
///
/// **Threading:** the job's thread waits for the program, which has a thread of its own.
final class BackupHooks {

    private static final Logger log = LoggerFactory.getLogger(BackupHooks.class);

    /// What a program after a backup still has when the service ends.
    static final Duration GRACE = Duration.ofSeconds(10);

    private static final Duration TICK = Duration.ofMillis(200);

    private final String identity;
    private final Supplier<ServiceSettings> settings;
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private volatile long closedAt;
    private volatile boolean closing;

    BackupHooks(String identity, Supplier<ServiceSettings> settings, InstantSource clock) {
        this(identity, settings, clock, System::nanoTime);
    }

    /// @param nanoTime as [System#nanoTime()]
    BackupHooks(String identity, Supplier<ServiceSettings> settings, InstantSource clock, LongSupplier nanoTime) {
        this.identity = identity;
        this.settings = settings;
        this.clock = clock;
        this.nanoTime = nanoTime;
    }

    /// **Errors:** [OperationFailed] `hook-failed` when the backup must not be taken; [CancellationException]
    /// when the job was cancelled meanwhile.
    ///
    /// @return whether a program has run, so that time has passed
    boolean before(TrackedBackup work) {
        Policies policies = settings.get().policies();
        work.runAfterwards(
                policies.after(work.database(), work.takenOrPlanned()).orElse(null));
        HookSection.Before hook =
                policies.before(work.database(), work.takenOrPlanned()).orElse(null);
        if (hook == null) {
            return false;
        }
        work.phase("waits for the program before the backup, %s"
                .formatted(hook.program().getFileName()));
        ProgramRun.Result result;
        try {
            result = run(
                    new ProgramRun(hook.program(), hook.arguments(), hook.timeout()),
                    HookDocument.before(identity, work, clock.instant()),
                    work);
        } finally {
            work.phase("");
        }
        if (work.isCancelled()) {
            throw new CancellationException("the job was cancelled while it waited for a program");
        }
        if (result.good()) {
            return true;
        }
        String what = "The program before the backup, %s, has failed: %s".formatted(hook.program(), result.answer());
        if (hook.onFailure() == HookSection.OnFailure.FAIL) {
            throw new OperationFailed(FailureId.HOOK_FAILED, what, "policies[].before", null);
        }
        work.note(what);
        warn(work, what);
        return true;
    }

    /// Runs what was settled when the job began; nothing when it did not come that far. Never fails: the backup
    /// is what it is.
    void after(
            TrackedBackup work, JobOutcome outcome, @Nullable BackupResult result, @Nullable OperationFailed failure) {
        HookSection.After hook = work.afterwards();
        if (hook == null) {
            return;
        }
        work.phase("waits for the program after the backup, %s"
                .formatted(hook.program().getFileName()));
        try {
            ProgramRun.Result ran = run(
                    new ProgramRun(hook.program(), hook.arguments(), hook.timeout()),
                    HookDocument.after(identity, work, clock.instant(), outcome, result, failure),
                    null);
            if (!ran.good()) {
                String what =
                        "The program after the backup, %s, has failed: %s".formatted(hook.program(), ran.answer());
                work.note(what);
                warn(work, what);
            }
        } catch (RuntimeException e) {
            log.atWarn()
                    .addKeyValue("database", work.database())
                    .setCause(e)
                    .log("the program after a backup could not be run");
        } finally {
            work.phase("");
        }
    }

    private static void warn(TrackedBackup work, String what) {
        log.atWarn()
                .addKeyValue("database", work.database())
                .addKeyValue("type", work.takenOrPlanned())
                .addKeyValue("cause", what)
                .log("a program around a backup has failed");
    }

    /// @param cancelled whose cancel kills the program; null for none
    private ProgramRun.Result run(ProgramRun program, HookDocument document, @Nullable TrackedBackup cancelled) {
        CompletableFuture<ProgramRun.Result> result = new CompletableFuture<>();
        long began = nanoTime.getAsLong();
        Thread thread = Thread.ofVirtual().name("sluice-hook").start(() -> {
            try {
                result.complete(program.run(document.json()));
            } catch (InterruptedException e) {
                result.complete(new ProgramRun.Result(false, "was killed, because the job or the service ended"));
            } catch (RuntimeException | Error e) {
                result.completeExceptionally(e);
            }
        });
        if (cancelled != null) {
            cancelled.cancellableBy(thread::interrupt);
        }
        return awaited(thread, result, began);
    }

    private ProgramRun.Result awaited(Thread thread, CompletableFuture<ProgramRun.Result> result, long began) {
        while (true) {
            try {
                return result.get(TICK.toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                if (closing && hasPassed(closedAt) && hasPassed(began)) {
                    thread.interrupt();
                }
            } catch (ExecutionException e) {
                throw new IllegalStateException("a program could not be run", e.getCause());
            } catch (InterruptedException e) {
                thread.interrupt();
                Thread.currentThread().interrupt();
                throw new IllegalStateException("a job's thread was interrupted; jobs are cancelled instead", e);
            }
        }
    }

    private boolean hasPassed(long since) {
        return nanoTime.getAsLong() - since > GRACE.toNanos();
    }

    /// From now on programs have [#GRACE]; one that starts later has as long from its start.
    void close() {
        closedAt = nanoTime.getAsLong();
        closing = true;
    }
}
