package dev.sluice.simulator.server;

import dev.sluice.simulator.transfer.Disturbance;
import dev.sluice.simulator.transfer.MediaBehavior;
import dev.sluice.simulator.tsql.SqlFailure;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/// What a server does wrong on purpose. Each [Fault] strikes one BACKUP or RESTORE, in the order in which they
/// were asked for; how msdb misbehaves stays until it is changed.
///
/// **Threading:** any thread.
public final class Faults {

    /// How msdb takes the row of a backup.
    public enum History {
        NORMAL,
        /// It cannot be written or read: 3009 beside 3014, and 945 for queries.
        OFFLINE,
        /// Rows appear when the mode is changed.
        LATE,
        /// Rows are gone as soon as they are written, as after sp_delete_backuphistory.
        PURGED,
        /// Rows are never written, and nobody is told.
        OFF
    }

    private final ArrayDeque<Fault> pending = new ArrayDeque<>();
    private History history = History.NORMAL;
    private final Set<Disturbance> running = new HashSet<>();

    /// The next BACKUP or RESTORE that has no fault yet gets this one.
    public synchronized void next(Fault fault) {
        pending.add(fault);
    }

    synchronized Optional<Fault> take() {
        return Optional.ofNullable(pending.poll());
    }

    synchronized void running(Disturbance disturbance) {
        running.add(disturbance);
    }

    synchronized void ended(Disturbance disturbance) {
        running.remove(disturbance);
    }

    /// Ends all stalls.
    public synchronized void release() {
        running.forEach(Disturbance::release);
    }

    /// Whether a statement stalls now.
    public synchronized boolean isStalling() {
        return running.stream().anyMatch(Disturbance::isStalling);
    }

    public synchronized void history(History how) {
        history = how;
    }

    public synchronized History history() {
        return history;
    }

    /// `EXEC sluice_fault @name, @value`: the same for people who have only T-SQL.
    void next(String name, long value, MediaBehavior usual) {
        switch (name.toLowerCase(Locale.ROOT)) {
            case "fail" -> next(new Fault.FailsAfter(value));
            case "stall" -> next(new Fault.StallsAfter(value));
            case "abort" -> next(new Fault.AbortsAfter(value));
            case "die" -> next(new Fault.DiesAtCommand(value));
            case "never open" -> next(new Fault.NeverOpens());
            case "fail after complete" -> next(new Fault.FailsAfterComplete());
            case "lose connection" -> next(new Fault.LosesConnection());
            case "die before history" -> next(new Fault.DiesBeforeHistory());
            case "no complete" -> next(new Fault.Behaves(usual.completing(MediaBehavior.Completes.NEVER)));
            case "release" -> release();
            case "history" -> history(History.values()[Math.clamp(value, 0, History.values().length - 1)]);
            default -> throw SqlFailure.error(50_000, "There is no fault '%s'.".formatted(name));
        }
    }
}
