package dev.sluice.simulator.server;

import dev.sluice.simulator.tds.Cancellation;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// `sp_getapplock`: locks with names, which sessions own. Exclusive and shared ones are told apart; the update and
/// intent modes count as exclusive.
///
/// **Threading:** any thread.
///
/// **Source:** the pages of sp_getapplock and sp_releaseapplock.
final class ApplicationLocks {

    static final int GRANTED = 0;
    static final int GRANTED_AFTER_WAIT = 1;
    static final int TIMED_OUT = -1;
    static final int CANCELLED = -2;

    private static final int LONGEST_NAME = 255;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition released = lock.newCondition();
    private final Map<String, Map<Integer, Holder>> holders = new HashMap<>();

    private static final class Holder {
        private int count;
        private boolean exclusive;
    }

    /// @param millis to wait; negative for ever
    /// @return what the procedure returns
    int take(String resource, int session, boolean exclusive, long millis, Cancellation cancellation)
            throws InterruptedException {
        long deadline =
                System.nanoTime() + Duration.ofMillis(Math.max(0, millis)).toNanos();
        try (Cancellation.Registration _ = cancellation.onCancel(this::wake)) {
            lock.lockInterruptibly();
            try {
                boolean waited = false;
                while (!free(resource, session, exclusive)) {
                    if (cancellation.requested()) {
                        return CANCELLED;
                    }
                    long left = deadline - System.nanoTime();
                    if (millis >= 0 && left <= 0) {
                        return TIMED_OUT;
                    }
                    waited = true;
                    if (millis < 0) {
                        released.await();
                    } else {
                        released.awaitNanos(left);
                    }
                }
                Holder holder = holders.computeIfAbsent(key(resource), _ -> new HashMap<>())
                        .computeIfAbsent(session, _ -> new Holder());
                holder.count++;
                holder.exclusive |= exclusive;
                return waited ? GRANTED_AFTER_WAIT : GRANTED;
            } finally {
                lock.unlock();
            }
        }
    }

    private void wake() {
        lock.lock();
        try {
            released.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private boolean free(String resource, int session, boolean exclusive) {
        return holders.getOrDefault(key(resource), Map.of()).entrySet().stream()
                .allMatch(entry -> entry.getKey() == session || !(exclusive || entry.getValue().exclusive));
    }

    /// @return whether the session held it
    boolean release(String resource, int session) {
        lock.lock();
        try {
            Map<Integer, Holder> owners = holders.getOrDefault(key(resource), new HashMap<>());
            Holder holder = owners.get(session);
            if (holder == null) {
                return false;
            }
            holder.count--;
            if (holder.count == 0) {
                owners.remove(session);
                released.signalAll();
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /// The session has ended.
    void releaseAll(int session) {
        lock.lock();
        try {
            holders.values().forEach(owners -> owners.remove(session));
            holders.values().removeIf(Map::isEmpty);
            released.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// `APPLOCK_MODE` of the session: `NoLock`, `Shared` or `Exclusive`.
    String mode(String resource, int session) {
        lock.lock();
        try {
            Holder holder = holders.getOrDefault(key(resource), Map.of()).get(session);
            return holder == null ? "NoLock" : holder.exclusive ? "Exclusive" : "Shared";
        } finally {
            lock.unlock();
        }
    }

    /// `APPLOCK_TEST`: whether the session could take it now.
    boolean available(String resource, int session, boolean exclusive) {
        lock.lock();
        try {
            return free(resource, session, exclusive);
        } finally {
            lock.unlock();
        }
    }

    /// Resource names compare by bytes on a real server; upper and lower case are different locks.
    private static String key(String resource) {
        return resource.substring(0, Math.min(LONGEST_NAME, resource.length()));
    }

    static boolean isExclusive(String mode) {
        return !mode.toLowerCase(Locale.ROOT).contains("shared");
    }
}
