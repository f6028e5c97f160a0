package dev.sluice.sidecar.history;

import dev.sluice.catalog.Keys;
import dev.sluice.engine.run.Blocking;
import dev.sluice.s3.S3Failure;
import dev.sluice.s3.S3Store;
import dev.sluice.sidecar.history.HistoryJournal.Unstored;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Stores the journal's days, and removes objects of days that are too old, on one thread of its own.
///
/// Each day is one object, which is replaced by a newer version of itself. A job with an entry of its own is in the
/// bucket after [Pace#own] at most, a summed one after [Pace#sum]; so `kill -9` loses the history of minutes. If
/// the bucket does not take it, the next attempt comes after [Pace#sum]: there is no queue, only the journal.
///
/// Objects that are too old go at the start and every few hours, whichever process has written them. The age is
/// counted by the bucket's clock, so a wrong clock here removes nothing. A bucket that refuses a removal is not asked
/// again for a day.
///
/// **Ownership:** owns its thread, not the store. [#close()] stores what is left, within a few seconds.
final class HistoryWriter implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(HistoryWriter.class);
    private static final Duration INTERRUPT_ENDS = Duration.ofSeconds(1);
    private static final int MOST_REFUSALS = 5;

    private final S3Store store;
    private final Keys keys;
    private final String version;
    private final String server;
    private final HistoryJournal journal;
    private final Pace pace;
    private final LongAdder failures = new LongAdder();
    private final Thread thread;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private long storeAt = Long.MAX_VALUE; // guarded by lock, as all below; nanoseconds since `begun`
    private long removeAt;
    private boolean closing;
    private int days;

    private final long begun = System.nanoTime();
    private boolean failing; // on the thread alone, as the next one
    private boolean refused;

    /// How soon things are done.
    ///
    /// @param own         until an entry is stored
    /// @param sum         until a sum is stored; also until another attempt
    /// @param firstRemoval after the start
    /// @param nextRemoval  after a removal
    /// @param request      that one request may take, all its attempts included
    /// @param close        for what is left at the end
    record Pace(
            Duration own, Duration sum, Duration firstRemoval, Duration nextRemoval, Duration request, Duration close) {

        static final Pace DEFAULT = new Pace(
                Duration.ofSeconds(30),
                Duration.ofMinutes(5),
                Duration.ofMinutes(1),
                Duration.ofHours(6),
                Duration.ofMinutes(2),
                Duration.ofSeconds(3));

        static final Duration AFTER_REFUSAL = Duration.ofDays(1);
    }

    /// @param version of this program
    /// @param server  the configured identity
    /// @param days    for which history is kept; 0: none is stored, and none is removed
    HistoryWriter(
            S3Store store, Keys keys, String version, String server, HistoryJournal journal, int days, Pace pace) {
        this.store = store;
        this.keys = keys;
        this.version = version;
        this.server = server;
        this.journal = journal;
        this.days = days;
        this.pace = pace;
        this.removeAt = pace.firstRemoval().toNanos();
        this.thread = Thread.ofVirtual().name("sluice-history").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /// The journal has more. Never waits for the bucket.
    void changed(HistoryJournal.Kept kept) {
        long due = now() + (kept == HistoryJournal.Kept.OWN ? pace.own() : pace.sum()).toNanos();
        lock.lock();
        try {
            if (due < storeAt) {
                storeAt = due;
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    void days(int other) {
        lock.lock();
        try {
            days = other;
            removeAt = Math.min(removeAt, now() + pace.firstRemoval().toNanos());
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    int days() {
        lock.lock();
        try {
            return days;
        } finally {
            lock.unlock();
        }
    }

    /// Attempts to store or to remove that came to nothing.
    long failures() {
        return failures.sum();
    }

    private long now() {
        return System.nanoTime() - begun;
    }

    // ---- the thread ----

    private enum Work {
        STORE,
        REMOVE,
        END
    }

    private void run() {
        try {
            for (Work work = next(); work != Work.END; work = next()) {
                try {
                    switch (work) {
                        case STORE -> store(pace.request());
                        case REMOVE -> remove();
                        case END -> throw new IllegalStateException("ended before");
                    }
                } catch (RuntimeException e) {
                    failed("history could not be stored; it is kept in memory and tried again", e);
                }
            }
            store(pace.close());
        } catch (InterruptedException e) {
            // close() has no more patience, and says what is lost.
        } catch (RuntimeException e) {
            failed("history could not be stored at the end", e);
        }
    }

    private Work next() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (true) {
                if (closing) {
                    return Work.END;
                }
                long now = now();
                if (days > 0 && storeAt <= now) {
                    storeAt = Long.MAX_VALUE;
                    return Work.STORE;
                }
                if (days > 0 && removeAt <= now) {
                    removeAt = now + pace.nextRemoval().toNanos();
                    return Work.REMOVE;
                }
                if (days == 0) {
                    changed.await();
                } else {
                    long _ = changed.awaitNanos(Math.min(storeAt, removeAt) - now);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private void store(Duration each) {
        if (days() == 0) {
            return;
        }
        try {
            for (Unstored one : journal.unstored()) {
                byte[] bytes = HistoryObject.write(one.day(), version, server);
                HistoryKey key = HistoryKey.of(keys, one.day().day(), one.day().id());
                // No lock, also where backups have one: the object is made to be replaced and removed.
                Blocking.uncancellably(store.put(key.key(), bytes).timeout(each));
                journal.stored(one);
            }
            if (failing) {
                failing = false;
                log.atInfo().log("history is stored again");
            }
        } finally {
            if (!journal.isStored()) {
                changed(HistoryJournal.Kept.SUMMED);
            }
        }
    }

    private void remove() {
        Instant now =
                Blocking.uncancellably(store.check().timeout(pace.request())).orElseThrow();
        int kept = days();
        if (kept == 0) {
            return; // a reload has said so meanwhile: then nothing is removed
        }
        LocalDate oldest = now.atOffset(ZoneOffset.UTC).toLocalDate().minusDays(kept);
        List<HistoryKey> old = Blocking.uncancellably(store.list(keys.history())
                .mapNotNull(object -> HistoryKey.parse(keys, object.key()).orElse(null))
                .filter(key -> key.day().isBefore(oldest))
                .timeout(pace.request()));
        int refusals = 0;
        int removed = 0;
        for (HistoryKey key : old) {
            try {
                Blocking.uncancellably(store.delete(key.key()).timeout(pace.request()));
                removed++;
            } catch (S3Failure e) {
                if (!e.kind().isOfObject()) {
                    throw e;
                }
                refused(key, e);
                refusals++;
                if (refusals == MOST_REFUSALS) {
                    break; // it will refuse the others too
                }
            }
        }
        if (removed > 0) {
            log.atInfo().addKeyValue("objects", removed).log("old history removed");
        }
    }

    private void refused(HistoryKey key, S3Failure why) {
        failures.increment();
        lock.lock();
        try {
            removeAt = now() + Pace.AFTER_REFUSAL.toNanos();
        } finally {
            lock.unlock();
        }
        if (!refused) {
            refused = true;
            log.atWarn()
                    .addKeyValue("key", key.key())
                    .addKeyValue("cause", why.getMessage())
                    .log("the bucket does not let old history go; let a lifecycle rule remove it, or allow"
                            + " s3:DeleteObject");
        }
    }

    /// Once until it works again: the bucket's own trouble is in the log already.
    private void failed(String what, RuntimeException e) {
        failures.increment();
        if (!failing) {
            failing = true;
            log.atWarn().addKeyValue("cause", cause(e)).log(what);
        }
    }

    private static @Nullable String cause(RuntimeException e) {
        return e.getCause() != null && e.getMessage() == null ? e.getCause().toString() : e.getMessage();
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closing = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (!ends(pace.close())) {
            thread.interrupt();
            if (!ends(INTERRUPT_ENDS)) {
                log.atWarn().log("the thread of history has not ended, and is left alone");
            }
        }
        if (days() > 0 && !journal.isStored()) {
            long jobs = journal.unstored().stream()
                    .mapToLong(one -> one.day().jobs())
                    .sum();
            log.atWarn().addKeyValue("jobs", jobs).log("the newest history could not be stored before the end");
        }
    }

    private boolean ends(Duration patience) {
        try {
            return thread.join(patience);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
