package dev.sluice.vdi.inprocess;

import dev.sluice.vdi.CompletionCode;
import dev.sluice.vdi.ServerCommand;
import dev.sluice.vdi.VdError;
import dev.sluice.vdi.VirtualDeviceException;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The settled commands whose completion routines have still to run, and the thread that runs the routines.
///
/// VDI starts no thread: the server lends one by calling ExecuteCompletionAgent, and gets it back when the set is
/// closed or aborted and the last routine has run. Routines run without the set's lock, so a routine may call
/// anything, Close and SignalAbort included: they mark the end, and the agent finishes when the routine returns.
///
/// **Threading:** everything under the set's lock, which is released around each routine.
final class CompletionAgent {

    private final ReentrantLock lock;
    private final Condition wake;
    private final Condition returned;
    private final ArrayDeque<ServerCommand> settled = new ArrayDeque<>();
    private @Nullable Thread thread;

    /// When a command was last settled, or the first one sent after a quiet time; for the server's timeout.
    private long lastProgress;

    CompletionAgent(ReentrantLock lock) {
        this.lock = lock;
        this.wake = lock.newCondition();
        this.returned = lock.newCondition();
    }

    /// The facts about its set that the agent needs.
    interface Work {
        /// Whether commands wait for the client, as far as they count for the server's timeout.
        boolean pending();

        /// Whether the set is closed, aborted, or otherwise done, so that the agent may go when nothing is
        /// left to run.
        boolean ending();

        /// The client let its whole server timeout pass, twice, without settling a command.
        void stalled();
    }

    boolean running() {
        return thread != null;
    }

    /// Whether a routine waits for the agent.
    boolean hasWork() {
        return !settled.isEmpty();
    }

    void settle(ServerCommand command) {
        settled.add(command);
        lastProgress = System.nanoTime();
        wake.signal();
    }

    /// Starts the clock of the server's timeout when a command is sent after a quiet time.
    void sent(boolean first) {
        if (first) {
            lastProgress = System.nanoTime();
            wake.signal();
        }
    }

    void wake() {
        wake.signalAll();
    }

    /// An abort replaces the outcomes of completions that VDI had already accepted from the client.
    void overrideSettled() {
        for (ServerCommand command : settled) {
            command.outcome(CompletionCode.ERROR_OPERATION_ABORTED, 0, 0);
        }
    }

    /// The agent itself, on the server's thread.
    ///
    /// @param quietLimitNanos abort after this long without a settled command while some are outstanding; 0 for
    ///                        never
    void execute(Work work, long quietLimitNanos) {
        if (thread != null) {
            throw new VirtualDeviceException(
                    VdError.PROTOCOL,
                    "ExecuteCompletionAgent",
                    "thread %s is the agent already".formatted(thread.getName()));
        }
        thread = Thread.currentThread();
        Failures failures = new Failures();
        boolean interrupted = false;
        try {
            while (true) {
                ServerCommand command = settled.poll();
                if (command != null) {
                    run(command, failures);
                } else if (work.ending()) {
                    break;
                } else {
                    interrupted |= await(work, quietLimitNanos);
                }
            }
        } finally {
            thread = null;
            returned.signalAll();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        failures.rethrow();
    }

    /// Runs the remaining routines on the calling thread, if there is no agent to run them.
    void drainIfAbandoned() {
        Failures failures = new Failures();
        while (thread == null && !settled.isEmpty()) {
            run(settled.remove(), failures);
        }
        failures.rethrow();
    }

    /// Waits until the agent has run the last routine, unless a routine asks for it.
    void awaitReturn() {
        while (thread != null && thread != Thread.currentThread()) {
            returned.awaitUninterruptibly();
        }
    }

    private void run(ServerCommand command, Failures failures) {
        lock.unlock();
        try {
            command.runCompletion();
        } catch (RuntimeException | Error e) {
            failures.add(e);
        } finally {
            lock.lock();
        }
    }

    /// Waits until there is work, or the end. An interrupt does not end the agent: it is kept for the thread's
    /// owner.
    ///
    /// @return whether the thread was interrupted meanwhile
    @SuppressWarnings("WaitNotInLoop") // the loop is the agent's
    private boolean await(Work work, long quietLimitNanos) {
        if (quietLimitNanos == 0 || !work.pending()) {
            wake.awaitUninterruptibly();
            return false;
        }
        long left = lastProgress + quietLimitNanos - System.nanoTime();
        if (left <= 0) {
            work.stalled();
            return false;
        }
        try {
            wake.await(left, TimeUnit.NANOSECONDS);
            return false;
        } catch (InterruptedException e) {
            return true;
        }
    }

    /// The failures of completion routines. One routine's failure must not cost the other commands their
    /// callbacks, so the agent throws it when all routines have run.
    private static final class Failures {
        private @Nullable Throwable first;

        void add(Throwable failure) {
            if (first == null) {
                first = failure;
            } else if (!first.equals(failure)) {
                first.addSuppressed(failure);
            }
        }

        void rethrow() {
            switch (first) {
                case null -> {}
                case RuntimeException e -> throw e;
                case Error e -> throw e;
                default -> throw new IllegalStateException(first);
            }
        }
    }
}
