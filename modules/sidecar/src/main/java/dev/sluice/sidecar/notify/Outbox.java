package dev.sluice.sidecar.notify;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What waits to be delivered to one receiver, and the one thread that delivers it.
///
/// An attempt that finds the receiver unavailable is made again after a pause, with the same notification, and
/// the next notification waits meanwhile: `resolved` must not arrive before `failure`. After the first few
/// attempts, and when some of its recipients have it, a notification is set aside instead: it is tried again at
/// its time, and the others are delivered meanwhile. There is an end to the attempts and a bound to what waits, so
/// a receiver that is gone costs a little memory and a line in the log for each notification that is lost.
///
/// A receiver that refuses the login is left alone for minutes before the next attempt with any notification: a
/// login that fails every minute locks the account.
///
/// **Ownership:** owns its thread. Its starter calls [#beginClose()] and then [#awaitEnd(Instant)].
///
/// **Threading:** any thread; [#offer] never waits for the receiver.
final class Outbox {

    private static final Logger log = LoggerFactory.getLogger(Outbox.class);
    private static final int CAPACITY = 256;
    private static final Duration INTERRUPT_ENDS = Duration.ofSeconds(1);
    private static final long AT_LEISURE = Duration.ofDays(1).toNanos();
    private static final Doubling AFTER_DENIAL = new Doubling(Duration.ofMinutes(5), Duration.ofHours(1));

    private final String receiver;
    private final Channel channel;
    private final AttemptPauses pauses;
    private final BiConsumer<Notification, Settled> settled;
    private final int capacity;
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<Entry> waiting = new ArrayDeque<>(); // guarded by lock
    private final List<Entry> aside = new ArrayList<>(); // guarded by lock
    private boolean closing; // guarded by lock
    private int denials; // of the thread's own; in a row
    private long deniedUntil; // of the thread's own; by System.nanoTime()

    /// A notification on its way. Its fields are the thread's own, but `due`, which the lock guards.
    private static final class Entry {
        private final Notification notification;
        private int tried;
        private boolean some;
        private long due; // by System.nanoTime(); of one that is set aside

        Entry(Notification notification) {
            this.notification = notification;
        }
    }

    /// What becomes of a notification.
    enum Settled {
        DELIVERED,
        /// The receiver refused it, or was unavailable in every attempt. A notification that some of its recipients
        /// have is delivered.
        FAILED,
        /// There was no room for it, or no time before the end.
        DROPPED;

        String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// @param settled is told once of each notification, but of those that a newer one has replaced
    private Outbox(String receiver, Channel channel, AttemptPauses pauses, BiConsumer<Notification, Settled> settled) {
        this.receiver = receiver;
        this.channel = channel;
        this.pauses = pauses;
        this.settled = settled;
        this.capacity = channel.onlyNewestCounts() ? 1 : CAPACITY;
        this.thread = Thread.ofVirtual().name("sluice-notify-" + receiver).unstarted(this::run);
    }

    static Outbox start(
            String receiver, Channel channel, AttemptPauses pauses, BiConsumer<Notification, Settled> settled) {
        Outbox outbox = new Outbox(receiver, channel, pauses, settled);
        outbox.thread.start();
        return outbox;
    }

    void offer(Notification notification) {
        String why;
        lock.lock();
        try {
            if (channel.onlyNewestCounts()) {
                waiting.clear(); // the newer one says the same
            }
            if (!closing && waiting.size() + aside.size() < capacity) {
                waiting.add(new Entry(notification));
                changed.signalAll();
                return;
            }
            why = closing
                    ? "the service, or this receiver, ends"
                    : String.format(Locale.ROOT, "%d others wait for it", capacity);
        } finally {
            lock.unlock();
        }
        lost(notification, Settled.DROPPED, why);
    }

    private void run() {
        try {
            for (Entry next = next(); next != null; next = next()) {
                settle(next);
            }
        } catch (InterruptedException e) {
            // awaitEnd() has no more patience; settle() has said what is lost of it.
        }
    }

    /// Waits for one; null when there will be none, or none that may be tried.
    private @Nullable Entry next() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (denials > 0 && !closing && deniedUntil - System.nanoTime() > 0) {
                changed.awaitNanos(deniedUntil - System.nanoTime());
            }
            while (!closing) {
                Entry earliest = aside.stream()
                        .min((one, other) -> Long.signum(one.due - other.due))
                        .orElse(null);
                long left = earliest == null ? AT_LEISURE : earliest.due - System.nanoTime();
                if (earliest != null && left <= 0) {
                    aside.remove(earliest);
                    return earliest;
                }
                if (!waiting.isEmpty()) {
                    return waiting.poll();
                }
                changed.awaitNanos(left);
            }
            if (denials > 0) {
                return null; // a login for each that waits would lock the account in a second
            }
            return aside.isEmpty() ? waiting.poll() : aside.removeFirst();
        } finally {
            lock.unlock();
        }
    }

    /// Until it is delivered, lost or set aside.
    private void settle(Entry entry) throws InterruptedException {
        Notification notification = entry.notification;
        try {
            while (true) {
                Delivery came = attempt(notification);
                if (!(came instanceof Delivery.Denied)) {
                    denials = 0;
                }
                switch (came) {
                    case Delivery.Delivered(String answer) -> {
                        log.atDebug()
                                .addKeyValue("receiver", receiver)
                                .addKeyValue("event", notification.event().text())
                                .addKeyValue("answer", answer)
                                .log("notification delivered");
                        end(notification, Settled.DELIVERED);
                        return;
                    }
                    case Delivery.Partial(String answer) -> {
                        partial(notification, answer);
                        return;
                    }
                    case Delivery.Refused(String answer) -> {
                        lost(notification, Settled.FAILED, answer);
                        return;
                    }
                    case Delivery.Denied(String answer) -> {
                        denials++;
                        deniedUntil =
                                System.nanoTime() + AFTER_DENIAL.after(denials).toNanos();
                        lost(entry, Settled.FAILED, answer);
                        return;
                    }
                    case Delivery.PutOff(String answer) -> {
                        entry.some = true;
                        if (later(entry, answer, true)) {
                            return;
                        }
                    }
                    case Delivery.Unavailable(String answer) -> {
                        if (later(entry, answer, false)) {
                            return;
                        }
                    }
                }
            }
        } catch (InterruptedException e) {
            lost(entry, Settled.DROPPED, "the service, or this receiver, ends before there is an answer");
            throw e;
        }
    }

    /// Waits for the next attempt, or sets the notification aside for it, or gives it up.
    ///
    /// @param others whether the receiver may well take other notifications meanwhile
    /// @return whether the thread is done with it for now
    private boolean later(Entry entry, String answer, boolean others) throws InterruptedException {
        int tried = entry.tried++;
        if (tried >= pauses.size()) {
            lost(entry, Settled.FAILED, answer);
            return true;
        }
        Duration pause = pauses.after(tried);
        if (others || tried >= pauses.inTurn().size()) {
            if (setAside(entry, pause)) {
                return true;
            }
        } else if (pause(pause)) {
            return false;
        }
        lost(entry, Settled.DROPPED, answer + ", and the service, or this receiver, ends");
        return true;
    }

    /// @return whether there is time for another attempt
    private boolean setAside(Entry entry, Duration pause) {
        lock.lock();
        try {
            if (!closing) {
                entry.due = System.nanoTime() + pause.toNanos();
                aside.add(entry);
            }
            return !closing;
        } finally {
            lock.unlock();
        }
    }

    private Delivery attempt(Notification notification) throws InterruptedException {
        try {
            return channel.deliver(notification);
        } catch (RuntimeException e) {
            log.atError().setCause(e).addKeyValue("receiver", receiver).log("a notification met a defect of Sluice's");
            return new Delivery.Refused(e.getClass().getSimpleName());
        }
    }

    /// @return whether there is time for another attempt
    private boolean pause(Duration duration) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long left = duration.toNanos();
            while (!closing && left > 0) {
                left = changed.awaitNanos(left);
            }
            return !closing;
        } finally {
            lock.unlock();
        }
    }

    /// Given up; delivered all the same where some of its recipients have it.
    private void lost(Entry entry, Settled how, String why) {
        if (entry.some) {
            partial(entry.notification, why);
        } else {
            lost(entry.notification, how, why);
        }
    }

    private void partial(Notification notification, String answer) {
        log.atWarn()
                .addKeyValue("receiver", receiver)
                .addKeyValue("event", notification.event().text())
                .addKeyValue("id", notification.id())
                .addKeyValue("answer", answer)
                .log("notification delivered to some of its recipients only");
        end(notification, Settled.DELIVERED);
    }

    private void lost(Notification notification, Settled how, String why) {
        log.atWarn()
                .addKeyValue("receiver", receiver)
                .addKeyValue("event", notification.event().text())
                .addKeyValue("database", String.valueOf(notification.database()))
                .addKeyValue("id", notification.id())
                .addKeyValue("cause", why)
                .log(how == Settled.DROPPED ? "notification dropped" : "notification failed");
        end(notification, how);
    }

    private void end(Notification notification, Settled how) {
        channel.settled(notification);
        settled.accept(notification, how);
    }

    /// Takes nothing more. What waits is tried once more each, until [#awaitEnd] has no more patience.
    void beginClose() {
        lock.lock();
        try {
            closing = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Waits until everything is delivered, and cuts short what is not by then.
    void awaitEnd(Instant deadline) {
        if (!ends(Duration.between(Instant.now(), deadline))) {
            thread.interrupt();
            if (!ends(INTERRUPT_ENDS)) {
                log.atWarn()
                        .addKeyValue("receiver", receiver)
                        .log("a receiver's thread has not ended, and is left alone");
            }
        }
        List<Entry> left;
        lock.lock();
        try {
            left = Stream.concat(aside.stream(), waiting.stream()).toList();
            aside.clear();
            waiting.clear();
        } finally {
            lock.unlock();
        }
        left.forEach(each -> lost(each, Settled.DROPPED, "the service, or this receiver, ends"));
    }

    private boolean ends(Duration patience) {
        try {
            return thread.join(patience.isNegative() ? Duration.ZERO : patience);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
