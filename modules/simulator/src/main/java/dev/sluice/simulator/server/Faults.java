package dev.sluice.simulator.server;

import dev.sluice.simulator.tds.Cancellation;
import dev.sluice.simulator.transfer.Disturbance;
import dev.sluice.simulator.tsql.SqlFailure;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// What a server does wrong on purpose. Each [Fault] strikes one BACKUP or RESTORE, in the order in which they
/// were asked for, or the next one of the kind that it waits for; how msdb misbehaves stays until it is changed.
///
/// **Threading:** any thread.
public final class Faults {

    /// How msdb takes the row of a backup.
    public enum History {
        NORMAL,
        /// It cannot be written or read: 3009 beside 3014, and 945 for queries.
        OFFLINE,
        /// Rows appear when the mode is set anew, or at [#release].
        LATE,
        /// Rows are gone as soon as they are written, as after sp_delete_backuphistory.
        PURGED,
        /// Rows are never written, and BACKUP reports success all the same.
        OFF,
        /// Another session holds a lock on its tables: a statement that writes or reads them waits, until the
        /// mode is
        /// set
        /// anew, or for [#release], or a cancel.
        LOCKED
    }

    /// Which statements a fault waits for.
    public enum Target {
        /// The next statement of any kind.
        ANY,
        /// BACKUP DATABASE, differential or not.
        DATA,
        /// BACKUP LOG.
        LOG,
        /// RESTORE of any kind.
        RESTORE;

        /// @throws IllegalArgumentException when there is none of this name
        static Target of(String name) {
            for (Target target : values()) {
                if (target.name().equalsIgnoreCase(name.strip())) {
                    return target;
                }
            }
            throw new IllegalArgumentException(
                    "faults wait for any, data, log or restore, not for '%s'".formatted(name));
        }

        private boolean matches(Target statement) {
            return this == ANY || this == statement;
        }
    }

    private record Pending(Target target, Fault fault) {}

    private final List<Pending> pending = new ArrayList<>();
    private History history = History.NORMAL;
    private int releases;
    private int waiting;
    private final Set<Disturbance> running = new HashSet<>();

    /// The next BACKUP or RESTORE that has no fault yet gets this one.
    public void next(Fault fault) {
        next(Target.ANY, fault);
    }

    /// As [#next(Fault)], for the next statement of one kind.
    public synchronized void next(Target target, Fault fault) {
        pending.add(new Pending(target, fault));
    }

    /// The fault of a statement that begins now.
    ///
    /// @param statement anything but [Target#ANY]
    synchronized Optional<Fault> take(Target statement) {
        for (Iterator<Pending> all = pending.iterator(); all.hasNext(); ) {
            Pending one = all.next();
            if (one.target.matches(statement)) {
                all.remove();
                return Optional.of(one.fault);
            }
        }
        return Optional.empty();
    }

    synchronized void running(Disturbance disturbance) {
        running.add(disturbance);
    }

    synchronized void ended(Disturbance disturbance) {
        running.remove(disturbance);
    }

    /// Ends all stalls, and lets rows appear that are late.
    public synchronized void release() {
        releases++;
        running.forEach(Disturbance::release);
        notifyAll();
    }

    /// Whether a statement stalls now, or waits for msdb's tables.
    public synchronized boolean isStalling() {
        return waiting > 0 || running.stream().anyMatch(Disturbance::isStalling);
    }

    public synchronized void history(History how) {
        history = how;
        releases++;
        notifyAll();
    }

    /// Waits for the one who has locked msdb's tables.
    ///
    /// @throws SqlFailure when it was cancelled meanwhile
    void awaitHistory(Cancellation cancellation) {
        try (Cancellation.Registration _ = cancellation.onCancel(this::wake)) {
            awaitNextRelease(cancellation);
        }
        if (cancellation.requested()) {
            throw new SqlFailure(Errors.aborted());
        }
    }

    private synchronized void awaitNextRelease(Cancellation cancellation) {
        int since = releases;
        waiting++;
        try {
            while (releases == since && !cancellation.requested()) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SqlFailure(Errors.aborted());
        } finally {
            waiting--;
        }
    }

    private synchronized void wake() {
        notifyAll();
    }

    /// How often rows that were late could have appeared.
    synchronized int releases() {
        return releases;
    }

    public synchronized History history() {
        return history;
    }
}
