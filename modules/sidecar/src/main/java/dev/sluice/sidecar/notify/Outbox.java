package dev.sluice.sidecar.notify;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What waits to be delivered to one receiver, in order, and the one thread that delivers it.
///
/// An attempt that finds the receiver unavailable is made again after a pause, with the same notification, and
/// the next notification waits meanwhile: `resolved` must not arrive before `failure`. There is an end to the
/// attempts and a bound to the queue, so a receiver that is gone costs a little memory and a line in the log
/// for each notification that is lost.
///
/// **Ownership:** owns its thread. Its starter calls [#beginClose()] and then [#awaitEnd(Instant)].
///
/// **Threading:** any thread; [#offer] never waits for the receiver.
final class Outbox {

    /// Pauses between attempts: five attempts in somewhat less than three minutes.
    static final List<Duration> PAUSES =
            List.of(Duration.ofSeconds(1), Duration.ofSeconds(5), Duration.ofSeconds(30), Duration.ofMinutes(2));

    private static final Logger log = LoggerFactory.getLogger(Outbox.class);
    private static final int CAPACITY = 256;
    private static final Duration INTERRUPT_ENDS = Duration.ofSeconds(1);

    private final String receiver;
    private final Channel channel;
    private final List<Duration> pauses;
    private final BiConsumer<Notification, Settled> settled;
    private final int capacity;
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<Notification> waiting = new ArrayDeque<>(); // guarded by lock
    private boolean closing; // guarded by lock

    /// What becomes of a notification.
    enum Settled {
        DELIVERED,
        /// The receiver refused it, or was unavailable in every attempt.
        FAILED,
        /// There was no room for it, or no time before the end.
        DROPPED;

        String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// @param settled is told once of each notification, but of those that a newer one has replaced
    private Outbox(String receiver, Channel channel, List<Duration> pauses, BiConsumer<Notification, Settled> settled) {
        this.receiver = receiver;
        this.channel = channel;
        this.pauses = List.copyOf(pauses);
        this.settled = settled;
        this.capacity = channel.onlyNewestCounts() ? 1 : CAPACITY;
        this.thread = Thread.ofVirtual().name("sluice-notify-" + receiver).unstarted(this::run);
    }

    static Outbox start(
            String receiver, Channel channel, List<Duration> pauses, BiConsumer<Notification, Settled> settled) {
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
            if (!closing && waiting.size() < capacity) {
                waiting.add(notification);
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
            for (Notification next = next(); next != null; next = next()) {
                settle(next);
            }
        } catch (InterruptedException e) {
            // awaitEnd() has no more patience; settle() has said what is lost of it.
        }
    }

    /// Waits for one; null when there will be none.
    private @Nullable Notification next() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (waiting.isEmpty() && !closing) {
                changed.await();
            }
            return waiting.poll();
        } finally {
            lock.unlock();
        }
    }

    private void settle(Notification notification) throws InterruptedException {
        try {
            for (int tried = 0; ; tried++) {
                switch (attempt(notification)) {
                    case Delivery.Delivered(String answer) -> {
                        log.atDebug()
                                .addKeyValue("receiver", receiver)
                                .addKeyValue("event", notification.event().text())
                                .addKeyValue("answer", answer)
                                .log("notification delivered");
                        settled.accept(notification, Settled.DELIVERED);
                        return;
                    }
                    case Delivery.Partial(String answer) -> {
                        log.atWarn()
                                .addKeyValue("receiver", receiver)
                                .addKeyValue("event", notification.event().text())
                                .addKeyValue("id", notification.id())
                                .addKeyValue("answer", answer)
                                .log("notification delivered to some of its recipients only");
                        settled.accept(notification, Settled.DELIVERED);
                        return;
                    }
                    case Delivery.Refused(String answer) -> {
                        lost(notification, Settled.FAILED, answer);
                        return;
                    }
                    case Delivery.Unavailable(String answer) -> {
                        if (tried >= pauses.size()) {
                            lost(notification, Settled.FAILED, answer);
                            return;
                        }
                        if (!pause(pauses.get(tried))) {
                            lost(notification, Settled.DROPPED, answer + ", and the service, or this receiver, ends");
                            return;
                        }
                    }
                }
            }
        } catch (InterruptedException e) {
            lost(notification, Settled.DROPPED, "the service, or this receiver, ends before there is an answer");
            throw e;
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

    private void lost(Notification notification, Settled how, String why) {
        log.atWarn()
                .addKeyValue("receiver", receiver)
                .addKeyValue("event", notification.event().text())
                .addKeyValue("database", String.valueOf(notification.database()))
                .addKeyValue("id", notification.id())
                .addKeyValue("cause", why)
                .log(how == Settled.DROPPED ? "notification dropped" : "notification failed");
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
        List<Notification> left;
        lock.lock();
        try {
            left = List.copyOf(waiting);
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
