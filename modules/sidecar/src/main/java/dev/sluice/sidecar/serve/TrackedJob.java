package dev.sluice.sidecar.serve;

import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunProgress;
import dev.sluice.sidecar.schedule.JobOutcome;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A job from the moment it is known until it is forgotten.
///
/// **Threading:** its job's thread writes, any thread reads and cancels.
public abstract sealed class TrackedJob permits TrackedBackup, TrackedRestore, TrackedVerification, TrackedDrill {

    private final String id;
    private volatile @Nullable Instant began;
    private volatile @Nullable Instant ended;
    private volatile @Nullable JobOutcome outcome;
    private volatile @Nullable RunProgress progress;
    private volatile @Nullable OperationFailed failure;
    private volatile String note = "";
    private volatile String phase = "";
    private boolean cancelled;
    private @Nullable Runnable cancel;

    /// How far a job has come.
    public enum State {
        QUEUED,
        RUNNING,
        /// It was asked to end, and has not ended yet.
        CANCELLING,
        GOOD,
        FAILED,
        UNCONFIRMED,
        CANCELLED,
        LEFT_OUT;

        private static State of(JobOutcome outcome) {
            return switch (outcome) {
                case GOOD -> GOOD;
                case FAILED -> FAILED;
                case UNCONFIRMED -> UNCONFIRMED;
                case CANCELLED -> CANCELLED;
                case LEFT_OUT -> LEFT_OUT;
            };
        }
    }

    TrackedJob(String id) {
        this.id = id;
    }

    /// Unique among the jobs of its kind in this process.
    public final String id() {
        return id;
    }

    /// The database that the job is about, for metrics and the log.
    public abstract String database();

    final void begin(Instant now) {
        began = now;
    }

    /// From here on a cancel reaches what the job does.
    final void cancellableBy(Runnable action) {
        boolean late;
        synchronized (this) {
            cancel = action;
            late = cancelled;
        }
        if (late) {
            action.run();
        }
    }

    final void streaming(RunProgress now) {
        progress = now;
    }

    /// Bytes and waits of what runs or ran last; null before the first byte.
    public final @Nullable RunProgress progress() {
        return progress;
    }

    final void cancel() {
        Runnable action;
        synchronized (this) {
            cancelled = true;
            action = cancel;
        }
        if (action != null) {
            action.run();
        }
    }

    final synchronized boolean isCancelled() {
        return cancelled;
    }

    final void fail(OperationFailed why) {
        failure = why;
    }

    /// Why it failed; null unless it did.
    public final @Nullable OperationFailed failure() {
        return failure;
    }

    /// Adds a sentence, if it is one.
    final void note(String sentence) {
        if (!sentence.isEmpty()) {
            note = note.isEmpty() ? sentence : "%s; %s".formatted(note, sentence);
        }
    }

    /// What a person should know of it; empty for nothing.
    public final String note() {
        return note;
    }

    /// @param what it does or waits for, beside the bytes; empty for nothing
    final void phase(String what) {
        phase = what;
    }

    /// What it does or waits for now, beside the bytes; empty for nothing.
    public final String phase() {
        return phase;
    }

    final void end(JobOutcome how, Instant now) {
        outcome = how;
        ended = now;
    }

    public final boolean isOver() {
        return ended != null;
    }

    public final @Nullable Instant began() {
        return began;
    }

    public final @Nullable Instant ended() {
        return ended;
    }

    public final State state() {
        JobOutcome over = outcome;
        if (over != null) {
            return State.of(over);
        }
        return began == null ? State.QUEUED : isCancelled() ? State.CANCELLING : State.RUNNING;
    }
}
